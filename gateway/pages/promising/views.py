"""What is owed, barred, to be verified, on record or to be permitted: lists, and one application's acts (rules D01–D05, L02)."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.access import principal, staff
from gateway.pages.forms import Act, Form, carry_out
from gateway.pages.lookups import center, clients, department_names, item
from gateway.pages.rendering import page, see
from gateway.wire import enum_names
from kit.errors import Invalid
from tongban.intake.v1 import commitments_pb2 as commitments
from tongban.intake.v1 import following_pb2 as following
from tongban.intake.v1 import messages_pb2 as messages
from tongban.intake.v1 import service_pb2 as intake

blueprint = Blueprint("promising", __name__)

SHOWN = 30
ROLES: Final = ("clerk", "chief", "reviewer", "approver", "supervisor", "manager")
RESULTS = enum_names(commitments.FindingResult.DESCRIPTOR)
UNDERTAKINGS = enum_names(commitments.UndertakingState.DESCRIPTOR)
#: The lists, in their order, and what they are called.
LISTS: Final = {
    "owed": "容缺待补交",
    "barred": "容缺未履行",
    "verifying": "告知承诺待核查",
    "correcting": "告知承诺整改中",
    "broken": "告知承诺失信",
    "noticed": "已告知补正",
}
#: Who may see which list, where not everybody of the roles above.
_PROMISES: Final = frozenset({"clerk", "chief", "supervisor", "manager"})
_OF_SOME: Final = {"owed": _PROMISES, "barred": _PROMISES, "noticed": _PROMISES}


@blueprint.get("/promises")
@staff(*ROLES)
def listed() -> Response:
    """One of the lists of the center."""
    mine = principal()
    open_to_me = {name: text for name, text in LISTS.items() if _may_see(name)}
    chosen = request.args.get("list", "")
    chosen = chosen if chosen in open_to_me else next(iter(open_to_me))
    found, more = _find(chosen, mine.center_id, request.args.get("cursor", ""))
    at = center(mine.center_id)
    return page(
        "promising/listed.html",
        center=at,
        departments=department_names(at),
        lists=open_to_me,
        chosen=chosen,
        applications=found,
        more=more,
    )


@blueprint.get("/promises/<application_id>")
@staff(*ROLES)
def show(application_id: str) -> Response:
    """One application with what was promised, and what one may do about it."""
    return _show(application_id, Form.blank())


@blueprint.post("/promises/<application_id>/repair-promise")
@staff("supervisor", "manager")
def repair_promise(application_id: str) -> Response:
    """The person may promise again (rules D02)."""

    def act(form: Form) -> str:
        sent = following.RepairPromiseRequest(
            application_id=application_id, reason=form.text("reason"), expected_version=form.version
        )
        ask(clients().intake.RepairPromise, sent)
        return "repaired"

    return _done(application_id, act)


@blueprint.post("/promises/<application_id>/permit")
@staff("supervisor")
def permit(application_id: str) -> Response:
    """Lets the window ask for more than its first notice named; counts against the department (rules L02)."""

    def act(form: Form) -> str:
        sent = following.PermitFurtherNoticeRequest(
            application_id=application_id, reason=form.text("reason"), expected_version=form.version
        )
        ask(clients().intake.PermitFurtherNotice, sent)
        return "further_notice_permitted"

    return _done(application_id, act)


@blueprint.post("/promises/<application_id>/verify")
@staff("chief", "reviewer", "approver")
def verify(application_id: str) -> Response:
    """What the department found of a commitment (rules D04)."""

    def act(form: Form) -> str:
        if form.text("result") not in RESULTS:
            raise Invalid("finding_required", "请选择核查结果。", field="result")
        sent = following.VerifyCommitmentRequest(
            application_id=application_id,
            result=commitments.FindingResult.ValueType(RESULTS[form.text("result")]),
            said=form.text("said"),
            expected_version=form.version,
        )
        ask(clients().intake.VerifyCommitment, sent)
        return "commitment_verified"

    return _done(application_id, act)


@blueprint.post("/promises/<application_id>/rule")
@staff("supervisor", "manager")
def rule(application_id: str) -> Response:
    """Decides an appeal against the record (rules D04)."""

    def act(form: Form) -> str:
        if form.text("upheld") not in ("yes", "no"):
            raise Invalid("ruling_required", "请选择维持或者撤销。", field="upheld")
        sent = following.RuleOnBreachRequest(
            application_id=application_id,
            upheld=form.text("upheld") == "yes",
            ruling=form.text("ruling"),
            expected_version=form.version,
        )
        ask(clients().intake.RuleOnBreach, sent)
        return "ruled"

    return _done(application_id, act)


@blueprint.post("/promises/<application_id>/repair-breach")
@staff("supervisor", "manager")
def repair_breach(application_id: str) -> Response:
    """The person may use commitments again (rules D04)."""

    def act(form: Form) -> str:
        sent = following.RepairBreachRequest(
            application_id=application_id, reason=form.text("reason"), expected_version=form.version
        )
        ask(clients().intake.RepairBreach, sent)
        return "repaired"

    return _done(application_id, act)


def _may_see(name: str) -> bool:
    return name not in _OF_SOME or not _OF_SOME[name].isdisjoint(identity().actor.roles)


def _find(chosen: str, center_id: str, cursor: str) -> tuple[list[messages.Application], str]:
    """The applications of a list, and where it goes on."""
    if chosen in ("owed", "barred"):
        promises = following.ListPromisesRequest(
            center_id=center_id, lapsed=chosen == "barred", limit=SHOWN, cursor=cursor
        )
        answer = ask(clients().intake.ListPromises, promises)
        return list(answer.applications), answer.next_cursor
    if chosen == "noticed":
        received = intake.ListApplicationsRequest(
            center_id=center_id, state=messages.APPLICATION_STATE_RECEIVED, limit=SHOWN, cursor=cursor
        )
        found = ask(clients().intake.ListApplications, received)
        return [each for each in found.applications if _noticed(each)], found.next_cursor
    state = UNDERTAKINGS[chosen]
    wanted = following.ListCommitmentsRequest(
        center_id=center_id, state=commitments.UndertakingState.ValueType(state), limit=SHOWN, cursor=cursor
    )
    made = ask(clients().intake.ListCommitments, wanted)
    return list(made.applications), made.next_cursor


def _noticed(application: messages.Application) -> bool:
    """Whether its one-time notice was given, and what that asked for has come."""
    return any(paper.kind == messages.PAPER_KIND_ONE_TIME_NOTICE for paper in application.papers)


def _done(application_id: str, act: Act) -> Response:
    return carry_out(
        lambda form: see("promising.show", application_id=application_id, done=act(form)),
        lambda form: _show(application_id, form),
    )


def _show(application_id: str, form: Form) -> Response:
    wanted = intake.GetApplicationRequest(application_id=application_id)
    application = ask(clients().intake.GetApplication, wanted).application
    return page(
        "promising/application.html",
        status=form.status,
        application=application,
        item=item(application.item_id, application.item_version),
        noticed=_noticed(application) and application.state == messages.APPLICATION_STATE_RECEIVED,
        form=form,
    )
