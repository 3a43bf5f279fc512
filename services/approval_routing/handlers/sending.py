"""Steps that other sites do: sent on with the papers, and what came of them written into the case (rules F01, P01)."""

from __future__ import annotations

from collections.abc import Callable

from kit.call import Call
from kit.events import DomainEvent
from kit.store.port import Mark
from services.approval_routing.domain import sending
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.clock import with_deadlines
from services.approval_routing.domain.elsewhere import ElsewhereAnswer
from services.approval_routing.domain.events import StepAnsweredElsewhere, StepCameBack, StepSentElsewhere
from services.approval_routing.handlers.calendar import recounting
from services.approval_routing.handlers.office import Office


def onward(office: Office, call: Call, case: Case, moved: Case, event: Callable[[Case], DomainEvent]) -> Case:
    """Saves a case that moved; one that has come to other sites' steps is told of so, its files being on their way.

    Raises ``Conflict`` (``parent_site_missing``), ``Unavailable`` while the files can't be sent.
    """
    sent = sending.sent_between(case, moved)
    if not sent:
        return office.cases.save(moved, [event(moved)], call)
    parent_site = office.reference.policy(moved.center_id).text("parent_site")
    for position in sent:
        moved = sending.addressed(moved, position, parent_site)
    office.papers.carry(moved.id, token=call.token)
    calendar = office.reference.calendar(moved.center_id)
    moved = with_deadlines(moved, calendar)
    told = [StepSentElsewhere(moved, moved.steps[position].key) for position in sent]
    saved = office.cases.save(moved, [event(moved), *told], call)
    return recounting(office).by_the_present(call, saved, calendar)


def take_answer(
    *, office: Office, call: Call, case_id: str, step_key: str, round: int, said: ElsewhereAnswer, mark: Mark
) -> None:
    """Writes other sites' answer into the step that waits for it; one of an earlier round changes nothing.

    Raises ``AlreadyApplied``, ``Stale``, ``NotFound``.
    """
    case = office.cases.get(case_id)
    if sending.waits(case, step_key, round):
        home = sending.answered(case, step_key, said, call.now)
        _home(office, call, home, lambda it: StepAnsweredElsewhere(it, step_key), mark)


def take_back(*, office: Office, call: Call, case_id: str, step_key: str, round: int, reason: str, mark: Mark) -> None:
    """No other site does the step any more: it is with whoever sent it. Raises as ``take_answer``."""
    case = office.cases.get(case_id)
    if sending.waits(case, step_key, round):
        home = sending.came_back(case, step_key, reason, call.now)
        _home(office, call, home, lambda it: StepCameBack(it, step_key, reason), mark)


def _home(office: Office, call: Call, case: Case, event: Callable[[Case], DomainEvent], mark: Mark) -> None:
    calendar = office.reference.calendar(case.center_id)
    counted = with_deadlines(case, calendar)
    saved = office.cases.save(counted, [event(counted)], call, mark=mark)
    recounting(office).by_the_present(call, saved, calendar)
