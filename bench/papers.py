"""`python -m bench.papers`: how long a paper takes as PDF, the first time and whenever it is asked for again.

Writes build/bench-papers.json and prints a table. Exit code 0 when everything was measured.
"""

from __future__ import annotations

import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.figures import Figure, at_most, percentile
from bench.report import Run, say
from bench.table import rows_of
from kit.call import Call
from kit.clock import SystemClock
from kit.events import EventEncoder
from kit.ids import Ids
from kit.pdf import PRINTERS
from kit.store.sqlite import SqliteStore
from kit.testing import actor
from reference.papers.shelf import SHELF_KINDS, Sheet
from reference.papers.testing import sample_shelf
from services.intake.domain.application import Application
from services.intake.domain.paper import PaperKind
from services.intake.queries.papers import sheet_of
from services.intake.tests.application_samples import received
from services.intake.tests.test_paper_goldens import paper_of

_GOAL: Final = at_most(100)
FULL: Final = 100
QUICK: Final = 20


def main() -> int:
    """Measures and reports."""
    run = Run.asked("bench.papers", __doc__, "build/bench-papers.json")
    work = run.out.parent / "bench-papers"
    try:
        figures = measure(QUICK if run.quick else FULL, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    report = run.report([figure.as_json() for figure in figures])
    run.show(report, lines(report, figures))
    return 0


def measure(papers: int, work: Path) -> list[Figure]:
    """So many papers of all kinds in turn, in a folder that is made anew."""
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    store = SqliteStore(work / "intake.db", SHELF_KINDS)
    shelf = sample_shelf(store, work / "blobs", EventEncoder("local", "intake", {}), Ids(), letter="n")
    by = Call(actor("clerk"), SystemClock().now())
    say(f"papers: {papers}")
    try:
        sheets = list(_sheets(papers, received()))
        shelf.original(by, replace(sheets[0], id="warm"))
        # What a printer took is known once it has gone.
        PRINTERS.close()
        spent = _spent()
        shelf.original(by, replace(sheets[0], id="started"))
        first = [_ms(partial(shelf.original, by, sheet)) for sheet in sheets]
        PRINTERS.close()
        spent = (_spent() - spent) / papers * 1000
        again = [_ms(partial(shelf.original, by, sheet)) for sheet in sheets]
        copies = [_ms(partial(shelf.reprint, by, sheet.subject_id, sheet.id, "遗失")) for sheet in sheets]
    finally:
        store.close()
    return [
        _figure("papers.first", "a paper as PDF, made and kept, p95", first, _GOAL),
        Figure("papers.cpu", "processor time of such a one, ours and the printer's with its start", spent, "ms"),
        _figure("papers.again", "the same paper again, p95", again, None),
        _figure("papers.copy", "a marked further print, p95", copies, _GOAL),
    ]


def _spent() -> float:
    """Seconds of a processor that this process and its printers took so far: what a paper costs whatever runs beside."""
    used = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def _sheets(papers: int, application: Application) -> Iterator[Sheet]:
    kinds = list(PaperKind)
    for number in range(papers):
        paper = replace(paper_of(kinds[number % len(kinds)]), id=f"paper-{number}")
        yield sheet_of(application, paper)


def _ms(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


def _figure(key: str, title: str, took: Sequence[float], goal: Any) -> Figure:
    details = {f"p{percent}_ms": round(percentile(took, percent), 1) for percent in (50, 95, 99)}
    return Figure(key, title, percentile(took, 95), "ms", goal, details=details)


def lines(report: dict[str, Any], figures: Sequence[Figure]) -> Iterator[str]:
    """The whole table."""
    machine = report["machine"]
    yield f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB; {machine['python']}"
    yield f"load of the machine by others and ourselves: {machine['load_before']} before, {machine['load_after']} after"
    yield ""
    yield from rows_of(figures)


if __name__ == "__main__":
    sys.exit(main())
