"""The mirror: how a crossing follows what its owner says, and nothing else: where it was collected, or handled before."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.workdays import Calendar
from services.federation.domain import hand_back, handing_over
from services.federation.domain.agreement import Side
from services.federation.domain.crossing import Crossing, CrossingState, Status, Word
from services.federation.domain.letters import with_line
from services.federation.domain.ownership import Verdict
from services.federation.domain.segments import SegmentKind, ended


def follow(crossing: Crossing, word: Word, sender: str, here: str, calendar: Calendar, now: datetime) -> Crossing:
    """What this site holds after another's word: a mirror follows its owner, and the new one that it has named.

    An older picture than the one here changes nothing but the history; the word of a site that the owner hasn't named
    yet is kept until it does. Raises ``Forbidden`` (``not_the_owner``).
    """
    verdict = handing_over.judge(crossing, word, sender, here)
    noted = replace(crossing, letters=with_line(crossing.letters, word.line))
    if verdict is Verdict.OLDER:
        return noted
    if verdict is Verdict.EARLY:
        return handing_over.keep_early(crossing, word, sender)
    told = handing_over.told_by(crossing, word, sender, here)
    moved = told.owner != handing_over.held(crossing, here).owner
    if word.ownership is not None:
        noted = replace(noted, ownership=told)
    if moved and word.place is not None and crossing.side is Side.COLLECTING:
        noted = handing_over.with_place(noted, word.place)
    followed = _pictured(noted, _with_file(noted, word), calendar, now)
    return _then_early(followed, here, calendar, now)


def _with_file(crossing: Crossing, word: Word) -> Status:
    """The picture with the result's own file, if that came with its letter, or with an earlier one.

    A digest alone gives nobody a file of another case.
    """
    named, known = word.status.result_file, crossing.status.result_file if crossing.status else None
    came = named is not None and (named == known or named.sha256 in {each.sha256 for each in word.files})
    return word.status if came else replace(word.status, result_file=known)


def _then_early(crossing: Crossing, here: str, calendar: Calendar, now: datetime) -> Crossing:
    """What came too early and can be believed now."""
    for each in crossing.early:
        if handing_over.judge(crossing, each.word, each.sender, here) is not Verdict.EARLY:
            rest = replace(crossing, early=tuple(other for other in crossing.early if other is not each))
            return follow(rest, each.word, each.sender, here, calendar, now)
    return crossing


def _pictured(crossing: Crossing, status: Status, calendar: Calendar, now: datetime) -> Crossing:
    followed = replace(crossing, status=status, state=status.state, trouble=None, sent_at=crossing.sent_at or now)
    if status.state is CrossingState.SUPPLEMENT_REQUESTED and crossing.state is not status.state:
        wanted = {each.key for each in status.wanted}
        followed = replace(
            followed,
            # What was compared once isn't what the notice asks for.
            materials=tuple(replace(m, checked=m.checked and m.key not in wanted) for m in followed.materials),
        )
    if crossing.side is Side.HANDLING:  # handled here before, or offered: the clocks are its owner's
        return replace(followed, closed_at=now if status.state.closed else None)
    return _clocks(followed, status, calendar, now)


def _clocks(crossing: Crossing, status: Status, calendar: Calendar, now: datetime) -> Crossing:
    segments = hand_back.followed(crossing, status, calendar)
    if not crossing.supplement_on_its_way:
        segments = ended(segments, status.said_at, SegmentKind.TRANSIT)
    segments = ended(segments, status.said_at, SegmentKind.COLLECTION)
    if not status.state.closed:
        return replace(crossing, segments=segments)
    return replace(crossing, closed_at=now, segments=ended(segments, now, *SegmentKind))
