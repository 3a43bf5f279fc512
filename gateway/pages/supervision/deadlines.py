"""The live board of what is over, due today and due tomorrow, down to the cases, and its export (rules G02)."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.labels import label_of, word
from gateway.pages.lookups import center, centers, clients, department_names
from gateway.pages.rendering import page
from kit.timestamps import from_timestamp
from kit.workdays import local_text
from tongban.supervision.v1 import service_pb2 as supervision

blueprint = Blueprint("deadlines", __name__)

GROUPINGS = {"department": "部门", "item": "事项", "window": "窗口", "center": "中心"}
WHENS = {"overdue": "已超期", "today": "今日到期", "tomorrow": "明日到期"}
#: What a spreadsheet would take for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@blueprint.get("/supervision/board")
@staff("supervisor", "manager")
def show() -> Response:
    """How much is due, by department, item or center; asked again by the page itself."""
    mine = principal()
    by = request.args.get("by", "department")
    by = by if by in GROUPINGS else "department"
    wanted = supervision.GetDeadlineBoardRequest(center_id=mine.center_id, by=by)
    names = {each.id: each for each in centers()}
    return page(
        "supervision/board.html",
        center=center(mine.center_id),
        names=names,
        departments={id: department_names(each) for id, each in names.items()},
        board=ask(clients().supervision.GetDeadlineBoard, wanted).board,
        by=by,
        groupings=GROUPINGS,
        whens=WHENS,
    )


@blueprint.get("/supervision/board/due")
@staff("supervisor", "manager")
def due() -> Response:
    """What one number of the board stands for."""
    found = _due()
    known = centers()
    departments = {each.id: department_names(each) for each in known}
    return page(
        "supervision/due.html",
        center=center(principal().center_id),
        names={each.id: each.name for each in known},
        departments=departments,
        watches=found.watches,
        truncated=found.truncated,
        chosen=request.args,
        about=_about({each.id: each.name for each in known}, departments),
        whens=WHENS,
    )


@blueprint.get("/supervision/board.csv")
@staff("supervisor", "manager")
def export() -> Response:
    """The same as a file for a spreadsheet."""
    names = {each.id: each for each in centers()}
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["到期", "中心", "部门", "窗口", "对象", "编号", "内容", "预警"])
    for watch in _due().watches:
        at = names.get(watch.center_id)
        department = department_names(at).get(watch.department_key, "") if at else ""
        due_at = local_text(from_timestamp(watch.due_at))
        kind = word(watch.subject_kind)
        colour = label_of(watch, "colour") if watch.colour else ""
        place = at.name if at else ""
        row = [due_at, place, department, watch.window, kind, watch.subject_number, watch.title, colour]
        rows.writerow([f"'{cell}" if cell.startswith(_FORMULAS) else cell for cell in row])
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=deadlines.csv"
    return answer


def _about(names: dict[str, str], departments: dict[str, dict[str, str]]) -> str:
    """Which row of the board the list is of; without one, what it holds."""
    at, window = request.args.get("at_center", ""), request.args.get("window", "")
    parts = [
        names.get(at, ""),
        departments.get(at, {}).get(request.args.get("department", ""), ""),
        request.args.get("title", ""),
        "" if not window else "未经窗口收件" if window == "-" else f"{window} 号窗口",
    ]
    said = "　".join(part for part in parts if part)
    return said or ("" if request.args.get("when", "") in WHENS else "、".join(WHENS.values()))


def _due() -> supervision.ListDueResponse:
    when = request.args.get("when", "")
    wanted = supervision.ListDueRequest(
        center_id=principal().center_id,
        when=when if when in WHENS else "",
        at_center=request.args.get("at_center", ""),
        department_key=request.args.get("department", ""),
        title=request.args.get("title", ""),
        window=request.args.get("window", ""),
    )
    return ask(clients().supervision.ListDue, wanted)
