"""The lead's view of a joint case, and what citizens said elsewhere: who sees which form, what is asked of the service."""

from __future__ import annotations

import io

import pytest

from gateway.auth import CSRF_FIELD
from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from kit.errors import Conflict, Invalid
from tongban.federation.v1 import cooperation_requests_pb2 as cooperation
from tongban.federation.v1 import messages_pb2 as messages
from tongban.federation.v1 import part_requests_pb2 as requests
from tongban.federation.v1 import parts_pb2 as parts
from tongban.federation.v1 import service_pb2 as federation
from tongban.federation.v1 import urging_pb2 as urging
from tongban.intake.v1 import messages_pb2 as intake_messages
from tongban.intake.v1 import service_pb2 as intake

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


def test_a_joint_case_on_paper_is_opened_with_its_parts_and_files(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    site.answers("ListAgreements", federation.ListAgreementsResponse(agreements=[agreement()]))
    text = visitor.get("/cooperation/joints/new")[1]
    assert "安康市政务服务中心（610900.city）" in text
    paper = parts.PartPaper(sha256="a" * 64, size=3, filename="平面图.pdf")
    site.answers("UploadPartFile", requests.UploadPartFileResponse(file=paper))
    fields = {
        "number": "LB-2",
        "item_name": "开办餐馆",
        "name": "例知远",
        "days": "10",
        "rows": "3",
        "part-1-title": "消防核查",
        "part-1-days": "5",
        "part-1-partner": "610900.city 610900",
        "part-3-title": "环评核查",
        "part-3-days": "3",
        "part-3-site": "511602.yangli",
        "part-3-center_id": "511602",
        "idempotency_key": "k-1",
    }
    data = {**fields, CSRF_FIELD: visitor.csrf, "file": (io.BytesIO(b"pdf"), "平面图.pdf")}
    assert visitor.client.post("/cooperation/joints/new", data=data).status_code == 303
    (asked,) = site.asked_of("OpenJoint")
    sent = asked.request
    assert (sent.number, sent.applicant.name, sent.days, asked.idempotency_key) == ("LB-2", "例知远", 10, "k-1")
    assert [(each.title, each.place.site, each.place.center_id, each.days) for each in sent.parts] == [
        ("消防核查", "610900.city", "610900", 5),
        ("环评核查", "511602.yangli", "511602", 3),
    ]
    assert [(each.key, each.name, each.sha256) for each in sent.materials] == [("paper-1", "平面图", "a" * 64)]


def test_another_part_is_added_to_the_form_and_nothing_is_sent(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    site.answers("ListAgreements", federation.ListAgreementsResponse())
    text = visitor.post("/cooperation/joints/new", rows="2", more="1", number="LB-2", **{"part-1-title": "核查"})[1]
    assert "第 3 个环节" in text
    assert 'value="LB-2"' in text
    assert 'value="核查"' in text
    assert not site.asked_of("OpenJoint")


def test_a_joint_case_of_an_application_takes_its_applicant_on_the_record(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("chief")
    site.answers("ListAgreements", federation.ListAgreementsResponse())
    masked = intake_messages.MaskedApplicant(name="例**", id_number="9901**********0015")
    held = intake_messages.Application(id="c-1", number="SL-1", item_name="开办餐馆", journey="v-1", applicant=masked)
    site.answers("GetApplication", intake.GetApplicationResponse(application=held))
    who = intake_messages.Applicant(name="例云帆", id_number="990101199003070015", phone="15400000001")
    site.answers("ShowApplicant", intake.ShowApplicantResponse(applicant=who))
    assert "990101199003070015" not in visitor.get("/cooperation/joints/new?application=c-1")[1]
    assert not site.asked_of("ShowApplicant")
    visitor.post("/cooperation/joints/new", application="c-1", days="10", **{"part-1-title": "核查"})
    (asked,) = site.asked_of("OpenJoint")
    assert (asked.request.case_id, asked.request.journey, asked.request.number) == ("c-1", "v-1", "SL-1")
    assert (asked.request.applicant.name, asked.request.applicant.phone) == ("例云帆", "15400000001")
    assert "多地联办" in site.asked_of("ShowApplicant")[0].request.purpose


def agreement() -> messages.Agreement:
    terms = messages.Terms(
        handling_site="610900.city", handling_center_id="610900", handling_center_name="安康市政务服务中心"
    )
    return messages.Agreement(peer_site="610900.city", editions=[messages.Edition(terms=terms)])
