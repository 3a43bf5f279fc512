"""The history of a case: each change, who made it and for whom, and whether anybody has tampered with it (rules F12, G02)."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response

from gateway.clients import ask
from gateway.pages.access import staff
from gateway.pages.lookups import clients
from gateway.pages.rendering import page
from tongban.approval_routing.v1 import conduct_pb2
from tongban.approval_routing.v1 import service_pb2 as routing

blueprint = Blueprint("case_history", __name__)

#: What lines are called, by the event that wrote them; one of a newer release is shown by its own name.
CHANGES: Final = {
    "CaseOpened": "立案",
    "StepClaimed": "领取环节",
    "StepReleased": "退回待领取",
    "StepPassed": "环节通过",
    "StepReturned": "退回环节",
    "StepRejected": "建议不予许可",
    "StaffRecused": "申请或者责令回避",
    "RecusalDecided": "决定回避申请",
    "StepSigned": "签署环节",
    "StepRecorded": "登记办理记录",
    "HearingPlanned": "登记听证安排",
    "HearingLimitReached": "听证期限",
    "PartSettled": "联办分项不再等待",
    "StepSentElsewhere": "发往其他站点",
    "StepAnsweredElsewhere": "其他站点答复",
    "StepCameBack": "其他站点退回",
    "CasePaused": "暂停计时",
    "CaseResumed": "恢复计时",
    "ExtensionRequested": "申请延期",
    "CaseExtended": "延长期限",
    "ExtensionRefused": "不同意延期",
    "DeadlineRecomputed": "期限因日历调整重算",
    "CaseDecided": "作出决定",
    "ResultIssued": "出件",
    "ResultDelivered": "送达",
    "ResultEnded": "撤销或者注销证照",
    "ResultUndelivered": "未能送达，退回部门",
    "RenewalApplied": "申请延续",
    "RenewalDeemed": "视为准予延续",
    "NoteAdded": "内部备注",
    "ColleagueAsked": "征询同事",
    "QuestionAnswered": "答复征询",
}


@blueprint.get("/approval/cases/<case_id>/history")
@staff("reviewer", "approver", "chief", "clerk", "supervisor", "manager")
def show(case_id: str) -> Response:
    """Every line, and what counting the chain anew has found."""
    case = ask(clients().approval_routing.GetCase, routing.GetCaseRequest(case_id=case_id)).case
    found = ask(clients().approval_routing.GetCaseHistory, conduct_pb2.GetCaseHistoryRequest(case_id=case_id))
    return page(
        "approval/history.html",
        case=case,
        lines=found.lines,
        intact=found.intact,
        broken_at=found.broken_at,
        changes=CHANGES,
        steps={step.key: step.name for step in case.steps},
    )
