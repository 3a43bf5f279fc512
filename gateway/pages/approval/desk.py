"""What the page of a case shows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from flask import Response, request

from gateway.auth import identity
from gateway.clients import ask
from gateway.pages.forms import Form
from gateway.pages.labels import state_of
from gateway.pages.lookups import center, clients, department_names, item
from gateway.pages.rendering import page
from gateway.pages.route_picture import behind, picture
from gateway.pages.sites import Sites, sites
from kit.actor import Actor
from kit.errors import Forbidden, NotFound, Unavailable
from tongban.approval_routing.v1 import messages_pb2 as messages
from tongban.approval_routing.v1 import service_pb2 as routing
from tongban.approval_routing.v1 import talk_pb2
from tongban.intake.v1 import messages_pb2 as intake_messages
from tongban.intake.v1 import service_pb2 as intake
from tongban.supervision.v1 import messages_pb2 as supervision_messages
from tongban.supervision.v1 import service_pb2 as supervision
from tongban.workforce.v1 import covers_pb2

_RUNNING: Final = ("open", "claimed", "elsewhere")
#: Kinds of steps that are written down.
_RECORDED: Final = ("site_visit", "expert_review", "hearing", "discussion", "public_notice")
_DONE: Final = ("passed", "rejected", "committed", "waived")


def show_case(case_id: str, form: Form, shown: intake_messages.Applicant | None = None) -> Response:
    """The whole page of a case; ``shown`` is the applicant in full, where that was asked for."""
    answer = ask(clients().approval_routing.ExplainDeadline, routing.ExplainDeadlineRequest(case_id=case_id))
    case = answer.case
    at = center(case.center_id)
    actor = identity().actor
    running = [each for each in case.steps if state_of(each) in _RUNNING]
    covered = covered_by(actor)
    step = _shown_step(running, actor, covered)
    away = any(each.staff_id == actor.id and state_of(each) != "refused" for each in case.recusals)
    # Whose staff the reader keeps away from the case, or lets stay away.
    heads = actor.department if actor.has("chief") and _may_step_aside(case, actor) else ""
    version = item(case.item_id, case.item_version)
    return page(
        "approval/case.html",
        status=form.status,
        case=case,
        days=answer.days,
        clocks=answer.clocks,
        step=step,
        beside=running if len(running) > 1 else [],
        last=step is not None and case.steps[-1].key == step.key,
        earlier=_earlier(case, step),
        mine=step is not None and step.assignee_id in (actor.id, *covered),
        behalf=covered.get(step.assignee_id, "") if step is not None else "",
        may_take=step is not None and not away and _may_take(step, actor),
        may_sign=step is not None and not away and _may_sign(step, actor),
        may_step_aside=_may_step_aside(case, actor) and not away,
        may_settle=step is not None and _may_settle(case, step, actor),
        recorded_kinds=_RECORDED,
        may_print=actor.has("clerk", "reviewer", "approver", "chief"),
        may_end=actor.has("approver", "chief") and actor.department == case.department_key,
        may_work=actor.has("reviewer", "approver", "chief"),
        application=_application(case_id),
        journey=_journey(case.journey),
        center=at,
        departments=department_names(at),
        sites=_sites(case),
        procedures=version.special_procedures,
        extension=version.extension_limit if version.HasField("extension_limit") and not _extended(case) else None,
        reviews=actor.has("manager"),
        form=form,
        shown=shown,
        talk=_talk(case_id),
        colleagues=_colleagues(case.center_id, department_names(at), actor) if step is not None else [],
        notes_here=_may_note(case, actor),
        heads=heads,
        me_id=actor.id,
        department_colleagues=_colleagues(case.center_id, department_names(at), actor, heads) if heads else [],
        drawn=picture(case.steps, department_names(at), case.department_key),
    )


def step_key() -> str:
    """Which of several steps that run side by side the address means; empty: none."""
    return request.args.get("step", "")[:64]


def covered_by(actor: Actor) -> dict[str, str]:
    """Whom the reader stands in for now, by id; the page is useful without it."""
    if not actor.has("reviewer", "approver", "chief"):
        return {}
    try:
        found = ask(clients().workforce.GetColleague, covers_pb2.GetColleagueRequest(staff_id=actor.id)).colleague
    except (NotFound, Forbidden, Unavailable):
        return {}
    return {each.staff_id: each.name for each in found.covers}


def _shown_step(
    running: Sequence[messages.CaseStep], actor: Actor, covered: Collection[str]
) -> messages.CaseStep | None:
    """The step asked for, else the reader's own, else one of those whom they stand in for, or that they may take, else the first."""
    wanted = [each for each in running if each.key == step_key()]
    own = [each for each in running if each.assignee_id == actor.id]
    others = [each for each in running if each.assignee_id in covered]
    free = [each for each in running if state_of(each) == "open" and _may_take(each, actor)]
    return next(iter([*wanted, *own, *others, *free, *running]), None)


