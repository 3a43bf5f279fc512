"""The two clocks of an application, in working days of its center (许可法 32, 82), and how they follow its calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from kit.store.port import Range
from kit.workdays import Calendar, Limit, Unit, due
from reference.recounting import Recount, Recounting
from services.intake.domain import committing, promising
from services.intake.domain.application import Application, ApplicationState, PromiseDays
from services.intake.domain.dates import DateChange, End
from services.intake.domain.events import ApplicationDeadlineRecomputed
from services.intake.domain.undertaking import UndertakingState
from services.intake.handlers.desk import Desk

_RUNNING: Final = (ApplicationState.RECEIVED, ApplicationState.SUPPLEMENT_REQUESTED)
#: Commitments with an end that is still to come: to verify, to put right, to appeal against a record.
_COMMITTED: Final = (UndertakingState.VERIFYING, UndertakingState.CORRECTING, UndertakingState.BROKEN)
#: Changes that an application keeps, the latest; all of them stand in its journey.
MOST_CHANGES: Final = 20


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock that begins: its end, and what that was counted from."""

    due_at: datetime
    days: int
    provisional: bool
    calendar: Calendar

    @property
    def end(self) -> End:
        """Its end, as far as it is known."""
        return End(self.due_at, self.provisional)

    def on(self, application: Application) -> Application:
        """The application with what its clock, this one, was counted from."""
        return replace(application, clock_days=self.days, due_provisional=self.provisional)


def notice_clock(desk: Desk, center_id: str, start_at: datetime) -> Clock:
    """By when the center gives notice or judges (rules C08, ZZ14; 许可法 32): 5 working days, or the center's own."""
    return _of_policy(desk, center_id, start_at, "supplement_notice_days")


def supplement_clock(desk: Desk, center_id: str, start_at: datetime) -> Clock:
    """By when the applicant hands in what a notice asks for (facts 1)."""
    return _of_policy(desk, center_id, start_at, "supplement_hand_in_days")


def promise_clock(desk: Desk, application: Application, start_at: datetime) -> tuple[PromiseDays, datetime, End]:
    """What a promise is counted from, when the applicant is reminded of it, and by when it is due (rules D02)."""
    policy = desk.reference.policy(application.center_id)
    limit = desk.reference.item(application.item_id, application.item_version).promised_limit
    terms = PromiseDays(policy.integer("promise_days"), policy.integer("promise_reminder_days"), limit)
    return terms, *_promise_ends(terms, start_at, desk.reference.calendar(application.center_id))


def _promise_ends(terms: PromiseDays, start_at: datetime, calendar: Calendar) -> tuple[datetime, End]:
    """The reminder and the end, which is never after the item's own limit (rules D02)."""
    end, whole = _counted(start_at, terms.days, calendar).end, due(start_at, terms.most, calendar)
    if whole.due_at is not None and whole.due_at < end.at:
        end = End(whole.due_at, whole.provisional)
    return _counted(start_at, terms.reminder_days, calendar).due_at, end


def commitment_clock(desk: Desk, application: Application, days: int, start_at: datetime) -> End:
    """The end of so many working days of a letter of commitment (rules D04)."""
    return _counted(start_at, days, desk.reference.calendar(application.center_id)).end


def recounting(desk: Desk) -> Recounting[Application]:
    """How applications follow their center's calendar: those that wait for their judgement, and what was promised."""

    def running(center_id: str) -> Iterable[Application]:
        for state in _RUNNING:
            yield from desk.applications.each("by_center_state", center_id=center_id, state=state.value)
        yield from desk.applications.each("by_owing", center_id=center_id, range=Range(least=0))
        for made in _COMMITTED:
            for each in desk.applications.each("by_undertaking", center_id=center_id, undertaking_state=made.value):
                if each.promise is None or not each.promise.open:  # it was counted with what is owed
                    yield each

    return Recounting(
        service="intake",
        reference=desk.reference,
        repository=desk.applications,
        center_of=lambda application: application.center_id,
        running=running,
        count=by_calendar,
        due_at=_due_at,
        moved=lambda before, after, reason: ApplicationDeadlineRecomputed(after, _due_at(before), reason),
        noted=_noted,
        called=lambda application: next(iter(_next_of_promises(application)), "期限"),
        further=_ends_of_promises,
    )


