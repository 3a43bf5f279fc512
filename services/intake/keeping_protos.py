"""Papers where they lie, and the lists by which they went to departments, as messages and back (rules B08, C16)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from kit.timestamps import to_timestamp
from services.intake.domain.bundle import Bundle, Left, Pieces
from services.intake.domain.hand_over import LineFinding, ListLine, ListState, PaperList, Settlement
from services.intake.domain.officer import Officer
from tongban.intake.v1 import bundles_pb2, hand_overs_pb2

LIST_STATES: Final = {
    ListState.DRAFT: hand_overs_pb2.PAPER_LIST_STATE_DRAFT,
    ListState.GIVEN: hand_overs_pb2.PAPER_LIST_STATE_GIVEN,
    ListState.RECEIVED: hand_overs_pb2.PAPER_LIST_STATE_RECEIVED,
    ListState.DIFFERING: hand_overs_pb2.PAPER_LIST_STATE_DIFFERING,
    ListState.SETTLED: hand_overs_pb2.PAPER_LIST_STATE_SETTLED,
    ListState.WITHDRAWN: hand_overs_pb2.PAPER_LIST_STATE_WITHDRAWN,
}
FINDINGS: Final = {
    LineFinding.PENDING: hand_overs_pb2.PAPER_LINE_STATE_PENDING,
    LineFinding.RECEIVED: hand_overs_pb2.PAPER_LINE_STATE_RECEIVED,
    LineFinding.MISSING: hand_overs_pb2.PAPER_LINE_STATE_MISSING,
    LineFinding.DAMAGED: hand_overs_pb2.PAPER_LINE_STATE_DAMAGED,
}
SETTLEMENTS: Final = {
    Settlement.ACCEPTED: hand_overs_pb2.PAPER_LINE_SETTLEMENT_ACCEPTED,
    Settlement.RETURNED: hand_overs_pb2.PAPER_LINE_SETTLEMENT_RETURNED,
    Settlement.LOST: hand_overs_pb2.PAPER_LINE_SETTLEMENT_LOST,
}
_LIST_STATE_OF: Final = {value: key for key, value in LIST_STATES.items()}
_FINDING_OF: Final = {value: key for key, value in FINDINGS.items()}
_SETTLEMENT_OF: Final = {value: key for key, value in SETTLEMENTS.items()}


def list_state_of(value: hand_overs_pb2.PaperListState.ValueType) -> ListState | None:
    """The state asked for; ``None`` for any."""
    return _LIST_STATE_OF.get(value)


def found_lines(lines: Iterable[hand_overs_pb2.FoundPaperLine]) -> Mapping[tuple[str, str], tuple[LineFinding, str]]:
    """What a department found, by application and material."""
    return {
        (each.application_id, each.material_key): (_FINDING_OF.get(each.state, LineFinding.PENDING), each.note)
        for each in lines
    }


def settled_lines(lines: Iterable[hand_overs_pb2.SettledPaperLine]) -> Mapping[tuple[str, str], Settlement]:
    """What became of lines, by application and material; a line without an answer isn't named."""
    return {
        (each.application_id, each.material_key): _SETTLEMENT_OF[each.settlement]
        for each in lines
        if each.settlement in _SETTLEMENT_OF
    }


def bundle_message(bundle: Bundle) -> bundles_pb2.PaperBundle:
    """The papers of an application."""
    return bundles_pb2.PaperBundle(
        application_id=bundle.id,
        application_number=bundle.application_number,
        center_id=bundle.center_id,
        department_key=bundle.department_key,
        item_name=bundle.item_name,
        window_number=bundle.window_number,
        collected=_pieces(bundle.collected),
        handed=_pieces(bundle.handed),
        waiting=_pieces(bundle.waiting),
        waiting_since=to_timestamp(bundle.waiting_since),
        hand_over_by=to_timestamp(bundle.hand_over_by),
        hand_over_id=bundle.list_id or "",
        left=None if bundle.left is None else _left(bundle.left),
        version=bundle.version,
        late=bundle.told_at is not None,
    )


def list_message(made: PaperList) -> hand_overs_pb2.PaperList:
    """A list."""
    return hand_overs_pb2.PaperList(
        id=made.id,
        number=made.number,
        center_id=made.center_id,
        department_key=made.department_key,
        state=LIST_STATES[made.state],
        lines=[line_message(line) for line in made.lines],
        list_sha256=made.list_sha256,
        drafted_by=made.drafted_by.name,
        drafted_at=to_timestamp(made.drafted_at),
        given_by=_name(made.given_by),
        given_at=to_timestamp(made.given_at),
        received_by=_name(made.received_by),
        received_at=to_timestamp(made.received_at),
        settled_by=_name(made.settled_by),
        settled_at=to_timestamp(made.settled_at),
        settlement=made.said,
        withdrawal_reason=made.withdrawal_reason,
        version=made.version,
    )


def line_message(line: ListLine) -> hand_overs_pb2.PaperListLine:
    """A line of a list."""
    return hand_overs_pb2.PaperListLine(
        application_id=line.application_id,
        application_number=line.application_number,
        item_name=line.item_name,
        material_key=line.key,
        material_name=line.name,
        originals=line.originals,
        copies=line.copies,
        state=FINDINGS[line.state],
        note=line.note,
        settlement=hand_overs_pb2.PAPER_LINE_SETTLEMENT_UNSPECIFIED
        if line.settlement is None
        else SETTLEMENTS[line.settlement],
    )


def _left(left: Left) -> bundles_pb2.LeftPapers:
    return bundles_pb2.LeftPapers(
        pieces=_pieces(left.pieces),
        place=left.place,
        reason=left.reason,
        since=to_timestamp(left.since),
        reminders=left.reminders,
        fetched_at=to_timestamp(left.fetched_at),
        fetched_by=left.fetched_by,
        given_by=left.given_by,
        signature_sha256=left.signature_sha256,
    )


def _pieces(pieces: Iterable[Pieces]) -> list[bundles_pb2.PaperPieces]:
    return [
        bundles_pb2.PaperPieces(key=each.key, name=each.name, originals=each.originals, copies=each.copies)
        for each in pieces
    ]


def _name(officer: Officer | None) -> str:
    return "" if officer is None else officer.name
