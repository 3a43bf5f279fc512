"""Agreements with other sites (通办清单; rules P03): proposed, answered, renewed by a next edition, ended."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.agreements.differences import deliveries, editions, material, modes, newest, sealing
from gateway.pages.agreements.terms import as_typed, negotiable, next_terms, of_guide, typed_materials, unlike_guide
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from gateway.pages.sites import chosen_site, sites
from kit.errors import Invalid, NotFound
from tongban.catalog.v1 import messages_pb2 as catalog_messages
from tongban.catalog.v1 import service_pb2 as catalog
from tongban.federation.v1 import messages_pb2 as messages
from tongban.federation.v1 import service_pb2 as federation

blueprint = Blueprint("agreements_desk", __name__)

SHOWN = 50
#: What a new agreement begins with, where nothing else is typed; the center's policy has them.
_DAYS = {
    "collection": "crossing_collection_days",
    "transit": "crossing_transit_days",
    "hand_back": "crossing_hand_back_days",
}


@blueprint.get("/manage/agreements")
@staff("manager")
def listed() -> Response:
    """A center's agreements."""
    mine = principal()
    wanted = federation.ListAgreementsRequest(
        center_id=mine.center_id, limit=SHOWN, cursor=request.args.get("cursor", "")
    )
    answer = ask(clients().federation.ListAgreements, wanted)
    return page(
        "agreements/listed.html",
        agreements=answer.agreements,
        more=answer.next_cursor,
        center=center(mine.center_id),
        modes=modes,
        sites=sites(*(each.peer_site for each in answer.agreements)),
    )


@blueprint.get("/manage/agreements/new")
@staff("manager")
def new() -> Response:
    """The form of a proposal: of what this center handles, or of what it would collect for another."""
    return _new(Form.blank(side=request.args.get("side", "")))


@blueprint.post("/manage/agreements/new")
@staff("manager")
def propose() -> Response:
    """Proposes an agreement to the other side, which confirms it."""

    def act(form: Form) -> Response:
        sent = federation.ProposeAgreementRequest(terms=_terms(form))
        agreement = ask(clients().federation.ProposeAgreement, sent, idempotency_key=form.key).agreement
        return see("agreements_desk.show", agreement_id=agreement.id, done="agreement_proposed")

    return carry_out(act, _new)


@blueprint.get("/manage/agreements/<agreement_id>/edition")
@staff("manager")
def next_edition(agreement_id: str) -> Response:
    """The form of a next edition, which either side may propose; it begins with what holds now."""
    agreement = _find(agreement_id)
    return _next(agreement, Form.blank(**as_typed(newest(agreement))))


@blueprint.post("/manage/agreements/<agreement_id>/edition")
@staff("manager")
def propose_edition(agreement_id: str) -> Response:
    """Proposes a next edition; the one in force holds until it begins."""
    agreement = _find(agreement_id)

    def act(form: Form) -> Response:
        before = newest(agreement)
        guide = of_guide(_guide(before.item_id).materials) if form.flag("from_guide") else None
        sent = federation.ProposeAgreementRequest(agreement_id=agreement_id, terms=next_terms(before, form, guide))
        ask(clients().federation.ProposeAgreement, sent)
        return see("agreements_desk.show", agreement_id=agreement_id, done="agreement_proposed")

    return carry_out(act, lambda form: _next(agreement, form))


@blueprint.get("/manage/agreements/<agreement_id>")
@staff("manager")
def show(agreement_id: str) -> Response:
    """One agreement with its editions."""
    return _show(agreement_id, Form.blank())


@blueprint.post("/manage/agreements/<agreement_id>/confirm")
@staff("manager")
def confirm(agreement_id: str) -> Response:
    """Confirms what the other side proposed."""
    return _answer(agreement_id, confirmed=True)


@blueprint.post("/manage/agreements/<agreement_id>/decline")
@staff("manager")
def decline(agreement_id: str) -> Response:
    """Declines it with a reason."""
    return _answer(agreement_id, confirmed=False)


@blueprint.post("/manage/agreements/<agreement_id>/end")
@staff("manager")
def end(agreement_id: str) -> Response:
    """Ends it after a day."""

    def act(form: Form) -> str:
        sent = federation.EndAgreementRequest(
            agreement_id=agreement_id,
            ends_on=form.text("ends_on"),
            reason=form.text("reason"),
            expected_version=form.version,
        )
        ask(clients().federation.EndAgreement, sent)
        return "agreement_ended"

    return _done(agreement_id, act)


