"""Papers as PDF: typst templates with data, rendered in a process beside so that no service carries the fonts.

That process (a printer) has read the fonts once and stays for the next paper, and goes when none comes for a while. The
same template and data give the same bytes: the document's date is an argument, not the present.
"""

from __future__ import annotations

import atexit
import select
import signal
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

import orjson

from kit.clock import to_ms
from kit.errors import Exhausted, Unavailable

#: Where `make setup` puts the fonts; Noto Sans SC, OFL.
FONTS = Path(__file__).resolve().parent.parent / "build" / "assets" / "fonts"
#: The name of the file that a paper begins with.
MAIN: Final = "main"
_SECONDS = 20.0
#: How many are rendered at once by a process, and how long the next waits for its turn, in seconds: each takes some
#: 100 MB and a processor, and whoever has a code may ask.
AT_ONCE = 2
PATIENCE = 4.0
#: How long a printer waits for the next paper, in seconds, and how many it prints: what it remembers of them grows.
IDLE = 30.0
MOST = 500
_HEADER: Final = struct.Struct(">?I")


class Printers:
    """At most ``AT_ONCE`` processes that print; one of them stays for the next paper."""

    def __init__(self) -> None:
        self._turns = threading.BoundedSemaphore(AT_ONCE)
        self._lock = threading.Lock()
        self._idle: _Printer | None = None

    def printed(self, job: bytes) -> bytes:
        """What a job gives. Raises ``Exhausted`` (``papers_busy``), ``Unavailable`` (``paper_not_rendered``)."""
        if not self._turns.acquire(timeout=PATIENCE):
            raise Exhausted("papers_busy", "打印文书的人较多，请稍后重试。")
        try:
            return self._printed(job)
        finally:
            self._turns.release()

    def close(self) -> None:
        """Lets the one that waits go."""
        with self._lock:
            printer, self._idle = self._idle, None
        if printer is not None:
            printer.close()

    def _printed(self, job: bytes) -> bytes:
        with self._lock:
            printer, self._idle = self._idle, None
        try:
            if printer is not None:
                # It may have gone just now, as nothing came.
                with suppress(OSError, EOFError):
                    return self._by(printer, job)
            return self._by(_Printer(), job)
        except (OSError, EOFError) as error:
            raise _not_rendered("the printer has died") from error

    def _by(self, printer: _Printer, job: bytes) -> bytes:
        try:
            right, said = printer.ask(job)
        except BaseException:
            printer.close()
            raise
        with self._lock:
            if self._idle is None and printer.papers < MOST:
                self._idle, printer = printer, None  # type: ignore[assignment]
        if printer is not None:
            printer.close()
        if not right:
            raise _not_rendered(said.decode()[-500:])
        return said


class _Printer:
    """One process; it is asked by one thread at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kit.pdf"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.papers = 0

    def ask(self, job: bytes) -> tuple[bool, bytes]:
        """Whether it could, and the PDF or why not. Raises ``OSError``, ``EOFError`` where it dies or takes too long."""
        assert self._process.stdin is not None  # noqa: S101 - opened above
        assert self._process.stdout is not None  # noqa: S101 - opened above
        self.papers += 1
        too_long = threading.Timer(_SECONDS, self._process.kill)
        too_long.start()
        try:
            _send(self._process.stdin, True, job)
            return _received(self._process.stdout)
        finally:
            too_long.cancel()

    def close(self) -> None:
        """Ends it: whatever it was at is wanted no more."""
        self._process.kill()
        with suppress(OSError), self._process:
            pass


PRINTERS: Final = Printers()
atexit.register(PRINTERS.close)


def render_pdf(files: Mapping[str, str], data: dict[str, Any], *, at: datetime) -> bytes:
    """The PDF/A-2b of a template: its ``files`` by their paths, ``MAIN`` the first of them.

    The template reads its data by ``json(bytes(sys.inputs.data))``, may import its other files, and sees no other.
    ``at`` is the date in the file. Raises ``Unavailable`` when it can't be rendered, ``Exhausted`` (``papers_busy``)
    when too many are asked for at once.
    """
    job = {"files": dict(files), "data": orjson.dumps(data).decode(), "at": to_ms(at) // 1000}
    return PRINTERS.printed(orjson.dumps(job))


def _not_rendered(reason: str) -> Unavailable:
    return Unavailable("paper_not_rendered", "文书暂时无法生成，请稍后重试。", reason=reason)


def _send(pipe: IO[bytes], right: bool, body: bytes) -> None:
    pipe.write(_HEADER.pack(right, len(body)) + body)
    pipe.flush()


def _received(pipe: IO[bytes]) -> tuple[bool, bytes]:
    right, length = _HEADER.unpack(_exactly(pipe, _HEADER.size))
    return right, _exactly(pipe, length)


def _exactly(pipe: IO[bytes], length: int) -> bytes:
    found = pipe.read(length)
    if len(found) < length:
        raise EOFError
    return found


def _main() -> None:
    """Prints until its asker has gone, or asks for nothing any more."""
    # An interrupt at a terminal is for the asker, after whom it goes by itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked, answers = sys.stdin.buffer, sys.stdout.buffer
    while select.select([asked], [], [], IDLE)[0]:
        try:
            _, job = _received(asked)
        except EOFError:
            return
        try:
            right, said = True, _compiled(orjson.loads(job))
        except Exception as error:  # whatever it is, the asker is told
            right, said = False, str(error).encode()
        _send(answers, right, said)


def _compiled(job: dict[str, Any]) -> bytes:
    import typst

    pdf: bytes = typst.compile(  # type: ignore[call-overload]  # its types leave out that it takes several files
        {path: text.encode() for path, text in job["files"].items()},
        # Whatever isn't among its files is looked for here, where nothing but fonts is.
        root=str(FONTS),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": job["data"]},
        pdf_standards=["a-2b"],
        timestamp=job["at"],
    )
    return pdf


if __name__ == "__main__":
    _main()
