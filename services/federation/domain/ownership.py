"""One owner: which of several sites may change what they share, and how that moves from one to the next.

What sites share has one owner; the others hold a mirror that only the owner's word changes. Each change gives it a
higher ``revision``; each hand-over (移交) a higher ``term``. The owner offers it to another site and changes nothing
until it has that site's answer. Both say so in letters that they sign, so a third site knows from the two who owns it.
The letters may come late, twice, and in any order between different sites: nobody's view ever goes back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kit.errors import Conflict, Forbidden


@dataclass(frozen=True, slots=True)
class Offer:
    """A hand-over that waits for its answer, and the person who stands for it."""

    id: str
    to_site: str
    offered_by: str
    offered_at: datetime
    reason: str = ""
    #: Asked back; the other site may have taken it before it heard.
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who owns it. ``order`` only grows, whoever owns it."""

    owner: str
    term: int = 1
    revision: int = 1
    offer: Offer | None = None
    #: Who took it over for the present owner; empty for the first one.
    taken_by: str = ""

    @property
    def order(self) -> tuple[int, int]:
        """How new a view is."""
        return self.term, self.revision


class Verdict(StrEnum):
    """What is to be done with another site's word."""

    APPLY = "apply"
    #: Known already, or overtaken.
    OLDER = "older"
    #: By a site that says it took it over, before the former owner's offer was heard: kept until that comes.
    EARLY = "early"


def require_owner(held: Ownership, here: str) -> None:
    """Raises ``Conflict``: owned elsewhere (``owned_elsewhere``), or being handed over (``handing_over``)."""
    if held.owner != here:
        raise Conflict("owned_elsewhere", "该件由对方站点办理，请向对方站点提出。", owner=held.owner)
    if held.offer is not None:
        raise Conflict("handing_over", "该件正在移交，对方答复之前不能改动。", to=held.offer.to_site)


def changed(held: Ownership, here: str) -> Ownership:
    """The same after a change by its owner. Raises ``Conflict`` like ``require_owner``."""
    require_owner(held, here)
    return replace(held, revision=held.revision + 1)


def offer(held: Ownership, here: str, made: Offer) -> Ownership:
    """Offered to another site; nothing changes until its answer. Raises ``Conflict``, also for the owner's own site."""
    require_owner(held, here)
    if made.to_site == here:
        raise Conflict("handed_to_oneself", "不能移交给本站点，请选择其他站点。")
    return replace(held, revision=held.revision + 1, offer=made)


def ask_back(held: Ownership, here: str, now: datetime) -> Ownership:
    """The offer, asked back: the other site declines it, unless it has taken it. Raises ``Conflict``."""
    if held.owner != here or held.offer is None:
        raise Conflict("not_offered", "该件没有等待答复的移交，无需撤回。", owner=held.owner)
    if held.offer.withdrawn_at is not None:
        raise Conflict("asked_back_already", "已请求撤回移交，请等待对方站点答复。")
    return replace(held, revision=held.revision + 1, offer=replace(held.offer, withdrawn_at=now))


def take(held: Ownership, here: str, taken_by: str) -> Ownership:
    """Taken over by the site that it was offered to. Raises ``Conflict`` (``not_offered_here``, ``offer_withdrawn``)."""
    if _offer_to(held, here).withdrawn_at is not None:
        raise Conflict("offer_withdrawn", "对方站点已撤回移交，不能再接收。")
    return Ownership(here, held.term + 1, 1, None, taken_by)


def decline(held: Ownership, here: str) -> Ownership:
    """The mirror without the offer that this site doesn't take; it can't take it any more. Raises ``Conflict``."""
    _offer_to(held, here)
    return replace(held, offer=None)


def declined(held: Ownership, here: str, offer_id: str) -> Ownership | None:
    """What the owner holds after the other site declined; ``None`` when that offer isn't open (any more)."""
    if held.owner != here or held.offer is None or held.offer.id != offer_id:
        return None
    return replace(held, revision=held.revision + 1, offer=None)


def judge(held: Ownership, told: Ownership, sender: str) -> Verdict:
    """What a site's word about who owns it means here.

    Raises ``Forbidden`` (``not_the_owner``) when the sender neither is the owner that is known here nor says that it
    has become it.
    """
    if sender not in (held.owner, told.owner):
        raise Forbidden("not_the_owner", "只有主办站点的来函可以改动该件。", sender=sender, owner=held.owner)
    if told.order <= held.order:
        return Verdict.OLDER
    if sender == held.owner:
        if told.owner != sender or told.term != held.term:
            raise Forbidden("not_the_owner", "站点只能移交，不能替其他站点接收。", sender=sender, owner=told.owner)
        return Verdict.APPLY
    offered = held.offer is not None and held.offer.to_site == sender and told.term == held.term + 1
    return Verdict.APPLY if offered else Verdict.EARLY


def _offer_to(held: Ownership, here: str) -> Offer:
    if held.offer is None or held.offer.to_site != here or held.owner == here:
        raise Conflict("not_offered_here", "没有等待本站点接收的移交，请刷新后查看。", owner=held.owner)
    return held.offer
