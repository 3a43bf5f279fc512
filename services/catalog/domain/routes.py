"""Routes of an item version: its steps, what each follows, and what keeps them from being published (rules F, C19, C20).

A step names those that it follows, so that some run side by side; without any it follows the one before it. One that is
conditional is left out where the application's form answers otherwise. Steps of other sites (上报、多地联办; rules F01,
P01; 许可法 43) are sent on and used by somebody here; so there is a step of this site on either side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from typing import Final

#: The site that a center names as above it, by its setting ``parent_site``.
PARENT: Final = "parent"
#: What a step follows that begins with the acceptance, beside others.
START: Final = "start"
#: Places of one step, days of one, and others who sign one: more is a typing error (our own choice).
MOST_PLACES: Final = 30
MOST_DAYS: Final = 365
MOST_SIGNERS: Final = 20


class StepKind(StrEnum):
    """How a step is done (rules C20, E03; 许可法 34, 46–48)."""

    REVIEW = "review"
    #: 会签: each of the departments named signs it.
    COUNTERSIGN = "countersign"
    #: 现场核查, by two people or more (许可法 34).
    SITE_VISIT = "site_visit"
    EXPERT_REVIEW = "expert_review"
    HEARING = "hearing"
    #: 公示: stands for its days before it can be passed.
    PUBLIC_NOTICE = "public_notice"
    #: 集体讨论.
    DISCUSSION = "discussion"
    #: What one department has of a joint case; its lead merges (rules C19).
    PART = "part"


class MergeRule(StrEnum):
    """When the lead of a joint case may merge its parts (facts 3)."""

    #: 一般联办: all parts are done.
    ALL = "all"
    #: 前置联办: the applicant's commitment stands for a part.
    COMMITMENTS = "commitments"
    #: The lead decides which parts it doesn't wait for.
    LEAD = "lead"


#: How many must sign a step beside whoever does it: two visit a site (许可法 34); three discuss (our own choice).
LEAST_SIGNERS: Final[Mapping[StepKind, int]] = {StepKind.SITE_VISIT: 1, StepKind.DISCUSSION: 2}
#: What the last step, which decides, may be.
_DECIDING: Final = frozenset({StepKind.REVIEW, StepKind.DISCUSSION, StepKind.COUNTERSIGN})


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
class StepCondition:
    """That the application's form answers a field with one of these."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the approval; the last one decides. Without a department it is the item's.

    One that other sites do has no role. ``after``: keys of the steps that it follows, or ``START``; none: the one before
    it. ``days``: working days that it has; 0: none of its own. ``signers``: how many others sign it.
    """

    key: str
    name: str
    role: str
    department_key: str = ""
    elsewhere: Elsewhere | None = None
    kind: StepKind = StepKind.REVIEW
    after: tuple[str, ...] = ()
    when: tuple[StepCondition, ...] = ()
    days: int = 0
    signers: int = 0
    sign_departments: tuple[str, ...] = ()
    notice_days: int = 0

    @property
    def is_sent_up(self) -> bool:
        """Whether the site above decides it."""
        return self.elsewhere is not None and self.elsewhere.kind is ElsewhereKind.SENT_UP


Route = Mapping[str, tuple[str, ...]]


def followed(steps: Sequence[Step]) -> dict[str, tuple[str, ...]]:
    """What each step follows, by keys; what begins with the acceptance follows nothing."""
    found: dict[str, tuple[str, ...]] = {}
    before = ""
    for step in steps:
        keys = step.after or ((before,) if before else ())
        found[step.key] = tuple(dict.fromkeys(key for key in keys if key != START))
        before = step.key
    return found


def route_problems(steps: Sequence[Step]) -> Iterator[tuple[str, str]]:
    """What keeps a version's route from being published: codes, and words for people."""
    if not steps:
        return
    for step in steps:
        yield from _own_problems(step)
    route = followed(steps)
    if len(route) < len(steps):  # a key that is taken twice, which is told elsewhere
        return
    broken = list(_structure_problems(steps, route))
    yield from broken
    if not broken:
        yield from _elsewhere_problems(steps, route)


def longest_days(steps: Sequence[Step]) -> int:
    """Working days of the longest way through a route without a loop; what is sent up has a clock of its own there."""
    days = {step.key: _days(step) for step in steps}
    route = followed(steps)
    total: dict[str, int] = {}
    for key in TopologicalSorter(route).static_order():
        total[key] = days[key] + max((total[before] for before in route[key]), default=0)
    return max(total.values(), default=0)


def _days(step: Step) -> int:
    if step.elsewhere is not None and not step.is_sent_up:
        return max((place.days for place in step.elsewhere.places), default=0)
    return step.days


