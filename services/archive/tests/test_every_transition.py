"""Files and hand-overs in every state: what a state doesn't allow is refused and writes nothing (rules J02)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from kit.testing import actor, refused
from reference.testing import CENTER_ID
from services.archive import handlers
from services.archive.domain.case_file import FileState
from services.archive.domain.destruction import Destruction, DestructionState
from services.archive.domain.hand_over import HandOver, HandOverState
from services.archive.tests.archive_rooms import RECEIVER, Rooms


def _filed(rooms: Rooms) -> None:
    rooms.ended()
    rooms.file_away(despite="原件已退")


def _handed_over(rooms: Rooms) -> None:
    _filed(rooms)
    rooms.confirm(rooms.propose())


def _destroyed(rooms: Rooms) -> None:
    _handed_over(rooms)
    rooms.clock.advance(timedelta(days=40 * 366))
    archivist, manager = actor("archivist", id="archivist-9"), actor("manager", id="manager-1")
    proposed = handlers.propose_destruction(
        room=rooms.room, call=rooms.by(archivist), center_id=CENTER_ID, file_ids=["case-1"], reason="期满"
    )
    handlers.decide_destruction(
        room=rooms.room,
        call=rooms.by(manager),
        destruction_id=proposed.id,
        approved=True,
        opinion="同意",
        expected_version=0,
    )


FILES: dict[FileState, tuple[Callable[[Rooms], object], str]] = {
    FileState.OPEN: (lambda rooms: rooms.received(), "file_open"),
    FileState.CLOSED: (lambda rooms: rooms.ended(), ""),
    FileState.FILED: (_filed, "file_filed"),
    FileState.HANDED_OVER: (_handed_over, "file_filed"),
    FileState.DESTROYED: (_destroyed, "file_filed"),
}


@pytest.mark.parametrize("state", FileState)
def test_a_file_is_filed_once_its_case_has_ended_and_only_once(rooms: Rooms, state: FileState) -> None:
    make, code = FILES[state]
    make(rooms)
    assert rooms.file().state is state
    if not code:
        assert rooms.file_away(despite="原件已退").state is FileState.FILED
        return
    with refused(rooms.store, code):
        rooms.file_away(despite="原件已退")


HAND_OVERS: dict[str, tuple[frozenset[HandOverState], Callable[[Rooms, HandOver], HandOver]]] = {
    "confirm": (frozenset({HandOverState.PROPOSED}), lambda rooms, it: rooms.confirm(it)),
    "return": (
        frozenset({HandOverState.PROPOSED}),
        lambda rooms, it: handlers.return_hand_over(
            room=rooms.room, call=rooms.by(RECEIVER), hand_over_id=it.id, reason="缺页", expected_version=0
        ),
    ),
}


@pytest.mark.parametrize(("state", "act"), list(product(HandOverState, HAND_OVERS)))
def test_a_hand_over_is_answered_once(rooms: Rooms, state: HandOverState, act: str) -> None:
    _filed(rooms)
    it = rooms.room.hand_overs.save(replace(rooms.propose(), state=state), [], rooms.by())
    legal, do = HAND_OVERS[act]
    if state in legal:
        assert do(rooms, it).version > it.version
        return
    with refused(rooms.store, "hand_over_state"):
        do(rooms, it)


@pytest.mark.parametrize("approved", [True, False], ids=["approve", "reject"])
@pytest.mark.parametrize("state", DestructionState)
def test_a_list_of_files_to_be_destroyed_is_decided_once(rooms: Rooms, state: DestructionState, approved: bool) -> None:
    _handed_over(rooms)
    rooms.clock.advance(timedelta(days=40 * 366))
    proposed = handlers.propose_destruction(
        room=rooms.room,
        call=rooms.by(actor("archivist", id="archivist-9")),
        center_id=CENTER_ID,
        file_ids=["case-1"],
        reason="期满",
    )
    rooms.room.destructions.save(replace(proposed, state=state), [], rooms.by())

    def decide() -> Destruction:
        return handlers.decide_destruction(
            room=rooms.room,
            call=rooms.by(actor("manager", id="manager-1")),
            destruction_id=proposed.id,
            approved=approved,
            opinion="意见",
            expected_version=0,
        )

    if state is DestructionState.PROPOSED:
        assert decide().state is (DestructionState.DONE if approved else DestructionState.REJECTED)
        return
    with refused(rooms.store, "destruction_state"):
        decide()
