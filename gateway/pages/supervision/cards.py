"""Reminders, yellow and red cards, and appeals against red ones (rules G01; facts 7)."""

from __future__ import annotations

from flask import Blueprint, Response, request

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

blueprint = Blueprint("cards", __name__)

COLOURS = enum_names(messages.CardColour.DESCRIPTOR)
SHOWN = 30


@blueprint.get("/supervision/cards")
@staff("chief", "supervisor", "manager")
def listed() -> Response:
    """A center's cards, for a chief those of the own department."""
    mine = principal()
    colour = request.args.get("colour", "")
    found = find(mine.center_id, colour, request.args.get("cursor", ""))
    at = center(mine.center_id)
    return page(
        "supervision/cards.html",
        center=at,
        departments=department_names(at),
        colour=colour,
        cards=found.cards,
        more=found.next_cursor,
    )


@blueprint.get("/supervision/cards/<card_id>")
@staff("chief", "supervisor", "manager")
def show(card_id: str) -> Response:
    """One card with what may be done next."""
    return _show(card_id, Form.blank())


@blueprint.post("/supervision/cards/<card_id>/appeal")
@staff("chief", "manager")
def appeal(card_id: str) -> Response:
    """The department says why a red card isn't right."""

    def act(form: Form) -> str:
        sent = supervision.AppealCardRequest(
            card_id=card_id, grounds=form.text("grounds"), expected_version=form.version
        )
        ask(clients().supervision.AppealCard, sent)
        return "appealed"

    return _done(card_id, act)


@blueprint.post("/supervision/cards/<card_id>/ruling")
@staff("supervisor")
def ruling(card_id: str) -> Response:
    """Supervision decides on an appeal."""

    def act(form: Form) -> str:
        if form.text("overturned") not in ("yes", "no"):
            raise Invalid("ruling_required", "请选择维持或者撤销。", field="overturned")
        sent = supervision.RuleOnAppealRequest(
            card_id=card_id,
            overturned=form.text("overturned") == "yes",
            reason=form.text("reason"),
            expected_version=form.version,
        )
        ask(clients().supervision.RuleOnAppeal, sent)
        return "ruled"

    return _done(card_id, act)


def find(center_id: str, colour: str, cursor: str = "") -> supervision.ListCardsResponse:
    """A center's cards of a colour by its name; of any where there is no such."""
    return ask(
        clients().supervision.ListCards,
        supervision.ListCardsRequest(
            center_id=center_id,
            colour=messages.CardColour.ValueType(COLOURS.get(colour, 0)),
            limit=SHOWN,
            cursor=cursor,
        ),
    )


def _done(card_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("cards.show", card_id=card_id, done=act(form)),
        lambda form: _show(card_id, form),
    )


def _show(card_id: str, form: Form) -> Response:
    card = ask(clients().supervision.GetCard, supervision.GetCardRequest(card_id=card_id)).card
    at, actor = center(card.center_id), identity().actor
    return page(
        "supervision/card.html",
        status=form.status,
        card=card,
        center=at,
        departments=department_names(at),
        mine=actor.has("chief", "manager") and actor.department == card.department_key,
        form=form,
    )
