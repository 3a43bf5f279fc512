"""A calendar changes while so many cases are open: how long until all are counted anew, and what others wait meanwhile."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from bench.callers import MeasurementError
from bench.clocks.preload import preload
from bench.figures import Figure, at_most, spread_ms
from kit.actor import Actor, service_actor
from kit.call import Call
from kit.errors import Stale
from kit.events import EventEncoder
from kit.ids import Ids
from kit.store.codec import Codec
from kit.store.port import Body, Mark
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.workdays import Calendar, DayKind, Limit, SpecialDay, Unit
from reference import REFERENCE_KINDS
from reference.papers.testing import sample_shelf
from reference.testing import CENTER_ID, DEPARTMENT, ITEM_ID, filled, sample_calendar, set_calendar
from services.approval_routing.domain.case import Case, CaseStep
from services.approval_routing.domain.hearing import HearingWatch
from services.approval_routing.domain.licences import Licence
from services.approval_routing.domain.outcomes import AcceptedApplication, ItemTerms, open_case
from services.approval_routing.domain.talk import Inquiry
from services.approval_routing.domain.tasks import Task
from services.approval_routing.events import TABLE
from services.approval_routing.handlers.calendar import recounting
from services.approval_routing.handlers.case_file import case_file
from services.approval_routing.handlers.charges import SETTLED_BILLS, SettledBill
from services.approval_routing.handlers.colleagues import Colleague
from services.approval_routing.handlers.denials import ReportedDenial
from services.approval_routing.handlers.hearings import HEARINGS, hearing_keys
from services.approval_routing.handlers.licences import LICENCES, licence_keys
from services.approval_routing.handlers.office import CASES, PAPERS_LETTER, Office, case_keys
from services.approval_routing.handlers.talk import INQUIRIES, inquiry_keys
from services.approval_routing.handlers.tasks import KINDS, TASKS, task_keys
from services.approval_routing.handlers.work import claim_step

_GOAL: Final = at_most(60)
#: Of a second, so long somebody waits between two acts while it is counted.
_REST: Final = 0.05
_MONDAY: Final = datetime(2026, 11, 23, 2, tzinfo=UTC)
_REVIEWER: Final = Actor("reviewer-1", "样例", frozenset({"reviewer"}), frozenset({CENTER_ID}), DEPARTMENT)


class _Nobody:
    """Who intake would be, whom nobody asks here; and workforce, where everybody is at work."""

    def name(self, application_id: str, *, purpose: str, token: str, once: str) -> str:
        raise MeasurementError("nobody prints here")

    def carry(self, application_id: str, *, token: str) -> None:
        raise MeasurementError("nothing crosses here")

    def newest(self, center_id: str, application_id: str, *, token: str) -> ReportedDenial | None:
        raise MeasurementError("nobody denies here")

    def get(self, staff_id: str, *, token: str) -> Colleague:
        return Colleague(staff_id, "样例", CENTER_ID, DEPARTMENT, frozenset({"reviewer"}))


def recount(folder: Path, number: int) -> list[Figure]:
    """Counts ``number`` open cases anew, each of which moves, while an officer claims others."""
    path = folder / "approval_routing.db"
    ids, calendar = Ids(random.Random(1).randbytes), sample_calendar()
    preload(path, CASES, _cases(number, ids, calendar))
    store = SqliteStore(path, [*KINDS, *REFERENCE_KINDS])
    try:
        encoder = EventEncoder("local", "approval_routing", TABLE)
        cases = case_file(store, encoder, ids, sole=True)
        nobody = _Nobody()
        tasks = Repository(store, TASKS, Task, encoder, ids, keys=task_keys)
        hearings = Repository(store, HEARINGS, HearingWatch, encoder, ids, keys=hearing_keys)
        inquiries = Repository(store, INQUIRIES, Inquiry, encoder, ids, keys=inquiry_keys)
        shelf = sample_shelf(store, folder / "blobs", encoder, ids, letter=PAPERS_LETTER)
        reference = filled(store, calendar=calendar)
        licences = Repository(store, LICENCES, Licence, encoder, ids, keys=licence_keys)
        settled = Repository(store, SETTLED_BILLS, SettledBill, encoder, ids)
        office = Office(
            cases=cases,
            tasks=tasks,
            inquiries=inquiries,
            hearings=hearings,
            licences=licences,
            settled_bills=settled,
            reference=reference,
            applicants=nobody,
            papers=nobody,
            denial_reports=nobody,
            colleagues=nobody,
            shelf=shelf,
            ids=ids,
            public_url="http://127.0.0.1",
        )
        storm = replace(calendar, days=(SpecialDay(date(2026, 11, 24), DayKind.CLOSURE, "台风"),))
        set_calendar(store, CENTER_ID, storm, reference=office.reference)
        return _measured(office, number)
    finally:
        store.close()


def _measured(office: Office, number: int) -> list[Figure]:
    waits: list[float] = []
    done = threading.Event()
    worker = threading.Thread(target=_work, args=(office, waits, done))
    worker.start()
    began, computing = time.perf_counter(), time.process_time()
    try:
        moved = recounting(office).recount_center(
            Call(service_actor("approval_routing"), _MONDAY),
            CENTER_ID,
            office.reference.calendar(CENTER_ID).version,
            lambda id: Mark("approval_routing.calendar", "bench", id),
            changed_by="样例",
            difference="2026-11-24 中心闭馆：台风",
        )
        seconds, computing = time.perf_counter() - began, time.process_time() - computing
    finally:
        done.set()
        worker.join()
    if moved != number:
        raise MeasurementError(f"{moved} of {number} cases moved")
    spread = spread_ms(waits)
    title = f"{number:,} open cases counted anew, all moved"
    return [
        Figure("clocks.recount", title, seconds, "s", _GOAL, details={"processor_s": round(computing, 1)}),
        Figure("clocks.recount.claims", "a claim meanwhile: p99", spread["p99_ms"], "ms", details=spread),
    ]


def _work(office: Office, waits: list[float], done: threading.Event) -> None:
    """Claims cases, the latest first, as the one who counts comes from the other end."""
    call = Call(_REVIEWER, _MONDAY)
    found = office.cases.find("by_center", center_id=CENTER_ID, descending=True, limit=2000).items
    for case in found:
        began = time.perf_counter()
        with contextlib.suppress(Stale):  # it was counted in the same moment: the officer tries another one
            claim_step(office=office, call=call, case_id=case.id, expected_version=0)
        waits.append(time.perf_counter() - began)
        if done.wait(_REST):
            return


def _cases(number: int, ids: Ids, calendar: Calendar) -> Iterator[tuple[str, Body]]:
    steps = tuple(
        CaseStep(key, name, role, DEPARTMENT)
        for key, name, role in (("a", "审查", "reviewer"), ("b", "复核", "chief"), ("c", "决定", "approver"))
    )
    terms = ItemTerms(
        steps,
        Limit(10, Unit.WORKING_DAY),
        Limit(20, Unit.WORKING_DAY, "行政许可法第四十二条"),
        ("expert_review",),
        "食品经营许可证",
        True,
    )
    application = AcceptedApplication(
        "",
        "",
        CENTER_ID,
        ITEM_ID,
        1,
        "食品经营许可",
        DEPARTMENT,
        "promised",
        _MONDAY,
        "例**",
        "",
        "",
        "post",
        "s",
        "样例",
    )
    codec = Codec(Case)
    for index in range(number):
        at = _MONDAY + timedelta(milliseconds=index)
        id = ids.new_id(at)
        own = replace(application, id=id, number=f"{index:08}", code=ids.new_code(), journey=id, accepted_at=at)
        case = open_case(own, terms, calendar, now=at)
        yield id, codec.body(case) | case_keys(case)
