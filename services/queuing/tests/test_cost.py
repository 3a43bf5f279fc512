"""No cost grows with what is stored: counted in steps of the database's machine, not in time."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace

import pytest

from kit.store.port import Query
from kit.store.sqlite import SqliteStore
from kit.testing import store
from reference import REFERENCE_KINDS
from reference.testing import CENTER_ID
from services.queuing.domain.ticket import Ticket, TicketState
from services.queuing.handlers.kinds import KINDS, TICKETS, day_state_key
from services.queuing.queries.board import board_of
from services.queuing.queries.positions import position_of
from services.queuing.tests.stage import TODAY, Stage

FEW, MANY = 100, 20_000
Work = Callable[[Stage], object]


class Steps:
    """Counts the steps of the virtual machine on every connection of a store."""

    def __init__(self, database: SqliteStore) -> None:
        self.count = 0
        self._database = database

    def _step(self) -> int:
        self.count += 1
        return 0

    def of(self, work: Callable[[], object]) -> int:
        work()  # connections are made, and what is remembered is there
        connections: list[sqlite3.Connection] = [*self._database._readers, self._database._writer.connection]
        for connection in connections:
            connection.set_progress_handler(self._step, 1)
        before = self.count
        work()
        for connection in connections:
            connection.set_progress_handler(None, 1)
        return self.count - before


def store_finished(stage: Stage, number: int) -> None:
    """As many tickets of the same day, lane and window that have ended, written at once."""
    stage.take()
    stage.open()
    model = stage.serve_next()
    assert model is not None
    rows = []
    for serial in range(number):
        ended = replace(model, id=f"old-{serial:07d}", code=f"code-{serial}", number=f"A{serial:03d}")
        body = stage.hall.tickets._body(ended)
        rows.append((ended.id, body))
    stage.database.append(TICKETS.name, rows)


def take(stage: Stage) -> object:
    return stage.take()


def take_and_serve(stage: Stage) -> object:
    stage.take()
    return stage.serve_next()


def read_board(stage: Stage) -> object:
    stage.hall.boards.forget(CENTER_ID)
    return board_of(hall=stage.hall, center_id=CENTER_ID, now=stage.clock.now())


def read_position(stage: Stage) -> object:
    stage.hall.means.forget(CENTER_ID)
    return position_of(hall=stage.hall, ticket=stage.take(), now=stage.clock.now())


def count_the_day(stage: Stage) -> object:
    """What nobody may do: it looks at every ticket of the day."""
    where = {"day_state": day_state_key(CENTER_ID, TODAY, TicketState.FINISHED)}
    return stage.database.count(Query("ticket", "by_state", where, limit=MANY))


def steps(tmp_path_factory: pytest.TempPathFactory, stored: int, work: Work) -> int:
    database = store(tmp_path_factory.mktemp("cost"), [*KINDS, *REFERENCE_KINDS])
    try:
        stage = Stage(database)
        store_finished(stage, stored)
        return Steps(database).of(lambda: work(stage))
    finally:
        database.close()


@pytest.mark.parametrize("work", [take, take_and_serve, read_board, read_position])
def test_it_costs_the_same_with_two_hundred_times_as_many_stored(
    tmp_path_factory: pytest.TempPathFactory, work: Work
) -> None:
    few = steps(tmp_path_factory, FEW, work)
    assert 0 < steps(tmp_path_factory, MANY, work) <= 1.1 * few


def test_the_measure_would_show_a_cost_that_grows(tmp_path_factory: pytest.TempPathFactory) -> None:
    few = steps(tmp_path_factory, FEW, count_the_day)
    assert steps(tmp_path_factory, MANY, count_the_day) > 50 * few


def test_a_call_looks_at_a_bounded_number_of_waiting_tickets(
    stage: Stage, database: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With 300 waiting, one call decodes the heads of its lanes and nothing behind them."""
    for serial in range(300):
        stage.take(item_id=("item-food", "item-card")[serial % 2], disabled=serial % 10 == 0)
    stage.open()
    decoded: list[str] = []
    genuine = stage.hall.tickets._entity

    def entity(document: object) -> Ticket:
        decoded.append("one")
        return genuine(document)  # type: ignore[arg-type]

    monkeypatch.setattr(stage.hall.tickets, "_entity", entity)
    assert stage.next() is not None
    # Two lanes of three sub-queues, four of which have somebody; the look back asks for two more.
    assert len(decoded) <= 6
