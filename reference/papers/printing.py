"""Papers as PDF: a service's template with the shared letterhead and seal."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from kit.pdf import render_pdf

#: The folder above this package and the services: templates import ``/reference/papers/official.typ`` from it.
ROOT: Final = Path(__file__).resolve().parents[2]


def paper_pdf(template: Path, data: dict[str, Any], *, at: datetime) -> bytes:
    """The PDF of a paper; the same data give the same bytes. Raises ``Unavailable`` when it can't be made."""
    return render_pdf(template, data, at=at, root=ROOT)
