"""Results that the collecting center issues (rules I01; 许可法 44)."""

from __future__ import annotations

from kit.call import Call
from kit.privacy import mask_name
from kit.store.repository import check_version
from kit.text import clean
from kit.timestamps import to_timestamp
from services.federation.domain import collecting
from services.federation.domain.crossing import Crossing
from services.federation.domain.events import CrossingResultArrived, CrossingResultHandedOver
from services.federation.domain.letters import LetterPosted, line_of
from services.federation.handlers import letters
from services.federation.handlers.access import at_window
from services.federation.handlers.desk import Desk
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
