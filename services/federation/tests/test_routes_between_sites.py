"""Cases whose route comes to another site: the part opens by itself, once, and its answer is told to the case (F01, P01)."""

from datetime import timedelta
from pathlib import Path

import pytest

from kit.consumer import Delivery
from kit.events import Event, event_type
from services.federation.domain.commands import Verb
from services.federation.domain.joint import JointState
from services.federation.domain.parts import Outcome, Part, PartKind, PartState
from services.federation.events import elsewhere
from services.federation.handlers import commands, joints, parts
from services.federation.tests.joined_rooms import CITY, COUNTY, PARTNER, TOWN, Joined, again_when_overtaken
from tongban.approval_routing.v1 import events_pb2 as approval
from tongban.approval_routing.v1 import messages_pb2 as cases
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.federation.v1 import events_pb2 as pb
from tongban.federation.v1 import parts_pb2
from tongban.intake.v1 import events_pb2 as intake
from tongban.intake.v1 import messages_pb2 as intake_messages

SCAN = intake_messages.Upload(sha256="ab" * 32, filename="form.pdf", media_type="application/pdf", size=10)


@pytest.fixture(params=[1, 3], ids=["once", "three times"])
def joined(tmp_path: Path, request: pytest.FixtureRequest) -> Joined:
    joined = Joined(tmp_path, TOWN, COUNTY, CITY, PARTNER)
    joined.again = request.param
    return joined


def sent(
    kind: catalog.ElsewhereKind.ValueType, *places: catalog.ElsewherePlace, round: int = 1
) -> approval.StepSentElsewhere:
    examine = cases.CaseStep(
        key="examine", state=cases.STEP_STATE_PASSED, opinion="齐全，建议准予", assignee_name="李审查"
    )
    there = cases.CaseStep(
        key="there", name="审批", department_key="jiaoyu", state=cases.STEP_STATE_ELSEWHERE, round=round,
        elsewhere=catalog.Elsewhere(kind=kind, places=places),
    )  # fmt: skip
    case = cases.Case(
        id="case-1", number="610902-1", center_id="610902", item_name="高中教师资格认定", journey="j-1",
        steps=[examine, there, cases.CaseStep(key="decide")],
    )  # fmt: skip
    return approval.StepSentElsewhere(case=case, step_key="there")


def hear(joined: Joined, said: approval.StepSentElsewhere, id: str = "handed-1") -> None:
    """What the county's intake tells when a case has come to another site's step, as often as the bus brings it."""
    said.case.accepted_at.FromDatetime(joined.clock.now())
    handed = intake.ApplicationHandedOn(
        application=intake_messages.Application(
            id="case-1",
            materials=[
                intake_messages.ApplicationMaterial(key="form", name="申请书", uploads=[SCAN]),
                intake_messages.ApplicationMaterial(key="missing", name="没有的"),
                intake_messages.ApplicationMaterial(
                    key="paper", name="纸质件", state=intake_messages.MATERIAL_STATE_HANDED_IN
                ),
            ],
        ),
        applicant=intake_messages.Applicant(name="张三", id_number="610902199001011234"),
        sent=said,
    )
    tell(joined, "intake", "ApplicationHandedOn", handed.SerializeToString(), id)


def tell(joined: Joined, service: str, name: str, data: bytes, id: str) -> None:
    subscription = elsewhere.subscription(joined[COUNTY].room)
    event = Event(id, event_type(service, name), "x", "case-1", "j-1", joined.clock.now(), data)
    delivery = Delivery(event, subscription.group, joined.system())
    for _ in range(joined.again):
        again_when_overtaken(lambda: subscription.handlers[event.type](delivery))
    joined.settle()


def up(joined: Joined, site: str = CITY) -> list[Part]:
    hear(joined, sent(catalog.ELSEWHERE_KIND_SENT_UP, catalog.ElsewherePlace(site=site, department_key="jiaoyu")))
    return list(joined[COUNTY].room.parts.find("by_case", case_id="case-1").items)


def take(joined: Joined, site: str, part_id: str) -> None:
    parts.answer_offer(
        room=joined[site].room, call=joined.call(site, department="jiaoyu"), part_id=part_id, accepted=True,
        department_key="", reason="", expected_version=0,
    )  # fmt: skip


def answer(joined: Joined, site: str, part_id: str, outcome: Outcome = Outcome.AGREED) -> None:
    take(joined, site, part_id)
    parts.answer_part(
        room=joined[site].room, call=joined.call(site, department="jiaoyu"), part_id=part_id, outcome=outcome,
        opinion=f"{site}的意见", basis="样例条例", number="市教〔2026〕1号", files=(), expected_version=0,
    )  # fmt: skip
    joined.settle()


def said_to_the_case(joined: Joined, site: str = COUNTY) -> list[pb.CaseStepAnswered]:
    type = event_type("federation", "CaseStepAnswered")
    return [pb.CaseStepAnswered.FromString(event.data) for event in joined[site].told if event.type == type]


def test_what_is_sent_up_opens_once_above_with_its_papers_and_review(joined: Joined) -> None:
    (part,) = up(joined)
    (above,) = joined[CITY].room.parts.find("by_case", case_id="case-1").items
    assert (part.kind, above.state, above.id) == (PartKind.SENT_UP, PartState.OFFERED, part.id)
    assert [(each.key, each.sha256) for each in above.materials] == [("form", SCAN.sha256), ("paper", "")]
    assert above.applicant.name == "张三"
    assert above.review is not None
    assert (above.review.opinion, above.review.reviewed_by) == ("齐全，建议准予", "李审查")
    assert above.handled_at is not None
    assert (above.handled_at.center_id, above.handled_at.department_key) == ("610900", "jiaoyu")


