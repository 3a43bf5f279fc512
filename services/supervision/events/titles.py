"""What events are called in a journey: a line in Chinese, and for staff what they wrote for each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from kit.events import event_type
from kit.timestamps import from_timestamp
from kit.workdays import local_text
from services.supervision.events.archive_titles import ARCHIVE
from services.supervision.events.cooperation_titles import COOPERATION
from services.supervision.events.crossing_titles import CROSSINGS
from services.supervision.events.own_titles import SUPERVISION
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.evaluation.v1 import messages_pb2 as evaluation
from tongban.intake.v1 import commitments_pb2 as commitments
from tongban.relay.v1 import messages_pb2 as relay

#: A template over the event's message (``e``), or what makes the text of it.
Text = str | Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class Title:
    """How an event is told. ``note`` is for staff only; an event that isn't ``public`` is for staff only as a whole."""

    text: Text
    note: Text = ""
    public: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """An event in words."""

    title: str
    note: str
    public: bool
    rank: int


_LEVELS = {
    evaluation.LEVEL_VERY_SATISFIED: "非常满意",
    evaluation.LEVEL_SATISFIED: "满意",
    evaluation.LEVEL_FAIRLY_SATISFIED: "基本满意",
    evaluation.LEVEL_DISSATISFIED: "不满意",
    evaluation.LEVEL_VERY_DISSATISFIED: "非常不满意",
}
_APPOINTMENT_ENDS = {"used": "已取号", "cancelled": "已取消", "missed": "未到场"}
_LIABILITIES = {"department": "政务服务部门", "center": "管理机构和综窗人员", "shared": "按实际划分", "none": "无责"}


def _step(event: Any) -> str:
    names = {step.key: step.name for step in event.case.steps}
    return str(names.get(event.step_key) or event.step_key)


def _sites(event: Any) -> str:
    return "、".join(at.site for step in event.case.steps if step.key == event.step_key for at in step.elsewhere.places)


def _decision(event: Any) -> str:
    approved = event.case.decision.outcome == approval.OUTCOME_APPROVED
    return "作出决定：" + ("准予" if approved else "不予许可")


def _reused(event: Any) -> str:
    names = [each.reuse.name for each in event.application.materials if each.key == event.material_key]
    return f"引用库中材料：{names[0]}" if names else "引用库中材料"


def _acceptance(event: Any) -> str:
    return ("逾期未告知，自收件之日起视为受理 " if event.deemed else "受理 ") + str(event.application.number)


def _due(event: Any) -> str:
    case = event.case
    if case.HasField("decision"):
        return f"送达期限调整为 {local_text(from_timestamp(case.delivery_due_at))}"
    return f"办结期限调整为 {local_text(from_timestamp(case.due_at))}" if case.HasField("due_at") else "办结期限待定"


def _application_due(event: Any) -> str:
    application = event.application
    if application.HasField("supplement_due_at"):
        return f"补正期限调整为 {local_text(from_timestamp(application.supplement_due_at))}"
    if application.HasField("notice_due_at"):
        return f"受理告知期限调整为 {local_text(from_timestamp(application.notice_due_at))}"
    promise, made = application.promise, application.undertaking
    ends = {
        "容缺材料补交期限": (promise.due_at, not promise.fulfilled_at.seconds and not promise.lapsed_at.seconds),
        "告知承诺核查期限": (made.verify_by, made.state == commitments.UNDERTAKING_STATE_VERIFYING),
        "告知承诺整改期限": (made.correct_by, made.state == commitments.UNDERTAKING_STATE_CORRECTING),
        "失信认定申诉期限": (made.breach.appeal_until, made.HasField("breach")),
    }
    moved = (f"{name}为 {local_text(from_timestamp(at))}" for name, (at, runs) in ends.items() if runs and at.seconds)
    return f"期限重算：{'，'.join(moved)}"


def _pause(event: Any) -> str:
    kinds = [pause.kind for pause in event.case.pauses]
    return f"计时暂停：{kinds[-1]}" if kinds else "计时暂停"


def _extension(event: Any) -> str:
    reasons = [extension.reason for extension in event.case.extensions]
    return f"{_due(event)}，延期理由：{reasons[-1]}" if reasons else _due(event)


