"""A center's own dated exceptions to the week and to the State Council's notice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from kit.errors import Invalid
from kit.workdays import validation
from kit.workdays.hours import Hours, hours_data, hours_text, parse_hours
from kit.workdays.zone import plain_date


class DayKind(StrEnum):
    """What an exception does to its day: whether it counts towards limits, and when the center is open."""

    HOLIDAY = "holiday"
    """放假, such as a local festival: doesn't count, closed."""
    MAKE_UP = "make_up"
    """调休上班: counts, open at its own hours or the week's make-up hours."""
    CLOSURE = "closure"
    """中心闭馆, such as a storm day: doesn't count, closed."""
    SPECIAL_HOURS = "special_hours"
    """服务时间调整, such as a half day or a weekend service: counts or not as it would without; only hours change."""
    REGULAR = "regular"
    """照常: takes back an exception inherited from the parent center. Only in a center's overrides."""


_HAS_HOURS = {DayKind.MAKE_UP, DayKind.SPECIAL_HOURS}


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """One exception, with the name that citizens read. `hours` are those of that day."""

    on: date
    kind: DayKind
    name: str
    hours: Hours = ()

    def __post_init__(self) -> None:
        """Raises Invalid when hours are missing (special hours) or stand where they mean nothing."""
        plain_date(self.on)
        if self.kind is DayKind.SPECIAL_HOURS and not self.hours:
            raise self._bad("缺少服务时间，请填写；全天不开放请用“闭馆”。")
        if self.hours and self.kind not in _HAS_HOURS:
            raise self._bad("当天不开放或照常，不应填写服务时间。")

    @classmethod
    def from_data(cls, on: str, data: object) -> SpecialDay:
        """Read ``{kind, name, hours?}`` of a date. Raises Invalid."""
        field = f"days.{on}"
        entry = validation.mapping(data, field)
        validation.known_fields(entry, field, required=("kind", "name"), optional=("hours",))
        try:
            kind = DayKind(entry["kind"])
        except ValueError:
            message = f"日历字段“{field}.kind”应为 {'、'.join(DayKind)} 之一。"
            raise Invalid("calendar_value_invalid", message, field=f"{field}.kind") from None
        return cls(
            on=validation.day(on, field),
            kind=kind,
            name=validation.text(entry["name"], f"{field}.name"),
            hours=parse_hours(entry.get("hours", []), f"{field}.hours"),
        )

    def to_data(self) -> Mapping[str, Any]:
        """The document that from_data reads."""
        data: dict[str, Any] = {"kind": self.kind.value, "name": self.name}
        if self.hours:
            data["hours"] = hours_data(self.hours)
        return data

    def reason(self, otherwise: str) -> str:
        """Why the day is as it is, for a citizen; `otherwise` is what would hold without the exception."""
        match self.kind:
            case DayKind.HOLIDAY:
                return f"{self.name}放假"
            case DayKind.MAKE_UP:
                return f"{self.name}调休上班"
            case DayKind.CLOSURE:
                return f"中心闭馆：{self.name}"
            case DayKind.SPECIAL_HOURS:
                return f"{otherwise}（{self.name}，服务时间 {hours_text(self.hours)}）"
            case DayKind.REGULAR:
                return otherwise

    def _bad(self, problem: str) -> Invalid:
        return Invalid("calendar_hours_invalid", f"{self.on} {self.name}：{problem}", field=f"days.{self.on}.hours")
