"""Filing leave and delegation, confirming that one is here, ending them (rules V01–V06)."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask
from gateway.context import current_gateway
from gateway.pages.access import principal, staff
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients, department_names
from gateway.pages.rendering import page, see
from tongban.workforce.v1 import covers_pb2 as pb

blueprint = Blueprint("covers_desk", __name__)

#: Who goes on leave or stands in, and who files leave for others.
WORKERS: Final = ("clerk", "chief", "reviewer", "approver")
FILERS: Final = ("chief", "manager")
READERS: Final = (*WORKERS, "supervisor", "manager")
_OVERSEERS: Final = ("chief", "supervisor", "manager")
_KINDS: Final = {"leave": pb.COVER_KIND_LEAVE, "delegation": pb.COVER_KIND_DELEGATION}
_PARTS: Final = {"morning": pb.DAY_PART_MORNING, "afternoon": pb.DAY_PART_AFTERNOON}
_SHOWN: Final = 30


@blueprint.get("/covers")
@staff(*READERS)
def listed() -> Response:
    """One's own, and to whoever heads others theirs."""
    return _listed(Form.blank())


@blueprint.post("/covers")
@staff(*WORKERS, "manager")
def file() -> Response:
    """Files a leave or a delegation."""

    def act(form: Form) -> str:
        sent = pb.FileCoverRequest(
            kind=_KINDS.get(form.text("kind"), pb.COVER_KIND_UNSPECIFIED),
            staff_id=form.text("staff_id"),
            substitute_id=form.text("substitute_id"),
            first_day=form.text("first_day"),
            last_day=form.text("last_day"),
            day_part=_PARTS.get(form.text("day_part"), pb.DAY_PART_WHOLE),
            reason=form.text("reason"),
        )
        ask(clients().workforce.FileCover, sent, idempotency_key=form.key)
        _known_at_once()
        return "cover_filed"

    return _done(act)


@blueprint.post("/covers/<cover_id>/confirm")
@staff(*WORKERS)
def confirm(cover_id: str) -> Response:
    """The reader stands in and is here."""

    def act(form: Form) -> str:
        sent = pb.ConfirmCoverRequest(cover_id=cover_id, expected_version=form.version)
        ask(clients().workforce.ConfirmCover, sent)
        return "cover_confirmed"

    return _done(act)


@blueprint.post("/covers/<cover_id>/end")
@staff(*WORKERS, "manager")
def end(cover_id: str) -> Response:
    """Ends it before its last day."""

    def act(form: Form) -> str:
        ask(clients().workforce.EndCover, pb.EndCoverRequest(cover_id=cover_id, expected_version=form.version))
        _known_at_once()
        return "cover_ended"

    return _done(act)


@blueprint.post("/covers/<cover_id>/badge")
@staff("manager")
def badge(cover_id: str) -> Response:
    """Hands a temporary badge out."""

    def act(form: Form) -> str:
        sent = pb.IssueBadgeRequest(cover_id=cover_id, number=form.text("number"), expected_version=form.version)
        ask(clients().workforce.IssueBadge, sent)
        return "badge_issued"

    return _done(act)


@blueprint.post("/covers/<cover_id>/badge/return")
@staff("manager")
def badge_back(cover_id: str) -> Response:
    """Takes it back."""

    def act(form: Form) -> str:
        sent = pb.ReturnBadgeRequest(cover_id=cover_id, expected_version=form.version)
        ask(clients().workforce.ReturnBadge, sent)
        return "badge_returned"

    return _done(act)


@blueprint.post("/covers/<cover_id>/feedback")
@staff("manager")
def feedback(cover_id: str) -> Response:
    """Says how somebody stood in."""

    def act(form: Form) -> str:
        sent = pb.GiveStandInFeedbackRequest(cover_id=cover_id, text=form.text("text"), expected_version=form.version)
        ask(clients().workforce.GiveStandInFeedback, sent)
        return "stand_in_feedback"

    return _done(act)


@blueprint.get("/covers/year")
@staff(*_OVERSEERS)
def year() -> Response:
    """Who stood in during a year, for the department's appraisal (rules V07)."""
    at = center(principal().center_id)
    asked = request.args.get("year", "")
    wanted = pb.ListStandInsRequest(center_id=at.id, year=int(asked) if asked.isdecimal() and len(asked) == 4 else 0)
    found = ask(clients().workforce.ListStandIns, wanted)
    return page("covers/year.html", center=at, departments=department_names(at), year=found.year, rows=found.rows)


def _listed(form: Form) -> Response:
    mine, actor = principal(), identity().actor
    own = pb.ListCoversRequest(center_id=mine.center_id, mine=True)
    oversees = actor.has(*_OVERSEERS)
    wanted = pb.ListCoversRequest(center_id=mine.center_id, limit=_SHOWN, cursor=request.args.get("cursor", ""))
    answer = ask(clients().workforce.ListCovers, wanted) if oversees else pb.ListCoversResponse()
    at = center(mine.center_id)
    names = department_names(at)
    everybody = ask(clients().workforce.ListColleagues, pb.ListColleaguesRequest(center_id=mine.center_id, limit=200))
    others = [(one.id, _named(one, names)) for one in everybody.colleagues]
    return page(
        "covers/listed.html",
        status=form.status,
        own=ask(clients().workforce.ListCovers, own).covers,
        covers=answer.covers,
        more=answer.next_cursor,
        center=at,
        departments=names,
        colleagues=[each for each in others if each[0] != actor.id],
        me_id=actor.id,
        may_file=actor.has(*WORKERS, "manager"),
        for_others=actor.has(*FILERS),
        works=actor.has(*WORKERS),
        ends_all=actor.has("manager"),
        oversees=oversees,
        form=form,
    )


def _known_at_once() -> None:
    """Whether the asker is here may have changed with it."""
    current_gateway().authenticator.forget(identity().session_token)


def _named(colleague: pb.Colleague, departments: dict[str, str]) -> str:
    department = departments.get(colleague.department_key, "")
    return f"{colleague.name}（{department}）" if department else colleague.name


def _done(act: Act) -> Response:
    return carry_out(lambda form: see("covers_desk.listed", done=act(form)), _listed)
