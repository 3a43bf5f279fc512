"""Parts, what is sent up, and joint cases: their rules, one by one."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kit.errors import Conflict, Forbidden, Invalid
from kit.testing import MONDAY
from kit.workdays import Deadline, Limit, Unit, WeeklyHours, due, shipped_calendar
from reference.policies import ALL
from services.federation.domain import joint, mirrors, part_moves, sent_up
from services.federation.domain.commands import Command, CommandState, Done, Verb, answered, perform, require_asker
from services.federation.domain.joint import Joint, JointState, Merged, PlannedPart
from services.federation.domain.ownership import Offer
from services.federation.domain.parts import Answer, Applicant, HandedIn, Outcome, Part, PartState, Place, Wanted

COUNTY, CITY, PARTNER = "610902.county", "610900.city", "510000.partner"
DAY = timedelta(days=1)
FORM = HandedIn("form", "申请书", "ab" * 32, 10)
CASE = sent_up.AcceptedCase("case-1", "610902-1", "高中教师资格认定", "j-1", Applicant("张三"), (FORM,), MONDAY)


HOURS = WeeklyHours.from_data(ALL["work_calendar"].default)


def in_days(days: int) -> Deadline:
    return due(MONDAY, Limit(days, Unit.WORKING_DAY, "许可法 43"), shipped_calendar(HOURS))


def offered_to(site: str, id: str = "offer-1") -> Offer:
    return Offer(id, site, "李审", MONDAY)


def reviewing() -> Part:
    return sent_up.begin_review("part-1", CASE, Place(COUNTY, "610902", "jiaoyu"), 30, in_days(20))


def sent() -> Part:
    return sent_up.send_up(
        reviewing(), Place(CITY, CITY[:6]), "材料齐全，建议准予。", offered_to(CITY), MONDAY + 5 * DAY
    )


def taken(part: Part | None = None, site: str = CITY) -> Part:
    return part_moves.take(part or sent(), Place(site, site[:6], "jiaoyu"), "王决", in_days(30), MONDAY + 6 * DAY)


def said(outcome: Outcome = Outcome.AGREED, basis: str = "", rights: str = "") -> Answer:
    return Answer(outcome, "符合条件", "王决", MONDAY + 9 * DAY, basis, rights)


def test_the_lower_sites_limit_runs_from_acceptance_and_stops_when_it_sends_up() -> None:
    part = sent()
    assert part.review is not None
    assert part.review.clock.started_at == MONDAY
    assert part.review.clock.done_at == MONDAY + 5 * DAY
    assert not part.review.clock.late
    assert part.running is None


def test_the_upper_sites_own_limit_runs_from_taking() -> None:
    part = taken()
    assert part.clock is not None
    assert part.clock.days == 30
    assert part.clock.started_at == MONDAY + 6 * DAY
    assert part.watched_at == Place(CITY, CITY[:6], "jiaoyu")


def test_nothing_is_sent_up_without_an_opinion() -> None:
    with pytest.raises(Invalid, match="opinion_required"):
        sent_up.send_up(reviewing(), Place(CITY), "", offered_to(CITY), MONDAY)


def test_all_papers_go_up_and_none_is_asked_for_again() -> None:
    part = taken()
    assert part.materials == (FORM,)
    with pytest.raises(Conflict, match="material_asked_twice") as refused:
        part_moves.ask_for_materials(part, CITY, (Wanted("form", "申请书", "重交", MONDAY),))
    assert refused.value.details["keys"] == "form"
    asked = part_moves.ask_for_materials(part, CITY, (Wanted("plan", "平面图", "缺", MONDAY),))
    with pytest.raises(Conflict, match="material_asked_twice"):
        part_moves.ask_for_materials(asked, CITY, (Wanted("plan", "平面图", "再要", MONDAY),))


def test_only_what_was_asked_for_is_handed_in() -> None:
    asked = part_moves.ask_for_materials(taken(), CITY, (Wanted("plan", "平面图", "缺", MONDAY),))
    with pytest.raises(Conflict, match="material_not_asked"):
        part_moves.hand_in(asked, CITY, (HandedIn("other", "其他"),), MONDAY)
    given = part_moves.hand_in(asked, CITY, (HandedIn("plan", "平面图"),), MONDAY + DAY)
    assert [each.key for each in given.materials] == ["form", "plan"]
    assert given.wanted[0].handed_in_at == MONDAY + DAY


def test_the_lower_site_cannot_change_what_is_above() -> None:
    with pytest.raises(Conflict, match="owned_elsewhere"):
        part_moves.withdraw(taken(), COUNTY, "撤回", MONDAY)


def test_a_denial_above_names_reason_basis_and_rights() -> None:
    with pytest.raises(Invalid, match="denial_needs_reason_and_basis"):
        part_moves.answer(taken(), CITY, said(Outcome.REFUSED))
    denied = part_moves.answer(taken(), CITY, said(Outcome.REFUSED, basis="教师法", rights="可以申请复议"))
    assert denied.state is PartState.ANSWERED


def test_what_was_declined_comes_back_with_the_reason_and_can_go_elsewhere() -> None:
    back = part_moves.came_back(sent(), COUNTY, "offer-1", "不属本级")
    assert back is not None
    assert (back.state, back.reason) == (PartState.RETURNED, "不属本级")
    assert part_moves.came_back(back, COUNTY, "offer-1", "又一次") is None
    again = part_moves.offer(back, Place(PARTNER), offered_to(PARTNER, "offer-2"))
    assert again.sites == (COUNTY, CITY, PARTNER)


def test_only_the_site_that_asked_commands_the_owner_and_gets_one_answer() -> None:
    command = Command("c-1", "part-1", Verb.WITHDRAW, CITY, "张", MONDAY, "j-1", reason="申请人撤回")
    with pytest.raises(Conflict, match="command_not_allowed"):
        require_asker(taken(), command, PARTNER)
    require_asker(taken(), command, COUNTY)
    assert perform(taken(), CITY, command, MONDAY).state is PartState.WITHDRAWN
    done = answered(command, Done("c-1"), CITY, MONDAY)
    assert done is not None
    assert done.state is CommandState.DONE
    assert answered(done, Done("c-1", "part_state"), CITY, MONDAY) is None
    with pytest.raises(Conflict, match="command_of_another"):
        answered(command, Done("c-1"), PARTNER, MONDAY)


def test_a_mirror_follows_the_owner_and_nobody_else() -> None:
    held = mirrors.hear(None, sent(), COUNTY, CITY)
    assert held is not None
    above = part_moves.answer(taken(held), CITY, said())
    below = mirrors.hear(sent(), taken(held), CITY, COUNTY)
    assert below is not None
    assert mirrors.hear(below, taken(held), CITY, COUNTY) is None
    below = mirrors.hear(below, above, CITY, COUNTY)
    assert below is not None
    assert below.answer == above.answer
    forged = replace(above, reason="改", ownership=replace(above.ownership, revision=99))
    with pytest.raises(Forbidden):
        mirrors.hear(below, forged, PARTNER, COUNTY)
    with pytest.raises(Forbidden):
        mirrors.hear(None, above, CITY, PARTNER)


def test_an_owner_cannot_make_another_case_of_it() -> None:
    held = taken()
    other = replace(held, journey="j-2", ownership=replace(held.ownership, revision=9))
    with pytest.raises(Invalid, match="part_differs"):
        mirrors.hear(held, other, CITY, COUNTY)


def test_a_calendar_that_changes_moves_only_the_clock_that_runs() -> None:
    part = taken()
    assert part.clock is not None
    moved = part_moves.by_deadline(part, CITY, in_days(40))
    assert moved.clock is not None
    assert moved.clock.due_at > part.clock.due_at
    assert moved.ownership.revision == part.ownership.revision + 1
    answered_part = part_moves.answer(part, CITY, said())
    assert part_moves.by_deadline(answered_part, CITY, in_days(40)) is answered_part


# ── Joint ────────────────────────────────────────────────────────────────────────────────────────────────────────


def whole() -> Joint:
    fresh = Joint(
        "joint-1", "LB-1", "开办运输企业", Place(COUNTY, "610902"), "j-1", Applicant("张三"), JointState.OPEN,
        joint.clock_of(in_days(20), MONDAY), (),
    )  # fmt: skip
    return joint.begin(
        fresh, (PlannedPart("p-1", "道路运输", Place(CITY), 5), PlannedPart("p-2", "消防", Place(PARTNER), 3))
    )


def handled(joint_case: Joint, part_id: str, site: str) -> Part:
    part = joint.part_of(joint_case, part_id, offered_to(site), MONDAY)
    return part_moves.take(part, Place(site, site[:6]), "王", in_days(5), MONDAY)


def test_the_whole_is_merged_when_every_part_is_answered() -> None:
    it = whole()
    first = part_moves.answer(handled(it, "p-1", CITY), CITY, said())
    seen = joint.follow(it, first)
    assert seen is not None
    assert joint.follow(seen, first) is None
    with pytest.raises(Conflict, match="parts_unanswered"):
        joint.merge(seen, Merged(Outcome.AGREED, "同意", "李"), MONDAY)
    seen = joint.follow(seen, part_moves.answer(handled(it, "p-2", PARTNER), PARTNER, said()))
    assert seen is not None
    merged = joint.merge(seen, Merged(Outcome.AGREED, "同意", "李"), MONDAY + 10 * DAY)
    assert merged.state is JointState.MERGED
    assert merged.clock.done_at == MONDAY + 10 * DAY


def test_a_part_that_refuses_is_not_merged_into_consent() -> None:
    it = whole()
    for part_id, site, outcome in (("p-1", CITY, Outcome.AGREED), ("p-2", PARTNER, Outcome.REFUSED)):
        seen = joint.follow(it, part_moves.answer(handled(it, part_id, site), site, said(outcome)))
        assert seen is not None
        it = seen
    with pytest.raises(Conflict, match="part_refused"):
        joint.merge(it, Merged(Outcome.AGREED, "同意", "李"), MONDAY)
    assert joint.merge(it, Merged(Outcome.REFUSED, "不同意", "李"), MONDAY).merged is not None


def test_a_slow_part_is_urged_once() -> None:
    seen = joint.follow(whole(), handled(whole(), "p-1", CITY))
    assert seen is not None
    slow = seen.late_next
    assert slow is not None
    assert joint.late_parts(seen, slow) == ()
    late = joint.late_parts(seen, slow + timedelta(milliseconds=1))
    assert [each.part_id for each in late] == ["p-1"]
    urged = joint.urged(seen, "p-1", slow + DAY)
    assert joint.late_parts(urged, slow + DAY) == ()
    assert urged.late_next is None


@pytest.mark.parametrize("planned", [(), (PlannedPart("p", "自办", Place(COUNTY), 3),)])
def test_a_joint_case_needs_another_site(planned: tuple[PlannedPart, ...]) -> None:
    with pytest.raises(Invalid, match="parts_invalid"):
        joint.begin(whole(), planned)