def test_the_decision_above_is_told_to_the_case_once_and_then_closed(joined: Joined) -> None:
    (part,) = up(joined)
    answer(joined, CITY, part.id)
    (said,) = said_to_the_case(joined)
    assert (said.case_id, said.step_key, said.round, said.outcome) == (
        "case-1",
        "there",
        1,
        parts_pb2.PART_OUTCOME_AGREED,
    )
    assert (said.site, said.answered_by, said.number) == (CITY, f"{CITY} 的工作人员", "市教〔2026〕1号")
    assert not said_to_the_case(joined, CITY), "it is no case of the city's"
    written = approval.StepAnsweredElsewhere(case=cases.Case(id="case-1"), step_key="there")
    tell(joined, "approval_routing", "StepAnsweredElsewhere", written.SerializeToString(), "written-1")
    assert joined[CITY].room.parts.get(part.id).state is PartState.CLOSED
    assert len(said_to_the_case(joined)) == 1


def test_a_refusal_above_comes_with_its_basis_and_rights(joined: Joined) -> None:
    (part,) = up(joined)
    answer(joined, CITY, part.id, Outcome.REFUSED)
    (said,) = said_to_the_case(joined)
    assert (said.outcome, said.basis) == (parts_pb2.PART_OUTCOME_REFUSED, "样例条例")
    assert said.rights


def test_what_goes_to_no_site_above_waits_for_staff_here(joined: Joined) -> None:
    (part,) = up(joined, PARTNER)
    assert part.state is PartState.REVIEWING
    assert not joined[PARTNER].room.parts.find("by_case", case_id="case-1").items
    commands.command_part(
        room=joined[COUNTY].room, call=joined.call(COUNTY), part_id=part.id, verb=Verb.WITHDRAW, reason="报错了",
        materials=(),
    )  # fmt: skip
    joined.settle()
    assert joined[COUNTY].told_types().count("case_step_returned") == 1


def test_what_is_withdrawn_above_goes_back_to_who_sent_it_and_up_again(joined: Joined) -> None:
    (part,) = up(joined)
    take(joined, CITY, part.id)
    joined.settle()
    commands.command_part(
        room=joined[COUNTY].room, call=joined.call(COUNTY), part_id=part.id, verb=Verb.WITHDRAW, reason="补正后再报",
        materials=(),
    )  # fmt: skip
    joined.settle()
    assert joined[COUNTY].told_types().count("case_step_returned") == 1
    place = catalog.ElsewherePlace(site=CITY, department_key="jiaoyu")
    hear(joined, sent(catalog.ELSEWHERE_KIND_SENT_UP, place, round=2), "handed-2")
    again = [each for each in joined[CITY].room.parts.find("by_case", case_id="case-1").items if each.round == 2]
    answer(joined, CITY, again[0].id)
    assert [said.round for said in said_to_the_case(joined)] == [2]


def places() -> tuple[catalog.ElsewherePlace, ...]:
    return (
        catalog.ElsewherePlace(site=TOWN, days=3, title="核查户籍", department_key="jiaoyu"),
        catalog.ElsewherePlace(site=PARTNER, days=5, title="核查学历", department_key="jiaoyu"),
    )


@pytest.mark.parametrize("refused", [False, True], ids=["all agree", "one refuses"])
def test_a_joint_step_asks_every_place_and_is_answered_when_all_are(joined: Joined, refused: bool) -> None:
    hear(joined, sent(catalog.ELSEWHERE_KIND_PART, *places()))
    (joint,) = joined[COUNTY].room.joints.find("by_center", place__center_id="610902", state=("open",)).items
    first, second = joint.parts
    answer(joined, TOWN, first.part_id)
    assert not said_to_the_case(joined), "one part is still out"
    answer(joined, PARTNER, second.part_id, Outcome.REFUSED if refused else Outcome.AGREED)
    (said,) = said_to_the_case(joined)
    assert said.outcome == (parts_pb2.PART_OUTCOME_REFUSED if refused else parts_pb2.PART_OUTCOME_AGREED)
    assert "核查户籍" in said.opinion
    assert f"{PARTNER}的意见" in said.opinion
    assert joined[COUNTY].room.joints.get(joint.id).state is JointState.MERGED
    assert joined[TOWN].room.parts.get(first.part_id).state is PartState.CLOSED


def test_a_slow_place_is_urged_and_a_joint_step_given_up_goes_back(joined: Joined) -> None:
    hear(joined, sent(catalog.ELSEWHERE_KIND_PART, *places()))
    (joint,) = joined[COUNTY].room.joints.find("by_center", place__center_id="610902", state=("open",)).items
    take(joined, TOWN, joint.parts[0].part_id)
    joined.settle()
    joined.clock.advance(timedelta(days=14))
    assert joined.sweep(COUNTY) == 1
    joined.settle()
    assert joined[TOWN].told_types().count("urging_arrived") == 1
    joints.withdraw_joint(
        room=joined[COUNTY].room,
        call=joined.call(COUNTY),
        joint_id=joint.id,
        reason="申请人改变主意",
        expected_version=0,
    )
    joined.settle()
    assert joined[COUNTY].told_types().count("case_step_returned") == 1
    assert joined[TOWN].room.parts.get(joint.parts[0].part_id).state is PartState.WITHDRAWN
