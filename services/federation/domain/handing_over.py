"""Handing a crossing over to the site that it belongs to (移送): its ownership moves by ``domain.ownership``, signed.

Only what arrived and wasn't judged, nor noticed, moves (our own choice): the legal clock begins at acceptance by who
decides (许可法 32; facts 6), and nobody is given two one-time notices. Whoever collected it stays the other end.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.errors import Conflict, Forbidden
from services.federation.domain import ownership
from services.federation.domain.agreement import Side
from services.federation.domain.crossing import Crossing, CrossingState, Early, HandlingPlace, Status, Word
from services.federation.domain.crossing_acts import CrossingAct, may
from services.federation.domain.ownership import Offer, Ownership, Verdict

#: Of sites whose word came before the owner's offer to them: more is somebody filling the disk.
MOST_EARLY = 4


def held(crossing: Crossing, here: str) -> Ownership:
    """Who owns it, as this site knows: until it is offered to another, the place that it was sent to."""
    first = here if crossing.side is Side.HANDLING else crossing.parties.peer_site
    known = crossing.ownership or Ownership(first)
    return replace(known, revision=crossing.status.revision if crossing.status else 0)


def owned_here(crossing: Crossing, here: str) -> bool:
    """Whether this site may change it now: it owns it, and offers it to nobody."""
    known = held(crossing, here)
    return known.owner == here and known.offer is None


def offer(crossing: Crossing, here: str, made: Offer) -> Crossing:
    """Offered to another site; nothing changes until its answer. Raises ``Conflict``.

    Codes: ``too_late_to_hand_over``, ``handed_to_collector``, and those of ``ownership.offer``.
    """
    if crossing.side is not Side.HANDLING or not may(crossing, CrossingAct.OFFER):
        raise Conflict(
            "too_late_to_hand_over", "只有已收件、尚未告知补正或受理的来件可以移送。", state=crossing.state.value
        )
    if made.to_site == crossing.parties.peer_site:
        raise Conflict("handed_to_collector", "不能移送给收件地；不属于本单位职权的，请作出不予受理决定。")
    return _owned(crossing, ownership.offer(held(crossing, here), here, made), made.offered_at)


def ask_back(crossing: Crossing, here: str, now: datetime) -> Crossing:
    """The offer, asked back. Raises ``Conflict`` (``not_offered``, ``asked_back_already``)."""
    return _owned(crossing, ownership.ask_back(held(crossing, here), here, now), now)


def came_back(crossing: Crossing, here: str, offer_id: str, now: datetime) -> Crossing | None:
    """At the owner, after the other site declined; ``None`` when that offer isn't open any more."""
    back = ownership.declined(held(crossing, here), here, offer_id)
    return None if back is None else _owned(crossing, back, now)


def take(crossing: Crossing, place: HandlingPlace, taken_by: str, now: datetime) -> Crossing:
    """Taken over by the site that it was offered to. Raises ``Conflict`` (``not_offered_here``, ``offer_withdrawn``)."""
    before = held(crossing, place.site)
    taken = ownership.take(before, place.site, taken_by)
    status = Status(before.revision + 1, CrossingState.ARRIVED, now, received_at=now)
    parties = replace(crossing.parties, item_id=place.item_id, handling_center_name=place.center_name)
    return replace(
        crossing,
        ownership=taken,
        status=status,
        state=status.state,
        parties=parties,
        former_sites=(*crossing.former_sites, before.owner),
    )


def decline(crossing: Crossing, here: str, now: datetime) -> Crossing:
    """This site's mirror, declined; it can't be taken any more. Raises ``Conflict`` (``not_offered_here``)."""
    declined = ownership.decline(held(crossing, here), here)
    return replace(crossing, ownership=declined, state=CrossingState.DECLINED, closed_at=now)


def require_owner(crossing: Crossing, here: str) -> None:
    """What came for a site that doesn't own it any more is answered with who does. Raises ``Conflict``.

    It isn't forwarded: the letter is signed for this site and its files are sealed for it (docs/relay/trust.md).
    """
    known = held(crossing, here)
    if known.owner != here:
        raise Conflict("owned_elsewhere", f"该件已移送 {known.owner} 办理，请向该站点重新提出。", owner=known.owner)
    ownership.require_owner(known, here)


def judge(crossing: Crossing, word: Word, sender: str, here: str) -> Verdict:
    """What a site's word about a crossing means here. Raises ``Forbidden`` (``not_the_owner``)."""
    return ownership.judge(held(crossing, here), told_by(crossing, word, sender, here), sender)


def told_by(crossing: Crossing, word: Word, sender: str, here: str) -> Ownership:
    """Who owns it by a site's word; one that says nothing of it speaks as the owner. Raises ``Forbidden``."""
    known = held(crossing, here)
    if word.ownership is None and known.owner != sender:
        raise Forbidden("not_the_owner", "只有主办站点的来函可以改动该件。", sender=sender, owner=known.owner)
    told = word.ownership or replace(known, offer=None)
    return replace(told, revision=word.status.revision)


def keep_early(crossing: Crossing, word: Word, sender: str) -> Crossing:
    """A word of a site that says it has taken it over, until the former owner's offer to it comes."""
    others = tuple(each for each in crossing.early if each.sender != sender)
    return replace(crossing, early=(*others, Early(sender, word))[-MOST_EARLY:])


def with_place(crossing: Crossing, place: HandlingPlace) -> Crossing:
    """The collecting place's crossing, whose other end is another site now."""
    parties = replace(
        crossing.parties,
        peer_site=place.site,
        peer_center_id=place.center_id,
        item_id=place.item_id,
        handling_center_name=place.center_name,
        peer_contact=place.contact,
    )
    return replace(crossing, parties=parties)


def _owned(crossing: Crossing, owned: Ownership, now: datetime) -> Crossing:
    assert crossing.status is not None  # noqa: S101 - what has arrived was told of
    return replace(
        crossing,
        ownership=owned,
        status=replace(crossing.status, revision=owned.revision, said_at=now),
    )
