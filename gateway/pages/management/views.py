"""The manager's pages in their first form (rules AB02, AH02, B03)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.labels import LABELS
from gateway.pages.lookups import center, clients, department_names, item
from gateway.pages.rendering import page, see
from gateway.pages.route_picture import picture
from gateway.wire import enum_names
from kit.rpc.access import role_name
from tongban.access.v1 import access_pb2
from tongban.catalog.v1 import messages_pb2 as catalog_messages
from tongban.catalog.v1 import service_pb2 as catalog
from tongban.queuing.v1 import service_pb2 as queuing
from tongban.workforce.v1 import service_pb2 as workforce

blueprint = Blueprint("management", __name__)

#: Who may sit at a window.
AT_WINDOWS = frozenset({access_pb2.ROLE_CLERK, access_pb2.ROLE_CHIEF})
ITEM_STATES = enum_names(catalog_messages.ItemState.DESCRIPTOR)
SHOWN = 30


@blueprint.get("/manage")
@staff("manager")
def windows() -> Response:
    """Today's windows with who is at them."""
    return _windows(Form.blank())


@blueprint.post("/manage/windows/<window_id>/assign")
@staff("manager")
def assign(window_id: str) -> Response:
    """Assigns somebody to a window today, or nobody."""

    def act(form: Form) -> Response:
        ask(
            clients().workforce.AssignWindow,
            workforce.AssignWindowRequest(window_id=window_id, staff_id=form.text("staff")),
        )
        return see("management.windows", done="window_assigned")

    return carry_out(act, _windows)


@blueprint.post("/manage/close-day")
@staff("manager")
def close_day() -> Response:
    """Ends the day: what still waits is closed."""

    def act(form: Form) -> Response:
        ask(clients().queuing.CloseDay, queuing.CloseDayRequest(center_id=principal().center_id))
        return see("management.windows", done="day_closed")

    return carry_out(act, _windows)


@blueprint.get("/manage/staff")
@staff("manager")
def people() -> Response:
    """A center's staff."""
    mine = principal()
    wanted = workforce.ListStaffRequest(center_id=mine.center_id, limit=100, cursor=request.args.get("cursor", ""))
    answer = ask(clients().workforce.ListStaff, wanted)
    at = center(mine.center_id)
    return page(
        "management/staff.html",
        center=at,
        departments=department_names(at),
        staff=answer.staff,
        more=answer.next_cursor,
        role_label=lambda role: LABELS["Role"].get(role_name(role), ""),
    )


@blueprint.get("/manage/items")
@staff("manager")
def items() -> Response:
    """Items by state: those in review first."""
    mine = principal()
    state = request.args.get("state", "in_review")
    answer = ask(
        clients().catalog.ListItems,
        catalog.ListItemsRequest(
            center_id=mine.center_id,
            state=catalog_messages.ItemState.ValueType(ITEM_STATES.get(state, 0)),
            limit=SHOWN,
            cursor=request.args.get("cursor", ""),
        ),
    )
    at = center(mine.center_id)
    return page(
        "management/items.html",
        center=at,
        departments=department_names(at),
        items=answer.items,
        more=answer.next_cursor,
        chosen=state,
    )


@blueprint.get("/manage/items/<item_id>/<int(max=2147483647):item_version>")
@staff("manager")
def one_item(item_id: str, item_version: int) -> Response:
    """One version of an item, to be reviewed."""
    return _item(item_id, item_version, Form.blank())


@blueprint.post("/manage/items/<item_id>/<int(max=2147483647):item_version>/submit")
@staff("manager")
def submit(item_id: str, item_version: int) -> Response:
    """Hands a draft in for review (rules AB02)."""

    def act(form: Form) -> str:
        sent = catalog.SubmitItemRequest(item_id=item_id, item_version=item_version, expected_version=form.version)
        ask(clients().catalog.SubmitItem, sent)
        return "item_submitted"

    return _done(item_id, item_version, act)


@blueprint.post("/manage/items/<item_id>/<int(max=2147483647):item_version>/publish")
@staff("manager")
def publish(item_id: str, item_version: int) -> Response:
    """Publishes it (rules AB01, AB02)."""

    def act(form: Form) -> str:
        sent = catalog.PublishItemRequest(item_id=item_id, item_version=item_version, expected_version=form.version)
        ask(clients().catalog.PublishItem, sent)
        return "published"

    return _done(item_id, item_version, act)


@blueprint.post("/manage/items/<item_id>/<int(max=2147483647):item_version>/return")
@staff("manager")
def give_back(item_id: str, item_version: int) -> Response:
    """Sends it back to its department with a reason."""

    def act(form: Form) -> str:
        sent = catalog.ReturnItemRequest(
            item_id=item_id, item_version=item_version, reason=form.text("reason"), expected_version=form.version
        )
        ask(clients().catalog.ReturnItem, sent)
        return "item_returned"

    return _done(item_id, item_version, act)


def _windows(form: Form) -> Response:
    mine = principal()
    hall = ask(clients().queuing.ListWindows, queuing.ListWindowsRequest(center_id=mine.center_id))
    wanted = workforce.ListAssignmentsRequest(center_id=mine.center_id)
    assigned = ask(clients().workforce.ListAssignments, wanted)
    everybody = ask(clients().workforce.ListStaff, workforce.ListStaffRequest(center_id=mine.center_id, limit=200))
    return page(
        "management/windows.html",
        status=form.status,
        center=center(mine.center_id),
        windows=hall.windows,
        assigned={each.window_id: each.staff_id for each in assigned.assignments},
        clerks=[each for each in everybody.staff if not AT_WINDOWS.isdisjoint(each.roles)],
        form=form,
    )


def _item(item_id: str, item_version: int, form: Form) -> Response:
    found = item(item_id, item_version)
    at = center(found.center_id)
    names = department_names(at)
    return page(
        "management/item.html",
        status=form.status,
        item=found,
        center=at,
        departments=names,
        form=form,
        drawn=picture(found.steps, names, found.department_key),
    )


def _done(item_id: str, item_version: int, act: Act) -> Response:
    return carry_out(
        lambda form: see("management.one_item", item_id=item_id, item_version=item_version, done=act(form)),
        lambda form: _item(item_id, item_version, form),
    )
