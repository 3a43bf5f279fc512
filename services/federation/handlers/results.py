"""Results that the collecting center issues (rules I01; 许可法 44)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kit.call import Call
from kit.errors import Conflict, NotFound, Stale
from kit.privacy import mask_name
from kit.store.repository import check_version
from kit.text import clean
from kit.timestamps import to_timestamp
from services.federation.domain import collecting
from services.federation.domain.agreement import Side
from services.federation.domain.crossing import Crossing
from services.federation.domain.events import (
    CrossingApplicantShown,
    CrossingResultArrived,
    CrossingResultAttached,
    CrossingResultHandedOver,
)
from services.federation.domain.handing_over import require_owner
from services.federation.domain.handling import attach_result
from services.federation.domain.letters import File, LetterPosted, line_of
from services.federation.handlers import handling, letters
from services.federation.handlers.access import READING_ROLES, at_window, visible
from services.federation.handlers.desk import Desk
from services.federation.handlers.discarding import holder_of
from services.federation.handlers.files import ATTEMPTS, carry, take_in
from services.federation.handlers.show import record
from tongban.federation.v1 import letters_pb2 as pb


def receive_result(*, desk: Desk, call: Call, crossing_id: str, expected_version: int) -> Crossing:
    """The result reached the collecting center. Raises ``Conflict`` (``no_result_yet``, ``result_not_issued_here``)."""
    crossing = at_window(desk, call, crossing_id)
    check_version(crossing, expected_version)
    received = collecting.receive_result(crossing, now=call.now)
    return desk.crossings.save(received, [CrossingResultArrived(received)], call)


def hand_over_result(*, desk: Desk, call: Call, crossing_id: str, received_by: str, expected_version: int) -> Crossing:
    """Gives the result to the applicant and asks the owner to close its case; who took it is kept masked.

    Raises ``Conflict`` (``result_not_arrived``, ``result_handed_over``), ``Invalid``, ``NotFound``, ``Forbidden``.
    """
    crossing = at_window(desk, call, crossing_id)
    check_version(crossing, expected_version)
    receiver = mask_name(clean(received_by, field="received_by", max_length=100))
    letter = letters.write(
        desk,
        call,
        to=crossing.parties.peer_site,
        type="crossing.handed_over",
        journey=crossing.journey,
        payload=pb.CrossingHandedOver(
            crossing_id=crossing.id, received_by=receiver, handed_over_at=to_timestamp(call.now)
        ),
        in_reply_to=crossing.submission_id,
    )
    handed = collecting.hand_over(crossing, line_of(letter, desk.site), now=call.now)
    return desk.crossings.save(handed, [CrossingResultHandedOver(handed), LetterPosted(letter)], call)


def upload_result(
    *, desk: Desk, call: Call, crossing_id: str, filename: str, media_type: str, chunks: Iterable[bytes]
) -> Crossing:
    """Gives the licence or paper itself to what was decided here; it goes to the collecting place at once (rules I01).

    Given again, the newer one counts. Raises ``Invalid`` (``upload_empty``, ``upload_too_large``, ``upload_type``),
    ``Conflict`` (``no_result_yet``, ``collected_here``, ``owned_elsewhere``), ``NotFound``, ``Forbidden``,
    ``Unavailable`` while relay can't take it.
    """
    crossing = desk.crossings.get(crossing_id)
    call.actor.require_center(crossing.center_id)
    if crossing.side is not Side.HANDLING:
        raise Conflict("collected_here", "该件由办理地出件，结果文件应由办理地上传。", crossing=crossing.id)
    require_owner(crossing, desk.site)
    attach_result(crossing, File("", filename, "", 0), call.now)  # before a byte is kept: may it be given at all?
    file = take_in(
        desk, call, crossing.center_id, holder_of(crossing.id), filename=filename, media_type=media_type, chunks=chunks
    )
    carry(desk, call, (file,))
    for _ in range(ATTEMPTS):
        require_owner(crossing, desk.site)
        attached = attach_result(crossing, file, call.now)
        told, posted = handling.told(desk, call, attached, (file,))
        try:
            return desk.crossings.save(told, [CrossingResultAttached(told), *posted], call)
        except Stale:
            crossing = desk.crossings.get(crossing.id)
    raise Conflict("overtaken", "多人同时操作，请刷新后重试。", id=crossing.id)


def download_result(*, desk: Desk, call: Call, crossing_id: str) -> tuple[File, Iterator[bytes]]:
    """The licence or paper itself: for staff of either center, on the record, and for the signed-in applicant.

    The code of a receipt opens the progress and not this (our own choice). Raises ``NotFound`` (``no_result_file``),
    ``Forbidden``, ``Unavailable``.
    """
    crossing = visible(desk, call, crossing_id)
    file = crossing.status.result_file if crossing.status else None
    if file is None:
        raise NotFound("no_result_file", "办理地尚未提供结果文件，请稍后再来或到窗口领取。", id=crossing.id)
    if call.actor.has(*READING_ROLES):
        purpose = f"打印结果 {file.filename}"
        shown = CrossingApplicantShown(crossing.id, crossing.journey, crossing.center_id, purpose)
        record(desk, call, crossing.id, crossing.center_id, purpose, shown)
    if desk.blobs.has(file.sha256):
        return file, desk.blobs.get(file.sha256)
    return file, desk.carrier.read(file.sha256, token=call.token)
