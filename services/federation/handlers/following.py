"""The collecting end after the sending: the mirror follows the owner, and what wasn't taken comes back to the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from kit.alarms import Alarm
from kit.call import Call
from kit.errors import Conflict
from kit.store.port import Mark
from services.federation.domain import collecting, following, retention, segments
from services.federation.domain.agreement import Side
from services.federation.domain.crossing import Crossing, Trouble
from services.federation.domain.events import (
    CrossingFollowed,
    CrossingHandedAway,
    CrossingReturned,
    CrossingSegmentOverdue,
)
from services.federation.domain.handing_over import held
from services.federation.domain.letters import IncomingLetter, settled
from services.federation.handlers import discarding, handing_over, letters
from services.federation.handlers.desk import Desk
from services.federation.handlers.letters import Settled, Taker, answered
from services.federation.protos.handing_over import word_of
from tongban.federation.v1 import letters_pb2 as pb

#: What to do about a letter that the other side will never have; a refusal says it in its own words.
_ADVICE: Final[Mapping[str, str]] = {
    "expired": "信函在有效期内未能送达。请确认线路已恢复，核对材料后重新发送；急件请先电话联系办理地。",
    "set_aside": "信函未能转交，已由运维人员搁置。请联系本站点运维人员查明原因后重新发送。",
    "refused": "对方站点拒收了信函。请按拒收原因更正后重新发送，或电话联系办理地。",
}


def _status(desk: Desk, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    said = letters.read(letter, pb.CrossingStatus)
    crossing = desk.crossings.find_by_id(said.crossing_id)
    if crossing is None:
        raise Conflict("crossing_unknown", "本站点没有该跨域办件，请核对。", crossing=said.crossing_id[:80])
    before = held(crossing, desk.site)
    calendar = desk.reference.calendar(crossing.center_id)
    word = word_of(said, letter)
    followed = following.follow(crossing, word, letter.origin, desk.site, calendar, call.now)
    now = held(followed, desk.site)
    if now.offer is not None and now.offer.to_site == desk.site and now.offer.withdrawn_at is not None:
        # Asked back, and not taken yet: declined by itself, so that the owner may go on.
        handing_over.declined(desk, call, followed, "对方已撤回移交", mark)
        return
    lost = before.owner == desk.site and now.owner != desk.site
    event = CrossingHandedAway(followed) if lost else CrossingFollowed(followed)
    desk.crossings.save(followed, [event, answered(letter, call, "acted_on")], call, mark=mark)


LETTERS: Final[Mapping[str, Taker]] = {"crossing.status": _status, **handing_over.LETTERS}


def settle(desk: Desk, call: Call, happened: Settled, mark: Mark) -> None:
    """What became of a crossing's letter; one that wasn't taken brings it back to its desk with what to do."""
    crossing = _with_letter(desk, happened)
    if crossing is None:
        return
    if happened.failed and happened.letter_id == _offer_id(desk, crossing):
        handing_over.came_back(
            desk=desk,
            call=call,
            crossing_id=crossing.id,
            offer_id=happened.letter_id,
            reason=happened.message or happened.code,
            mark=mark,
        )
        return
    noted = replace(crossing, letters=settled(crossing.letters, happened.letter_id, happened.settlement, happened.code))
    if not happened.failed:
        if noted != crossing:
            desk.crossings.save(noted, [], call, mark=mark)
        return
    advice = _ADVICE[happened.settlement]
    trouble = Trouble(
        code=happened.code or happened.settlement,
        message=f"{happened.message} {advice}" if happened.message else advice,
        at=call.now,
        letter_id=happened.letter_id,
    )
    if crossing.side is Side.COLLECTING:
        calendar = desk.reference.calendar(crossing.center_id)
        returned = collecting.come_back(noted, trouble, calendar, now=call.now)
    else:
        returned = replace(noted, trouble=trouble)
    desk.crossings.save(returned, [CrossingReturned(returned)], call, mark=mark)


def alarms(desk: Desk, disputed: Callable[[Crossing], bool]) -> list[Alarm]:
    """What wakes up: segments whose limit has passed, each told of once; files that were kept long enough.

    ``disputed``: whether a complaint is open about a crossing.
    """

    def fire(crossing: Crossing, call: Call) -> None:
        marked, late = segments.past_due(crossing.segments, call.now)
        due = retention.look_at(crossing)
        if not late and due is not None and due <= call.now:
            discarding.look(desk=desk, call=call, crossing=crossing, disputed=disputed(crossing))
            return
        if not late:
            raise Conflict("segment_not_due", "时限尚未届满。", id=crossing.id)
        after = replace(crossing, segments=marked)
        desk.crossings.save(after, [CrossingSegmentOverdue(after, kind) for kind in late], call)

    return [Alarm("crossing_segment", desk.crossings, fire)]


def _offer_id(desk: Desk, crossing: Crossing) -> str:
    made = held(crossing, desk.site).offer
    return made.id if made is not None else ""


def _with_letter(desk: Desk, happened: Settled) -> Crossing | None:
    for crossing in desk.crossings.find("by_journey", journey=happened.journey, limit=50).items:
        if any(each.id == happened.letter_id for each in crossing.letters):
            return crossing
    return None
