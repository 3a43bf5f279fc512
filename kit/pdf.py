"""Papers as PDF: typst templates with data, rendered in a short-lived process so that no service carries the fonts.

The same template and data give the same bytes: the document's date is an argument, not the present.
"""

from __future__ import annotations

import base64
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from kit.clock import to_ms
from kit.errors import Exhausted, Unavailable

#: Where `make setup` puts the fonts; Noto Sans SC, OFL.
FONTS = Path(__file__).resolve().parent.parent / "build" / "assets" / "fonts"
#: The name of the file that a paper begins with.
MAIN: Final = "main"
_SECONDS = 20
#: How many are rendered at once by a process, and how long the next waits for its turn, in seconds: each takes some
#: 50 MB and a processor, and whoever has a code may ask.
AT_ONCE = 2
PATIENCE = 4.0
_turns = threading.BoundedSemaphore(AT_ONCE)


def render_pdf(files: Mapping[str, str], data: dict[str, Any], *, at: datetime) -> bytes:
    """The PDF/A-2b of a template: its ``files`` by their paths, ``MAIN`` the first of them.

    The template reads its data by ``json(bytes(sys.inputs.data))``, may import its other files, and sees no other.
    ``at`` is the date in the file. Raises ``Unavailable`` when it can't be rendered, ``Exhausted`` (``papers_busy``)
    when too many are asked for at once.
    """
    job = {"files": dict(files), "data": orjson.dumps(data).decode(), "at": to_ms(at) // 1000}
    if not _turns.acquire(timeout=PATIENCE):
        raise Exhausted("papers_busy", "打印文书的人较多，请稍后重试。")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "kit.pdf"],
            input=orjson.dumps(job),
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", b"") or b""
        raise Unavailable(
            "paper_not_rendered", "文书暂时无法生成，请稍后重试。", reason=said.decode()[-500:]
        ) from error
    finally:
        _turns.release()
    return base64.b64decode(done.stdout)


def _main() -> None:
    import typst

    job = orjson.loads(sys.stdin.buffer.read())
    pdf = typst.compile(  # type: ignore[call-overload]  # its types leave out that it takes several files
        {path: text.encode() for path, text in job["files"].items()},
        # Whatever isn't among its files is looked for here, where nothing but fonts is.
        root=str(FONTS),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": job["data"]},
        pdf_standards=["a-2b"],
        timestamp=job["at"],
    )
    sys.stdout.buffer.write(base64.b64encode(pdf))


if __name__ == "__main__":
    _main()
