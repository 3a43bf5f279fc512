"""Words for case files and what becomes of them in the archive."""

from __future__ import annotations

ARCHIVE: dict[str, dict[str, str]] = {
    "CaseFileState": {
        "open": "办理中",
        "closed": "待归档",
        "filed": "已归档",
        "handed_over": "已移交",
        "destroyed": "已销毁",
    },
    "DestructionState": {"proposed": "待审批", "approved": "销毁中", "rejected": "不同意", "done": "已销毁"},
    "FileEntryKind": {
        "material": "申请材料",
        "paper": "文书",
        "record": "办理记录",
        "decision": "决定",
        "result": "结果",
        "message": "往来",
    },
    "ArchiveHandOverState": {
        "preparing": "生成清单中",
        "proposed": "待接收",
        "confirmed": "已确认",
        "returned": "已退回",
    },
}
