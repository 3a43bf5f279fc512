"""What holds for a center: its own settings and calendar over its parents', read up the tree at each question.

So a read after a write sees it, also further down the tree, before the event that tells the others has gone round.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from kit.workdays import AfterHours, Calendar, CountingRules, DayEnd, WeeklyHours, shipped_calendar
from reference import Policy
from reference.policies import ALL
from services.catalog.domain import calendars, policies
from services.catalog.domain.calendars import CenterCalendar, Layer
from services.catalog.domain.centers import Center
from services.catalog.domain.policies import CenterPolicy, Effective
from services.catalog.domain.standards import CALENDAR, POLICY, Above
from services.catalog.handlers.catalog import Catalog

HOURS: Final = "work_calendar"
#: Settings that a calendar says, so that a change of them counts open clocks anew.
DAY_END: Final = "limit_day_end"
ROLL: Final = "limit_rolls_over_days_off"
AFTER_HOURS: Final = "after_hours_start"


def own_policy(catalog: Catalog, center_id: str) -> CenterPolicy:
    """A center's policy document; a new one (version 0) before it was first told."""
    return catalog.policies.find_by_id(center_id) or CenterPolicy(center_id)


def line_of(catalog: Catalog, center: Center) -> list[Center]:
    """A center and its parents, from the root down. Ends at a parent that isn't there."""
    line = [center]
    while line[0].parent_id and (parent := catalog.centers.find_by_id(line[0].parent_id)):
        line.insert(0, parent)
    return line


def policy_chain(catalog: Catalog, line: Sequence[Center]) -> list[CenterPolicy]:
    """The policies of a line of centers, from the root down; the last one is read first, as in ``calendar_chain``.

    What sites above have set stands before the root.
    """
    own_first = [own_policy(catalog, one.id) for one in reversed(line)]
    return [*_above(catalog), *own_first[::-1]]


def _above(catalog: Catalog) -> list[CenterPolicy]:
    above = catalog.standards_above(POLICY)
    return [CenterPolicy(above.issued_by, above.effective, fixed=tuple(above.fixed))] if above.standards else []


def effective_policy(catalog: Catalog, center_id: str) -> tuple[CenterPolicy, Effective]:
    """A center's policy document and what holds for it. Raises ``NotFound`` (``center_unknown``)."""
    chain = policy_chain(catalog, line_of(catalog, catalog.centers.get(center_id)))
    return chain[-1], policies.effective(chain)


def settings_of(catalog: Catalog, center_id: str) -> Policy:
    """A center's settings with their types. Raises ``NotFound`` (``center_unknown``)."""
    _, found = effective_policy(catalog, center_id)
    return Policy(center_id, policies.values(found))


def effective_calendar(catalog: Catalog, center_id: str) -> tuple[CenterCalendar, Calendar]:
    """A center's calendar document and the calendar that holds for it. Raises ``NotFound`` (``center_unknown``)."""
    line = line_of(catalog, catalog.centers.get(center_id))
    chain = calendar_chain(catalog, line)
    kept = catalog.calendar_cache.get(center_id, chain.versions)
    if kept is None:
        kept = chain.merged()
        catalog.calendar_cache.put(center_id, chain.versions, kept)
    return chain.calendars[-1], kept


@dataclass(frozen=True, slots=True)
class CalendarChain:
    """The calendar and policy documents of a center's parents and itself, from the root down."""

    calendars: tuple[CenterCalendar, ...]
    policies: tuple[CenterPolicy, ...]
    #: What sites above have set.
    above: Above = field(default_factory=Above)

    @property
    def versions(self) -> Hashable:
        """What a calendar merged from these is known by."""
        return (
            *((one.id, one.version) for one in self.calendars),
            *((one.id, one.version) for one in self.policies),
            *((one.id, one.version) for one in self.above.standards),
        )

    def with_own(self, own: CenterCalendar) -> CalendarChain:
        """The same with another part of the center's own."""
        return replace(self, calendars=(*self.calendars[:-1], own))

    def merged(self, version: int | None = None) -> Calendar:
        """The calendar that holds, of the center's document's version unless one is given."""
        hours = (policy.own.get(HOURS) for policy in self.policies)
        layers = [Layer(one.own, set_hours) for one, set_hours in zip(self.calendars, hours, strict=True)]
        # What is set above stands under all of them, and what is fixed over them too.
        layers = [Layer(_part(self.above.effective)), *layers, Layer(_part(self.above.fixed))]
        base = replace(shipped_calendar(WeeklyHours.from_data(ALL[HOURS].default)), counting=self._counting())
        return calendars.effective(base, layers, version or max(self.calendars[-1].version, 1))

    def _counting(self) -> CountingRules:
        set_here = policies.values(policies.effective(self.policies))
        end, roll, after_hours = (set_here.get(key, ALL[key].default) for key in (DAY_END, ROLL, AFTER_HOURS))
        return CountingRules(DayEnd(end), roll, AfterHours(after_hours))


def calendar_chain(catalog: Catalog, line: Sequence[Center]) -> CalendarChain:
    """The documents of a line of centers; the last one's are read first, so that its save guards the rest.

    A change further up that comes after this read is told by an event that is handled after it (see ``inherit_…``).
    """
    own_first = [(_own_calendar(catalog, one.id), own_policy(catalog, one.id)) for one in reversed(line)]
    return CalendarChain(
        tuple(one for one, _ in reversed(own_first)),
        tuple(policy for _, policy in reversed(own_first)),
        catalog.standards_above(CALENDAR),
    )


def _part(content: Mapping[str, Any]) -> dict[str, Any]:
    return {**calendars.NOTHING, **content}


def _own_calendar(catalog: Catalog, center_id: str) -> CenterCalendar:
    return catalog.calendars.find_by_id(center_id) or CenterCalendar(center_id)
