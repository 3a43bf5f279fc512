"""What was promised on pages: lists, verification, appeal, repair, permission (rules D01–D05, L02)."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from tongban.catalog.v1 import checklists_pb2 as catalog
from tongban.intake.v1 import commitments_pb2 as commitments
from tongban.intake.v1 import following_pb2 as following
from tongban.intake.v1 import messages_pb2 as messages
from tongban.intake.v1 import service_pb2 as intake

CODE = "3k9h2m7x4q8w1z5t6v0y2b4c8d"
PATH = "/promises/a-1"
NOTICED = [messages.Paper(kind=messages.PAPER_KIND_ONE_TIME_NOTICE)]


def application(**changes: Any) -> messages.Application:
    return messages.Application(
        id="a-1", number="610902-1", item_name="公共场所卫生许可", version=3, code=CODE, **changes
    )


def has(site: FakeSite, **changes: Any) -> None:
    site.answers("GetApplication", intake.GetApplicationResponse(application=application(**changes)))


def undertaking(state: str, **changes: Any) -> commitments.Undertaking:
    value = commitments.UndertakingState.Value(f"UNDERTAKING_STATE_{state.upper()}")
    return commitments.Undertaking(state=value, **changes)


def asked(site: FakeSite, method: str) -> Any:
    return next(each.request for each in site.asked if each.method == method)


@pytest.mark.parametrize("roles", [("clerk",), ("reviewer",), ("supervisor",)])
def test_each_sees_the_lists_that_they_may(visitor: Visitor, site: FakeSite, roles: tuple[str, ...]) -> None:
    visitor.sign_in(*roles)
    text = visitor.get("/promises")[1]
    assert "告知承诺待核查" in text
    assert ("容缺待补交" in text) == (roles != ("reviewer",))


@pytest.mark.parametrize("name", ["owed", "barred", "verifying", "correcting", "broken", "noticed"])
def test_a_list_names_the_application(visitor: Visitor, site: FakeSite, name: str) -> None:
    findings = [commitments.CommitmentFinding(said="通风不足")]
    found = application(undertaking=undertaking("correcting", findings=findings), papers=NOTICED)
    site.answers("ListPromises", following.ListPromisesResponse(applications=[found]))
    site.answers("ListCommitments", following.ListCommitmentsResponse(applications=[found]))
    site.answers("ListApplications", intake.ListApplicationsResponse(applications=[found]))
    visitor.sign_in("supervisor")
    assert "610902-1" in visitor.get(f"/promises?list={name}")[1]


def test_a_supervisor_does_not_verify(visitor: Visitor, site: FakeSite) -> None:
    has(site, undertaking=undertaking("verifying"))
    visitor.sign_in("supervisor")
    assert "登记核查" not in visitor.get(PATH)[1]
    assert visitor.post(f"{PATH}/verify", version="3", said="都好", result="fulfilled")[0] == 403


def test_the_department_says_what_it_found(visitor: Visitor, site: FakeSite) -> None:
    has(site, undertaking=undertaking("verifying"))
    visitor.sign_in("reviewer")
    assert "登记核查" in visitor.get(PATH)[1]
    assert "请选择核查结果" in visitor.post(f"{PATH}/verify", version="3", said="都好")[1]
    visitor.post(f"{PATH}/verify", version="3", said="都好", result="fulfilled")
    sent = asked(site, "VerifyCommitment")
    assert (sent.result, sent.said, sent.expected_version) == (commitments.FINDING_RESULT_FULFILLED, "都好", 3)


def test_a_supervisor_rules_on_an_appeal_and_repairs(visitor: Visitor, site: FakeSite) -> None:
    appeal = commitments.BreachAppeal(text="已经整改")
    has(site, undertaking=undertaking("broken", breach=commitments.Breach(reason="虚假", appeal=appeal)))
    visitor.sign_in("supervisor")
    text = visitor.get(PATH)[1]
    assert "已经整改" in text
    assert "信用修复" in text
    assert visitor.post(f"{PATH}/rule", version="3", upheld="", ruling="查明")[0] == 422
    visitor.post(f"{PATH}/rule", version="3", upheld="no", ruling="查明")
    assert not asked(site, "RuleOnBreach").upheld
    visitor.post(f"{PATH}/repair-breach", version="3", reason="已改")
    assert asked(site, "RepairBreach").reason == "已改"


def test_the_window_is_told_who_permits_a_second_notice(visitor: Visitor, site: FakeSite) -> None:
    has(site, state=messages.APPLICATION_STATE_RECEIVED, papers=NOTICED)
    visitor.sign_in("clerk")
    assert "须由监察人员说明理由后批准" in visitor.get(PATH)[1]


def test_a_supervisor_permits_a_second_notice_with_a_reason(visitor: Visitor, site: FakeSite) -> None:
    has(site, state=messages.APPLICATION_STATE_RECEIVED, papers=NOTICED)
    visitor.sign_in("supervisor")
    assert "批准再次告知" in visitor.get(PATH)[1]
    visitor.post(f"{PATH}/permit", version="3", reason="新规定")
    assert asked(site, "PermitFurtherNotice").reason == "新规定"


def test_who_did_not_keep_a_promise_is_repaired_here(visitor: Visitor, site: FakeSite) -> None:
    promise = messages.Promise(owed=[messages.OwedMaterial(key="plan", name="平面图")])
    promise.lapsed_at.GetCurrentTime()
    has(site, state=messages.APPLICATION_STATE_ACCEPTED, promise=promise)
    visitor.sign_in("manager")
    assert "信用修复" in visitor.get(PATH)[1]
    visitor.post(f"{PATH}/repair-promise", version="3", reason="补齐")
    assert asked(site, "RepairPromise").reason == "补齐"


def test_the_window_registers_the_signed_letter(visitor: Visitor, site: FakeSite) -> None:
    has(
        site,
        state=messages.APPLICATION_STATE_RECEIVED,
        commitment=commitments.COMMITMENT_CHOICE_CHOSEN,
        undertaking=undertaking("offered"),
    )
    visitor.sign_in("clerk")
    text = visitor.get("/applications/a-1")[1]
    assert "登记签署" in text
    assert "改按一般程序" in text
    visitor.post("/applications/a-1/commitment/sign", version="3", signed_by="张三")
    assert asked(site, "SignCommitment").signed_by == "张三"
    visitor.post("/applications/a-1/commitment/choose", version="3", choice="declined")
    assert asked(site, "ChooseCommitment").choice == commitments.COMMITMENT_CHOICE_DECLINED


def test_an_online_form_tells_of_the_commitment_and_asks(visitor: Visitor, site: FakeSite) -> None:
    letter = catalog.Commitment(laws="条例第八条", waived=["plan"], verification_days=20, correction_days=10)
    site.answers("GetChecklist", intake.GetChecklistResponse(checklist=messages.Checklist(commitment=letter)))
    visitor.sign_in_as_citizen()
    text = visitor.get("/apply/610902/item-1")[1]
    assert "条例第八条" in text
    assert 'name="commitment"' in text
    visitor.post("/apply/610902/item-1", commitment="declined", applicant_name="例云帆")
    assert asked(site, "ReceiveApplication").commitment == commitments.COMMITMENT_CHOICE_DECLINED


def test_a_citizen_reads_before_signing_and_may_object(visitor: Visitor, site: FakeSite) -> None:
    has(site, state=messages.APPLICATION_STATE_RECEIVED, undertaking=undertaking("offered"))
    visitor.sign_in_as_citizen()
    path = f"/my/applications/{CODE}"
    assert "签署告知承诺书" in visitor.get(path)[1]
    assert "请先阅读" in visitor.post(f"{path}/sign", version="3", signed_by="例云帆")[1]
    visitor.post(f"{path}/sign", version="3", signed_by="例云帆", read="1")
    assert asked(site, "SignCommitment").code == CODE
    has(site, undertaking=undertaking("broken", breach=commitments.Breach(reason="虚假")))
    assert "提出申诉" in visitor.get(path)[1]
    visitor.post(f"{path}/appeal", version="3", text="不对")
    assert asked(site, "AppealBreach").text == "不对"


def test_a_citizen_hands_in_what_is_owed_or_asked_for(visitor: Visitor, site: FakeSite) -> None:
    material = messages.ApplicationMaterial(key="plan", name="平面图", state=messages.MATERIAL_STATE_MISSING)
    promise = messages.Promise(owed=[messages.OwedMaterial(key="plan", name="平面图")])
    has(site, state=messages.APPLICATION_STATE_ACCEPTED, promise=promise, materials=[material])
    visitor.sign_in_as_citizen()
    path = f"/my/applications/{CODE}"
    assert "补交容缺材料" in visitor.get(path)[1]
    assert "请先上传材料" in visitor.post(f"{path}/owed", version="3")[1]
    visitor.post(f"{path}/owed", version="3", **{"brought-plan": "1"})
    assert asked(site, "HandInOwed").materials[0].key == "plan"
    has(site, state=messages.APPLICATION_STATE_SUPPLEMENT_REQUESTED, materials=[material])
    assert "提交补正材料" in visitor.get(path)[1]
    visitor.post(f"{path}/supplement", version="3", **{"brought-plan": "1"})
    assert asked(site, "HandInSupplement").code == CODE
    visitor.post(f"{path}/withdraw", version="3", reason="不办了")
    assert asked(site, "WithdrawApplication").reason == "不办了"
