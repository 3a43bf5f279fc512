"""What archive's events are called in a journey: text and note, all for staff only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

#: A template over the event's message (``e``), or what makes the text of it.
_Text = str | Callable[[Any], str]


def _lacking(event: Any) -> str:
    titles = "、".join(gap.title for gap in event.file.gaps)
    return f"请 {event.file.asked_of_name} 补齐：{titles}" if titles else ""


def _overdue(event: Any) -> str:
    return "案卷逾期未补齐" if event.what == "gaps" else "案卷逾期未移交"


ARCHIVE: Final[Mapping[str, tuple[_Text, _Text]]] = {
    "CaseFileClosed": ("办件终结，待归档 {e.file.number}", _lacking),
    "CaseFileCompleted": ("案卷已补齐 {e.file.number}", ""),
    "CaseFileFiled": ("归档 {e.file.number}", "{e.file.filed_despite}"),
    "CaseFileSupplemented": ("归档后新增材料 {e.file.number}", ""),
    "CaseFileOverdue": (_overdue, _lacking),
    "CaseFileDeadlineRecomputed": ("案卷移交期限重算", "{e.reason}"),
    "CaseFileHandedOver": ("案卷已移交 {e.file.number}", ""),
    "CaseFileShown": ("查看案卷", "{e.purpose}"),
    "CaseFilesSearched": ("按证件号码查询案卷", "{e.purpose}"),
    "ArchiveHandOverProposed": ("案卷移交 {e.hand_over.number}", "接收人 {e.hand_over.receiver_name}"),
    "ArchiveHandOverConfirmed": ("案卷移交已确认 {e.hand_over.number}", "接收人 {e.hand_over.receiver_name}"),
    "CaseFileHeld": ("案卷暂缓销毁 {e.file.number}", "{e.reason}"),
    "CaseFileHoldLifted": ("案卷解除暂缓销毁 {e.file.number}", "{e.reason}"),
    "CaseFileDestroyed": ("案卷已销毁 {e.file.number}", "销毁清册 {e.file.destruction_number}"),
    "DestructionProposed": ("提出销毁清册 {e.destruction.number}", "{e.destruction.reason}"),
    "DestructionDecided": ("销毁清册已审批 {e.destruction.number}", "{e.destruction.opinion}"),
    "ArchiveHandOverReturned": ("案卷移交被退回 {e.hand_over.number}", "{e.hand_over.reason}"),
}
