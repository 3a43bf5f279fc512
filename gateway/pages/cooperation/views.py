"""What other sites want of this center and this center of them: parts, and urging (rules F01, P01, K07)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.cooperation.papers import kept
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients
from gateway.pages.rendering import page, see
from gateway.pages.sites import chosen_site, sites
from gateway.uploads import chosen
from tongban.federation.v1 import cooperation_requests_pb2 as cooperation
from tongban.federation.v1 import part_requests_pb2 as requests
from tongban.federation.v1 import parts_pb2 as messages

blueprint = Blueprint("cooperation_desk", __name__)

SHOWN = 50
KINDS = {"sent_up": messages.PART_KIND_SENT_UP, "joint": messages.PART_KIND_JOINT}
OUTCOMES = {"agreed": messages.PART_OUTCOME_AGREED, "refused": messages.PART_OUTCOME_REFUSED}


@blueprint.get("/cooperation")
@staff("clerk", "chief", "reviewer", "approver", "supervisor", "manager")
def parts() -> Response:
    """The center's parts: what was sent up, or parts of joint cases."""
    mine = principal()
    kind = request.args.get("kind", "")
    wanted = requests.ListPartsRequest(
        center_id=mine.center_id,
        kind=KINDS.get(kind, messages.PART_KIND_SENT_UP),
        limit=SHOWN,
        cursor=request.args.get("cursor", ""),
    )
    answer = ask(clients().cooperation.ListParts, wanted)
    return page(
        "cooperation/parts.html",
        parts=answer.parts,
        more=answer.next_cursor,
        kind=kind if kind in KINDS else "sent_up",
        center=center(mine.center_id),
        sites=sites(*(place.site for each in answer.parts for place in (each.asked_by, each.handled_at))),
    )


@blueprint.get("/cooperation/parts/<part_id>")
@staff("clerk", "chief", "reviewer", "approver", "supervisor", "manager")
def part(part_id: str) -> Response:
    """One part, and what may be done with it."""
    return _part(part_id, Form.blank())


@blueprint.post("/cooperation/parts/<part_id>/take")
@staff("chief", "manager")
def take(part_id: str) -> Response:
    """Takes what another site offers."""
    return _answer_offer(part_id, accepted=True)


@blueprint.post("/cooperation/parts/<part_id>/decline")
@staff("chief", "manager")
def decline(part_id: str) -> Response:
    """Doesn't take it, and says why."""
    return _answer_offer(part_id, accepted=False)


@blueprint.post("/cooperation/parts/<part_id>/answer")
@staff("chief", "approver")
def answer(part_id: str) -> Response:
    """Answers a part that this center handles."""

    def act(form: Form) -> str:
        sent = requests.AnswerPartRequest(
            part_id=part_id,
            outcome=OUTCOMES.get(form.text("outcome"), messages.PART_OUTCOME_UNSPECIFIED),
            opinion=form.text("opinion"),
            basis=form.text("basis"),
            number=form.text("number"),
            files=kept("answer"),
            expected_version=form.version,
        )
        ask(clients().cooperation.AnswerPart, sent)
        return "part_answered"

    return _done(part_id, act)


@blueprint.post("/cooperation/parts/<part_id>/send-up")
@staff("chief", "reviewer")
def send_up(part_id: str) -> Response:
    """Sends a reviewed case up."""

    def act(form: Form) -> str:
        place = messages.Place(site=chosen_site(form), center_id=form.text("center_id"))
        sent = requests.SendUpRequest(
            part_id=part_id, place=place, opinion=form.text("opinion"), expected_version=form.version
        )
        ask(clients().cooperation.SendUp, sent)
        return "part_offered"

    return _done(part_id, act)


@blueprint.post("/cooperation/parts/<part_id>/offer")
@staff("clerk", "chief")
def offer(part_id: str) -> Response:
    """Offers a part that came back to another place, or again."""

    def act(form: Form) -> str:
        place = messages.Place(
            site=chosen_site(form), center_id=form.text("center_id"), department_key=form.text("department_key")
        )
        sent = requests.OfferPartRequest(part_id=part_id, place=place, expected_version=form.version)
        ask(clients().cooperation.OfferPart, sent)
        return "part_offered"

    return _done(part_id, act)


@blueprint.post("/cooperation/parts/<part_id>/ask-back")
@staff("clerk", "chief")
def ask_back(part_id: str) -> Response:
    """Asks for an offer back; the other site's answer says whether it was in time."""

    def act(form: Form) -> str:
        sent = requests.AskPartBackRequest(part_id=part_id, expected_version=form.version)
        ask(clients().cooperation.AskPartBack, sent)
        return "part_asked_back"

    return _done(part_id, act)


