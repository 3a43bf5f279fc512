"""The handling end: what its own intake and approval say of what came from elsewhere is told (rules P03; facts 6)."""

from __future__ import annotations

from dataclasses import replace

from kit.call import Call
from kit.store.port import Mark
from services.federation.domain.agreement import Side
from services.federation.domain.crossing import (
    Crossing,
    CrossingState,
)
from services.federation.domain.events import (
    CrossingStatusTold,
)
from services.federation.domain.handing_over import owned_here
from services.federation.domain.handling import (
    ApplicationPicture,
    CasePicture,
    see_application,
    see_case,
    with_own_segment,
)
from services.federation.domain.letters import (
    File,
    LetterAnswered,
    LetterPosted,
    OutgoingLetter,
    line_of,
    with_line,
)
from services.federation.handlers import letters
from services.federation.handlers.access import READING_ROLES
from services.federation.handlers.desk import Desk
from services.federation.protos.handing_over import status_letter


def follow_application(*, desk: Desk, call: Call, crossing_id: str, seen: ApplicationPicture, mark: Mark) -> None:
    """The owner's intake said something: the other place is told. Raises ``AlreadyApplied``, ``Stale``."""
    crossing = desk.crossings.find_by_id(crossing_id)
    if crossing is None or crossing.side is not Side.HANDLING or not owned_here(crossing, desk.site):
        return
    after = see_application(crossing, seen, desk.reference.calendar(crossing.center_id), call.now)
    if after is None:
        return
    judged = seen.state in (
        CrossingState.ACCEPTED,
        CrossingState.REFUSED,
        CrossingState.SUPPLEMENT_REQUESTED,
        CrossingState.WITHDRAWN,
    )
    _tell(desk, call, after, mark, acted_on=judged and after.state is not crossing.state, by=seen.responsible_name)


def follow_case(*, desk: Desk, call: Call, seen: CasePicture, mark: Mark) -> None:
    """The owner's approval said something of one of the crossings: the other place is told; other cases pass by."""
    crossing = desk.crossings.find_unique("by_application", seen.application_id)
    if crossing is None or not owned_here(crossing, desk.site):
        return
    after = see_case(crossing, seen, desk.reference.calendar(crossing.center_id), call.now)
    if after is not None:
        _tell(desk, call, after, mark)


def read_crossing(*, desk: Desk, call: Call, crossing_id: str) -> Crossing:
    """The handling place's staff have looked at it: its letter is read, once. Raises ``NotFound``, ``Forbidden``."""
    call.actor.require(*READING_ROLES)
    crossing = desk.crossings.get(crossing_id)
    call.actor.require_center(crossing.center_id)
    if crossing.side is not Side.HANDLING or crossing.read_at is not None:
        return crossing
    read = replace(crossing, read_at=call.now)
    return desk.crossings.save(read, [_settlement(read, call, "read", call.actor.name)], call)


def tell_anew(desk: Desk, call: Call, crossing: Crossing, mark: Mark) -> None:
    """The owner's picture once more, under the next number. Raises ``AlreadyApplied``, ``Stale``."""
    assert crossing.status is not None  # noqa: S101 - only what was seen is told
    said = with_own_segment(crossing.status, crossing.segments)
    _tell(desk, call, replace(crossing, status=replace(said, revision=said.revision + 1, said_at=call.now)), mark)


def told(
    desk: Desk, call: Call, crossing: Crossing, files: tuple[File, ...] = ()
) -> tuple[Crossing, list[LetterPosted]]:
    """The crossing with its picture on the way to the collecting place, and to every site that has owned it."""
    letter = status_to(desk, call, crossing, crossing.parties.peer_site, files)
    others = [LetterPosted(status_to(desk, call, crossing, site)) for site in crossing.former_sites]
    noted = replace(crossing, letters=with_line(crossing.letters, line_of(letter, desk.site)))
    return noted, [LetterPosted(letter), *others]


def status_to(desk: Desk, call: Call, crossing: Crossing, site: str, files: tuple[File, ...] = ()) -> OutgoingLetter:
    """The owner's picture, for one site."""
    return letters.write(
        desk,
        call,
        to=site,
        type="crossing.status",
        journey=crossing.journey,
        payload=status_letter(crossing),
        in_reply_to=crossing.submission_id,
        files=files,
        sealing=crossing.parties.sealing,
    )


def _tell(desk: Desk, call: Call, crossing: Crossing, mark: Mark, *, acted_on: bool = False, by: str = "") -> None:
    noted, posted = told(desk, call, crossing)
    receipts = [_settlement(noted, call, "acted_on", by)] if acted_on else []
    desk.crossings.save(noted, [CrossingStatusTold(noted), *posted, *receipts], call, mark=mark)


def _settlement(crossing: Crossing, call: Call, settlement: str, by: str) -> LetterAnswered:
    return LetterAnswered(
        crossing.submission_id, crossing.parties.peer_site, crossing.journey, settlement, call.now, by_name=by
    )