def by_calendar(application: Application, calendar: Calendar) -> Application:
    """The application with the end of its clock by a calendar; unchanged where its days aren't known.

    The applicant's time is never made shorter than the notice in their hands says (our own choice).
    """
    if application.state is ApplicationState.ACCEPTED:
        kept = _promised_by_calendar(application, calendar)
        return committing.moved(kept, lambda since, days: _counted(since, days, calendar).end)
    if not application.clock_days:
        return application
    if application.state is ApplicationState.RECEIVED:
        since = application.supplement_handed_in_at or application.received_at
        clock = _counted(since, application.clock_days, calendar)
        return replace(application, notice_due_at=clock.due_at, due_provisional=clock.provisional)
    since_notice, promised = application.supplement_requested_at, application.supplement_due_at
    if application.state is not ApplicationState.SUPPLEMENT_REQUESTED or since_notice is None or promised is None:
        return application
    clock = _counted(since_notice, application.clock_days, calendar)
    return replace(application, supplement_due_at=max(clock.due_at, promised), due_provisional=clock.provisional)


def _promised_by_calendar(application: Application, calendar: Calendar) -> Application:
    made = application.promise
    if made is None or not made.open or made.counted_from is None:
        return application
    remind_at, end = _promise_ends(made.counted_from, made.promised_at, calendar)
    return replace(application, promise=promising.moved(made, remind_at=remind_at, due=end))


def _noted(before: Application, after: Application, why: Recount) -> Application:
    """The application that says itself who moved its date, when and why."""
    change = DateChange(why.at, why.changed_by, _due_at(before), _due_at(after), why.reason)
    return replace(after, date_changes=(*after.date_changes, change)[-MOST_CHANGES:])


def _due_at(application: Application) -> datetime | None:
    """The end of the clock that runs; of what was accepted on its word the one that comes first."""
    if application.state is ApplicationState.ACCEPTED:
        return next(iter(_next_of_promises(application).values()), None)
    return application.notice_due_at or application.supplement_due_at


def _ends_of_promises(application: Application) -> Mapping[str, datetime]:
    """What is still to come of what an application was accepted on, by what people call it."""
    promise, made = application.promise, application.undertaking
    breach = made.breach if made is not None else None
    ends = {
        "容缺补交期限": promise.due_at if promise is not None and promise.open else None,
        "核查期限": made.due_by if made is not None and made.state is UndertakingState.VERIFYING else None,
        "整改期限": made.due_by if made is not None and made.state is UndertakingState.CORRECTING else None,
        "申诉期限": breach.appeal_until if breach is not None and breach.stands and breach.appeal is None else None,
    }
    return {name: at for name, at in ends.items() if at is not None}


def _next_of_promises(application: Application) -> Mapping[str, datetime]:
    """The first of them to come."""
    ends = _ends_of_promises(application)
    return dict(sorted(ends.items(), key=lambda end: end[1])[:1])


def _of_policy(desk: Desk, center_id: str, start_at: datetime, key: str) -> Clock:
    days = desk.reference.policy(center_id).integer(key)
    return _counted(start_at, days, desk.reference.calendar(center_id))


def _counted(start_at: datetime, days: int, calendar: Calendar) -> Clock:
    deadline = due(start_at, Limit(days, Unit.WORKING_DAY), calendar)
    assert deadline.due_at is not None  # noqa: S101 - only an open pause leaves a limit without an end
    return Clock(deadline.due_at, days, deadline.provisional, calendar)
