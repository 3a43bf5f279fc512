"""What the states, kinds and roles of the protos are called in Chinese, on every page alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message

from gateway.pages.archive_labels import ARCHIVE
from gateway.pages.paper_labels import PAPERS
from gateway.wire import enum_names

#: By the enum's name and its value's name without the enum's prefix, in small letters.
LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "TicketState": {
        "waiting": "等候中",
        "called": "已叫号",
        "serving": "办理中",
        "held": "已挂起",
        "finished": "已办结",
        "missed": "已过号",
        "cancelled": "已放弃",
        "expired": "当日已作废",
    },
    "Priority": {"normal": "普通", "appointment": "预约", "senior": "高龄优先", "disabled": "残疾优先"},
    "WindowState": {"closed": "未开放", "open": "服务中", "paused": "暂停服务"},
    "WindowKind": {
        "consulting": "综合咨询",
        "general": "综合办事",
        "assisted": "帮办代办",
        "cross_region": "跨域通办",
        "life_event": "一件事一次办",
        "policy_benefit": "政策兑现",
        "stuck_matter": "办不成事反映",
    },
    "CenterLevel": {"province": "省级", "city": "市级", "county": "县级", "township": "镇级", "village": "村级"},
    "RecusalState": {"requested": "待决定", "granted": "已回避", "refused": "未同意"},
    "CoverKind": {"leave": "请假顶岗", "delegation": "委托代办"},
    "DayPart": {"whole": "全天", "morning": "上午", "afternoon": "下午"},
    "ItemKind": {"immediate": "即办件", "promised": "承诺件"},
    "Cooperation": {"single": "单办", "joint": "联办", "sent_up": "上报"},
    "ItemState": {"draft": "草稿", "in_review": "待审核", "published": "已发布", "retired": "已停用"},
    "LimitUnit": {"working_day": "个工作日", "calendar_day": "日", "working_hour": "个工作小时"},
    "ApplicationState": {
        "received": "已收件",
        "supplement_requested": "待补正",
        "accepted": "已受理",
        "refused": "不予受理",
        "withdrawn": "已撤回",
        "transferred": "已移送",
    },
    "Channel": {"window": "窗口", "online": "网上", "elsewhere": "异地转来"},
    "Mode": {"fully_online": "全程网办", "collect_for": "异地代收代办", "multi_place": "多地联办"},
    "Sealing": {"where_possible": "对方有密钥的加密", "required": "必须加密", "by_site": "按各站点设置"},
    "Direction": {"parent": "上级站点", "child": "下级站点", "partner": "协作站点"},
    "LinkState": {
        "proposed": "已提议，待对方答复",
        "accepted": "已批准，待对方开始",
        "active": "正常",
        "suspended": "已暂停",
        "revoked": "已终止",
    },
    "ReconcileWay": {"out": "发往对方", "in": "来自对方"},
    "Settlement": {
        "delivered": "已送达",
        "read": "已阅",
        "acted_on": "已办",
        "refused": "已拒绝",
        "expired": "已过期",
        "set_aside": "已搁置",
    },
    "Side": {"collecting": "收件地", "handling": "办理地"},
    "EditionState": {"proposed": "待对方答复", "confirmed": "双方已确认", "declined": "未达成"},
    "CrossingState": {
        "collecting": "代收登记中",
        "sent": "已发出，在途",
        "returned": "被退回，待处理",
        "arrived": "办理地已收件",
        "supplement_requested": "待补正",
        "accepted": "已受理",
        "refused": "不予受理",
        "decided": "已作出决定",
        "issued": "已出件，待送达",
        "delivered": "已送达",
        "withdrawn": "已撤回",
        "cancelled": "已取消",
        "offered": "其他站点移送，待答复",
        "declined": "未接收移送",
    },
    "PartKind": {"joint": "联办环节", "sent_up": "上报件"},
    "PartState": {
        "reviewing": "本级审查中",
        "offered": "待对方接收",
        "returned": "被退回，待处理",
        "handling": "办理中",
        "answered": "已答复",
        "closed": "已办结",
        "withdrawn": "已撤回",
    },
    "PartOutcome": {"agreed": "同意", "refused": "不同意"},
    "JointState": {"open": "办理中", "merged": "已合并答复", "withdrawn": "已撤回"},
    "Verb": {"hand_in": "提交补充材料", "withdraw": "撤回", "close": "办结"},
    "CommandState": {"waiting": "待答复", "done": "已办理", "refused": "未能办理"},
    "UrgingKind": {"urge": "催办", "supervise": "督办", "consult": "会商"},
    "UrgingState": {"asked": "待答复", "answered": "待审核", "closed": "已办结"},
    "FeedbackKind": {"evaluation": "评价", "complaint": "投诉"},
    "FeedbackState": {"forwarded": "处理中", "concluded": "已办结"},
    "StandardKind": {"item": "事项标准", "policy": "参数标准", "calendar": "日历标准"},
    "SegmentKind": {"collection": "代收", "transit": "转递", "hand_back": "结果送达"},
    "MaterialState": {
        "missing": "未提交",
        "handed_in": "已提交",
        "incomplete": "材料不齐全",
        "wrong_form": "不符合法定形式",
    },
    "PaperKind": {
        "receipt": "收件凭证",
        "acceptance": "受理通知书",
        "one_time_notice": "一次性告知书",
        "refusal": "不予受理通知书",
        "promise": "容缺受理承诺书",
        "commitment": "告知承诺书",
        "correction": "告知承诺限期整改通知书",
        "breach": "告知承诺失信认定通知书",
    },
    "ResultEndKind": {"revoked": "撤销", "cancelled": "注销"},
    "PaperStanding": {"valid": "有效", "expired": "已失效", "revoked": "已撤销", "cancelled": "已注销"},
    "PaperMatch": {"original": "与原件一致", "copy": "补打件", "different": "与原件不一致"},
    "CommitmentChoice": {"chosen": "采用告知承诺", "declined": "按一般程序"},
    "UndertakingState": {
        "offered": "待签署",
        "signed": "已签署",
        "verifying": "待核查",
        "correcting": "整改中",
        "kept": "已履行",
        "broken": "未履行承诺",
    },
    "FindingResult": {"fulfilled": "已履行", "not_fulfilled": "需要整改", "false": "虚假承诺"},
    "DenialState": {"open": "待审核", "confirmed": "认定不能办理", "overturned": "应当办理"},
    **PAPERS,
    "RefusalKind": {"not_required": "不需要取得行政许可", "not_ours": "不属于本机关职权范围", "other": "其他"},
    "DeliveryMethod": {"window": "窗口领取", "post": "邮政寄递", "electronic": "电子送达"},
    **ARCHIVE,
    "CaseState": {
        "in_progress": "办理中",
        "paused": "特别程序中",
        "approved": "准予，待制证",
        "denied": "不予许可",
        "issued": "已出件，待领取",
        "delivered": "已送达",
        "undelivered": "未能送达",
    },
    "StepState": {
        "waiting": "未开始",
        "open": "待领取",
        "claimed": "办理中",
        "passed": "已通过",
        "rejected": "建议不予许可",
        "elsewhere": "其他站点办理中",
        "skipped": "无需办理",
        "committed": "以承诺代替",
        "waived": "主办不再等待",
    },
    "StepKind": {
        "review": "审查",
        "countersign": "会签",
        "site_visit": "现场核查",
        "expert_review": "专家评审",
        "hearing": "听证",
        "public_notice": "公示",
        "discussion": "集体讨论",
        "part": "联办分项",
    },
    "MergeRule": {"all": "全部协办办结后汇总", "commitments": "可以承诺代替协办", "lead": "由主办决定是否等待"},
    "ElsewhereKind": {"sent_up": "上报上级", "part": "多地联办"},
    "ApprovalLevel": {"agency_head": "本机关负责人", "government_head": "本级政府负责人"},
    "ExtensionState": {"requested": "待中心审核", "granted": "已延期", "refused": "未同意"},
    "Outcome": {"approved": "准予", "denied": "不予许可"},
    "Level": {
        "very_satisfied": "非常满意",
        "satisfied": "满意",
        "fairly_satisfied": "基本满意",
        "dissatisfied": "不满意",
        "very_dissatisfied": "非常不满意",
    },
    "EvaluationState": {"invited": "待评价", "submitted": "已评价", "expired": "已过期"},
    "BillState": {
        "computing": "核算中",
        "due": "待缴费",
        "paid": "已缴费",
        "waived": "已减免",
        "refunding": "退费中",
        "refunded": "已退费",
    },
    "ChargeFault": {
        "cash": "收取现金",
        "before_decision": "决定作出前收费",
        "more_than_computed": "多于应缴金额",
        "no_basis": "没有收费依据",
    },
    "PaymentChannel": {"bank": "银行窗口", "online": "网上缴费"},
    "RectificationState": {"open": "待整改", "answered": "待复查", "closed": "已办结"},
    "ComplaintState": {
        "filed": "已登记",
        "assigned": "已交办",
        "investigating": "调查中",
        "answered": "已答复",
        "called_back": "已回访",
        "closed": "已办结",
    },
    "Source": {"page": "网页", "phone": "来电", "visit": "来访", "inspection": "检查发现", "elsewhere": "异地转来"},
    "Topic": {
        "attitude": "服务态度",
        "efficiency": "办事效率",
        "lawfulness": "依法行政",
        "integrity": "廉洁自律",
        "fee": "收费问题",
        "other": "其他",
    },
    "CardColour": {"reminder": "提醒", "yellow": "黄牌", "red": "红牌"},
    "CardState": {"active": "生效中", "recovered": "已恢复", "overturned": "申诉后撤销"},
    "CardTrigger": {
        "step": "环节超时",
        "promise": "超过承诺或办理时限",
        "law": "超过法定时限",
        "further_notice": "未一次性告知",
        "no_grounds": "不予受理、不予许可未说明理由",
        "not_accepted": "材料齐全不受理",
        "fee": "无依据收费",
        "idle": "久拖不办",
    },
    "MeasureState": {
        "proposed": "待决定",
        "imposed": "已处理，待答复",
        "dismissed": "不予处理",
        "lapsed": "失去依据",
        "answered": "已答复",
        "closed": "已办结",
        "revoked": "已撤销",
    },
    "PointsPeriod": {"month": "月", "quarter": "季度", "year": "年"},
    "Sanction": {
        "criticism": "批评教育",
        "admonition": "诫勉谈话",
        "self_review": "书面检查",
        "no_honours": "取消评先",
        "circular": "通报批评",
        "yellow_warning": "黄牌警告",
        "replacement": "建议原单位调整人员",
    },
    "OrderKind": {"urge": "督办", "tacit_approval": "超时默认"},
    "OrderState": {"open": "待答复", "answered": "待审核", "closed": "已办结"},
    "AppealRuling": {"pending": "待裁定", "upheld": "维持红牌", "overturned": "撤销红牌"},
    "StaffState": {"active": "在岗", "suspended": "停用", "left": "离岗"},
    "Role": {
        "public": "公众",
        "citizen": "群众",
        "clerk": "窗口人员",
        "chief": "首席代表",
        "reviewer": "审查人员",
        "approver": "审批人员",
        "supervisor": "监察人员",
        "manager": "中心管理人员",
        "admin": "系统管理员",
        "service": "系统",
        "archivist": "档案管理员",
    },
}

#: Values that the protos carry as words.
WORDS: Final[Mapping[str, str]] = {
    "immediate": "即办件",
    "promised": "承诺件",
    "document": "窗口核对证件",
    "sign_in": "本人登录",
    "approved": "准予",
    "denied": "不予许可",
    "delivered": "已送达对方",
    "read": "对方已阅",
    "acted_on": "对方已办理",
    "refused": "对方拒收",
    "expired": "逾期未达",
    "set_aside": "已搁置",
    "resident_id": "居民身份证",
    "credit_code": "统一社会信用代码",
    "passport": "护照",
    "other": "其他证件",
    "applicant": "申请人自备",
    "government": "政府部门核发",
    "third_party": "第三方出具",
    "original": "原件",
    "copy": "复印件",
    "electronic": "电子件",
    "original_and_copy": "原件和复印件",
    "window": "窗口领取",
    "post": "邮政寄递",
    "permanent": "永久",
    "years_30": "30 年",
    "years_10": "10 年",
    "case": "办件",
    "rectification": "差评整改",
    "complaint": "投诉",
    "part": "协办件",
    "joint": "多地联办",
    "urging": "催办、督办、会商",
    "feedback": "异地评价、投诉",
    "segment": "跨域办件时限",
    "commitment": "告知承诺",
    "application": "申请",
    "running": "计时中",
    "paused": "已暂停",
    "ended": "已结束",
    "start": "起算",
    "counted": "计入",
    "skipped": "不计",
    "department": "政务服务部门",
    "center": "管理机构",
    "shared": "双方共同",
    "none": "无责任",
    "archivist": "档案管理员",
    "reviewer": "审查人员",
    "approver": "审批人员",
    "chief": "首席代表",
    "hearing": "听证",
    "bidding": "招标",
    "auction": "拍卖",
    "inspection": "检验",
    "testing": "检测",
    "quarantine": "检疫",
    "surveying": "测绘",
    "appraisal": "鉴定",
    "expert_review": "专家评审",
    "public_notice": "公示",
    "site_visit": "现场踏勘",
    "crossing.submitted": "发出申请和材料",
    "crossing.supplement": "发出补正材料",
    "crossing.status": "告知办理进展",
    "crossing.withdrawal": "申请撤回",
    "crossing.handed_over": "告知结果已发放",
    "crossing.offered": "移送",
    "crossing.declined": "不接收移送",
}

_DIGITS: Final = dict(zip("0123456789", "零一二三四五六七八九", strict=True))


def value_name(enum: EnumDescriptor, number: int) -> str:
    """``TICKET_STATE_CALLED`` → ``called``; empty for a value that isn't known or set."""
    return next((name for name, known in enum_names(enum).items() if known == number), "")


