"""Where papers lie, and the lists by which they went to departments (rules B08, C16)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from kit.call import Call
from kit.errors import NotFound
from kit.store.port import Range
from kit.store.repository import Found
from reference.papers.printing import date_parts
from reference.papers.shelf import IssuedPaper, Sheet
from services.intake.domain.bundle import Bundle
from services.intake.domain.hand_over import ListState, PaperList
from services.intake.domain.officer import Officer
from services.intake.handlers.access import visible
from services.intake.handlers.desk import Desk, list_missing
from services.intake.queries.applications import MOST

_TEMPLATE: Final = Path(__file__).resolve().parents[1] / "papers" / "hand_over.typ"
#: Who sees the lists of all departments of their center.
_WHOLE: Final = ("clerk", "supervisor", "manager")


def list_waiting(
    *, desk: Desk, call: Call, center_id: str, department_key: str, limit: int, cursor: str
) -> Found[Bundle]:
    """Papers that wait for a department, those that wait longest first. Raises ``Forbidden`` for another center."""
    call.actor.require_center(center_id)
    page = _page(limit)
    if department_key:
        return desk.bundles.find(
            "by_department_waiting",
            center_id=center_id,
            waiting_department=department_key,
            limit=page,
            cursor=cursor,
        )
    return desk.bundles.find("by_waiting", range=Range(0, None), center_id=center_id, limit=page, cursor=cursor)


def list_left(*, desk: Desk, call: Call, center_id: str, limit: int, cursor: str) -> Found[Bundle]:
    """Papers that nobody has fetched, those that lie longest first. Raises ``Forbidden`` for another center."""
    call.actor.require_center(center_id)
    return desk.bundles.find("by_left", range=Range(0, None), center_id=center_id, limit=_page(limit), cursor=cursor)


def get_bundle(*, desk: Desk, call: Call, application_id: str, code: str) -> Bundle | None:
    """The papers of an application for whoever may see it. Raises ``NotFound``, ``Forbidden``."""
    return desk.bundles.find_by_id(visible(desk, call, application_id, code).id)


def get_signature(*, desk: Desk, call: Call, application_id: str) -> tuple[bytes, str]:
    """The signature by which left papers were fetched, and its type. Raises ``NotFound``, ``Forbidden``, ``Unavailable``."""
    bundle = desk.bundles.find_by_id(application_id)
    left = bundle.left if bundle is not None else None
    if bundle is None or left is None or not left.signature_sha256:
        raise NotFound("signature_not_found", "该件没有取回签名。", id=application_id[:80])
    call.actor.require_center(bundle.center_id)
    return b"".join(desk.blobs.get(left.signature_sha256)), left.signature_type


def get_list(*, desk: Desk, call: Call, list_id: str) -> PaperList:
    """A list for its center; to a department only its own. Raises ``NotFound``, ``Forbidden``."""
    made = desk.lists.get(list_id)
    call.actor.require_center(made.center_id)
    if not call.actor.has(*_WHOLE) and call.actor.department != made.department_key:
        raise list_missing(list_id)
    return made


def list_lists(
    *, desk: Desk, call: Call, center_id: str, state: ListState | None, limit: int, cursor: str
) -> Found[PaperList]:
    """A center's lists, newest first; a department sees its own. Raises ``Forbidden`` for another center."""
    call.actor.require_center(center_id)
    where: dict[str, Any] = {"center_id": center_id}
    index = "by_center"
    if not call.actor.has(*_WHOLE):
        where["department_key"] = call.actor.department
        index = "by_department"
    if state is not None:
        where["state"] = state.value
        index += "_state"
    return desk.lists.find(index, descending=True, limit=_page(limit), cursor=cursor, **where)


def print_list(*, desk: Desk, call: Call, list_id: str) -> tuple[IssuedPaper, bytes]:
    """A list as it was given, or once it is signed as it was received: the same bytes whenever it is asked for.

    Raises ``NotFound`` (``paper_list_not_given`` before its giver has signed), ``Forbidden``, ``Unavailable``.
    """
    made = get_list(desk=desk, call=call, list_id=list_id)
    if made.given_by is None or made.given_at is None:
        raise NotFound("paper_list_not_given", "交接清单由移交人签名后才能打印。", id=made.id)
    return desk.shelf.original(call, sheet_of(desk, made))


def sheet_of(desk: Desk, made: PaperList) -> Sheet:
    """A given list as the shelf makes and keeps it."""
    signed = made.received_at is not None
    return Sheet(
        id=f"{made.id}/received" if signed else f"{made.id}/given",
        subject_id=made.id,
        center_id=made.center_id,
        kind="hand_over",
        title="材料交接清单（签收）" if signed else "材料交接清单",
        number=made.number,
        issued_at=made.received_at or made.given_at or made.drafted_at,
        office=made.center_name,
        holder=made.department_name,
        masked=False,
        template=_TEMPLATE,
        data=list_data(made) | {"progress_url": f"{desk.public_url}/paper-lists/{made.id}"},
    )


def list_data(made: PaperList) -> dict[str, Any]:
    """What the template is given."""
    return {
        "title": "材料交接清单",
        "number": made.number,
        "center_name": made.center_name,
        "department_name": made.department_name,
        "issued_at": date_parts(made.received_at or made.given_at or made.drafted_at),
        "list_sha256": made.list_sha256,
        "given_by": _name(made.given_by),
        "given_at": None if made.given_at is None else date_parts(made.given_at),
        "received_by": _name(made.received_by),
        "received_at": None if made.received_at is None else date_parts(made.received_at),
        "lines": [
            {
                "application_number": line.application_number,
                "item_name": line.item_name,
                "name": line.name,
                "originals": line.originals,
                "copies": line.copies,
                "state": line.state.value,
                "note": line.note,
            }
            for line in made.lines
        ],
        "wording": {},
    }


def _name(officer: Officer | None) -> str:
    return "" if officer is None else officer.name


def _page(limit: int) -> int:
    return min(limit, MOST) if limit > 0 else 50
