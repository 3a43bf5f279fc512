"""What stands beside a case: reports that it can't be done, further prints of its papers, the life of its licence."""

from __future__ import annotations

from typing import Any, Final

from kit.events import Event
from services.archive.domain.entries import EntryKind
from services.archive.events.rule import Concerns, Rule, Said
from tongban.intake.v1 import denials_pb2 as denials

_LEVELS: Final = {"chief": "首席代表", "approver": "审批人员", "supervisor": "监察人员", "manager": "中心管理人员"}


# ── Reports that something can't be done (否定事项报备, rules C18) ─────────────────────────────────────────────


def _of_report(event: Event, message: Any) -> Concerns:
    return Concerns(case_id=message.report.application_id)


def _reported(message: Any) -> Said:
    report = message.report
    said = (("申请事项", report.asked_for), ("理由", report.reason), ("依据", report.basis))
    return (*said, ("报告人", report.filed_by))


def _report_answered(message: Any) -> Said:
    report = message.report
    last = report.opinions[-1] if report.opinions else denials.DenialOpinion()
    said = (("层级", _LEVELS.get(last.level, last.level)), ("意见", "同意不予办理" if last.agrees else "应予办理"))
    return (*said, ("说明", last.said), ("依据", last.basis), ("答复人", last.given_by))


def _decided(message: Any) -> tuple[str, ...]:
    open_ = message.report.state == denials.DENIAL_STATE_OPEN
    return ("denial_report",) if open_ else ("denial_report", "denial_answer")


# ── Further prints (补打) ─────────────────────────────────────────────────────────────────────────────────────


def _of_print(event: Event, message: Any) -> Concerns:
    return Concerns(case_id=message.case_id)


def _printed(message: Any) -> Said:
    number = f"{message.title} {message.number}".strip()
    return (("文书", number), ("补打", f"第 {message.copy} 份"), ("理由", message.reason))


_PRINT: Final = Rule("补打文书", _of_print, _printed, EntryKind.RECORD)


# ── Licences (许可法 50, 69, 70) ───────────────────────────────────────────────────────────────────────────────


def _of_licence(event: Event, message: Any) -> Concerns:
    return Concerns(case_id=message.licence.id)


def _licence(message: Any) -> Said:
    licence = message.licence
    said = (("证照", f"{licence.name} {licence.number}".strip()), ("有效期至", licence.validity.valid_until))
    return (*said, ("延续办件", licence.renewal_number))


INTAKE: Final[dict[str, Rule]] = {
    "DenialReported": Rule("否定事项报备", _of_report, _reported, EntryKind.RECORD, _decided),
    "DenialReportAnswered": Rule("否定事项报备答复", _of_report, _report_answered, EntryKind.RECORD, _decided),
    "PaperReprinted": _PRINT,
}
APPROVAL: Final[dict[str, Rule]] = {
    "CasePaperReprinted": _PRINT,
    "LicenceExpiring": Rule("证照到期提醒", _of_licence, _licence, EntryKind.RECORD),
    "LicenceContinued": Rule("证照视为准予延续", _of_licence, _licence, EntryKind.RECORD),
    "LicenceExpired": Rule("证照期满", _of_licence, _licence, EntryKind.RECORD),
}