def state_of(message: Message, field: str = "state") -> str:
    """The name of an enum field's value, e.g. ``called``."""
    return value_name(_enum(message, field), getattr(message, field))


def label_of(message: Message, field: str = "state") -> str:
    """What an enum field's value is called in Chinese; empty when it isn't set."""
    enum = _enum(message, field)
    return LABELS[enum.name].get(value_name(enum, getattr(message, field)), "")


def word(value: str) -> str:
    """What a word of the protos is called in Chinese; other text stays as it is."""
    return WORDS.get(value, value)


def crossing_delivery(value: str) -> str:
    """How a result comes back from another place; the window is the one where it was handed in."""
    return {"window": "收件地窗口领取", "electronic": LABELS["DeliveryMethod"]["electronic"]}.get(value, word(value))


def spoken(number: str) -> str:
    """A ticket or window number digit by digit, as it is called out: A012 → A零一二."""
    return "".join(_DIGITS.get(character, character) for character in number)


def _enum(message: Message, field: str) -> EnumDescriptor:
    enum: EnumDescriptor | None = message.DESCRIPTOR.fields_by_name[field].enum_type  # type: ignore[assignment]
    if enum is None:
        raise TypeError(f"{field} of {message.DESCRIPTOR.name} is no enum")
    return enum
