"""What is handed in: marking materials, taking files in (rules C04, C06)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kit.actor import Actor
from kit.call import Call
from kit.errors import Conflict, Stale
from kit.store.repository import check_version
from kit.text import clean
from services.intake.domain import transitions
from services.intake.domain.application import Application
from services.intake.domain.events import MaterialRecorded
from services.intake.domain.material import Declared, Upload
from services.intake.handlers.access import WINDOW_ROLES, at_window, held_or_at_window
from services.intake.handlers.desk import Desk

#: How often a link to an uploaded file is tried when others change the application at the same time.
ATTEMPTS = 8


def with_originals(actor: Actor, declared: Sequence[Declared], code: str = "") -> tuple[Declared, ...]:
    """What was said of materials, and of which a window has the original before it (国办函〔2016〕108号).

    What anybody else says of originals is their word, and so is what comes with an applicant's ``code``.
    """
    window = actor.has(*WINDOW_ROLES) and not code
    return tuple(replace(one, original_seen=window and one.originals > 0 and one.state.in_order) for one in declared)


def record_material(
    *, desk: Desk, call: Call, application_id: str, declared: Declared, expected_version: int
) -> Application:
    """Marks a material as handed in, incomplete or of the wrong form (rules C04, C06).

    Raises ``NotFound``, ``Forbidden``, ``Stale``; ``Conflict`` once it is judged; ``Invalid`` as the domain says.
    """
    application = at_window(desk, call, application_id)
    check_version(application, expected_version)
    changed = transitions.record_material(application, *with_originals(call.actor, (declared,)), now=call.now)
    return desk.applications.save(changed, [MaterialRecorded(changed, declared.key)], call)


def upload_material(
    *,
    desk: Desk,
    call: Call,
    application_id: str,
    code: str,
    material_key: str,
    filename: str,
    media_type: str,
    chunks: Iterable[bytes],
) -> tuple[Application, Upload]:
    """Takes a file in and links it to its material; what can't be linked is never linked half.

    The file is kept before it is linked: a crash in between leaves a file that nothing refers to, not a reference to
    nothing. Raises ``Invalid`` (``upload_empty``, ``upload_too_large``, ``upload_type``, ``upload_mislabelled``,
    ``material_unknown``), ``Conflict`` once it is judged, ``NotFound``, ``Forbidden``.
    """
    application = held_or_at_window(desk, call, application_id, code)
    filename = clean(filename, field="filename", max_length=120)
    media_type = clean(media_type, field="media_type", max_length=100, required=False)
    # Before a byte is kept: may this file be linked at all?
    transitions.attach_upload(application, material_key, Upload("", filename, "", 0), now=call.now)
    policy = desk.reference.policy(application.center_id)
    blob = desk.blobs.put(
        chunks,
        filename=filename,
        max_bytes=policy.integer("upload_max_mb") * 1024 * 1024,
        allowed=frozenset(policy.data("upload_types")),
        declared=media_type,
    )
    upload = Upload(blob.sha256, filename, blob.media_type, blob.size)
    for _ in range(ATTEMPTS):
        changed = transitions.attach_upload(
            application, material_key, upload, now=call.now, at_window=call.actor.has(*WINDOW_ROLES) and not code
        )
        if changed == application:
            return application, upload
        try:
            return desk.applications.save(changed, [MaterialRecorded(changed, material_key)], call), upload
        except Stale:
            application = desk.applications.get(application.id)
    raise Conflict("overtaken", "多人同时操作，请刷新后重试。", id=application.id)
