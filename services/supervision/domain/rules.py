"""A center's rules of supervision: what is warned of, how early, in which colour, at how many points (facts 7; rules G05).

They are edited as a whole: every change is another edition with its reason and the day from which it is in force, and
none is ever changed or removed. A card keeps the edition that made it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from kit.errors import Conflict, Invalid
from kit.workdays import local_date, local_instant
from services.supervision.domain.cards import Colour, Person, Trigger

#: Bounds of leads in working days, of days without movement, and of points.
MOST_DAYS: Final = 60
MOST_POINTS: Final = 1000
#: How far ahead an edition may be set, in days.
FARTHEST: Final = timedelta(days=366)

#: What a clock runs out of; the others are single facts.
CLOCKS: Final = frozenset({Trigger.STEP, Trigger.PROMISE, Trigger.LAW, Trigger.IDLE})
#: The number that a rule has on a card; a number is never used again.
NUMBERS: Final = {
    Trigger.STEP: "JC-01",
    Trigger.PROMISE: "JC-02",
    Trigger.LAW: "JC-03",
    Trigger.FURTHER_NOTICE: "JC-04",
    Trigger.NO_GROUNDS: "JC-05",
    Trigger.NOT_ACCEPTED: "JC-06",
    Trigger.FEE: "JC-07",
    Trigger.IDLE: "JC-08",
}


class Period(StrEnum):
    """Over what points are added up; the sources differ (table ZZ23)."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


class Sanction(StrEnum):
    """The ladder of accountability (责任追究, rules G05), lowest first."""

    CRITICISM = "criticism"
    ADMONITION = "admonition"
    SELF_REVIEW = "self_review"
    NO_HONOURS = "no_honours"
    CIRCULAR = "circular"
    YELLOW_WARNING = "yellow_warning"
    REPLACEMENT = "replacement"


@dataclass(frozen=True, slots=True)
class Rule:
    """What is done when one thing happens."""

    trigger: Trigger
    on: bool
    #: Of the card once it has happened: yellow, which recovers with its cause, or red.
    colour: Colour
    yellow_points: int
    red_points: int
    #: Of a clock: working days before its end, 0 being the last day itself; None: no such warning.
    reminder_days: int | None = None
    yellow_days: int | None = None
    #: Of idleness: after so many working days without movement.
    idle_days: int = 0
    #: Of rules for centers below: they may set it more strictly.
    open_below: bool = False

    @property
    def number(self) -> str:
        """The rule's number, as cards have it."""
        return NUMBERS[self.trigger]

    def points(self, colour: Colour) -> int:
        """What a card of a colour counts; a reminder counts nothing."""
        return {Colour.YELLOW: self.yellow_points, Colour.RED: self.red_points}.get(colour, 0)


@dataclass(frozen=True, slots=True)
class Rung:
    """From how many points a sanction is proposed; 0: never."""

    sanction: Sanction
    person_points: int
    department_points: int


@dataclass(frozen=True, slots=True)
class RuleEdition:
    """A center's rules from an instant on."""

    id: str
    center_id: str
    #: 0: nobody has set any; the leads are those of the center's settings.
    number: int
    effective_from: datetime
    rules: tuple[Rule, ...]
    ladder: tuple[Rung, ...]
    period: Period
    #: Whether a yellow card goes on counting once its cause is gone.
    recovered_counts: bool
    reason: str
    set_by: Person
    set_at: datetime
    #: When clocks that run are to be looked at under it; None: that is done.
    apply_at: datetime | None = None
    #: Where that goes on.
    cursor: str = ""
    #: Set for the centers below as well, and whether they may set the ladder more strictly.
    below: bool = False
    ladder_open: bool = False
    #: The center above whose rules these are, and the number of its edition; empty: nobody above sets any.
    from_center: str = ""
    from_number: int = 0
    #: What this center has set more strictly than the one above.
    tightened: tuple[Trigger, ...] = ()
    ladder_tightened: bool = False
    version: int = 0

    @property
    def binds(self) -> bool:
        """Whether centers below go by it: it was set for them, or came from above for all."""
        return self.below or bool(self.from_center)

    def of(self, trigger: Trigger) -> Rule:
        """The rule for something."""
        return next(rule for rule in self.rules if rule.trigger is trigger)


@dataclass(frozen=True, slots=True)
class SupervisionRulesSet:
    """Somebody set a center's rules of supervision."""

    edition: RuleEdition
    rules: str = "rules G02, G05"


def standard(center_id: str, reminder_days: int, yellow_days: int, since: datetime) -> RuleEdition:
    """The rules of a center that has set none.

    What triggers is from facts 7, the ladder's order from rules G05; colours, points and thresholds are our own
    choice, as no source gives a figure, and so is the quarter (the sources have month, quarter and year, table ZZ23).
    """
    red, yellow = Colour.RED, Colour.YELLOW
    return RuleEdition(
        id=edition_id(center_id, 0),
        center_id=center_id,
        number=0,
        effective_from=since,
        rules=(
            Rule(Trigger.STEP, True, yellow, 1, 2),
            Rule(Trigger.PROMISE, True, red, 1, 3, reminder_days, yellow_days),
            Rule(Trigger.LAW, True, red, 1, 6),
            Rule(Trigger.FURTHER_NOTICE, True, yellow, 2, 4),
            Rule(Trigger.NO_GROUNDS, True, red, 2, 4),
            Rule(Trigger.NOT_ACCEPTED, True, yellow, 2, 4),
            Rule(Trigger.FEE, True, yellow, 2, 6),
            Rule(Trigger.IDLE, True, yellow, 1, 2, idle_days=10),
        ),
        ladder=tuple(
            Rung(sanction, 3 * rung, 0 if sanction is Sanction.REPLACEMENT else 10 * rung)
            for rung, sanction in enumerate(Sanction, 1)
        ),
        period=Period.QUARTER,
        recovered_counts=False,
        reason="",
        set_by=Person("", ""),
        set_at=since,
    )