@blueprint.post("/cooperation/parts/<part_id>/wanted")
@staff("chief", "reviewer", "approver")
def want(part_id: str) -> Response:
    """Asks for a paper that the applicant wasn't asked for before (rules F01; 许可法 43)."""

    def act(form: Form) -> str:
        paper = messages.WantedPaper(key=form.text("key"), name=form.text("name"), note=form.text("note"))
        sent = requests.AskPartMaterialsRequest(part_id=part_id, wanted=[paper], expected_version=form.version)
        ask(clients().cooperation.AskPartMaterials, sent)
        return "part_materials_asked"

    return _done(part_id, act)


@blueprint.post("/cooperation/parts/<part_id>/hand-in")
@staff("clerk", "chief")
def hand_in(part_id: str) -> Response:
    """Hands in a paper that the handling site asked for, where the applicant is."""

    def act(form: Form) -> str:
        chosen()
        paper = kept()[0]
        paper.key, paper.name = form.text("key"), form.text("name")
        sent = requests.CommandPartRequest(part_id=part_id, verb=messages.VERB_HAND_IN, materials=[paper])
        ask(clients().cooperation.CommandPart, sent, idempotency_key=form.key)
        return "part_papers_handed_in"

    return _done(part_id, act)


@blueprint.post("/cooperation/parts/<part_id>/withdraw")
@staff("clerk", "chief")
def withdraw(part_id: str) -> Response:
    """Asks the owner to let it go."""

    def act(form: Form) -> str:
        sent = requests.CommandPartRequest(part_id=part_id, verb=messages.VERB_WITHDRAW, reason=form.text("reason"))
        ask(clients().cooperation.CommandPart, sent, idempotency_key=form.key)
        return "part_commanded"

    return _done(part_id, act)


@blueprint.get("/cooperation/urgings")
@staff("clerk", "chief", "supervisor", "manager")
def urgings() -> Response:
    """What is wanted of and by other sites."""
    return _urgings(Form.blank())


@blueprint.post("/cooperation/urgings/<urging_id>/reply")
@staff("chief", "supervisor", "manager")
def reply(urging_id: str) -> Response:
    """Answers another site."""

    def act(form: Form) -> Response:
        sent = cooperation.AnswerUrgingRequest(
            urging_id=urging_id, text=form.text("text"), expected_version=form.version
        )
        ask(clients().cooperation.AnswerUrging, sent)
        return see("cooperation_desk.urgings", done="urging_answered")

    return carry_out(act, lambda form: _urgings(form, urging_id))


@blueprint.post("/cooperation/urgings/<urging_id>/review")
@staff("supervisor", "manager")
def review(urging_id: str) -> Response:
    """Accepts the answer to a supervision, or sends it back."""

    def act(form: Form) -> Response:
        sent = cooperation.ReviewUrgingRequest(
            urging_id=urging_id,
            accepted=form.text("accepted") == "yes",
            text=form.text("text"),
            expected_version=form.version,
        )
        ask(clients().cooperation.ReviewUrging, sent)
        return see("cooperation_desk.urgings", done="urging_reviewed")

    return carry_out(act, lambda form: _urgings(form, urging_id))


def _answer_offer(part_id: str, *, accepted: bool) -> Response:
    def act(form: Form) -> str:
        sent = requests.AnswerPartOfferRequest(
            part_id=part_id,
            accepted=accepted,
            department_key=form.text("department_key"),
            reason=form.text("reason"),
            expected_version=form.version,
        )
        ask(clients().cooperation.AnswerPartOffer, sent)
        return "part_taken" if accepted else "part_declined"

    return _done(part_id, act)


def _done(part_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("cooperation_desk.part", part_id=part_id, done=act(form)), lambda form: _part(part_id, form)
    )


def _part(part_id: str, form: Form) -> Response:
    found = ask(clients().cooperation.GetPart, requests.GetPartRequest(part_id=part_id))
    part, mine = found.part, principal()
    at = center(mine.center_id)
    return page(
        "cooperation/part.html",
        status=form.status,
        part=part,
        commands=found.commands,
        form=form,
        departments=[(each.key, each.name) for each in at.departments],
        asks=part.asked_by.center_id == mine.center_id,
        own_center=at,
        sites=sites(part.asked_by.site, part.handled_at.site, part.ownership.owner, part.ownership.offer.to_site),
    )


def _urgings(form: Form, urging_id: str = "") -> Response:
    mine = principal()
    wanted = cooperation.ListUrgingsRequest(
        center_id=mine.center_id, limit=SHOWN, cursor=request.args.get("cursor", "")
    )
    answer = ask(clients().cooperation.ListUrgings, wanted)
    return page(
        "cooperation/urgings.html",
        status=form.status,
        urgings=answer.urgings,
        more=answer.next_cursor,
        form=form,
        refused=urging_id,
        center=center(mine.center_id),
        sites=sites(*(place.site for each in answer.urgings for place in (each.asked_by, each.asked_of))),
    )
