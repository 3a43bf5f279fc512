"""What the place that owns a crossing does beside deciding it: the result itself, and handing it over (移送; rules I01, K07)."""

from __future__ import annotations

from flask import Blueprint, Response

from gateway.clients import ask, send
from gateway.pages.access import staff
from gateway.pages.collecting.views import done
from gateway.pages.forms import Form
from gateway.pages.lookups import clients
from gateway.pages.sites import chosen_site
from gateway.uploads import chosen, framed
from tongban.federation.v1 import crossing_requests_pb2 as requests

blueprint = Blueprint("owning", __name__)


@blueprint.post("/collecting/<crossing_id>/result")
@staff("clerk", "chief")
def give_result(crossing_id: str) -> Response:
    """Gives the licence or paper itself; it goes to the collecting place."""

    def act(_form: Form) -> str:
        filename, file = chosen()
        header = requests.ResultHeader(crossing_id=crossing_id, filename=filename, media_type=file.mimetype)
        frames = framed(requests.UploadCrossingResultRequest, header, file)
        send(clients().federation.UploadCrossingResult, frames, requests.UploadCrossingResultResponse)
        return "result_given"

    return done(crossing_id, act)


@blueprint.post("/collecting/<crossing_id>/offer")
@staff("chief")
def offer(crossing_id: str) -> Response:
    """Offers it to the site that it belongs to."""

    def act(form: Form) -> str:
        sent = requests.OfferCrossingRequest(
            crossing_id=crossing_id,
            site=chosen_site(form),
            center_id=form.text("center_id"),
            reason=form.text("reason"),
            expected_version=form.version,
        )
        ask(clients().federation.OfferCrossing, sent)
        return "crossing_offered"

    return done(crossing_id, act)


@blueprint.post("/collecting/<crossing_id>/ask-back")
@staff("chief")
def ask_back(crossing_id: str) -> Response:
    """Asks for an offer back; the other site's answer says whether it was in time."""

    def act(form: Form) -> str:
        sent = requests.AskCrossingBackRequest(crossing_id=crossing_id, expected_version=form.version)
        ask(clients().federation.AskCrossingBack, sent)
        return "part_asked_back"

    return done(crossing_id, act)


@blueprint.post("/collecting/<crossing_id>/take")
@staff("chief")
def take(crossing_id: str) -> Response:
    """Takes what another site offers."""
    return _answer(crossing_id, accepted=True)


@blueprint.post("/collecting/<crossing_id>/decline")
@staff("chief")
def decline(crossing_id: str) -> Response:
    """Doesn't take it, and says why."""
    return _answer(crossing_id, accepted=False)


def _answer(crossing_id: str, *, accepted: bool) -> Response:
    def act(form: Form) -> str:
        sent = requests.AnswerCrossingOfferRequest(
            crossing_id=crossing_id,
            accepted=accepted,
            item_id=form.text("item_id"),
            reason=form.text("reason"),
            expected_version=form.version,
        )
        ask(clients().federation.AnswerCrossingOffer, sent)
        return "crossing_taken" if accepted else "part_declined"

    return done(crossing_id, act)
