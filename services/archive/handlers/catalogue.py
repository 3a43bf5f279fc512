"""Papers of the archive: a file's contents list (案卷目录), a hand-over's receipt (移交接收回执)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kit.pdf import MAIN, render_pdf
from kit.workdays import local_text
from reference import Reference
from services.archive.domain.case_file import CaseFile, Term
from services.archive.domain.entries import Entry, EntryKind
from services.archive.domain.hand_over import HandOver, Side

_PAPERS: Final = Path(__file__).resolve().parents[1] / "papers"
_SIDES: Final = {Side.GIVER: "移交人", Side.RECEIVER: "接收人"}
_TERMS: Final = {Term.PERMANENT: "永久", Term.YEARS_30: "30 年", Term.YEARS_10: "10 年"}
_KINDS: Final = {
    EntryKind.MATERIAL: "申请材料",
    EntryKind.PAPER: "文书",
    EntryKind.RECORD: "办理记录",
    EntryKind.DECISION: "决定",
    EntryKind.RESULT: "结果",
    EntryKind.MESSAGE: "往来",
}


class Printer:
    """Prints contents lists and receipts. Raises ``Unavailable`` when one can't be made, ``Exhausted`` when too many are."""

    def __init__(self, reference: Reference) -> None:
        self._reference = reference

    def catalogue(self, file: CaseFile, at: datetime) -> bytes:
        """The PDF/A of a file's list; the same file gives the same bytes."""
        center = self._reference.center(file.center_id)
        return _printed("catalogue.typ", catalogue_data(file, center.name), at)

    def receipt(self, hand_over: HandOver) -> bytes:
        """The PDF/A of a confirmed hand-over's receipt."""
        center = self._reference.center(hand_over.center_id)
        return _printed(
            "receipt.typ", receipt_data(hand_over, center.name), hand_over.answered_at or hand_over.opened_at
        )


def _printed(template: str, data: dict[str, Any], at: datetime) -> bytes:
    return render_pdf({MAIN: (_PAPERS / template).read_text(encoding="utf-8")}, data, at=at)


def receipt_data(hand_over: HandOver, center_name: str) -> dict[str, Any]:
    """What the template is given, in words for people."""
    return {
        "number": hand_over.number,
        "center_name": center_name,
        "answered_at": "" if hand_over.answered_at is None else local_text(hand_over.answered_at),
        "list_sha256": hand_over.list_sha256,
        "lines": [
            {
                "number": line.number,
                "item": line.item_name,
                "entries": f"{line.first_entry}–{line.last_entry}",
                "term": _TERMS[line.retention.term],
            }
            for line in hand_over.lines
        ],
        "signatures": [
            {"side": _SIDES[each.side], "name": each.by_name, "at": local_text(each.at), "sha256": each.sha256}
            for each in hand_over.signatures
        ],
    }


def catalogue_data(file: CaseFile, center_name: str) -> dict[str, Any]:
    """What the template is given, in words for people."""
    retention = file.retention
    return {
        "number": file.number,
        "center_name": center_name,
        "item_name": file.item_name,
        "applicant": f"{file.person.name} {file.person.id_number}".strip(),
        "opened_at": local_text(file.opened_at),
        "closed_at": "" if file.closed_at is None else local_text(file.closed_at),
        "retention": "" if retention is None else f"{_TERMS[retention.term]}（{retention.source}）",
        "filed_by": file.filed_by_name,
        "despite": file.despite,
        "gaps": [gap.title for gap in file.gaps],
        "entries": [_line(file, entry) for entry in file.entries],
    }


def _line(file: CaseFile, entry: Entry) -> dict[str, Any]:
    kept = file.content(entry.number)
    pages = 0 if kept is None else kept.pages
    return {
        "number": entry.number,
        "kind": _KINDS[entry.kind],
        "title": entry.title,
        "at": local_text(entry.at),
        "by": entry.by_name,
        "pages": str(pages) if pages else "—",
        "sha256": entry.sha256 if kept is None else kept.sha256,
        "supplement": entry.supplement,
        "text": entry.text,
    }
