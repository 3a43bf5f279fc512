"""Issued papers as PDF, made from their frozen fields whenever they are asked for (rules C01–C04)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import cattrs

from kit.workdays import CENTER_ZONE
from reference.papers.printing import paper_pdf
from reference.papers.qr import qr_svg
from services.intake.domain.paper import Paper

_TEMPLATES: Final = Path(__file__).resolve().parents[1] / "papers"


def rendered(paper: Paper) -> bytes:
    """The paper as PDF; the same bytes each time. Raises ``Unavailable`` when it can't be made."""
    return paper_pdf(_TEMPLATES / f"{paper.kind.value}.typ", paper_data(paper), at=paper.issued_at)


def paper_data(paper: Paper) -> dict[str, Any]:
    """What a template is given: the frozen fields, dates in the center's time, and the code to scan."""
    data: dict[str, Any] = _PLAIN.unstructure(paper.fields)
    data |= {
        "title": paper.kind.heading,
        "number": paper.number,
        "issued_at": _PLAIN.unstructure(paper.issued_at),
        "qr": qr_svg(paper.fields.progress_url),
    }
    return data


def _date_parts(at: datetime) -> dict[str, int]:
    local = at.astimezone(CENTER_ZONE)
    return {"year": local.year, "month": local.month, "day": local.day, "hour": local.hour, "minute": local.minute}


_PLAIN: Final = cattrs.Converter()
_PLAIN.register_unstructure_hook(datetime, _date_parts)