_SETTLEMENTS = {
    relay.SETTLEMENT_DELIVERED: "已送达",
    relay.SETTLEMENT_READ: "已阅",
    relay.SETTLEMENT_ACTED_ON: "已办理",
    relay.SETTLEMENT_REFUSED: "被拒收",
    relay.SETTLEMENT_EXPIRED: "逾期未送达",
    relay.SETTLEMENT_SET_ASIDE: "待对方人工处理",
}

#: In the order of a visit's life, which also orders lines of the same millisecond.
_TITLES: tuple[tuple[str, dict[str, Title]], ...] = (
    (
        "queuing",
        {
            "AppointmentBooked": Title("预约 {e.appointment.day} {e.appointment.slot}：{e.appointment.item_name}"),
            "AppointmentEnded": Title(lambda e: "预约" + _APPOINTMENT_ENDS.get(e.appointment.state, "结束")),
            "TicketTaken": Title("取号 {e.ticket.number}：{e.ticket.item_name}"),
            "TicketCalled": Title("叫号 {e.ticket.number}，请到 {e.ticket.window_number} 号窗口"),
            "TicketRecalled": Title("再次叫号 {e.ticket.number}，请到 {e.ticket.window_number} 号窗口"),
            "TicketMissed": Title("过号 {e.ticket.number}", "{e.ticket.miss_reason}"),
            "TicketReturned": Title("过号后重新排队 {e.ticket.number}"),
            "TicketTransferred": Title("转号 {e.ticket.number}", "{e.reason}"),
            "ServingStarted": Title("{e.ticket.window_number} 号窗口开始办理 {e.ticket.number}"),
            "TicketHeld": Title("办理挂起 {e.ticket.number}", "{e.reason}"),
            "TicketResumed": Title("继续办理 {e.ticket.number}"),
        },
    ),
    (
        "relay",
        {
            "LetterArrived": Title("收函 {e.letter.type}", "{e.letter.origin}", public=False),
            "LetterSettled": Title(
                lambda e: f"函件{_SETTLEMENTS.get(e.settlement, '有新回执')}", "{e.by}", public=False
            ),
            "LinkChanged": Title("站点链路变更：{e.link.peer}", "{e.change.reason}", public=False),
            "RouteChanged": Title("函件路由变更：{e.pattern}", "{e.by.name}：{e.by.reason}", public=False),
            "LinkReanchored": Title("站点链路重新衔接：{e.peer}", "{e.ours.name}：{e.ours.reason}", public=False),
            "CardLearned": Title("登记站点名片：{e.name}", "{e.site}", public=False),
            "HistoryExported": Title("函件往来记录已导出：{e.by}", "{e.reason}", public=False),
        },
    ),
    (
        "federation",
        {
            "AgreementProposed": Title("通办协议提出：{e.agreement.peer_site}", public=False),
            "AgreementConfirmed": Title("通办协议生效确认：{e.agreement.peer_site}", public=False),
            "AgreementDeclined": Title("通办协议未达成：{e.agreement.peer_site}", public=False),
            "AgreementEnded": Title("通办协议终止：{e.agreement.ends_on}", "{e.agreement.end_reason}", public=False),
            **{name: Title(text, note, public) for name, (text, note, public) in CROSSINGS.items()},
            "LetterPosted": Title("发函 {e.letter.type}", "{e.letter.destination}", public=False),
            "LetterAnswered": Title("来函处理：{e.settlement}", "{e.code} {e.note}", public=False),
            **{name: Title(text, note, public) for name, (text, note, public) in COOPERATION.items()},
        },
    ),
    (
        "intake",
        {
            "ApplicationReceived": Title("收件 {e.application.number}：{e.application.item_name}"),
            "MaterialRecorded": Title("材料登记", "{e.material_key}"),
            "MaterialReused": Title(_reused, "{e.material_key}"),
            "MaterialReuseEnded": Title("引用的库中材料失效", "{e.reason}", public=False),
            "ApplicationAccepted": Title(_acceptance),
            "SupplementRequested": Title("一次性告知补正 {e.application.number}"),
            "SupplementHandedIn": Title("提交补正材料 {e.application.number}"),
            "ApplicationRefused": Title("不予受理 {e.application.number}"),
            "ApplicationWithdrawn": Title("申请人撤回申请 {e.application.number}"),
            "ApplicationHeld": Title("移送答复前暂停办理 {e.application.number}", public=False),
            "ApplicationNotHeld": Title("不能移送 {e.application.number}", "{e.reason}", public=False),
            "ApplicationReleased": Title("移送未成，继续办理 {e.application.number}", public=False),
            "ApplicationTransferred": Title("已移送其他站点 {e.application.number}", "{e.to_site}"),
            "ApplicationDeadlineRecomputed": Title(_application_due, "{e.reason}"),
            "SupplementNotTaken": Title("异地补正材料未能收下 {e.application.number}", "{e.reason}"),
            "ApplicationHandedOn": Title("材料转其他站点 {e.application.number}", public=False),
            "FurtherNoticePermitted": Title("批准再次告知补正 {e.application.number}", "{e.reason}"),
            "OwedMaterialHandedIn": Title("补交容缺材料 {e.application.number}"),
            "PromiseReminded": Title("提醒补交容缺材料 {e.application.number}"),
            "PromiseLapsed": Title("容缺材料逾期未补齐 {e.application.number}"),
            "PromiseRepaired": Title("容缺承诺信用修复 {e.application.number}", "{e.reason}", public=False),
            "CommitmentOffered": Title("选择告知承诺方式 {e.application.number}"),
            "CommitmentDeclined": Title("改按一般程序办理 {e.application.number}"),
            "CommitmentSigned": Title("签署告知承诺书 {e.application.number}"),
            "CommitmentVerified": Title("核查告知承诺 {e.application.number}"),
            "CommitmentOverdue": Title("告知承诺核查或者整改逾期 {e.application.number}", public=False),
            "BreachRecorded": Title("认定未履行告知承诺 {e.application.number}"),
            "BreachAppealed": Title("对失信认定提出申诉 {e.application.number}"),
            "BreachRuledOn": Title("失信认定申诉处理 {e.application.number}"),
            "BreachRepaired": Title("告知承诺信用修复 {e.application.number}", "{e.reason}", public=False),
            "DenialReported": Title("否定事项报备 {e.report.item_name}", public=False),
            "DenialReportAnswered": Title("否定事项报备审核 {e.report.item_name}", public=False),
            "DraftOpened": Title("窗口打开申请草稿", public=False),
            "PaperListGiven": Title("移交材料清单 {e.list.number}", public=False),
            "PaperListReceived": Title("签收材料清单 {e.list.number}", public=False),
            "PaperListSettled": Title("处理材料交接差异 {e.list.number}", "{e.list.settlement}", public=False),
            "PaperListWithdrawn": Title("撤回材料清单 {e.list.number}", "{e.list.withdrawal_reason}", public=False),
            "PapersHandedOver": Title("纸质材料交接部门 {e.list_number}", public=False),
            "PapersNotHandedOver": Title("纸质材料逾时未交接 {e.bundle.application_number}", public=False),
            "PapersLeft": Title("有材料待取回 {e.bundle.application_number}", "{e.bundle.left.place}"),
            "LeftPapersReminded": Title("提醒取回材料 {e.bundle.application_number}", "{e.bundle.left.place}"),
            "LeftPapersFetched": Title("材料已取回 {e.bundle.application_number}"),
            "PaperReprinted": Title("补打文书 {e.title} {e.number}", "{e.reason}", public=False),
            "OriginalsReturned": Title("退还原件 {e.application.number}"),
            "ApplicantShown": Title("查看申请人信息", "{e.purpose}", public=False),
        },
    ),
    (
        "approval_routing",
        {
            "CaseOpened": Title("进入审批 {e.case.number}"),
            "StepClaimed": Title(lambda e: f"环节“{_step(e)}”开始办理", public=False),
            "StepReleased": Title(lambda e: f"环节“{_step(e)}”退回待领取", public=False),
            "StepPassed": Title(lambda e: f"环节“{_step(e)}”通过"),
            "StepReturned": Title(lambda e: f"环节“{_step(e)}”退回上一环节", "{e.reason}", public=False),
            "StepRejected": Title(lambda e: f"环节“{_step(e)}”建议不予许可", public=False),
            "StepSentElsewhere": Title(lambda e: f"环节“{_step(e)}”转其他站点办理：{_sites(e)}"),
            "StepAnsweredElsewhere": Title(lambda e: f"环节“{_step(e)}”其他站点已答复"),
            "HearingPlanned": Title(lambda e: f"听证安排已登记：{_step(e)}", public=False),
            "HearingLimitReached": Title(
                lambda e: {"ask": "申请听证的期限已满", "notice": "今天应发出听证通知", "hold": "今天应举行听证"}.get(
                    e.limit, "听证期限"
                ),
                public=False,
            ),
            "RecusalDecided": Title("回避申请已决定", public=False),
            "CasePaperReprinted": Title("补打文书 {e.title} {e.number}", "{e.reason}", public=False),
            "NoteAdded": Title("内部备注", public=False),
            "ColleagueAsked": Title(lambda e: f"征询同事：{_step(e)}", public=False),
            "QuestionAnswered": Title(lambda e: f"答复征询：{_step(e)}", public=False),
            "StaffRecused": Title(lambda e: "办理人员回避", public=False),
            "StepSigned": Title(lambda e: f"环节“{_step(e)}”已签署", public=False),
            "StepRecorded": Title(lambda e: f"环节“{_step(e)}”已登记办理记录", public=False),
            "PartSettled": Title(lambda e: f"联办分项“{_step(e)}”不再等待"),
            "StepCameBack": Title(lambda e: f"环节“{_step(e)}”未由其他站点办理，退回", "{e.reason}", public=False),
            "CasePaused": Title(_pause),
            "CaseResumed": Title("恢复计时"),
            "ExtensionRequested": Title(
                "申请延期，待中心审核",
                lambda e: e.case.extensions[-1].reason if e.case.extensions else "",
                public=False,
            ),
            "CaseExtended": Title(_extension),
            "ExtensionRefused": Title(
                "延期未获同意", lambda e: e.case.extensions[-1].opinion if e.case.extensions else "", public=False
            ),
            "DeadlineRecomputed": Title(_due, "{e.reason}"),
            "RenewalApplied": Title("申请延续 {e.case.renewal.number}，有效期至 {e.case.renewal.valid_until}"),
            "RenewalDeemed": Title("逾期未作决定，视为准予延续 {e.case.renewal.number}"),
            "LicenceExpiring": Title(
                "{e.licence.name}将于 {e.licence.validity.valid_until} 届满，请在 {e.licence.validity.apply_by} 前申请延续"
            ),
            "LicenceContinued": Title("{e.licence.name} {e.licence.number} 视为准予延续"),
            "LicenceExpired": Title("{e.licence.name} {e.licence.number} 有效期届满"),
            "CaseDecided": Title(_decision),
            "ResultIssued": Title("出件：{e.case.result.name}"),
            "ResultDelivered": Title("结果送达"),
            "ResultEnded": Title("撤销或者注销证照", "{e.case.result.ended.reason}"),
            "ResultUndelivered": Title("结果未能送达", "{e.reason}"),
        },
    ),
    # What an approval costs is asked for and paid before the result is handed out.
    (
        "fees",
        {
            "BillOpened": Title("开具缴费单"),
            "BillComputed": Title(lambda e: f"核算费用：{e.bill.total_fen / 100:.2f} 元"),
            "BillPaid": Title(lambda e: f"已缴费 {e.bill.total_fen / 100:.2f} 元", "凭证 {e.bill.receipt_number}"),
            "BillWaived": Title("费用减免", "{e.bill.waiver_basis}"),
            "SurplusPaid": Title("多缴的款项，原路退回"),
            "RefundAsked": Title("办理退费"),
            "PaymentRefunded": Title("已退费"),
            "ChargeReported": Title("登记收费异常", public=False),
            "ChargeReportSettled": Title("收费异常已核查处理", public=False),
        },
    ),
    # The visit ends after what was done in it, and is then judged.
    (
        "queuing",
        {
            "TicketFinished": Title("窗口办理结束 {e.ticket.number}"),
            "TicketCancelled": Title("取消取号 {e.ticket.number}"),
            "TicketExpired": Title("当日未办，号票作废 {e.ticket.number}"),
        },
    ),
    (
        "evaluation",
        {
            "EvaluationInvited": Title("邀请评价：{e.evaluation.item_name}"),
            "EvaluationSubmitted": Title(lambda e: "评价：" + _LEVELS.get(e.evaluation.level, "未知等级")),
            "ForwardedEvaluationConcluded": Title("异地评价处理结果告知对方", public=False),
            "EvaluationExpired": Title("逾期未评价"),
            "RectificationOpened": Title("启动差评整改"),
            "RectificationAssigned": Title("整改交办", "{e.rectification.owner_staff_name}", public=False),
            "RectificationAnswered": Title("整改答复", public=False),
            "RectificationSentBack": Title("整改复查退回", public=False),
            "RectificationDeadlineRecomputed": Title(
                lambda e: f"整改期限调整为 {local_text(from_timestamp(e.rectification.due_at))}",
                "{e.reason}",
                public=False,
            ),
            "RectificationClosed": Title("差评整改办结"),
        },
    ),
    (
        "complaint",
        {
            "ComplaintFiled": Title("投诉登记 {e.complaint.number}"),
            "ComplaintAssigned": Title("投诉交办 {e.complaint.number}", "{e.complaint.assignee_staff_name}"),
            "ComplaintInvestigated": Title(
                "投诉调查 {e.complaint.number}",
                lambda e: "责任归属：" + _LIABILITIES.get(e.complaint.liability, e.complaint.liability),
                public=False,
            ),
            "ComplaintAnswered": Title("投诉答复 {e.complaint.number}"),
            "ComplaintCalledBack": Title("投诉回访 {e.complaint.number}"),
            "ComplaintDeadlineRecomputed": Title(
                lambda e: f"投诉答复期限调整为 {local_text(from_timestamp(e.complaint.due_at))}", "{e.reason}"
            ),
            "ForwardedComplaintClosed": Title("异地投诉处理结果告知对方", public=False),
            "ComplaintClosed": Title("投诉办结 {e.complaint.number}"),
            "ComplaintReopened": Title("投诉重新办理 {e.complaint.number}"),
            "ComplainantShown": Title("查看投诉人信息", "{e.purpose}", public=False),
        },
    ),
    (
        "certificates",
        {
            "HoldingKept": Title("证照或材料入库：{e.holding.name}", public=False),
            "HoldingUsed": Title("引用库中的{e.holding.name}", "申请 {e.use.application_number}", public=False),
            "HoldingEnded": Title("库中证照或材料失效：{e.holding.name}", "{e.holding.end_reason}", public=False),
            "HoldingsShown": Title("查看库中证照和材料", "{e.purpose}", public=False),
        },
    ),
    (
        "supervision",
        {
            **{name: Title(text, note, public=False) for name, (text, note) in SUPERVISION.items()},
        },
    ),
    (
        "archive",
        {
            **{name: Title(text, note, public=False) for name, (text, note) in ARCHIVE.items()},
        },
    ),
)

#: Title and rank by event type.
TITLES: dict[str, tuple[Title, int]] = {
    type: (title, rank)
    for rank, (type, title) in enumerate(
        (event_type(service, name), title) for service, titles in _TITLES for name, title in titles.items()
    )
}
_LAST = len(TITLES)


def tell(type: str, message: Message | None) -> Told:
    """An event in words; one that this release doesn't know is its type, for staff only."""
    known = TITLES.get(type)
    if known is None or message is None:
        return Told(type, "", public=False, rank=_LAST)
    title, rank = known
    behalf = getattr(message, "on_behalf_of", "")
    said = _text(title.text, message) + (f"（代{behalf}）" if behalf else "")
    return Told(said, _text(title.note, message), title.public, rank)


def _text(text: Text, message: Message) -> str:
    return text.format(e=message) if isinstance(text, str) else text(message)
