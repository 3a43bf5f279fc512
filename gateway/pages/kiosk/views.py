"""Taking a number at the kiosk, or on a phone: choose, confirm, print (rules A01, A02, A05, A08)."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from gateway.clients import ask
from gateway.pages.codes import as_meant
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients, department_names, item, limits
from gateway.pages.qr import qr_svg, site_url
from gateway.pages.rendering import page, see
from gateway.requests import client_address
from kit.errors import NotFound
from tongban.catalog.v1 import service_pb2 as catalog
from tongban.queuing.v1 import service_pb2 as queuing

blueprint = Blueprint("kiosk", __name__)

SHOWN = 60


@blueprint.get("/kiosk/<center_id>")
def start(center_id: str) -> Response:
    """Choose an item: by department, or by a word."""
    at = center(center_id)
    query, department = request.args.get("query", "").strip()[:50], request.args.get("department", "")
    found = None
    if query or department:
        found = ask(
            clients().catalog.ListItems,
            catalog.ListItemsRequest(center_id=center_id, query=query, department_key=department, limit=SHOWN),
        )
    names = department_names(at)
    return page("kiosk/start.html", center=at, departments=names, query=query, department=department, found=found)


@blueprint.get("/kiosk/<center_id>/items/<item_id>")
def confirm(center_id: str, item_id: str) -> Response:
    """The item, and what the machine may ask before it gives a number."""
    return _confirm(center_id, item_id, Form.blank())


@blueprint.post("/kiosk/<center_id>/items/<item_id>")
def take(center_id: str, item_id: str) -> Response:
    """Takes the number."""

    def act(form: Form) -> Response:
        limits().ticket(client_address())
        answer = ask(
            clients().queuing.TakeTicket,
            queuing.TakeTicketRequest(
                center_id=center_id,
                item_id=item_id,
                id_number=form.text("id_number").upper(),
                holder_name=form.text("holder_name"),
                disabled=form.flag("disabled"),
                appointment_code=as_meant(form.text("appointment_code")),
                prechecked=form.flag("prechecked"),
            ),
            idempotency_key=form.key,
        )
        return see("kiosk.slip", code=answer.ticket.code)

    return carry_out(act, lambda form: _confirm(center_id, item_id, form))


@blueprint.get("/slips/<code>")
def slip(code: str) -> Response:
    """The printable slip (号票) with the code of its progress page."""
    answer = ask(clients().queuing.GetTicket, queuing.GetTicketRequest(code=code))
    address = site_url(url_for("ticket.show", code=code))
    return page(
        "kiosk/slip.html",
        ticket=answer.ticket,
        position=answer.position,
        center=center(answer.ticket.center_id),
        qr=qr_svg(address, "扫码查看排队进度"),
        address=address,
    )


def _confirm(center_id: str, item_id: str, form: Form) -> Response:
    found = item(item_id)
    if found.center_id != center_id:
        raise NotFound("item_unknown", "没有找到该事项，请返回重新选择。")
    at = center(center_id)
    return page(
        "kiosk/confirm.html", status=form.status, center=at, item=found, departments=department_names(at), form=form
    )
