"""Settings of approval beyond table ZZ: numbers, what pauses the clock, the denial's rights, the time to deliver."""

from __future__ import annotations

from typing import Final

from reference.papers.numbering import series_pattern
from reference.papers.wording import wording_of
from reference.policies import shapes
from reference.policies.setting import OUR_OWN_CHOICE, Setting

#: Rules E01; 测绘 (surveying) stands in 002's appendix E only.
_PAUSING: Final = (
    "hearing",
    "bidding",
    "auction",
    "inspection",
    "testing",
    "quarantine",
    "surveying",
    "appraisal",
    "expert_review",
)

SETTINGS: Final = (
    Setting("approval_number_format", str, "{center}准〔{year}〕{sequence:6}号", "准予决定书文号格式", OUR_OWN_CHOICE,
            shape=series_pattern),
    Setting("denial_number_format", str, "{center}不准〔{year}〕{sequence:6}号", "不予决定书文号格式", OUR_OWN_CHOICE,
            shape=series_pattern),
    Setting("result_number_format", str, "{center}证〔{year}〕{sequence:6}号", "出件编号格式", OUR_OWN_CHOICE,
            shape=series_pattern),
    Setting("delivery_slip_number_format", str, "{center}送〔{year}〕{sequence:6}号", "送达回证文号格式", OUR_OWN_CHOICE,
            shape=series_pattern),
    Setting("delivery_slip_wording", dict, {}, "送达回证中的中心用语", OUR_OWN_CHOICE, shape=wording_of("result_name")),
    Setting("pick_up_demands", list, ["identity", "signature"],
            "窗口领取结果的条件（identity 核验身份证件；signature 领取人签名）",
            f"rules I03, I04: given with a record; what is demanded is {OUR_OWN_CHOICE}",
            shape=shapes.texts("identity", "signature", least=0)),
    Setting("special_procedure_notice_number_format", str, "{center}特〔{year}〕{sequence:6}号", "特别程序告知书文号格式",
            OUR_OWN_CHOICE, shape=series_pattern),
    Setting("extension_notice_number_format", str, "{center}延〔{year}〕{sequence:6}号", "延长办理期限告知书文号格式",
            OUR_OWN_CHOICE, shape=series_pattern),
    Setting("approved_wording", dict, {}, "准予决定书中的中心用语", OUR_OWN_CHOICE,
            shape=wording_of("reason", "basis", "result_name")),
    Setting("result_wording", dict, {}, "证照中的中心用语", OUR_OWN_CHOICE, shape=wording_of("decision_number")),
    Setting("denied_wording", dict, {}, "不予决定书中的中心用语", OUR_OWN_CHOICE,
            shape=wording_of("reason", "basis", "rights")),
    Setting("special_procedure_wording", dict, {}, "特别程序告知书中的中心用语", OUR_OWN_CHOICE,
            shape=wording_of("reason")),
    Setting("extension_wording", dict, {}, "延长办理期限告知书中的中心用语", OUR_OWN_CHOICE,
            shape=wording_of("reason", "basis")),
    Setting("pausing_procedures", list, list(_PAUSING), "不计入办理期限的特别程序",
            "rules E01, E02; 许可法 45; 测绘 in 002 附录E only",
            shape=shapes.texts(*_PAUSING, "site_visit", "public_notice")),
    Setting("denial_rights", str,
            "如不服本决定，可以自收到本决定书之日起六十日内依法申请行政复议，"
            "或者自收到本决定书之日起六个月内依法向人民法院提起行政诉讼。",
            "不予决定书载明的救济途径",
            "rules C10, L03; 许可法 38; the two limits are general statutory knowledge (行政复议法 20, 行政诉讼法 46)"),
    Setting("denial_needs_report", bool, False, "不予决定须先报备并经认定",
            f"rules C18 (001 only); whether the paper waits for it is {OUR_OWN_CHOICE}"),
    Setting("renewal_lead_days", int, 30, "须在有效期届满前多少日申请延续（事项另有规定的从其规定）", "许可法 50",
            least=0, most=366),
    Setting("renewal_reminder_days", int, 30, "在申请延续的最后一日前多少日提醒持证人", OUR_OWN_CHOICE, least=0, most=366),
    Setting("delivery_days", int, 10, "作出决定后颁发、送达的工作日数", "许可法 44", least=1, most=60),
)  # fmt: skip
