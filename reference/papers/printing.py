"""Papers as PDF: a service's template with the shared letterhead and seal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from kit.pdf import MAIN, render_pdf
from kit.workdays import CENTER_ZONE
from reference.papers.qr import qr_svg

#: The shared parts, as templates import them.
SHARED: Final = "reference/papers/official.typ"
_ROOT: Final = Path(__file__).resolve().parents[2]


@cache
def template_files(template: Path) -> Mapping[str, str]:
    """A template with the parts that all share, by their paths: all that a paper is made from beside its data."""
    return {MAIN: template.read_text(encoding="utf-8"), SHARED: (_ROOT / SHARED).read_text(encoding="utf-8")}


def paper_pdf(files: Mapping[str, str], data: dict[str, Any], *, at: datetime) -> bytes:
    """The PDF of a paper; the same files and data give the same bytes.

    ``data`` has the addresses ``progress_url`` and ``verify_url``, which become codes to scan. Raises ``Unavailable``
    when it can't be made, ``Exhausted`` when too many are asked for.
    """
    return render_pdf(files, coded(data), at=at)


def coded(data: dict[str, Any]) -> dict[str, Any]:
    """The data with the codes to scan of its addresses."""
    return data | {"qr": qr_svg(data["progress_url"]), "verify_qr": qr_svg(data["verify_url"])}


def date_parts(at: datetime) -> dict[str, int]:
    """A time as templates are given it: in the center's zone, by its parts."""
    local = at.astimezone(CENTER_ZONE)
    return {"year": local.year, "month": local.month, "day": local.day, "hour": local.hour, "minute": local.minute}
