"""Thirty-two callers at once: no ticket is called twice, and none is lost."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from threading import Event, get_ident
from typing import Any

import pytest

from kit.errors import TongbanError, Unavailable
from kit.store.port import Document, Page, Query
from kit.store.sqlite import SqliteStore
from services.queuing.domain.ticket import Ticket, TicketState
from services.queuing.handlers.kinds import day_state_key
from services.queuing.tests.stage import TODAY, NoClaims, Stage, center_with_windows

CALLERS, TICKETS = 32, 500


def everybody_called(stages: list[Stage]) -> None:
    """All tickets are taken and served by callers that share the stages; every account has to balance."""
    stage = stages[0]
    with ThreadPoolExecutor(8) as kiosks:
        taken = list(
            kiosks.map(
                lambda n: stage.take(item_id=("item-food", "item-card")[n % 2], disabled=n % 5 == 0), range(TICKETS)
            )
        )

    def serve_until_nobody_waits(window: int) -> list[str]:
        mine = stages[window % len(stages)]
        mine.open(window)
        served: list[str] = []
        while True:
            try:
                ticket = mine.serve_next(window)
            except Unavailable:
                continue
            if ticket is None:
                return served
            served.append(ticket.id)

    with ThreadPoolExecutor(CALLERS) as windows:
        served = Counter(id for ids in windows.map(serve_until_nobody_waits, range(1, CALLERS + 1)) for id in ids)
    assert served == Counter(ticket.id for ticket in taken)
    assert stage.times_told("ticket_called") == served
    assert stage.times_told("ticket_finished") == served
    key = day_state_key(taken[0].center_id, TODAY, TicketState.FINISHED)
    assert stage.hall.tickets.count("by_state", day_state=key, limit=10_000) == TICKETS


def test_in_one_process(database: SqliteStore) -> None:
    everybody_called([Stage(database, center_with_windows(CALLERS))])


@pytest.mark.slow
def test_in_many_processes_that_know_nothing_of_each_others_claims(database: SqliteStore) -> None:
    everybody_called([Stage(database, center_with_windows(CALLERS)) for _ in range(8)])


def test_callers_of_one_process_hardly_ever_collide(database: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(database, center_with_windows(CALLERS))
    refused: list[str] = []
    genuine = database.save

    def save(*args: object, **kwargs: object) -> Document:
        try:
            return genuine(*args, **kwargs)  # type: ignore[arg-type]
        except TongbanError as error:
            refused.append(error.code)
            raise

    monkeypatch.setattr(database, "save", save)
    everybody_called([stage])
    assert refused == []


@pytest.mark.slow
def test_without_the_memory_of_claims_the_store_alone_keeps_it_right(database: SqliteStore) -> None:
    stages = []
    for _ in range(4):
        stage = Stage(database, center_with_windows(CALLERS))
        stage.hall = replace(stage.hall, claims=NoClaims())
        stages.append(stage)
    everybody_called(stages)


def test_nobody_is_told_that_nobody_waits_while_a_call_may_still_fail(
    database: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Window 1 calls twice at once and claims both tickets; window 2 gets the one that its second call can't have."""
    stage = Stage(database, center_with_windows(2))
    first, second = stage.take(), stage.take()
    stage.open(1)
    stage.open(2)
    both_claimed, first_saved, others_looked = Event(), Event(), Event()
    genuine_save, genuine_find = database.save, database.find
    saving: list[str] = []
    looking: list[int] = []

    def save(kind: str, id: str, *args: Any, **kwargs: Any) -> Document:
        if kind != "ticket" or (first_saved.is_set() and others_looked.is_set()):
            return genuine_save(kind, id, *args, **kwargs)
        saving.append(id)
        if len(saving) == 2:
            both_claimed.set()
            assert first_saved.wait(10)
            assert others_looked.wait(10)
            return genuine_save(kind, id, *args, **kwargs)
        assert both_claimed.wait(10)
        try:
            return genuine_save(kind, id, *args, **kwargs)
        finally:
            first_saved.set()

    def find(query: Query) -> Page:
        page = genuine_find(query)
        if query.index == "by_queue" and get_ident() in looking and not page.cursor and page.documents:
            others_looked.set()  # it has seen the last of the queue, and that is being called
        return page

    monkeypatch.setattr(database, "save", save)
    monkeypatch.setattr(database, "find", find)

    def call_at_second_window() -> Ticket | None:
        looking.append(get_ident())
        try:
            return stage.next(2)
        finally:
            others_looked.set()

    with ThreadPoolExecutor(3) as people:
        pressed: list[Future[Ticket | None]] = [people.submit(stage.next, 1) for _ in range(2)]
        assert first_saved.wait(10)
        answer = people.submit(call_at_second_window).result(10)
        outcomes = [each.exception(10) or each.result() for each in pressed]
    refused = [each for each in outcomes if isinstance(each, TongbanError)]
    called = [each for each in outcomes if isinstance(each, Ticket)]
    assert [each.code for each in refused] == ["window_has_ticket"]
    assert answer is not None, "somebody waited"
    assert {called[0].id, answer.id} == {first.id, second.id}


def test_one_window_that_calls_from_many_browsers_gets_one_ticket(database: SqliteStore) -> None:
    stage = Stage(database)
    tickets = [stage.take() for _ in range(20)]
    stage.open()

    def press(_: int) -> Ticket | str | None:
        try:
            return stage.next()
        except TongbanError as error:
            return error.code

    with ThreadPoolExecutor(16) as browsers:
        answers = list(browsers.map(press, range(16)))
    called = [answer for answer in answers if isinstance(answer, Ticket)]
    assert len(called) == 1
    assert answers.count("window_has_ticket") == 15
    states = Counter(stage.stored(ticket).state for ticket in tickets)
    assert states == {TicketState.CALLED: 1, TicketState.WAITING: 19}
    served = 0
    stage.finish(stage.start(called[0]))
    while stage.serve_next() is not None:
        served += 1
    assert served == 19, "the failed attempts keep nobody from being called"
