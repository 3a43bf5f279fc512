"""A journey's history leaves the site: on the record first, then as a file or on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from kit.call import Call
from kit.errors import Invalid
from kit.pdf import MAIN, render_pdf
from kit.workdays import local_text
from services.relay.domain.history import HistoryExport, HistoryExported, HistoryLine
from services.relay.domain.letter import RECEIPT
from services.relay.domain.register import Settlement
from services.relay.handlers.desk import Desk
from services.relay.handlers.registry import Registry
from services.relay.protos import SETTLEMENTS, read_receipt
from services.relay.queries.history import cards_of, history_file, lines_of

_TEMPLATE: Final = Path(__file__).parent.parent / "papers" / "history.typ"
#: A paper for people; whoever needs more takes the file.
_MOST_LINES: Final = 2000
_TITLES: Final = {
    Settlement.DELIVERED: "已送达",
    Settlement.READ: "已阅读",
    Settlement.ACTED_ON: "已办理",
    Settlement.REFUSED: "已退回",
    Settlement.EXPIRED: "已过期",
    Settlement.SET_ASIDE: "待人工处理",
}
_SETTLEMENTS: Final = {number: settlement for settlement, number in SETTLEMENTS.items()}


def export_history(
    *, desk: Desk, registry: Registry, call: Call, journey: str, exported_by: str, reason: str
) -> Iterator[bytes]:
    """The history's file. Raises ``NotFound`` (``history_not_found``), ``Invalid``, ``Unavailable``."""
    cards_of(desk, registry, journey)
    _note(registry, call, journey, exported_by, reason, "file")
    return history_file(desk, registry, call, journey, exported_by.strip())


def render_history(*, desk: Desk, registry: Registry, call: Call, journey: str, exported_by: str, reason: str) -> bytes:
    """The history on paper (PDF/A). Raises ``NotFound``, ``Invalid`` (``history_too_long``), ``Unavailable``, ``Exhausted``."""
    cards = cards_of(desk, registry, journey)
    lines: list[dict[str, Any]] = []
    for each in lines_of(desk, journey):
        if len(lines) == _MOST_LINES:
            raise Invalid("history_too_long", "往来函件过多，无法打印，请导出文件：tongban relay history。")
        lines.append(_printed(each))
    _note(registry, call, journey, exported_by, reason, "pdf")
    own = registry.own().card
    data = {
        "site": {"id": own.site, "name": own.name},
        "journey": journey,
        "printed_at": local_text(call.now),
        "printed_by": exported_by.strip(),
        "lines": lines,
        "cards": [
            {"site": card.site, "name": card.name, "serial": card.serial, "fingerprint": card.fingerprint()}
            for card in cards.values()
        ],
    }
    return render_pdf({MAIN: _TEMPLATE.read_text(encoding="utf-8")}, data, at=call.now)


def _printed(line: HistoryLine) -> dict[str, Any]:
    envelope, letter = line.envelope, line.envelope.letter
    what, about = letter.type, letter.in_reply_to
    if letter.type == RECEIPT:
        receipt = read_receipt(letter.payload)
        what = f"回执：{_TITLES[_SETTLEMENTS[receipt.settlement]]}" + (f"（{receipt.code}）" if receipt.code else "")
        about = receipt.letter_id
    return {
        "at": local_text(line.kept_at),
        "written": local_text(letter.created_at),
        "direction": "收" if line.incoming else "发",
        "number": envelope.sequence,
        "from": letter.origin,
        "to": letter.destination,
        "what": what,
        "id": letter.id,
        "about": about,
        "files": len(letter.attachments),
        "key": letter.key_id,
        "digest": envelope.head().digest.hex(),
    }


def _note(registry: Registry, call: Call, journey: str, by: str, reason: str, how: str) -> None:
    if not 2 <= len(by.strip()) <= 50:
        raise Invalid("exporter_missing", "请填写导出人姓名（2至50个字）。", field="exported_by")
    if not 1 <= len(reason.strip()) <= 500:
        raise Invalid("reason_missing", "请填写导出理由（500字以内），理由将记入审计记录。", field="reason")
    id = registry.new_id(call.now)
    fields = (id, journey, by.strip(), call.actor.id, reason.strip(), call.now, how)
    registry.exports.create(HistoryExport(*fields), [HistoryExported(*fields)], call)
