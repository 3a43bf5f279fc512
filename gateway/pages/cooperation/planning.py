"""A joint case opened by hand (多地联办): for a case of the center or one on paper, with its parts and files (rules P01)."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.cooperation.papers import kept
from gateway.pages.forms import Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from gateway.pages.sites import chosen_site, sites
from tongban.federation.v1 import part_requests_pb2 as requests
from tongban.federation.v1 import parts_pb2 as messages
from tongban.federation.v1 import service_pb2 as federation
from tongban.intake.v1 import messages_pb2 as intake_messages
from tongban.intake.v1 import service_pb2 as intake

blueprint = Blueprint("planning", __name__)

#: Parts that the form begins with, and how many it may have.
FIRST, MOST = 2, 30
#: What is kept beside whom an applicant's data was shown to.
PURPOSE = "发起多地联办，随件发往协办站点"


@blueprint.get("/cooperation/joints/new")
@staff("clerk", "chief")
def new() -> Response:
    """The form; of one of the center's applications where the address names it."""
    return _new(Form.blank(application=request.args.get("application", "")))


@blueprint.post("/cooperation/joints/new")
@staff("clerk", "chief")
def begin() -> Response:
    """Asks the other sites for their parts, or adds a part to the form."""

    def act(form: Form) -> Response:
        if form.flag("more"):
            return _new(form)
        sent = requests.OpenJointRequest(
            center_id=principal().center_id,
            department_key=form.text("department_key"),
            days=form.number("days"),
            parts=_planned(form),
        )
        _say_case(sent, form)
        sent.materials.extend(kept())
        joint = ask(clients().cooperation.OpenJoint, sent, idempotency_key=form.key).joint
        return see("joints_desk.joint", joint_id=joint.id, done="joint_opened")

    return carry_out(act, _new)


def _say_case(sent: requests.OpenJointRequest, form: Form) -> None:
    """Which case it is: an application, whose applicant is then shown on the record, or what was typed."""
    if not form.text("application"):
        sent.number, sent.item_name = form.text("number"), form.text("item_name")
        for name in ("name", "id_number", "phone"):
            setattr(sent.applicant, name, form.text(name))
        return
    application = _application(form.text("application"))
    sent.case_id, sent.number = application.id, application.number
    sent.item_name, sent.journey = application.item_name, application.journey
    wanted = intake.ShowApplicantRequest(application_id=application.id, purpose=PURPOSE)
    who = ask(clients().intake.ShowApplicant, wanted, idempotency_key=form.key).applicant
    sent.applicant.MergeFrom(messages.PartApplicant(name=who.name, id_number=who.id_number, phone=who.phone))


def _planned(form: Form) -> Iterator[requests.PlannedPart]:
    """The parts that were typed; what was left blank is none."""
    for row in range(1, _rows(form) + 1):
        site, _, center_id = form.text(f"part-{row}-partner").partition(" ")
        place = messages.Place(
            site=chosen_site(form, f"part-{row}-site") or site,
            center_id=form.text(f"part-{row}-center_id") or center_id,
            department_key=form.text(f"part-{row}-department_key"),
        )
        title = form.text(f"part-{row}-title")
        if title or place.site:
            yield requests.PlannedPart(title=title, place=place, days=form.number(f"part-{row}-days"))


def _rows(form: Form) -> int:
    return min(max(form.number("rows"), FIRST), MOST)


def _partners(center_id: str) -> list[tuple[str, str]]:
    """The centers that this one has agreements with, to be chosen from."""
    wanted = federation.ListAgreementsRequest(center_id=center_id, limit=200)
    found: dict[str, str] = {}
    for each in ask(clients().federation.ListAgreements, wanted).agreements:
        terms = each.editions[-1].terms
        for site, at, name in (
            (terms.handling_site, terms.handling_center_id, terms.handling_center_name),
            (terms.collecting_site, terms.collecting_center_id, terms.collecting_center_name),
        ):
            if site == each.peer_site:
                found[f"{site} {at}"] = f"{name}（{site}）"
    return sorted(found.items(), key=lambda each: each[1])


def _application(application_id: str) -> intake_messages.Application:
    wanted = intake.GetApplicationRequest(application_id=application_id)
    return ask(clients().intake.GetApplication, wanted).application


def _new(form: Form) -> Response:
    mine = principal()
    about = form.text("application")
    rows = _rows(form) + (1 if form.flag("more") else 0)
    return page(
        "cooperation/planning.html",
        status=form.status,
        form=form,
        application=_application(about) if about else None,
        rows=min(rows, MOST),
        most=MOST,
        partners=_partners(mine.center_id),
        departments=[(each.key, each.name) for each in center(mine.center_id).departments],
        sites=sites(),
    )