def _answer(agreement_id: str, *, confirmed: bool) -> Response:
    def act(form: Form) -> str:
        sent = federation.AnswerAgreementRequest(
            agreement_id=agreement_id,
            edition_id=form.text("edition"),
            confirmed=confirmed,
            note=form.text("note"),
            expected_version=form.version,
        )
        ask(clients().federation.AnswerAgreement, sent)
        return "agreement_answered"

    return _done(agreement_id, act)


def _done(agreement_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("agreements_desk.show", agreement_id=agreement_id, done=act(form)),
        lambda form: _show(agreement_id, form),
    )


def _find(agreement_id: str) -> messages.Agreement:
    wanted = federation.GetAgreementRequest(agreement_id=agreement_id)
    return ask(clients().federation.GetAgreement, wanted).agreement


def _guide(item_id: str) -> catalog_messages.ServiceItem:
    return ask(clients().catalog.GetItem, catalog.GetItemRequest(item_id=item_id)).item


def _doubts(agreement: messages.Agreement) -> str:
    """What to look at before confirming what the collecting side proposed; empty: nothing."""
    if not agreement.waits_for_us or agreement.side != messages.SIDE_HANDLING:
        return ""
    terms = newest(agreement)
    try:
        guide = _guide(terms.item_id)
    except NotFound:
        return f"本中心没有编号为 {terms.item_id} 的事项，请核对；有误的请不同意并说明正确的事项编号。"
    unlike = unlike_guide(terms, of_guide(guide.materials))
    return f"材料与本中心办事指南不一致（{unlike}），建议不同意，再提出按指南列出材料的新版本。" if unlike else ""


def _show(agreement_id: str, form: Form) -> Response:
    agreement = _find(agreement_id)
    return page(
        "agreements/agreement.html",
        status=form.status,
        agreement=agreement,
        editions=editions(agreement),
        modes=modes,
        deliveries=deliveries,
        material=material,
        sealing=sealing,
        doubts=_doubts(agreement),
        form=form,
    )


def _next(agreement: messages.Agreement, form: Form) -> Response:
    return page(
        "agreements/edition.html",
        status=form.status,
        agreement=agreement,
        terms=newest(agreement),
        handles=agreement.side == messages.SIDE_HANDLING,
        form=form,
    )


def _new(form: Form) -> Response:
    mine = principal()
    wanted = catalog.ListItemsRequest(center_id=mine.center_id, limit=200, query=form.text("query"))
    items = ask(clients().catalog.ListItems, wanted).items
    policy = ask(clients().catalog.GetPolicy, catalog.GetPolicyRequest(center_id=mine.center_id)).policy
    values = {each.key: each.value.number_value for each in policy.settings}
    return page(
        "agreements/new.html",
        status=form.status,
        form=form,
        center=center(mine.center_id),
        collects=form.text("side") == "collecting",
        items=[(each.id, each.name) for each in items],
        days={name: int(values.get(key, 0)) for name, key in _DAYS.items()},
        sites=sites(),
    )


def _terms(form: Form) -> messages.Terms:
    """What was typed; the materials are those of our item, or as the collecting side has heard of them."""
    at = center(principal().center_id)
    ours, theirs = (
        (form.text("our_site"), at.id, at.name),
        (chosen_site(form), form.text("center_id"), form.text("center_name")),
    )
    if form.text("side") == "collecting":
        terms = messages.Terms(
            item_id=form.text("item_id"), item_name=form.text("item_name"), materials=typed_materials(form)
        )
        handling, collecting = theirs, ours
    elif not form.text("item"):
        raise Invalid("item_required", "请选择事项。", field="item")
    else:
        item = _guide(form.text("item"))
        terms = messages.Terms(
            item_id=item.id,
            item_code=item.implementation_code,
            item_name=item.name,
            materials=of_guide(item.materials),
        )
        handling, collecting = ours, theirs
    terms.handling_site, terms.handling_center_id, terms.handling_center_name = handling
    terms.collecting_site, terms.collecting_center_id, terms.collecting_center_name = collecting
    terms.MergeFrom(negotiable(form))
    return terms
