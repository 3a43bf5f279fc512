"""Settings of intake beyond table ZZ: numbers, the supplement's period, refusal texts, uploads."""

from __future__ import annotations

from typing import Final

from reference.papers.numbering import series_pattern
from reference.policies import shapes
from reference.policies.setting import OUR_OWN_CHOICE, Setting

SETTINGS: Final = (
    Setting("application_number_format", str, "{center}{day}{sequence:5}", "办件流水号格式",
            f"{OUR_OWN_CHOICE}: no source gives the national form (facts 4)", shape=series_pattern),
    Setting("receipt_number_format", str, "{center}收〔{year}〕{sequence:6}号", "收件凭证文号格式", OUR_OWN_CHOICE,
            shape=series_pattern),
    Setting("acceptance_number_format", str, "{center}受〔{year}〕{sequence:6}号", "受理通知书文号格式", OUR_OWN_CHOICE,
            shape=series_pattern),
    Setting("one_time_notice_number_format", str, "{center}告〔{year}〕{sequence:6}号", "一次性告知书文号格式",
            OUR_OWN_CHOICE, shape=series_pattern),
    Setting("refusal_number_format", str, "{center}不受〔{year}〕{sequence:6}号", "不予受理通知书文号格式",
            OUR_OWN_CHOICE, shape=series_pattern),
    Setting("promise_number_format", str, "{center}容〔{year}〕{sequence:6}号", "容缺受理承诺书文号格式", OUR_OWN_CHOICE,
            shape=series_pattern),
    Setting("promise_days", int, 10, "容缺材料的补交工作日数（不超过承诺时限）",
            f"rules D02: within the promised limit; the number is {OUR_OWN_CHOICE}", least=1, most=365),
    Setting("promise_reminder_days", int, 3, "容缺承诺后第几个工作日提醒申请人", OUR_OWN_CHOICE, least=1, most=365),
    Setting("promise_consequence", str,
            "逾期未补齐的，不再适用容缺受理，按材料不齐全处理；未修复前不能再次申请容缺受理。", "容缺受理承诺书载明的后果",
            "rules D02; facts 9"),
    Setting("commitment_number_format", str, "{center}诺〔{year}〕{sequence:6}号", "告知承诺书文号格式", OUR_OWN_CHOICE,
            shape=series_pattern),
    Setting("correction_number_format", str, "{center}整〔{year}〕{sequence:6}号", "告知承诺限期整改通知书文号格式",
            OUR_OWN_CHOICE, shape=series_pattern),
    Setting("breach_number_format", str, "{center}失〔{year}〕{sequence:6}号", "告知承诺失信认定通知书文号格式",
            OUR_OWN_CHOICE, shape=series_pattern),
    Setting("commitment_bar_days", int, 365, "告知承诺失信后不适用告知承诺的天数（0 为修复前一直不适用）",
            f"rules D04: the letter says what follows; the number is {OUR_OWN_CHOICE}", least=0, most=3650),
    Setting("commitment_appeal_days", int, 30, "对告知承诺失信认定提出申诉的工作日数",
            f"rules D04: there must be a way to appeal; the number is {OUR_OWN_CHOICE}", least=1, most=365),
    Setting("denial_report_levels", list, ["chief", "manager"], "否定事项报备逐级审核的岗位，从低到高",
            f"rules C18: by authority, level by level; which levels is {OUR_OWN_CHOICE}",
            shape=shapes.texts("chief", "approver", "supervisor", "manager", least=1)),
    Setting("refusal_needs_report", bool, False, "不予受理须先报备并经认定",
            f"rules C18 (001 only); whether the paper waits for it is {OUR_OWN_CHOICE}"),
    Setting("supplement_hand_in_days", int, 40, "申请人补交材料的工作日数",
            f"{OUR_OWN_CHOICE}, after a local example of 40 working days (facts 1)", least=1, most=365),
    Setting("supplement_lapse", str, "refuse", "逾期未补正的处理（refuse 不予受理；wait 继续等待）",
            f"{OUR_OWN_CHOICE}, after a local example (facts 1)", choices=("refuse", "wait")),
    Setting("supplement_lapse_reason", str, "申请人未在一次性告知书载明的期限内补正申请材料。", "逾期未补正的不予受理理由",
            OUR_OWN_CHOICE),
    Setting("supplement_lapse_basis", str, "《中华人民共和国行政许可法》第三十二条及本中心一次性告知书载明的补正期限",
            "逾期未补正的不予受理依据", f"{OUR_OWN_CHOICE}: the law sets no period (许可法 32)"),
    Setting("refusal_rights", str,
            "如不服本通知，可以自收到之日起六十日内依法申请行政复议，或者自收到之日起六个月内依法向人民法院提起行政诉讼。",
            "不予受理通知书载明的救济途径",
            "rules L03; the two limits are general statutory knowledge (行政复议法 20, 行政诉讼法 46)"),
    Setting("acceptance_reminder", str, "本受理单仅用于证明申请已被受理，与审批结果无关。", "受理通知书的友情提醒",
            "rules C02"),
    Setting("complaint_phone", str, "12345", "文书印载的投诉电话", "rules S02; the hotline's number is national (facts 5)"),
    Setting("upload_max_mb", int, 20, "单个上传文件的最大兆字节数", OUR_OWN_CHOICE, least=1, most=200),
    Setting("upload_types", list, ["application/pdf", "image/jpeg", "image/png", "application/ofd"], "可上传的文件类型",
            f"{OUR_OWN_CHOICE}; OFD is the national format (GB/T 33190, facts 12)",
            shape=shapes.texts("application/pdf", "image/jpeg", "image/png", "application/ofd")),
)  # fmt: skip
