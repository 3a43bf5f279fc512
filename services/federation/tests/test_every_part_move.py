"""Parts and joint cases: every act in every state, from the tables; what they don't allow writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count, product

import pytest

from kit.testing import MONDAY, refused
from kit.workdays import Deadline, Limit, Unit, WeeklyHours, due, shipped_calendar
from reference.policies import ALL
from services.federation.domain import joint as joint_domain
from services.federation.domain import part_moves, sent_up
from services.federation.domain.commands import Verb
from services.federation.domain.joint import Joint, JointAct, JointState, Standing
from services.federation.domain.ownership import Offer
from services.federation.domain.part_moves import PartAct
from services.federation.domain.parts import (
    Answer,
    Applicant,
    Clock,
    HandedIn,
    Outcome,
    Part,
    PartState,
    Place,
    Wanted,
)
from services.federation.handlers import commands, joints, parts
from services.federation.tests.joined_rooms import CITY, COUNTY, Joined

BELOW, ABOVE = Place(COUNTY, "610902"), Place(CITY, "610900")
CLOCK = Clock(MONDAY, 3, MONDAY + timedelta(days=3))
IDS = count(1)
HOURS = WeeklyHours.from_data(ALL["work_calendar"].default)


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Joined]:
    """A county and its city for all of it: each try has a document of its own."""
    made = Joined(tmp_path_factory.mktemp("sites"), COUNTY, CITY)
    yield made
    for site in made.sites.values():
        site.store.close()


# ── Parts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _in_days(days: int) -> Deadline:
    return due(MONDAY, Limit(days, Unit.WORKING_DAY, "许可法 43"), shipped_calendar(HOURS))


def _reviewing() -> Part:
    case = sent_up.AcceptedCase("case-1", "610902-1", "高中教师资格认定", "j-1", Applicant("张三"), (), MONDAY)
    reviewing = sent_up.begin_review(f"part-{next(IDS)}", case, BELOW, 30, _in_days(20))
    return replace(reviewing, handled_at=ABOVE, sites=(COUNTY, CITY))


def _offered() -> Part:
    return part_moves.offer(_reviewing(), ABOVE, Offer("offer-1", CITY, "李审", MONDAY))


def _returned() -> Part:
    back = part_moves.came_back(_offered(), COUNTY, "offer-1", "不属本级")
    assert back is not None
    return back


def _handling() -> Part:
    taken = part_moves.take(_offered(), ABOVE, "王决", _in_days(30), MONDAY)
    return part_moves.ask_for_materials(taken, CITY, (Wanted("proof", "证明", "", MONDAY),))


def _answered() -> Part:
    return part_moves.answer(_handling(), CITY, Answer(Outcome.AGREED, "符合条件", "王决", MONDAY))


PARTS: dict[PartState, Callable[[], Part]] = {
    PartState.REVIEWING: _reviewing,
    PartState.OFFERED: _offered,
    PartState.RETURNED: _returned,
    PartState.HANDLING: _handling,
    PartState.ANSWERED: _answered,
    PartState.CLOSED: lambda: part_moves.close(_answered(), CITY, MONDAY),
    PartState.WITHDRAWN: lambda: part_moves.withdraw(_reviewing(), COUNTY, "撤回", MONDAY),
}


@dataclass(frozen=True)
class Try:
    """Where somebody tries what, and how it is refused; ``at`` empty: wherever its owner is."""

    at: str
    do: Callable[[Joined, str, str], object]
    codes: tuple[str, ...]


def _command(verb: Verb) -> Callable[[Joined, str, str], object]:
    papers = (HandedIn("proof", "证明"),) if verb is Verb.HAND_IN else ()
    return lambda joined, site, id: commands.command_part(
        room=joined[site].room, call=joined.call(site), part_id=id, verb=verb, reason="不办了", materials=papers
    )


def _answer_offer(accepted: bool) -> Callable[[Joined, str, str], object]:
    return lambda joined, site, id: parts.answer_offer(
        room=joined[site].room, call=joined.call(site), part_id=id, accepted=accepted, department_key="", reason="不属",
        expected_version=0,
    )  # fmt: skip


ON_PARTS: dict[PartAct, Try] = {
    PartAct.OFFER: Try(
        COUNTY,
        lambda joined, site, id: parts.offer_part(
            room=joined[site].room, call=joined.call(site), part_id=id, place=ABOVE, expected_version=0
        ),
        ("part_state",),
    ),
    PartAct.RECALL_OFFER: Try(
        COUNTY,
        lambda joined, site, id: parts.ask_back(
            room=joined[site].room, call=joined.call(site), part_id=id, expected_version=0
        ),
        ("not_offered",),
    ),
    PartAct.TAKE: Try(CITY, _answer_offer(True), ("part_state",)),
    PartAct.DECLINE: Try(CITY, _answer_offer(False), ("not_offered_here",)),
    PartAct.ASK_FOR_MATERIALS: Try(
        CITY,
        lambda joined, site, id: parts.ask_for_materials(
            room=joined[site].room, call=joined.call(site), part_id=id, wanted=[("plan", "平面图", "")],
            expected_version=0,
        ),
        ("part_state",),
    ),
    PartAct.HAND_IN: Try("", _command(Verb.HAND_IN), ("part_state",)),
    PartAct.ANSWER: Try(
        CITY,
        lambda joined, site, id: parts.answer_part(
            room=joined[site].room, call=joined.call(site), part_id=id, outcome=Outcome.AGREED, opinion="可", basis="",
            number="", files=(), expected_version=0,
        ),
        ("part_state",),
    ),
    PartAct.CLOSE: Try("", _command(Verb.CLOSE), ("part_state",)),
    PartAct.WITHDRAW: Try("", _command(Verb.WITHDRAW), ("part_state",)),
}  # fmt: skip


@pytest.mark.parametrize(("state", "act"), list(product(PartState, PartAct)), ids=str)
def test_a_part_does_what_its_state_allows(joined: Joined, state: PartState, act: PartAct) -> None:
    part, tried = PARTS[state](), ON_PARTS[act]
    assert part.state is state
    site = tried.at or part.ownership.owner
    room = joined[site].room
    room.parts.create(replace(part, version=0), [], joined.call(site))
    if state in part_moves.ALLOWED[act]:
        tried.do(joined, site, part.id)
        assert room.parts.get(part.id).version > 1
        return
    with refused(joined[site].store, *tried.codes):
        tried.do(joined, site, part.id)


# ── Joint cases ──────────────────────────────────────────────────────────────────────────────────────────────────

LATE = MONDAY - timedelta(days=1)


def _joint(state: JointState, *, late: bool) -> Joint:
    standing = Standing("p-1", "道路运输", ABOVE, 3, PartState.HANDLING, due_at=LATE)
    said = replace(standing, state=PartState.ANSWERED, answered_at=MONDAY, outcome=Outcome.AGREED, opinion="可")
    return Joint(
        f"joint-{next(IDS)}", "LB-1", "开办运输企业", BELOW, "j-1", Applicant("张三"), state, CLOCK,
        (standing if late else said,),
    )  # fmt: skip


ON_JOINTS: dict[JointAct, Try] = {
    JointAct.URGE_LATE: Try(
        COUNTY,
        lambda joined, site, id: joints.urge_late(
            room=joined[site].room, call=joined.system(), joint=joined[site].room.joints.get(id)
        ),
        ("nothing_late",),
    ),
    JointAct.MERGE: Try(
        COUNTY,
        lambda joined, site, id: joints.merge_joint(
            room=joined[site].room, call=joined.call(site), joint_id=id, outcome=Outcome.AGREED, opinion="一致",
            expected_version=0,
        ),
        ("joint_closed",),
    ),
    JointAct.WITHDRAW: Try(
        COUNTY,
        lambda joined, site, id: joints.withdraw_joint(
            room=joined[site].room, call=joined.call(site), joint_id=id, reason="不办了", expected_version=0
        ),
        ("joint_closed",),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("state", "act"), list(product(JointState, JointAct)), ids=str)
def test_a_joint_case_does_what_its_state_allows(joined: Joined, state: JointState, act: JointAct) -> None:
    tried, room = ON_JOINTS[act], joined[COUNTY].room
    joint = room.joints.create(_joint(state, late=act is JointAct.URGE_LATE), [], joined.call(COUNTY))
    if state in joint_domain.ALLOWED[act]:
        tried.do(joined, COUNTY, joint.id)
        assert room.joints.get(joint.id).version > joint.version
        return
    with refused(joined[COUNTY].store, *tried.codes):
        tried.do(joined, COUNTY, joint.id)
