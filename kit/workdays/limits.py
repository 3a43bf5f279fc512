"""What a deadline follows from: the limit, its extensions, its pauses, and how the law counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from kit.errors import Invalid
from kit.workdays.zone import DAY_MS, local_ms

MAX_AMOUNT: Final = 3650
"""The longest limit, extensions included, in its own unit; more is a typing error (no law gives ten years)."""
MAX_PAUSE_MS: Final = MAX_AMOUNT * DAY_MS


class Unit(StrEnum):
    """What a limit is counted in."""

    WORKING_DAY = "working_day"
    """工作日 (许可法 82)."""
    CALENDAR_DAY = "calendar_day"
    """自然日: every day counts, and a last day that is off moves on to the next working day (民法典 203)."""
    HOUR = "hour"
    """工作小时: hours in which the center serves on working days, from the instant of the start (民法典 201)."""


_UNIT_NAMES: Final = {Unit.WORKING_DAY: "个工作日", Unit.CALENDAR_DAY: "个自然日", Unit.HOUR: "个工作小时"}


@dataclass(frozen=True, slots=True)
class Limit:
    """A time limit (时限) with its legal basis, such as 20 working days (许可法 42).

    Zero working days is the *same day* of an immediate case (即办件, rules F01): the end of the day of receipt, or of
    the next working day when received after hours or on a day off.
    """

    amount: int
    unit: Unit
    basis: str = ""

    def __post_init__(self) -> None:
        """Raises Invalid unless the amount is 1–3650 (0 too in working days)."""
        unit = _known_unit(self.unit)
        least = 0 if unit is Unit.WORKING_DAY else 1
        _check_amount(self.amount, least, "limit_invalid", "时限")

    @classmethod
    def same_day(cls, basis: str = "") -> Limit:
        """The limit of an immediate case."""
        return cls(0, Unit.WORKING_DAY, basis)

    @property
    def is_same_day(self) -> bool:
        """Whether it is an immediate case's limit."""
        return self.amount == 0

    @property
    def text(self) -> str:
        """For people: ``20 个工作日``; ``当日`` for the same day."""
        return "当日" if self.is_same_day else f"{self.amount} {_UNIT_NAMES[self.unit]}"


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension (延期) granted to a limit, in the limit's own unit, with the reason told to the citizen."""

    amount: int
    unit: Unit
    reason: str
    basis: str = ""

    def __post_init__(self) -> None:
        """Raises Invalid unless the amount is 1–3650."""
        _known_unit(self.unit)
        _check_amount(self.amount, 1, "extension_invalid", "延期")

    @property
    def length(self) -> str:
        """For people: ``10 个工作日``."""
        return f"{self.amount} {_UNIT_NAMES[self.unit]}"

    @property
    def text(self) -> str:
        """For people: ``延期 10 个工作日：案情复杂``."""
        return f"延期 {self.length}：{self.reason}"


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch [start, end) in which the clock stands still, with its kind (such as 专家评审) and reason.

    Without an end it is still going on. A day during any part of which the clock is paused isn't counted: neither
    the day on which it stops nor the one on which it goes on (our own choice; 许可法 45 only says that the time
    isn't counted in). A limit in hours loses exactly the paused time.
    """

    start_at: datetime
    end_at: datetime | None
    kind: str
    reason: str = ""

    def __post_init__(self) -> None:
        """Raises Invalid when it ends before it begins, lasts more than 3650 days, or has no kind."""
        if not self.kind.strip():
            raise Invalid("pause_kind_missing", "暂停计时必须写明类别，例如“专家评审”。")
        start = local_ms(self.start_at, "pause.start_at")
        if self.end_at is None:
            return
        end = local_ms(self.end_at, "pause.end_at")
        if end < start:
            message = f"“{self.kind}”暂停的结束时间早于开始时间，请更正。"
            raise Invalid("pause_ends_before_start", message, kind=self.kind)
        if end - start > MAX_PAUSE_MS:
            raise Invalid("pause_too_long", f"“{self.kind}”暂停超过 {MAX_AMOUNT} 天，请核对起止时间。", kind=self.kind)

    @property
    def text(self) -> str:
        """For people: ``专家评审（等待专家组意见）``."""
        return f"{self.kind}（{self.reason}）" if self.reason else self.kind


class DayEnd(StrEnum):
    """When the last day ends."""

    MIDNIGHT = "midnight"
    """23:59:59.999, as centers' systems do (民法典 203: 24:00)."""
    CLOSE_OF_BUSINESS = "close_of_business"
    """The end of that day's opening hours (民法典 203, second paragraph); midnight when it has none."""


class AfterHours(StrEnum):
    """On which day a limit in days begins whose cause came after hours, or on a day off."""

    THAT_DAY = "that_day"
    """The day itself, which isn't counted anyway (民法典 201)."""
    NEXT_WORKING_DAY = "next_working_day"
    """The next working day on which the center serves, as if it had come then (facts of practice)."""


@dataclass(frozen=True, slots=True)
class CountingRules:
    """How a center counts where the sources leave room. The default is 民法典 203 with the day's end as its end."""

    day_end: DayEnd = DayEnd.MIDNIGHT
    roll_calendar_days: bool = True
    """Whether a limit in calendar days that ends on a day off moves on to the next working day."""
    after_hours: AfterHours = AfterHours.THAT_DAY
    """Of limits in days; an immediate case goes to the next working day in any case (rules F01)."""


def _known_unit(unit: object) -> Unit:
    if not isinstance(unit, Unit):
        raise Invalid("unit_unknown", f"不认识的时限单位，应为 {'、'.join(Unit)} 之一。", unit=str(unit)[:40])
    return unit


def _check_amount(amount: object, least: int, code: str, what: str) -> None:
    if not isinstance(amount, int) or isinstance(amount, bool) or not least <= amount <= MAX_AMOUNT:
        raise Invalid(code, f"{what}应为 {least} 至 {MAX_AMOUNT} 的整数，请更正。", amount=str(amount)[:40])
