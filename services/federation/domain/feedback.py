"""What a citizen says of a case that two sites have to do with, at the end that it concerns (rules Q05, R05).

It is given where the citizen is, and goes to whoever handles it (谁办理、谁负责); the outcome comes back, and both ends
show the same one.
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

#: 不满意; 5 is 非常不满意 (rules Q01).
NEGATIVE_FROM = 4


class FeedbackKind(StrEnum):
    """What it is."""

    EVALUATION = "evaluation"
    COMPLAINT = "complaint"


class FeedbackState(StrEnum):
    """Life of it."""

    FORWARDED = "forwarded"
    CONCLUDED = "concluded"


class FeedbackAct(StrEnum):
    """What becomes of it: said at the end that it concerns, and heard at the end where it was given."""

    CONCLUDE = "conclude"
    HEAR = "hear"


#: In which states it may be done. In any other a person is refused; what is told twice changes nothing.
ALLOWED: Final[Mapping[FeedbackAct, frozenset[FeedbackState]]] = MappingProxyType(
    dict.fromkeys(FeedbackAct, frozenset({FeedbackState.FORWARDED}))
)


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the end that it concerns found and did, and what the citizen said when called back (rules Q05, R04)."""

    findings: str = field(repr=False)
    measures: str = field(repr=False)
    concluded_by: str
    concluded_at: datetime
    callback_note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Feedback:
    """One evaluation or complaint, the same at both ends but for the clock, which the end that it concerns counts."""

    id: str
    kind: FeedbackKind
    #: The evaluation or complaint at the end where it was given.
    source_id: str
    #: The crossing or part that it is about.
    about: str
    number: str
    item_name: str
    given_at: Place
    concerns: Place
    journey: str
    said_at: datetime
    state: FeedbackState = FeedbackState.FORWARDED
    #: Of an evaluation: 1–5, 1 is the best (GB/T 39046 A.8).
    level: int = 0
    text: str = field(default="", repr=False)
    #: The citizen is known; then a call-back belongs to the conclusion (rules Q05).
    named: bool = False
    contact: str = field(default="", repr=False)
    clock: Clock | None = None
    conclusion: Conclusion | None = None
    version: int = 0

    @property
    def negative(self) -> bool:
        """Whether something has to be done about it: a complaint, or one of the last two levels (rules Q01)."""
        return self.kind is FeedbackKind.COMPLAINT or self.level >= NEGATIVE_FROM


def forward(feedback: Feedback) -> Feedback:
    """Told to the end that it concerns. Raises ``Invalid``: to one's own site, or a complaint without words."""
    if feedback.concerns.site in ("", feedback.given_at.site):
        raise Invalid("site_invalid", "请选择该评价或投诉所涉及的站点。", field="site")
    if feedback.kind is FeedbackKind.COMPLAINT and not feedback.text:
        raise Invalid("text_required", "请写明投诉内容。", field="text")
    if feedback.kind is FeedbackKind.EVALUATION and not 1 <= feedback.level <= 5:
        raise Invalid("level_unknown", "请选择评价等级。", field="level")
    return feedback


def arrived(told: Feedback, sender: str, here: str, clock: Clock | None) -> Feedback:
    """At the end that it concerns; what needs doing has a clock. Raises ``Forbidden`` (``not_of_this_feedback``)."""
    if told.given_at.site != sender or told.concerns.site != here or told.conclusion is not None:
        raise Forbidden("not_of_this_feedback", "来函站点与该评价或投诉无关，不予登记。", sender=sender)
    return replace(told, clock=clock if told.negative else None, version=0)


def conclude(feedback: Feedback, here: str, said: Conclusion) -> Feedback:
    """Concluded by the end that it concerns (rules Q05, R04). Raises ``Conflict``, ``Forbidden``, ``Invalid``."""
    if here != feedback.concerns.site:
        raise Forbidden("not_this_end", "该操作应由对方站点办理。", site=feedback.concerns.site)
    if feedback.state not in ALLOWED[FeedbackAct.CONCLUDE]:
        raise Conflict("feedback_concluded", "已办结，无需重复答复。", id=feedback.id)
    if not said.findings:
        raise Invalid("text_required", "请填写核实情况。", field="findings")
    if feedback.negative and feedback.named and not said.callback_note:
        raise Invalid("callback_missing", "实名差评和投诉须先回访并填写回访记录。", field="callback_note")
    clock = feedback.clock and replace(feedback.clock, done_at=said.concluded_at)
    return replace(feedback, state=FeedbackState.CONCLUDED, conclusion=said, clock=clock)


def hear(held: Feedback, told: Feedback, sender: str) -> Feedback | None:
    """At the end where it was given: the outcome; ``None`` when it is known. Raises ``Forbidden`` on a third one's."""
    if sender != held.concerns.site:
        raise Forbidden("not_of_this_feedback", "来函站点与该评价或投诉无关，不予登记。", sender=sender)
    if held.state not in ALLOWED[FeedbackAct.HEAR] or told.conclusion is None:
        return None
    return replace(held, state=FeedbackState.CONCLUDED, conclusion=told.conclusion)
