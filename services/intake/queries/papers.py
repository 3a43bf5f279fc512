"""Issued papers as they are printed: from their frozen fields alone (rules C01–C04)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import cattrs

from kit.privacy import mask_name
from reference.papers.printing import date_parts
from reference.papers.shelf import Sheet
from reference.papers.wording import worded
from services.intake.domain.application import Application
from services.intake.domain.paper import Paper

_TEMPLATES: Final = Path(__file__).resolve().parents[1] / "papers"


def sheet_of(application: Application, paper: Paper) -> Sheet:
    """A paper of an application as the shelf makes and keeps it."""
    return Sheet(
        id=paper.id,
        subject_id=application.id,
        center_id=application.center_id,
        kind=paper.kind.value,
        title=paper.kind.heading,
        number=paper.number,
        issued_at=paper.issued_at,
        office=paper.fields.center_name,
        holder=mask_name(paper.fields.addressee),
        masked=False,
        template=_TEMPLATES / f"{paper.kind.value}.typ",
        data=paper_data(paper),
        seal_id=paper.fields.seal_id,
        issued_by=paper.issued_by,
    )


def paper_data(paper: Paper) -> dict[str, Any]:
    """What a template is given: the frozen fields, and dates in the center's time."""
    data: dict[str, Any] = _PLAIN.unstructure(paper.fields)
    data |= {
        "title": paper.kind.heading,
        "number": paper.number,
        "issued_at": date_parts(paper.issued_at),
    }
    data["wording"] = worded(paper.fields.wording, data)
    return data


_PLAIN: Final = cattrs.Converter()
_PLAIN.register_unstructure_hook(datetime, date_parts)
