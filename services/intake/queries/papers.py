"""Issued papers as PDF, made from their frozen fields whenever they are asked for (rules C01–C04)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import cattrs

from kit.call import Call
from kit.errors import NotFound
from kit.workdays import CENTER_ZONE
from reference.papers.printing import paper_pdf
from reference.papers.qr import qr_svg
from services.intake.domain.paper import Paper
from services.intake.handlers.access import READING_ROLES, require_case_worker, visible
from services.intake.handlers.desk import Desk

_TEMPLATES: Final = Path(__file__).resolve().parents[1] / "papers"


def get_paper(*, desk: Desk, call: Call, application_id: str, paper_id: str, code: str) -> tuple[Paper, bytes]:
    """A paper and its PDF, for those who work on the application or its holder; the same bytes each time.

    It names the applicant in full and bears the code, so who only looks on doesn't get it (rules AG01). Raises
    ``NotFound``, ``Forbidden``; ``Unavailable`` when it can't be made.
    """
    application = visible(desk, call, application_id, code)
    if not code and call.actor.has(*READING_ROLES):
        require_case_worker(desk, call, application)
    paper = application.paper(paper_id)
    if paper is None:
        raise NotFound("paper_not_found", "该申请没有这份文书，请核对后重试。", id=application_id, paper=paper_id[:80])
    return paper, paper_pdf(_TEMPLATES / f"{paper.kind.value}.typ", paper_data(paper), at=paper.issued_at)


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
