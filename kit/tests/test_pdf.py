"""Papers are made a few at a time, so that asking for many takes neither the machine's memory nor a service's threads."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from kit import pdf
from kit.errors import Exhausted, Unavailable
from kit.pdf import Printers

AT = datetime(2026, 11, 23, tzinfo=UTC)


def render(said: str = "通办") -> bytes:
    return pdf.render_pdf({pdf.MAIN: said}, {}, at=AT)


@pytest.fixture
def printers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Printers]:
    """Printers of the test's own."""
    own = Printers()
    monkeypatch.setattr(pdf, "PRINTERS", own)
    yield own
    own.close()


def test_who_finds_all_renderers_taken_is_asked_to_come_again(
    printers: Printers, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()

    def ask(printer: object, job: bytes) -> tuple[bool, bytes]:
        begun.release()
        assert go_on.wait(10)
        return True, b"%PDF-1.7"

    monkeypatch.setattr(pdf._Printer, "ask", ask)
    monkeypatch.setattr(pdf, "PATIENCE", 0.05)
    with ThreadPoolExecutor(pdf.AT_ONCE) as pool:
        rendering = [pool.submit(render) for _ in range(pdf.AT_ONCE)]
        for _ in rendering:
            assert begun.acquire(timeout=10)
        with pytest.raises(Exhausted, match="papers_busy"):
            render()
        go_on.set()
        assert [each.result() for each in rendering] == [b"%PDF-1.7"] * pdf.AT_ONCE
    assert render() == b"%PDF-1.7"


def test_the_next_paper_is_printed_where_the_fonts_are_read_already_and_is_the_same(printers: Printers) -> None:
    first = render()
    printer = printers._idle
    assert printer is not None
    assert render() == first
    assert printers._idle is printer
    with pytest.raises(Unavailable, match="paper_not_rendered"):
        render("#nonsense")
    assert render() == first
    assert printers._idle is printer, "a template that is wrong costs nobody else a printer"


def test_a_printer_that_has_gone_is_replaced_unseen(printers: Printers) -> None:
    first = render()
    gone = printers._idle
    assert gone is not None
    gone._process.kill()
    assert render() == first
    assert printers._idle is not gone


def test_one_that_hangs_is_ended_and_one_that_cannot_start_is_told_of(
    printers: Printers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "_SECONDS", 0.2)
    with pytest.raises(Unavailable, match="paper_not_rendered"):
        render("#for i in range(100000000) { i }")
    assert printers._idle is None
    monkeypatch.setattr(sys, "executable", "/nowhere")
    with pytest.raises(Unavailable, match="paper_not_rendered"):
        render()