def edition_id(center_id: str, number: int) -> str:
    """The id that a center's edition must have."""
    return f"{center_id}-{number:06d}"


def following(before: RuleEdition, wanted: RuleEdition, by: Person, now: datetime) -> RuleEdition:
    """The next edition as somebody wants it: in force from the day it names, today meaning at once.

    Raises ``Invalid`` (``rules_incomplete``, ``rules_out_of_range``, ``rules_backdated``, ``rules_too_far``,
    ``rules_ladder``), ``Conflict`` (``rules_unchanged``).
    """
    require_sound(wanted)
    on = local_instant(local_date(wanted.effective_from))
    if on < local_instant(local_date(now)):
        raise Invalid("rules_backdated", "生效日期不能早于今天：已经发出的牌不按新规则重算。", field="effective_on")
    if on > now + FARTHEST:
        raise Invalid("rules_too_far", "生效日期过远，应在一年以内。", field="effective_on")
    effective = max(on, now)
    if before.effective_from <= effective and _says_the_same(before, wanted):
        raise Conflict("rules_unchanged", "规则没有变化，无需保存。")
    number = before.number + 1
    return replace(
        wanted,
        id=edition_id(before.center_id, number),
        center_id=before.center_id,
        number=number,
        effective_from=effective,
        set_by=by,
        set_at=now,
        apply_at=effective,
        cursor="",
        version=0,
    )


def by_settings(before: RuleEdition, standard: RuleEdition, by: Person, now: datetime) -> RuleEdition | None:
    """What a center that has set no rules goes by once its settings give other leads; None: they are the same.

    ``before`` is what it went by, ``standard`` what its settings say now. It stays edition 0: the first that a supervisor
    sets follows it.
    """
    if before.of(Trigger.PROMISE) == standard.of(Trigger.PROMISE):
        return None
    leads = standard.of(Trigger.PROMISE)
    reason = f"中心参数调整：到期前 {leads.reminder_days} 个工作日提醒，到期前 {leads.yellow_days} 个工作日黄牌。"
    return replace(
        standard, effective_from=now, reason=reason, set_by=by, set_at=now, apply_at=now, version=before.version
    )


def in_force(editions: tuple[RuleEdition, ...], at: datetime) -> RuleEdition | None:
    """Of editions, newest first, the last word that holds at an instant."""
    return next((edition for edition in editions if edition.effective_from <= at), None)


def _says_the_same(before: RuleEdition, wanted: RuleEdition) -> bool:
    def said(edition: RuleEdition) -> object:
        said = edition.rules, edition.ladder, edition.period, edition.recovered_counts
        return *said, edition.below, edition.ladder_open

    return before.number > 0 and said(before) == said(wanted)


def require_sound(wanted: RuleEdition) -> None:
    """Raises ``Invalid`` (``rules_incomplete``, ``rules_out_of_range``, ``rules_ladder``) on what is no whole edition."""
    if [rule.trigger for rule in wanted.rules] != list(NUMBERS):
        raise Invalid("rules_incomplete", "每一条监察规则都须写明一次，并按编号排列。", field="rules")
    if [rung.sanction for rung in wanted.ladder] != list(Sanction):
        raise Invalid("rules_incomplete", "责任追究的每一级都须写明一次，并由轻到重排列。", field="ladder")
    for rule in wanted.rules:
        _require_rule(rule)
    for name in ("person_points", "department_points"):
        reached = [points for rung in wanted.ladder if (points := getattr(rung, name))]
        if any(not 0 < points <= MOST_POINTS for points in reached):
            raise Invalid("rules_out_of_range", f"分值应在 0 至 {MOST_POINTS} 之间。", field="ladder")
        if sorted(set(reached)) != reached:
            raise Invalid("rules_ladder", "责任追究由轻到重，分值须逐级增加（0 为不适用）。", field="ladder")


def _require_rule(rule: Rule) -> None:
    where = f"“{rule.number}”"
    if rule.colour is Colour.REMINDER:
        raise Invalid("rules_out_of_range", f"{where}的颜色应为黄牌或者红牌。", field="rules")
    if not all(0 <= points <= MOST_POINTS for points in (rule.yellow_points, rule.red_points)):
        raise Invalid("rules_out_of_range", f"{where}的分值应在 0 至 {MOST_POINTS} 之间。", field="rules")
    leads = [lead for lead in (rule.reminder_days, rule.yellow_days) if lead is not None]
    if not all(0 <= lead <= MOST_DAYS for lead in leads):
        raise Invalid("rules_out_of_range", f"{where}的提前天数应在 0 至 {MOST_DAYS} 之间。", field="rules")
    if leads and rule.trigger not in CLOCKS - {Trigger.IDLE}:
        raise Invalid("rules_out_of_range", f"{where}不是期限，不能提前预警。", field="rules")
    idle = rule.trigger is Trigger.IDLE
    if (idle and not 1 <= rule.idle_days <= MOST_DAYS) or (not idle and rule.idle_days):
        raise Invalid(
            "rules_out_of_range", f"{where}的未办理天数应在 1 至 {MOST_DAYS} 之间，仅用于久拖不办。", field="rules"
        )
