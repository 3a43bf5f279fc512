"""Urging, supervising, consulting between the staff of two sites (催办、督办、会商; rules K07), each with its answer.

Both ends keep it under one id. It goes to and fro by rounds: asked, answered; a supervision is reviewed and may be sent
back, which begins the next round with a clock anew. News of an earlier round, or known, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from kit.errors import Conflict, Forbidden, Invalid
from services.federation.domain.parts import Clock, Place


class UrgingKind(StrEnum):
    """What is wanted of the other end."""

    #: 催办: get on with it, and say by when.
    URGE = "urge"
    #: 督办: mend it; the answer is reviewed.
    SUPERVISE = "supervise"
    #: 会商: say what you think.
    CONSULT = "consult"


class UrgingState(StrEnum):
    """Whose turn it is."""

    ASKED = "asked"
    ANSWERED = "answered"
    CLOSED = "closed"


class UrgingAct(StrEnum):
    """What the ends do: the one that was asked answers, the one that asked reviews."""

    ANSWER = "answer"
    ACCEPT = "accept"
    SEND_BACK = "send_back"


#: In which states it may be done; in any other it raises and changes nothing.
ALLOWED: Final[Mapping[UrgingAct, frozenset[UrgingState]]] = MappingProxyType(
    {
        UrgingAct.ANSWER: frozenset({UrgingState.ASKED}),
        UrgingAct.ACCEPT: frozenset({UrgingState.ANSWERED}),
        UrgingAct.SEND_BACK: frozenset({UrgingState.ANSWERED}),
    }
)


@dataclass(frozen=True, slots=True)
class Turn:
    """One question or answer, by a named person."""

    text: str = field(repr=False)
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Urging:
    """One urging; ``clock`` is only known to the end that has to answer, whose calendar counts it."""

    id: str
    kind: UrgingKind
    title: str
    #: The part or crossing that it is about; may be empty for a consultation.
    about: str
    number: str
    asked_by: Place
    asked_of: Place
    journey: str
    state: UrgingState
    turns: tuple[Turn, ...]
    round: int = 1
    clock: Clock | None = None
    closed_at: datetime | None = None
    version: int = 0

    @property
    def rank(self) -> tuple[int, int]:
        """How new a view is."""
        return self.round, list(UrgingState).index(self.state)

    def other(self, here: str) -> str:
        """The site at the other end."""
        return self.asked_of.site if here == self.asked_by.site else self.asked_by.site


def ask(urging: Urging) -> Urging:
    """A new one. Raises ``Invalid``: without words, or to one's own site."""
    if not urging.turns or not urging.turns[0].text:
        raise Invalid("text_required", "请写明催办、督办或者会商的内容。", field="text")
    if urging.asked_of.site == urging.asked_by.site or not urging.asked_of.site:
        raise Invalid("site_invalid", "请选择对方站点。", field="site")
    return urging


def arrived(urging: Urging, clock: Clock) -> Urging:
    """At the end that has to answer: its clock starts."""
    return replace(urging, clock=clock, version=0)


def answer(urging: Urging, here: str, said: Turn) -> Urging:
    """Answered by the end that was asked; a supervision then waits for its review. Raises ``Conflict``, ``Forbidden``."""
    _require_end(here, urging.asked_of.site)
    if urging.state not in ALLOWED[UrgingAct.ANSWER]:
        raise Conflict("urging_answered", "已答复，无需重复答复。", id=urging.id)
    if not said.text:
        raise Invalid("text_required", "请填写答复内容。", field="text")
    state = UrgingState.ANSWERED if urging.kind is UrgingKind.SUPERVISE else UrgingState.CLOSED
    closed_at = None if state is UrgingState.ANSWERED else said.at
    clock = urging.clock and replace(urging.clock, done_at=said.at)
    return replace(urging, state=state, turns=(*urging.turns, said), clock=clock, closed_at=closed_at)


def accept(urging: Urging, here: str, now: datetime) -> Urging:
    """A supervision whose answer was accepted by the end that asked. Raises ``Conflict``, ``Forbidden``."""
    _require_review(urging, here, UrgingAct.ACCEPT)
    return replace(urging, state=UrgingState.CLOSED, closed_at=now)


def send_back(urging: Urging, here: str, said: Turn) -> Urging:
    """A supervision whose answer doesn't do: the next round. Raises ``Conflict``, ``Forbidden``, ``Invalid``."""
    _require_review(urging, here, UrgingAct.SEND_BACK)
    if not said.text:
        raise Invalid("text_required", "退回须写明原因。", field="text")
    return replace(urging, state=UrgingState.ASKED, round=urging.round + 1, turns=(*urging.turns, said))


def hear(held: Urging, told: Urging, sender: str, here: str) -> Urging | None:
    """What this end holds after the other end's word; ``None``: nothing new. Raises ``Forbidden`` on a third one's.

    The end whose turn it isn't can't change it: only who was asked answers, only who asked sends back or closes.
    """
    if sender != held.other(here) or (told.asked_by, told.asked_of, told.kind) != (
        held.asked_by,
        held.asked_of,
        held.kind,
    ):
        raise Forbidden("not_of_this_urging", "来函站点与该件无关，不予登记。", sender=sender)
    if told.rank <= held.rank:
        return None
    answers = told.round == held.round and held.state is UrgingState.ASKED
    if (sender == held.asked_of.site) != answers:
        raise Forbidden("not_their_turn", "对方站点不能代替另一方答复或审核。", sender=sender)
    turns = (*held.turns, *told.turns[len(held.turns) :])
    clock = held.clock if told.state is not UrgingState.ASKED else None
    return replace(held, state=told.state, round=told.round, turns=turns, clock=clock, closed_at=told.closed_at)


def with_clock(urging: Urging, clock: Clock) -> Urging:
    """The urging with the clock of its present round."""
    return replace(urging, clock=clock)


def _require_end(here: str, site: str) -> None:
    if here != site:
        raise Forbidden("not_this_end", "该操作应由对方站点办理。", site=site)


def _require_review(urging: Urging, here: str, act: UrgingAct) -> None:
    _require_end(here, urging.asked_by.site)
    if urging.state not in ALLOWED[act]:
        raise Conflict("urging_not_answered", "对方尚未答复，或已办结，不能审核。", id=urging.id)
