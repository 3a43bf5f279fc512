"""Orders of supervision to departments (督办、超时默认): issued, answered, reviewed (rules F06, G03, G04)."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients, department_names
from gateway.pages.rendering import page, see
from gateway.wire import enum_names
from kit.errors import Invalid
from tongban.supervision.v1 import messages_pb2 as messages
from tongban.supervision.v1 import service_pb2 as supervision

blueprint = Blueprint("orders", __name__)

STATES = enum_names(messages.OrderState.DESCRIPTOR)
SHOWN = 30


@blueprint.get("/supervision/orders")
@staff("chief", "supervisor", "manager")
def listed() -> Response:
    """A center's orders, for a chief those to the own department."""
    mine = principal()
    state = request.args.get("state", "open")
    found = ask(
        clients().supervision.ListOrders,
        supervision.ListOrdersRequest(
            center_id=mine.center_id,
            state=messages.OrderState.ValueType(STATES.get(state, 0)),
            limit=SHOWN,
            cursor=request.args.get("cursor", ""),
        ),
    )
    at = center(mine.center_id)
    return page(
        "supervision/orders.html",
        center=at,
        departments=department_names(at),
        orders=found.orders,
        more=found.next_cursor,
        chosen=state,
    )


@blueprint.get("/supervision/watches/<watch_id>/order")
@staff("supervisor")
def form(watch_id: str) -> Response:
    """What a department is to be ordered to do."""
    return _form(url_for("orders.issue", watch_id=watch_id), Form.blank())


@blueprint.post("/supervision/watches/<watch_id>/order")
@staff("supervisor")
def issue(watch_id: str) -> Response:
    """Orders it (督办)."""

    def act(sent: Form) -> Response:
        wanted = supervision.IssueOrderRequest(watch_id=watch_id, text=sent.text("text"))
        order = ask(clients().supervision.IssueOrder, wanted, idempotency_key=sent.key).order
        return see("orders.show", order_id=order.id, done="ordered")

    return carry_out(act, lambda sent: _form(url_for("orders.issue", watch_id=watch_id), sent))


@blueprint.get("/supervision/cards/<card_id>/order")
@staff("supervisor")
def form_about_card(card_id: str) -> Response:
    """What a department is to be ordered to mend."""
    return _form(url_for("orders.issue_about_card", card_id=card_id), Form.blank())


@blueprint.post("/supervision/cards/<card_id>/order")
@staff("supervisor")
def issue_about_card(card_id: str) -> Response:
    """Orders it (督办)."""

    def act(sent: Form) -> Response:
        wanted = supervision.IssueOrderRequest(card_id=card_id, text=sent.text("text"))
        order = ask(clients().supervision.IssueOrder, wanted, idempotency_key=sent.key).order
        return see("orders.show", order_id=order.id, done="ordered")

    return carry_out(act, lambda sent: _form(url_for("orders.issue_about_card", card_id=card_id), sent))


@blueprint.get("/supervision/orders/<order_id>")
@staff("chief", "supervisor", "manager")
def show(order_id: str) -> Response:
    """One order with what may be done next."""
    return _show(order_id, Form.blank())


@blueprint.post("/supervision/orders/<order_id>/answer")
@staff("chief", "manager")
def answer(order_id: str) -> Response:
    """The department answers."""

    def act(form: Form) -> str:
        sent = supervision.AnswerOrderRequest(order_id=order_id, text=form.text("text"), expected_version=form.version)
        ask(clients().supervision.AnswerOrder, sent)
        return "order_answered"

    return _done(order_id, act)


@blueprint.post("/supervision/orders/<order_id>/review")
@staff("supervisor")
def review(order_id: str) -> Response:
    """Supervision accepts the answer or sends it back."""

    def act(form: Form) -> str:
        if form.text("accepted") not in ("yes", "no"):
            raise Invalid("review_required", "请选择办结或者退回。", field="accepted")
        sent = supervision.ReviewOrderRequest(
            order_id=order_id,
            accepted=form.text("accepted") == "yes",
            note=form.text("note"),
            expected_version=form.version,
        )
        ask(clients().supervision.ReviewOrder, sent)
        return "order_reviewed"

    return _done(order_id, act)


def _done(order_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("orders.show", order_id=order_id, done=act(form)),
        lambda form: _show(order_id, form),
    )


def _form(target: str, form: Form) -> Response:
    return page("supervision/order_form.html", status=form.status, target=target, form=form)


def _show(order_id: str, form: Form) -> Response:
    order = ask(clients().supervision.GetOrder, supervision.GetOrderRequest(order_id=order_id)).order
    at, actor = center(order.center_id), identity().actor
    return page(
        "supervision/order.html",
        status=form.status,
        order=order,
        center=at,
        departments=department_names(at),
        mine=actor.has("chief", "manager") and actor.department == order.department_key,
        form=form,
    )
