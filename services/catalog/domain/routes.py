"""Steps of the approval, also those that other sites do (上报、多地联办; rules F01, P01; 许可法 43).

Somebody here sends such a step on, and somebody here uses the answer; so there is a step of this site on either side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

#: The site that a center names as above it, by its setting ``parent_site``.
PARENT: Final = "parent"
#: Places of one step, and days of one: more is a typing error (our own choice).
MOST_PLACES: Final = 30
MOST_DAYS: Final = 365


class ElsewhereKind(StrEnum):
    """Why other sites do a step."""

    #: 上报: reviewed here, decided by the site above (rules F01; 许可法 43).
    SENT_UP = "sent_up"
    #: 多地联办: each place has a part of it, and this site leads (rules P01).
    PART = "part"


@dataclass(frozen=True, slots=True)
class ElsewherePlace:
    """A department of a center of another site; ``days`` are working days of its own."""

    #: Or ``PARENT``.
    site: str
    center_id: str = ""
    department_key: str = ""
    days: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a step is done that isn't done here."""

    kind: ElsewhereKind
    places: tuple[ElsewherePlace, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the approval; the last one decides. Without a department it is the item's.

    One that other sites do has no role.
    """

    key: str
    name: str
    role: str
    department_key: str = ""
    elsewhere: Elsewhere | None = None


def route_problems(steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    """What keeps a version with steps that other sites do from being published: codes, and words for people."""
    for step in steps:
        yield from _step_problems(step)
    if steps and (steps[0].elsewhere or steps[-1].elsewhere):
        yield "route_ends_elsewhere", "首个和最后一个环节应在本站点办理：先由本站点审查，最后由本站点办结"
    if any(one.elsewhere and other.elsewhere for one, other in pairwise(steps)):
        yield "elsewhere_steps_adjacent", "两个由其他站点办理的环节之间应有本站点的环节"
    if sum(step.elsewhere is not None and step.elsewhere.kind is ElsewhereKind.SENT_UP for step in steps) > 1:
        yield "sent_up_twice", "一个事项只能有一个上报环节"


def _step_problems(step: Step) -> Iterator[tuple[str, str]]:
    there = step.elsewhere
    if there is None:
        return
    if step.role:
        yield "elsewhere_step_has_role", f"环节“{step.name}”由其他站点办理，不应填写本站点的角色"
    if not 1 <= len(there.places) <= MOST_PLACES or any(not place.site for place in there.places):
        yield "elsewhere_places_invalid", f"环节“{step.name}”应写明办理站点（1 至 {MOST_PLACES} 个）"
    if there.kind is ElsewhereKind.SENT_UP and len(there.places) > 1:
        yield "sent_up_to_several", f"环节“{step.name}”只能上报一个上级站点"
    least = 1 if there.kind is ElsewhereKind.PART else 0
    if any(not least <= place.days <= MOST_DAYS for place in there.places):
        yield "elsewhere_days_invalid", f"环节“{step.name}”应为每个办理站点填写办理工作日数（1 至 {MOST_DAYS}）"
