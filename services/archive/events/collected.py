"""What became of a case's papers: to the department by a signed list, or left and fetched (rules B08, C16)."""

from __future__ import annotations

from typing import Any, Final

from kit.events import Event
from services.archive.domain.entries import EntryKind
from services.archive.events.rule import Concerns, Rule, Said
from tongban.intake.v1 import hand_overs_pb2 as lists

_FOUND: Final = {
    lists.PAPER_LINE_STATE_RECEIVED: "收到",
    lists.PAPER_LINE_STATE_MISSING: "缺少",
    lists.PAPER_LINE_STATE_DAMAGED: "破损",
}


def _of_bundle(event: Event, message: Any) -> Concerns:
    return Concerns(case_id=message.bundle.application_id)


def _handed_over(message: Any) -> Said:
    lines = "；".join(
        f"{each.material_name}（原件 {each.originals}、复印件 {each.copies}）{_FOUND.get(each.state, '')}{each.note}"
        for each in message.lines
    )
    return (
        ("交接清单", message.list_number),
        ("移交人", message.given_by),
        ("签收人", message.received_by),
        ("材料", lines),
    )


def _late(message: Any) -> Said:
    return (("材料", "、".join(each.name for each in message.bundle.waiting)),)


def _left(message: Any) -> Said:
    left = message.bundle.left
    pieces = "；".join(f"{each.name} {each.originals} 份" for each in left.pieces)
    return (("原件", pieces), ("存放处", left.place), ("原因", left.reason))


def _fetched(message: Any) -> Said:
    left = message.bundle.left
    return (*_left(message), ("取件人", left.fetched_by), ("签名 SHA-256", left.signature_sha256))


PAPERS: Final[dict[str, Rule]] = {
    "PapersHandedOver": Rule("纸质材料交接部门", _of_bundle, _handed_over, EntryKind.RECORD),
    "PapersNotHandedOver": Rule("纸质材料逾时未交接", _of_bundle, _late, EntryKind.RECORD),
    "PapersLeft": Rule("材料待申请人取回", _of_bundle, _left, EntryKind.RECORD),
    "LeftPapersReminded": Rule("提醒申请人取回材料", _of_bundle, _left, EntryKind.RECORD),
    "LeftPapersFetched": Rule("申请人取回材料", _of_bundle, _fetched, EntryKind.RECORD),
}