def _structure_problems(steps: Sequence[Step], route: Route) -> Iterator[tuple[str, str]]:
    names = {step.key: step.name for step in steps}
    if START in names:
        yield "step_key_reserved", f"环节键 {START} 专指受理，请另取一个"
    unknown = sorted({key for keys in route.values() for key in keys} - set(names))
    if unknown:
        yield "route_step_unknown", f"前置环节 {'、'.join(unknown)} 不存在，请核对环节键"
        return
    try:
        TopologicalSorter(route).prepare()
    except CycleError as error:
        loop = " → ".join(names[key] for key in reversed(error.args[1]))
        yield "route_loop", f"环节形成循环：{loop}，请更正前置环节"
        return
    last = steps[-1]
    ends = [step for step in steps[:-1] if not any(step.key in keys for keys in route.values())]
    if ends:
        yield (
            "route_dead_end",
            f"环节“{'”“'.join(step.name for step in ends)}”之后没有环节，应汇入作出决定的环节“{last.name}”",
        )
    if last.when:
        yield "last_step_conditional", f"作出决定的环节“{last.name}”不能按条件省略"
    if last.kind not in _DECIDING:
        yield "last_step_cannot_decide", f"环节“{last.name}”的办理方式不能作出决定，应为审查、集体讨论或会签"


def _elsewhere_problems(steps: Sequence[Step], route: Route) -> Iterator[tuple[str, str]]:
    known = {step.key: step for step in steps}
    if steps[-1].elsewhere or any(step.elsewhere and not route[step.key] for step in steps):
        yield "route_ends_elsewhere", "首个和最后一个环节应在本站点办理：先由本站点审查，最后由本站点办结"
    for step in steps:
        before = [known[key] for key in route[step.key]]
        if step.elsewhere and any(one.elsewhere for one in before):
            yield "elsewhere_steps_adjacent", "两个由其他站点办理的环节之间应有本站点的环节"
        elif step.elsewhere and any(one.when for one in before):
            yield "elsewhere_sender_conditional", f"环节“{step.name}”由其他站点办理，其前置环节应为必经环节，由其送出"
    if sum(step.is_sent_up for step in steps) > 1:
        yield "sent_up_twice", "一个事项只能有一个上报环节"
    for step in steps:
        if step.is_sent_up and not _alone(step.key, route):
            yield "sent_up_in_parallel", f"上报环节“{step.name}”不能与其他环节同时进行，上报期间本级时限暂停计算"


def _alone(key: str, route: Route) -> bool:
    """Whether every other step is before or behind it."""
    before = _behind(key, route)
    return all(other == key or other in before or key in _behind(other, route) for other in route)


def _behind(key: str, route: Route) -> set[str]:
    """All that a step follows, nearer and further."""
    found: set[str] = set()
    ahead = list(route[key])
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += route[one]
    return found


def _own_problems(step: Step) -> Iterator[tuple[str, str]]:
    if not 0 <= step.days <= MOST_DAYS:
        yield "step_days_invalid", f"环节“{step.name}”的办理工作日数应为 0 至 {MOST_DAYS}"
    if step.elsewhere is not None:
        yield from _places_problems(step, step.elsewhere)
        return
    least = LEAST_SIGNERS.get(step.kind, 0)
    if not least <= step.signers <= MOST_SIGNERS:
        code = "site_visit_alone" if step.kind is StepKind.SITE_VISIT else "step_signers_invalid"
        law = "（许可法第三十四条：现场核查应指派两名以上工作人员）" if code == "site_visit_alone" else ""
        yield code, f"环节“{step.name}”除办理人外应有 {least} 至 {MOST_SIGNERS} 人签署{law}"
    if step.kind is StepKind.COUNTERSIGN and not step.sign_departments:
        yield "countersign_without_departments", f"会签环节“{step.name}”应写明会签部门"
    noticed = step.kind is StepKind.PUBLIC_NOTICE
    if not (1 <= step.notice_days <= MOST_DAYS if noticed else step.notice_days == 0):
        yield "notice_days_invalid", f"环节“{step.name}”的公示天数应为 1 至 {MOST_DAYS}，只有公示环节填写"
    if any(not one.field or not one.values for one in step.when):
        yield "step_condition_incomplete", f"环节“{step.name}”的条件应写明表单栏目和取值"


def _places_problems(step: Step, there: Elsewhere) -> Iterator[tuple[str, str]]:
    if step.role:
        yield "elsewhere_step_has_role", f"环节“{step.name}”由其他站点办理，不应填写本站点的角色"
    if step.kind is not StepKind.REVIEW or step.signers or step.sign_departments or step.notice_days or step.days:
        yield "elsewhere_step_has_kind", f"环节“{step.name}”由其他站点办理，不应填写本站点的办理方式、签署和期限"
    if not 1 <= len(there.places) <= MOST_PLACES or any(not place.site for place in there.places):
        yield "elsewhere_places_invalid", f"环节“{step.name}”应写明办理站点（1 至 {MOST_PLACES} 个）"
    if there.kind is ElsewhereKind.SENT_UP and len(there.places) > 1:
        yield "sent_up_to_several", f"环节“{step.name}”只能上报一个上级站点"
    least = 1 if there.kind is ElsewhereKind.PART else 0
    if any(not least <= place.days <= MOST_DAYS for place in there.places):
        yield "elsewhere_days_invalid", f"环节“{step.name}”应为每个办理站点填写办理工作日数（1 至 {MOST_DAYS}）"
