"""Files: taken in by one door, handed to relay before their letter is written; and the collecting desk's scans."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kit.call import Call
from kit.errors import Conflict, Stale
from kit.store.repository import check_version
from kit.text import clean
from services.federation.domain import collecting
from services.federation.domain.crossing import Crossing
from services.federation.domain.events import CrossingMaterialChanged
from services.federation.domain.letters import File
from services.federation.domain.retention import scans_of
from services.federation.handlers.access import at_window, collected_here
from services.federation.handlers.desk import Desk
from services.federation.handlers.discarding import holder_of

#: How often a link to a scan is tried when others change the crossing at the same time.
ATTEMPTS: Final = 8


def take_in(
    desk: Desk, call: Call, center_id: str, holder: str, *, filename: str, media_type: str, chunks: Iterable[bytes]
) -> File:
    """Keeps a file of the size and types that the center takes, for a holder that will refer to it (``kit.blobs.uses``).

    ``holder`` empty: whoever will isn't known yet, and until then it stays for ``kit.blobs.uses.GRACE``.

    Raises ``Invalid`` (``upload_empty``, ``upload_too_large``, ``upload_type``), ``Unavailable``.
    """
    policy = desk.reference.policy(center_id)
    filename = clean(filename, field="filename", max_length=120)
    blob = desk.blobs.put(
        chunks,
        filename=filename,
        max_bytes=policy.integer("upload_max_mb") * 1024 * 1024,
        allowed=frozenset(policy.data("upload_types")),
        declared=clean(media_type, field="media_type", max_length=100, required=False),
    )
    desk.uses.arrived(call, blob.sha256, again=blob.again)
    if holder:
        desk.uses.note(call, holder, [blob.sha256])
    return File(blob.sha256, filename, blob.media_type, blob.size)


def upload_scan(
    *,
    desk: Desk,
    call: Call,
    crossing_id: str,
    code: str,
    material_key: str,
    filename: str,
    media_type: str,
    chunks: Iterable[bytes],
) -> tuple[Crossing, File]:
    """Takes a scan in and links it to its material; kept before it is linked.

    Raises ``Invalid`` (``upload_empty``, ``upload_too_large``, ``upload_type``, ``material_unknown``), ``Conflict``
    once it is on its way, ``NotFound``, ``Forbidden``.
    """
    crossing = collected_here(desk, call, crossing_id, code)
    # Before a byte is kept: may this file be linked at all?
    collecting.add_scan(crossing, material_key, File("", filename, "", 0))
    scan = take_in(
        desk, call, crossing.center_id, holder_of(crossing.id), filename=filename, media_type=media_type, chunks=chunks
    )
    for _ in range(ATTEMPTS):
        changed = collecting.add_scan(crossing, material_key, scan)
        if changed == crossing:
            return crossing, scan
        try:
            return desk.crossings.save(changed, [CrossingMaterialChanged(changed, material_key)], call), scan
        except Stale:
            crossing = desk.crossings.get(crossing.id)
    raise Conflict("overtaken", "多人同时操作，请刷新后重试。", id=crossing.id)


def remove_scan(
    *, desk: Desk, call: Call, crossing_id: str, code: str, material_key: str, sha256: str, expected_version: int
) -> Crossing:
    """Takes a scan away again. Raises ``Conflict`` once it is on its way, ``Invalid``, ``NotFound``, ``Forbidden``."""
    crossing = collected_here(desk, call, crossing_id, code)
    check_version(crossing, expected_version)
    changed = collecting.remove_scan(crossing, material_key, sha256)
    saved = desk.crossings.save(changed, [CrossingMaterialChanged(changed, material_key)], call)
    if sha256 not in {scan.sha256 for scan in scans_of(saved)}:
        desk.uses.release(call, holder_of(saved.id), [sha256])
    return saved


def check_material(
    *,
    desk: Desk,
    call: Call,
    crossing_id: str,
    material_key: str,
    checked: bool,
    originals: int,
    copies: int,
    expected_version: int,
) -> Crossing:
    """The clerk has compared scan, original and form standard (rules C04). Raises as ``remove_scan``."""
    crossing = at_window(desk, call, crossing_id)
    check_version(crossing, expected_version)
    changed = collecting.check_material(crossing, material_key, checked=checked, originals=originals, copies=copies)
    return desk.crossings.save(changed, [CrossingMaterialChanged(changed, material_key)], call)


def carry(desk: Desk, call: Call, files: tuple[File, ...]) -> None:
    """Hands the files to relay, each once. Raises ``Unavailable`` while it can't take them."""
    for file in {file.sha256: file for file in files}.values():
        desk.carrier.keep(file, desk.blobs.get(file.sha256), token=call.token)