def _may_take(step: messages.CaseStep, actor: Actor) -> bool:
    return step.department_key == actor.department and actor.has(step.role, "chief")


def _may_sign(step: messages.CaseStep, actor: Actor) -> bool:
    """Whether somebody's word is wanted on what another one does."""
    wanted = bool(step.signers or step.sign_departments) and state_of(step) == "claimed"
    signed = {step.assignee_id, *(each.staff_id for each in step.signatures)}
    return (
        wanted
        and actor.has("reviewer", "approver", "chief")
        and actor.department in (step.department_key, *step.sign_departments)
        and actor.id not in signed
    )


def _may_step_aside(case: messages.Case, actor: Actor) -> bool:
    departments = {case.department_key, *(each.department_key for each in case.steps)}
    undecided = state_of(case) in ("in_progress", "paused")
    return undecided and actor.has("reviewer", "approver", "chief") and actor.department in departments


def _may_settle(case: messages.Case, step: messages.CaseStep, actor: Actor) -> bool:
    """Whether a part of a joint case needn't be waited for, and the reader may say so (facts 3)."""
    if state_of(step, "kind") != "part" or not actor.has("chief"):
        return False
    leads = actor.department == case.department_key
    rule = state_of(case, "merge_rule")
    return (rule == "lead" and leads) or (rule == "commitments" and (leads or actor.department == step.department_key))


def _earlier(case: messages.Case, step: messages.CaseStep | None) -> list[tuple[str, str]]:
    """The done steps that the case may go back to, the nearest first."""
    if step is None:
        return []
    before = behind(case.steps, step.key)
    return [(each.key, each.name) for each in reversed(case.steps) if each.key in before and state_of(each) in _DONE]


def _extended(case: messages.Case) -> bool:
    """Whether an extension was granted or waits for its review: there is only one (许可法 42)."""
    return any(each.state != messages.EXTENSION_STATE_REFUSED for each in case.extensions)


def _sites(case: messages.Case) -> Sites:
    """What the sites are called that steps of the case go to, or came back from; mostly there are none."""
    elsewhere = [place.site for step in case.steps for place in step.elsewhere.places]
    answered = [step.answer.site for step in case.steps if step.HasField("answer")]
    return sites(*elsewhere, *answered) if elsewhere or answered else Sites()


def _talk(case_id: str) -> talk_pb2.GetCaseTalkResponse:
    """Notes and questions; readers who may not see them get none."""
    try:
        return ask(clients().approval_routing.GetCaseTalk, talk_pb2.GetCaseTalkRequest(case_id=case_id))
    except (NotFound, Forbidden):
        return talk_pb2.GetCaseTalkResponse()


def _may_note(case: messages.Case, actor: Actor) -> bool:
    departments = {case.department_key, *(each.department_key for each in case.steps)}
    return actor.has("reviewer", "approver", "chief") and actor.department in departments


def _colleagues(
    center_id: str, departments: Mapping[str, str], actor: Actor, department: str = ""
) -> list[tuple[str, str]]:
    """Who may be asked, those of the reader's own department first; or those of one department."""
    if not actor.has("reviewer", "approver", "chief"):
        return []
    found = ask(
        clients().workforce.ListColleagues,
        covers_pb2.ListColleaguesRequest(center_id=center_id, department_key=department, limit=200),
    )
    others = [each for each in found.colleagues if each.id != actor.id]
    others.sort(key=lambda each: (each.department_key != actor.department, each.department_key))
    return [(each.id, f"{each.name}（{departments.get(each.department_key, '中心')}）") for each in others]


def _application(case_id: str) -> intake_messages.Application | None:
    """The application of a case; readers who may not see it get none."""
    try:
        return ask(clients().intake.GetApplication, intake.GetApplicationRequest(application_id=case_id)).application
    except (NotFound, Forbidden):
        return None


def _journey(journey_id: str) -> supervision_messages.Journey | None:
    """The visit so far; the page is useful without it."""
    try:
        return ask(clients().supervision.GetJourney, supervision.GetJourneyRequest(journey_id=journey_id)).journey
    except (NotFound, Forbidden, Unavailable):
        return None
