"""Papers are made a few at a time, so that asking for many takes neither the machine's memory nor a service's threads."""

import base64
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from kit import pdf
from kit.errors import Exhausted

AT = datetime(2026, 11, 23, tzinfo=UTC)


def render() -> bytes:
    return pdf.render_pdf({pdf.MAIN: ""}, {}, at=AT)


def test_who_finds_all_renderers_taken_is_asked_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()

    def printer(*command: Any, **options: Any) -> subprocess.CompletedProcess[bytes]:
        begun.release()
        assert go_on.wait(10)
        return subprocess.CompletedProcess(command, 0, base64.b64encode(b"%PDF-1.7"))

    monkeypatch.setattr(subprocess, "run", printer)
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
