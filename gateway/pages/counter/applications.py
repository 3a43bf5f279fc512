"""Taking in at the window: checklist, receipt, acceptance, one-time notice, refusal (rules C05–C09, L02, L03)."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, request

from gateway.clients import ask, ask_for_paper
from gateway.pages.access import principal, staff
from gateway.pages.counter.desk import case_of, filling_at, show_desk
from gateway.pages.drafting import applicant_in, delivery_in
from gateway.pages.filling import commitment_in, filled_in
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.holdings.offers import on_file
from gateway.pages.lookups import center, clients, item
from gateway.pages.rendering import page, see
from gateway.routes.materials import pdf
from gateway.wire import enum_names
from tongban.intake.v1 import following_pb2 as following
from tongban.intake.v1 import messages_pb2 as messages
from tongban.intake.v1 import service_pb2 as intake

blueprint = Blueprint("intake", __name__)

STATES = enum_names(messages.ApplicationState.DESCRIPTOR)
MATERIAL_STATES = enum_names(messages.MaterialState.DESCRIPTOR)
REFUSALS = enum_names(messages.RefusalKind.DESCRIPTOR)
SHOWN = 30
_ROLES = ("clerk", "chief")


@blueprint.get("/applications")
@staff(*_ROLES)
def listed() -> Response:
    """A center's applications, e.g. those that wait for a supplement."""
    mine = principal()
    answer = ask(
        clients().intake.ListApplications,
        intake.ListApplicationsRequest(
            center_id=mine.center_id,
            state=messages.ApplicationState.ValueType(STATES.get(request.args.get("state", ""), 0)),
            limit=SHOWN,
            cursor=request.args.get("cursor", ""),
        ),
    )
    return page("counter/applications.html", applications=answer.applications, more=answer.next_cursor)


@blueprint.get("/applications/<application_id>")
@staff(*_ROLES)
def show(application_id: str) -> Response:
    """One application with what may be done next."""
    return _show(application_id, Form.blank())


@blueprint.get("/applications/<application_id>/papers/<paper_id>.pdf")
@staff(*_ROLES, "reviewer", "approver")
def paper(application_id: str, paper_id: str) -> Response:
    """A paper as PDF, to be printed and handed over."""
    wanted = intake.GetPaperRequest(application_id=application_id, paper_id=paper_id)
    answer = ask_for_paper(clients().intake.GetPaper, wanted)
    return pdf(answer.pdf, f"{answer.paper.title}{answer.paper.number}.pdf")


@blueprint.post("/counter/<window_id>/tickets/<ticket_id>/application")
@staff(*_ROLES)
def receive(window_id: str, ticket_id: str) -> Response:
    """Takes the papers in and gives a receipt (rules C12, C13)."""

    def act(form: Form) -> Response:
        found = item(form.text("item"), form.number("item_version"))
        filling = filling_at(found, form)
        wanted = found.materials if filling is None else filling.checklist.materials
        sent = intake.ReceiveApplicationRequest(
            center_id=principal().center_id,
            item_id=found.id,
            ticket_id=ticket_id,
            applicant=applicant_in(form),
            materials=_declared(form, [material.key for material in wanted]),
            delivery=delivery_in(form),
            situation=filling.situation if filling is not None else (),
            form_json=filled_in(form, filling) if filling is not None else "",
            commitment=commitment_in(form),
            draft_code=form.text("draft_code"),
        )
        ask(clients().intake.ReceiveApplication, sent, idempotency_key=form.key)
        return see("counter.window", window_id=window_id, done="received")

    return carry_out(act, lambda form: show_desk(window_id, form))


@blueprint.post("/applications/<application_id>/materials/<key>")
@staff(*_ROLES)
def record(application_id: str, key: str) -> Response:
    """Marks a material as handed in, incomplete or of the wrong form (rules C04)."""

    def act(form: Form) -> str:
        for material in _declared(form, [key]):
            sent = intake.RecordMaterialRequest(
                application_id=application_id, material=material, expected_version=form.version
            )
            ask(clients().intake.RecordMaterial, sent)
        return "recorded"

    return done(application_id, act)


@blueprint.post("/applications/<application_id>/accept")
@staff(*_ROLES)
def accept(application_id: str) -> Response:
    """Accepts a complete application (rules C05), also on a promise to bring the rest later (rules D01)."""

    def act(form: Form) -> str:
        deferred = [name.removeprefix("later-") for name in form.values if name.startswith("later-")]
        sent = intake.AcceptApplicationRequest(
            application_id=application_id,
            expected_version=form.version,
            deferred=deferred,
            signed_by=form.text("signed_by"),
        )
        ask(clients().intake.AcceptApplication, sent)
        return "accepted_on_promise" if deferred else "accepted"

    return done(application_id, act)


