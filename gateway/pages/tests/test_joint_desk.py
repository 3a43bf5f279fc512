"""The lead's view of a joint case, and what citizens said elsewhere: who sees which form, what is asked of the service."""

from __future__ import annotations

import pytest

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from kit.errors import Conflict, Invalid
from tongban.federation.v1 import cooperation_requests_pb2 as cooperation
from tongban.federation.v1 import part_requests_pb2 as requests
from tongban.federation.v1 import parts_pb2 as parts
from tongban.federation.v1 import urging_pb2 as urging

HERE = parts.Place(site="610902.hanbin", center_id="样例")
THERE = parts.Place(site="610900.city", center_id="610900", department_key="xiaofang")


def joint(*states: parts.PartState.ValueType) -> parts.Joint:
    return parts.Joint(
        id="j-1",
        number="LB-1",
        item_name="开办餐馆",
        place=HERE,
        journey="v-1",
        state=parts.JOINT_STATE_OPEN,
        version=5,
        parts=[
            parts.JointPart(part_id=f"p-{at}", title=f"环节{at}", place=THERE, state=state)
            for at, state in enumerate(states, 1)
        ],
    )


def leads(site: FakeSite, it: parts.Joint) -> None:
    site.answers("GetJoint", requests.GetJointResponse(joint=it))


@pytest.mark.parametrize(
    ("states", "mergeable"),
    [
        ((parts.PART_STATE_ANSWERED, parts.PART_STATE_ANSWERED), True),
        ((parts.PART_STATE_ANSWERED, parts.PART_STATE_HANDLING), False),
    ],
)
def test_a_joint_case_is_merged_when_every_part_is_answered(
    visitor: Visitor, site: FakeSite, states: tuple[parts.PartState.ValueType, ...], mergeable: bool
) -> None:
    visitor.sign_in("chief")
    leads(site, joint(*states))
    text = visitor.get("/cooperation/joints/j-1")[1]
    assert ("/joints/j-1/merge" in text) is mergeable
    assert ("还有 1 个环节没有答复" in text) is not mergeable


def test_the_answer_for_all_is_asked_with_the_version_that_was_seen(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("chief")
    visitor.post("/cooperation/joints/j-1/merge", outcome="agreed", opinion="同意", version="5")
    (asked,) = site.asked_of("MergeJoint")
    assert (asked.request.outcome, asked.request.expected_version) == (parts.PART_OUTCOME_AGREED, 5)


def test_urging_goes_to_whoever_handles_the_part(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("supervisor")
    leads(site, joint(parts.PART_STATE_HANDLING))
    fields = {"kind": "supervise", "text": "请尽快办理。", "idempotency_key": "k-1"}
    assert visitor.post("/cooperation/joints/j-1/parts/p-1/urge", **fields)[0] == 303
    (asked,) = site.asked_of("AskUrging")
    sent = asked.request
    assert (sent.kind, sent.asked_of, sent.about, sent.journey) == (urging.URGING_KIND_SUPERVISE, THERE, "p-1", "v-1")
    assert (sent.center_id, sent.title, asked.idempotency_key) == ("样例", "开办餐馆：环节1", "k-1")


def test_a_refused_urging_opens_the_form_of_its_own_part(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("chief")
    leads(site, joint(parts.PART_STATE_HANDLING, parts.PART_STATE_HANDLING))
    site.answers("AskUrging", Invalid("text_required", "请写明内容。", field="text"))
    status, text = visitor.post("/cooperation/joints/j-1/parts/p-2/urge", kind="urge")
    assert status == 422
    assert text.count("<details open>") == 1
    assert text.index("<details open>") > text.index("环节2")


def test_clerks_neither_merge_nor_urge(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    leads(site, joint(parts.PART_STATE_HANDLING))
    text = visitor.get("/cooperation/joints/j-1")[1]
    assert "/merge" not in text
    assert "/urge" not in text
    assert visitor.post("/cooperation/joints/j-1/merge", version="5")[0] == 403


def test_a_supervision_that_was_answered_is_reviewed_by_who_asked(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("supervisor")
    answered = urging.Urging(id="u-1", state=urging.URGING_STATE_ANSWERED, asked_by=HERE, asked_of=THERE, version=2)
    site.answers("ListUrgings", cooperation.ListUrgingsResponse(urgings=[answered]))
    assert "/urgings/u-1/review" in visitor.get("/cooperation/urgings")[1]
    visitor.post("/cooperation/urgings/u-1/review", accepted="no", text="仍未到位", version="2")
    (asked,) = site.asked_of("ReviewUrging")
    assert (asked.request.accepted, asked.request.text) == (False, "仍未到位")


def said(concerns: parts.Place) -> cooperation.ListFeedbackResponse:
    one = urging.Feedback(
        id="f-1",
        kind=urging.FEEDBACK_KIND_EVALUATION,
        item_name="食品经营许可",
        state=urging.FEEDBACK_STATE_FORWARDED,
        given_at=THERE,
        concerns=concerns,
        level=5,
        text="等得太久",
        named=True,
        contact="154****0001",
        version=1,
    )
    return cooperation.ListFeedbackResponse(feedback=[one])


def test_only_who_it_concerns_concludes_it(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("chief")
    for concerns, offered in ((HERE, True), (THERE, False)):
        site.answers("ListFeedback", said(concerns))
        text = visitor.get("/cooperation/feedback")[1]
        assert "非常不满意" in text
        assert ("/feedback/f-1/conclude" in text) is offered


def test_a_conclusion_that_is_refused_keeps_its_words(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("chief")
    site.answers("ListFeedback", said(HERE))
    site.answers("ConcludeFeedback", Conflict("feedback_concluded", "已办结，无需重复答复。"))
    status, text = visitor.post("/cooperation/feedback/f-1/conclude", findings="属实", version="1")
    assert status == 409
    assert ">属实</textarea>" in text


def test_whom_to_call_back_is_shown_for_a_purpose_only(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("supervisor")
    site.answers("ListFeedback", said(HERE))
    site.answers("ShowFeedbackContact", cooperation.ShowFeedbackContactResponse(contact="15400000001"))
    assert "15400000001" not in visitor.get("/cooperation/feedback")[1]
    text = visitor.post("/cooperation/feedback/f-1/contact", purpose="回访")[1]
    assert "15400000001" in text
    assert site.asked_of("ShowFeedbackContact")[0].request.purpose == "回访"
