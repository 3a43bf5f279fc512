"""Files and hand-overs in every state: what a state doesn't allow is refused and writes nothing (rules J02)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from kit.testing import refused
from services.archive import handlers
from services.archive.domain.case_file import FileState
from services.archive.domain.hand_over import HandOver, HandOverState
from services.archive.tests.archive_rooms import RECEIVER, Rooms


def _filed(rooms: Rooms) -> None:
    rooms.ended()
    rooms.file_away(despite="原件已退")


def _handed_over(rooms: Rooms) -> None:
    _filed(rooms)
    rooms.confirm(rooms.propose())


FILES: dict[FileState, tuple[Callable[[Rooms], object], str]] = {
    FileState.OPEN: (lambda rooms: rooms.received(), "file_open"),
    FileState.CLOSED: (lambda rooms: rooms.ended(), ""),
    FileState.FILED: (_filed, "file_filed"),
    FileState.HANDED_OVER: (_handed_over, "file_filed"),
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