@blueprint.post("/applications/<application_id>/notice")
@staff(*_ROLES)
def notice(application_id: str) -> Response:
    """Gives the one-time notice of all that is missing (rules C07, L02; 许可法 32)."""

    def act(form: Form) -> str:
        wanted = [material for material in _declared(form, _keys(form)) if material.state != _HANDED_IN]
        sent = intake.RequestSupplementRequest(
            application_id=application_id, wanted=wanted, expected_version=form.version
        )
        ask(clients().intake.RequestSupplement, sent)
        return "noticed"

    return done(application_id, act)


@blueprint.post("/applications/<application_id>/supplement")
@staff(*_ROLES)
def supplement(application_id: str) -> Response:
    """Takes in what the notice asked for."""

    def act(form: Form) -> str:
        sent = intake.HandInSupplementRequest(
            application_id=application_id, materials=_declared(form, _keys(form)), expected_version=form.version
        )
        ask(clients().intake.HandInSupplement, sent)
        return "supplemented"

    return done(application_id, act)


@blueprint.post("/applications/<application_id>/refuse")
@staff(*_ROLES)
def refuse(application_id: str) -> Response:
    """Refuses with reason and basis (rules C09, L03)."""

    def act(form: Form) -> str:
        sent = intake.RefuseApplicationRequest(
            application_id=application_id,
            reason=form.text("reason"),
            basis=form.text("basis"),
            expected_version=form.version,
            kind=messages.RefusalKind.ValueType(REFUSALS.get(form.text("kind"), 0)),
            authority=form.text("authority"),
        )
        ask(clients().intake.RefuseApplication, sent)
        return "refused"

    return done(application_id, act)


@blueprint.post("/applications/<application_id>/withdraw")
@staff(*_ROLES)
def withdraw(application_id: str) -> Response:
    """Takes it back at the applicant's wish."""

    def act(form: Form) -> str:
        sent = intake.WithdrawApplicationRequest(
            application_id=application_id, reason=form.text("reason"), expected_version=form.version
        )
        ask(clients().intake.WithdrawApplication, sent)
        return "withdrawn"

    return done(application_id, act)


@blueprint.post("/applications/<application_id>/owed")
@staff(*_ROLES)
def owed(application_id: str) -> Response:
    """Takes in what was promised for later (rules D02)."""

    def act(form: Form) -> str:
        materials = [each for each in _declared(form, _keys(form)) if each.state == _HANDED_IN]
        sent = intake.HandInOwedRequest(
            application_id=application_id, materials=materials, expected_version=form.version
        )
        ask(clients().intake.HandInOwed, sent)
        return "owed_brought"

    return done(application_id, act)


@blueprint.post("/applications/<application_id>/return")
@staff(*_ROLES)
def return_originals(application_id: str) -> Response:
    """Gives originals back."""

    def act(form: Form) -> str:
        pieces = {name.removeprefix("back-"): form.number(name) for name in form.values if name.startswith("back-")}
        sent = following.ReturnOriginalsRequest(
            application_id=application_id,
            returned=[following.ReturnedPieces(key=key, pieces=number) for key, number in pieces.items() if number],
            taken_by=form.text("taken_by"),
            expected_version=form.version,
        )
        ask(clients().intake.ReturnOriginals, sent)
        return "originals_returned"

    return done(application_id, act)


_HANDED_IN = messages.MATERIAL_STATE_HANDED_IN


def done(application_id: str, act: Act) -> Response:
    """Does something to an application and shows it again: at the window that it was done from, or by itself."""
    window_id = Form.sent().text("window")
    if window_id:
        return carry_out(
            lambda form: see("counter.window", window_id=window_id, done=act(form)),
            lambda form: show_desk(window_id, form),
        )
    return carry_out(
        lambda form: see("intake.show", application_id=application_id, done=act(form)),
        lambda form: _show(application_id, form),
    )


def _show(application_id: str, form: Form) -> Response:
    wanted = intake.GetApplicationRequest(application_id=application_id)
    application = ask(clients().intake.GetApplication, wanted).application
    return page(
        "counter/application.html",
        status=form.status,
        application=application,
        item=item(application.item_id, application.item_version),
        case=case_of(application.id),
        on_file=on_file(application),
        center=center(application.center_id),
        form=form,
    )


def _keys(form: Form) -> list[str]:
    """The materials that a form speaks of."""
    return [name[2:-6] for name in form.values if name.startswith("m-") and name.endswith("-state")]


def _declared(form: Form, keys: list[str]) -> list[intake.DeclaredMaterial]:
    """The materials as the clerk's checklist says they are."""
    return list(_each_declared(form, keys))


def _each_declared(form: Form, keys: list[str]) -> Iterator[intake.DeclaredMaterial]:
    for key in keys:
        state = MATERIAL_STATES.get(form.text(f"m-{key}-state"), messages.MATERIAL_STATE_MISSING)
        yield intake.DeclaredMaterial(
            key=key,
            state=messages.MaterialState.ValueType(state),
            problem=form.text(f"m-{key}-problem"),
            originals=form.number(f"m-{key}-originals"),
            copies=form.number(f"m-{key}-copies"),
        )
