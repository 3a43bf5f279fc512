"""An accepted application becomes a case (rules C12; 许可法 42)."""

from __future__ import annotations

from collections.abc import Mapping

from kit.call import Call
from kit.store.port import AlreadyApplied, Duplicate, Mark
from reference import Elsewhere as ReferenceElsewhere
from reference import ServiceItem, Step
from reference.policies.item_types import ITEM_TYPES
from services.approval_routing.domain.case import Case, CaseStep, MergeRule, StepKind, StepState
from services.approval_routing.domain.elsewhere import Elsewhere, ElsewhereKind, ElsewherePlace
from services.approval_routing.domain.events import CaseOpened
from services.approval_routing.domain.outcomes import AcceptedApplication, ItemTerms
from services.approval_routing.domain.outcomes import open_case as opened
from services.approval_routing.handlers.calendar import recounting
from services.approval_routing.handlers.office import Office


def open_case(*, office: Office, call: Call, application: AcceptedApplication, mark: Mark) -> Case:
    """Opens the one case of an accepted application: its id is the application's, so there is never a second.

    Raises ``Unavailable`` while the item version or the calendar is still on its way (the event is then tried
    again), ``AlreadyApplied`` when this event has had its effect.
    """
    item = office.reference.item(application.item_id, application.item_version)
    calendar = office.reference.calendar(application.center_id)
    case = opened(application, _terms(office, item, application.answers), calendar, now=call.now)
    try:
        case = office.cases.create(case, [CaseOpened(case)], call, mark=mark)
    except AlreadyApplied:
        # What follows may have been cut off when it was opened; it counts nothing that was counted.
        recounting(office).recount(call, application.id)
        raise
    except Duplicate:
        there = office.cases.find_by_id(application.id)
        if there is None:
            raise
        return there
    return recounting(office).by_the_present(call, case, calendar)


def _terms(office: Office, item: ServiceItem, answers: Mapping[str, tuple[str, ...]]) -> ItemTerms:
    types = ITEM_TYPES[office.reference.policy(item.center_id).text("item_type_dict")]
    return ItemTerms(
        steps=tuple(_step(step, item.department_key, answers) for step in item.steps),
        promised=item.promised_limit,
        statutory=item.statutory_limit,
        special_procedures=item.special_procedures,
        result_name=item.results[0].name if item.results else item.name,
        licence=types.get(item.type_code, "").endswith("许可"),
        merge_rule=MergeRule(item.merge_rule),
    )


def _step(step: Step, department_key: str, answers: Mapping[str, tuple[str, ...]]) -> CaseStep:
    """A step of the route; one whose conditions the answers don't meet is left out."""
    wanted = all(set(each.values) & set(answers.get(each.field, ())) for each in step.when)
    return CaseStep(
        step.key,
        step.name,
        step.role,
        step.department_key or department_key,
        StepState.WAITING if wanted else StepState.SKIPPED,
        elsewhere=_elsewhere(step.elsewhere) if step.elsewhere else None,
        kind=StepKind(step.kind),
        after=step.after,
        days=step.days,
        signers=step.signers,
        sign_departments=step.sign_departments,
        notice_days=step.notice_days,
    )


def _elsewhere(there: ReferenceElsewhere) -> Elsewhere:
    places = (ElsewherePlace(one.site, one.center_id, one.department_key, one.days, one.title) for one in there.places)
    return Elsewhere(ElsewhereKind(there.kind), tuple(places))
