"""A link (链路): two sites that know and have approved each other; nothing is taken from anybody else.

Proposed by one side's operator, accepted by the other's, each by name; suspended, resumed and ended by either for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from kit.errors import Conflict, Forbidden, Invalid
from services.relay.domain.card import CardRefused, SiteCard, require_continuing, require_successor
from services.relay.domain.letter import Letter
from services.relay.domain.limits import Limits, matches
from services.relay.domain.proposal import PROPOSAL_LIVES, Acceptance, Approval, Direction, Proposal

__all__ = [
    "Acceptance",
    "Approval",
    "Direction",
    "Limits",
    "Link",
    "LinkChanged",
    "LinkClosed",
    "LinkRefused",
    "LinkState",
    "Proposal",
]


class LinkRefused(Conflict):
    """A link's state doesn't allow it."""


class LinkClosed(Forbidden):
    """Nothing travels over this link now."""


class LinkState(StrEnum):
    """How a link stands."""

    #: Proposed by this site; the other hasn't answered.
    PROPOSED = "proposed"
    #: Both have approved; nothing has come yet that shows that the other knows.
    ACCEPTED = "accepted"
    ACTIVE = "active"
    #: Stopped by this site for a while.
    SUSPENDED = "suspended"
    #: Ended for good.
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """A link was made, or changed its state, limits or card: what, by whom and why."""

    link: Link
    #: ``proposed``, ``accepted``, ``activated``, ``suspended``, ``resumed``, ``revoked``, ``limits_changed``, ``card_learned``.
    what: str
    by: Approval
    rules: str = "P02 P03"


@dataclass(frozen=True, slots=True)
class Link:
    """A link as one of its two sites keeps it."""

    id: str
    #: The other site.
    peer: str
    peer_card: SiteCard
    #: What the peer is to this site.
    direction: Direction
    state: LinkState
    #: What this site takes.
    limits: Limits
    #: This site's own.
    approval: Approval
    proposed_at: datetime
    changed_at: datetime
    #: What the peer takes; ``None``: not known yet.
    peer_limits: Limits | None = None
    peer_approval: Approval | None = None
    #: What the acceptance has to answer.
    proposal_digest: bytes = b""
    #: Of this site's card that the peer got with the proposal or the acceptance.
    own_serial: int = 0
    #: Every change, with who made it; the latest last.
    changes: tuple[tuple[str, Approval], ...] = ()
    version: int = 0

    # ── What may travel ──────────────────────────────────────────────────────────────────────────────────────

    @property
    def endpoints(self) -> tuple[str, ...]:
        """Where the peer is reached; none: it dials."""
        return self.peer_card.endpoints

    @property
    def is_parent(self) -> bool:
        """Whether the peer is the level above."""
        return self.direction is Direction.PARENT

    @property
    def is_standing(self) -> bool:
        """Whether letters may be put into it: also while it is suspended, as they leave when it goes on."""
        return self.is_live or self.state is LinkState.SUSPENDED

    @property
    def is_live(self) -> bool:
        """Whether letters travel over it."""
        return self.state in (LinkState.ACCEPTED, LinkState.ACTIVE)

    def require_active(self) -> None:
        """Raises ``LinkClosed`` (``link_not_active``, with the state) unless letters travel over it."""
        if not self.is_live:
            said = {
                LinkState.PROPOSED: "链路尚未经双方批准，请先完成批准。",
                LinkState.SUSPENDED: "链路已暂停，请联系管理员恢复。",
                LinkState.REVOKED: "链路已终止，如需往来请重新建立。",
            }
            raise LinkClosed("link_not_active", said[self.state], link=self.id, state=self.state.value)

    def permits(self, letter: Letter) -> None:
        """Raises ``LetterNotAllowed`` unless this site takes such a letter from the peer."""
        self.limits.require_permitted(letter)

    def permits_sending(self, letter: Letter) -> None:
        """Raises ``LetterNotAllowed`` unless the peer takes such a letter from this site."""
        (self.peer_limits or self.limits).require_permitted(letter)

    def may_introduce(self, site: str) -> bool:
        """Whether the peer may hand on the first card of another site.

        Unless the limits say so: a parent any, a partner and a child those of its own division's area.
        """
        if self.limits.introduces:
            return matches(self.limits.introduces, site)
        return self.direction is Direction.PARENT or site.startswith(area(self.peer))

    # ── How it changes ───────────────────────────────────────────────────────────────────────────────────────

    def accepted_by_peer(self, acceptance: Acceptance, by: Approval) -> tuple[Link, LinkChanged]:
        """The peer's answer is here, and this site's operator has confirmed it.

        Raises ``LinkRefused``; ``CardRefused`` where the peer's card doesn't continue the one that was proposed to.
        """
        if self.state is not LinkState.PROPOSED:
            raise LinkRefused(
                "link_not_proposed", "该链路不在等待对方答复的状态，无需再次确认。", state=self.state.value
            )
        if acceptance.proposal_digest != self.proposal_digest:
            raise LinkRefused("proposal_changed", "答复所依据的提议与本站点发出的不一致，请重新提议。", link=self.id)
        card = self.peer_card
        if acceptance.card.canonical() != card.canonical():
            require_successor(card, acceptance.card)
            card = acceptance.card
        changed = replace(
            self,
            peer_card=card,
            state=LinkState.ACTIVE,
            peer_limits=acceptance.limits,
            peer_approval=acceptance.approval,
        )
        return changed._by("activated", by)

    def heard_from(self, by: Approval) -> tuple[Link, LinkChanged]:
        """Something came over it that the peer signed: it knows that both have approved."""
        self._require("activated", LinkState.ACCEPTED)
        return replace(self, state=LinkState.ACTIVE)._by("activated", by)

    def suspended(self, by: Approval) -> tuple[Link, LinkChanged]:
        """Stops it for a while, by this site. Raises ``LinkRefused``."""
        self._require("suspended", LinkState.ACCEPTED, LinkState.ACTIVE)
        return replace(self, state=LinkState.SUSPENDED)._because("suspended", by)

    def resumed(self, by: Approval) -> tuple[Link, LinkChanged]:
        """Lets it go on. Raises ``LinkRefused``."""
        self._require("resumed", LinkState.SUSPENDED)
        return replace(self, state=LinkState.ACTIVE)._because("resumed", by)

    def revoked(self, by: Approval) -> tuple[Link, LinkChanged]:
        """Ends it for good. Raises ``LinkRefused`` when it is ended already."""
        self._require("revoked", LinkState.PROPOSED, LinkState.ACCEPTED, LinkState.ACTIVE, LinkState.SUSPENDED)
        return replace(self, state=LinkState.REVOKED)._because("revoked", by)

    def with_limits(self, limits: Limits, by: Approval) -> tuple[Link, LinkChanged]:
        """Other limits for what this site takes. Raises ``LinkRefused``, ``Invalid``."""
        limits.require_sound()
        self._require("limits_changed", LinkState.ACCEPTED, LinkState.ACTIVE, LinkState.SUSPENDED)
        return replace(self, limits=limits)._because("limits_changed", by)

    def with_card(self, card: SiteCard, by: Approval, *, compared: bool) -> tuple[Link, LinkChanged]:
        """A later card of the peer; ``compared``: a person held the fingerprints against each other.

        Raises ``CardRefused``, ``LinkRefused``.
        """
        self._require("card_learned", LinkState.PROPOSED, LinkState.ACCEPTED, LinkState.ACTIVE, LinkState.SUSPENDED)
        (require_continuing if compared else require_successor)(self.peer_card, card)
        return replace(self, peer_card=card)._by("card_learned", by)

    def _require(self, what: str, *states: LinkState) -> None:
        if self.state not in states:
            raise LinkRefused(
                "link_state_wrong", "链路当前的状态不允许此操作，请刷新后核对。", state=self.state.value, wanted=what
            )

    def _because(self, what: str, by: Approval) -> tuple[Link, LinkChanged]:
        if not by.reason.strip():
            raise Invalid("reason_missing", "请填写理由，理由将记入审计记录。", field="reason")
        return self._by(what, by)

    def _by(self, what: str, by: Approval) -> tuple[Link, LinkChanged]:
        by.require_sound()
        changed = replace(self, changed_at=by.at, changes=(*self.changes[-99:], (what, by)))
        return changed, LinkChanged(changed, what, by)


def propose(
    *,
    id: str,
    card: SiteCard,
    direction: Direction,
    limits: Limits,
    own: SiteCard,
    by: Approval,
    sign: Callable[[Proposal], Proposal],
) -> tuple[Link, Proposal, LinkChanged]:
    """A link that this site proposes, and the proposal to hand over. Raises ``CardRefused``, ``Invalid``."""
    _require_other(card.site, own.site)
    limits.require_sound()
    proposal = sign(Proposal(id, own, card.site, direction, limits, by, by.at + PROPOSAL_LIVES))
    link, change = Link(
        id=id,
        peer=card.site,
        peer_card=card,
        direction=direction,
        state=LinkState.PROPOSED,
        limits=limits,
        approval=by,
        proposed_at=by.at,
        changed_at=by.at,
        proposal_digest=proposal.digest(),
        own_serial=own.serial,
    )._by("proposed", by)
    return link, proposal, change


def accept(
    *, proposal: Proposal, limits: Limits, own: SiteCard, by: Approval, sign: Callable[[Acceptance], Acceptance]
) -> tuple[Link, Acceptance, LinkChanged]:
    """A link that was proposed to this site, and the acceptance to hand back; the proposal's signature was verified.

    Raises ``CardRefused``, ``LinkRefused`` (``proposal_for_another_site``, ``proposal_expired``), ``Invalid``.
    """
    _require_other(proposal.card.site, own.site)
    if proposal.peer != own.site:
        raise LinkRefused("proposal_for_another_site", "该提议不是发给本站点的，请核对文件。", peer=proposal.peer)
    if by.at >= proposal.expires_at:
        raise LinkRefused("proposal_expired", "提议已过期，请对方重新提议。", expired=proposal.expires_at.isoformat())
    if proposal.approval.site != proposal.card.site:
        raise LinkRefused("proposal_not_approved", "提议缺少对方站点的批准，请对方重新提议。", link=proposal.link)
    limits.require_sound()
    proposal.limits.require_sound()
    proposal.approval.require_sound()
    acceptance = sign(Acceptance(proposal.link, proposal.digest(), own, limits, by))
    link, change = Link(
        id=proposal.link,
        peer=proposal.card.site,
        peer_card=proposal.card,
        direction=proposal.direction.seen_from_there,
        state=LinkState.ACCEPTED,
        limits=limits,
        approval=by,
        proposed_at=proposal.approval.at,
        changed_at=by.at,
        peer_limits=proposal.limits,
        peer_approval=proposal.approval,
        proposal_digest=proposal.digest(),
        own_serial=own.serial,
    )._by("accepted", by)
    return link, acceptance, change


def area(site: str) -> str:
    """The beginning of the division codes within a site's own: ``5116`` of ``511600.guangan``, ``51`` of ``510000.sc``."""
    code = site.partition(".")[0]
    while len(code) > 6 and code.endswith("000"):
        code = code[:-3]
    while 2 < len(code) <= 6 and code.endswith("00"):
        code = code[:-2]
    return code


def _require_other(site: str, own: str) -> None:
    if site == own:
        raise CardRefused("own_card", "这是本站点自己的名片，请向对方索取名片。", site=own)
