"""Papers as PDF: typst templates with data, rendered in a short-lived process so that no service carries the fonts.

The same template and data give the same bytes: the document's date is an argument, not the present.
"""

from __future__ import annotations

import base64
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson

from kit.clock import to_ms
from kit.errors import Unavailable

#: Where `make setup` puts the fonts; Noto Sans SC, OFL.
FONTS = Path(__file__).resolve().parent.parent / "build" / "assets" / "fonts"
_SECONDS = 20


def render_pdf(template: Path, data: dict[str, Any], *, at: datetime, root: Path | None = None) -> bytes:
    """The PDF/A-2b of a template.

    The template reads its data by ``json(bytes(sys.inputs.data))`` and may import other templates below ``root``
    (default: its folder). ``at`` is the date in the file. Raises ``Unavailable`` when it can't be rendered.
    """
    job = {
        "template": str(template),
        "root": str(root or template.parent),
        "data": orjson.dumps(data).decode(),
        "at": to_ms(at) // 1000,
    }
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
    return base64.b64decode(done.stdout)


def _main() -> None:
    import typst

    job = orjson.loads(sys.stdin.buffer.read())
    pdf = typst.compile(
        job["template"],
        root=job["root"],
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": job["data"]},
        pdf_standards=["a-2b"],
        timestamp=job["at"],
    )
    sys.stdout.buffer.write(base64.b64encode(pdf))


if __name__ == "__main__":
    _main()
