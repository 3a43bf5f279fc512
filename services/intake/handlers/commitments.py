"""An application by commitment, from the choice to the record of a breach (告知承诺; rules D03–D05)."""

from __future__ import annotations

from datetime import timedelta

from kit.call import Call
from kit.errors import Conflict, Invalid
from kit.privacy import person_key
from kit.store.repository import check_version
from kit.text import clean
from reference import Commitment, ServiceItem
from services.intake.domain import committing
from services.intake.domain.application import Application
from services.intake.domain.events import (
    BreachAppealed,
    BreachRecorded,
    BreachRepaired,
    BreachRuledOn,
    CommitmentDeclined,
    CommitmentOffered,
    CommitmentOverdue,
    CommitmentSigned,
    CommitmentVerified,
)
from services.intake.domain.undertaking import Breach, CommitmentChoice, FindingResult, UndertakingState
from services.intake.handlers.access import (
    WINDOW_ROLES,
    at_center,
    at_window,
    held_or_at_window,
    officer,
    require_case_worker,
)
from services.intake.handlers.clocks import commitment_clock
from services.intake.handlers.desk import Desk
from services.intake.handlers.papers import with_breach_notice, with_commitment_letter, with_correction_notice

#: Who verifies: the departments that work on it, not the window that took it in.
VERIFYING_ROLES = ("chief", "reviewer", "approver")


def with_choice(
    desk: Desk, call: Call, application: Application, choice: CommitmentChoice, item: ServiceItem
) -> Application:
    """The application by the way that the applicant chose, with the letter to be signed (rules D03, D04).

    Raises ``Invalid``: the item offers it and nobody was asked (``commitment_unanswered``), or it doesn't
    (``commitment_not_offered``); ``Conflict`` as the domain says.
    """
    terms = item.commitment
    if terms is None:
        if choice is CommitmentChoice.CHOSEN:
            raise Invalid("commitment_not_offered", "本事项不适用告知承诺，请按一般程序办理。", field="commitment")
        return application
    if choice is CommitmentChoice.NOT_OFFERED:
        raise Invalid(
            "commitment_unanswered",
            "本事项可以采用告知承诺方式办理，请先告知申请人，由其选择采用或者按一般程序办理。",
            field="commitment",
        )
    if choice is CommitmentChoice.DECLINED:
        return committing.decline(application, now=call.now)
    return with_commitment_letter(desk, _chosen(desk, call, application, terms), terms, call)


def choose_commitment(
    *, desk: Desk, call: Call, application_id: str, choice: CommitmentChoice, expected_version: int
) -> Application:
    """Changes the choice while nothing is judged: to the commitment, or back to the ordinary procedure (rules D03).

    Raises ``Invalid``, ``Conflict``, ``NotFound``, ``Forbidden``, ``Stale``.
    """
    application = at_window(desk, call, application_id)
    check_version(application, expected_version)
    item = desk.reference.item(application.item_id, application.item_version)
    changed = with_choice(desk, call, application, choice, item)
    told = CommitmentOffered if choice is CommitmentChoice.CHOSEN else CommitmentDeclined
    return desk.applications.save(changed, [told(changed)], call)


def sign_commitment(
    *, desk: Desk, call: Call, application_id: str, code: str, signed_by: str, expected_version: int
) -> Application:
    """The applicant signs the letter: at a window on paper, online as who they signed in as (our own choice).

    Raises ``Conflict`` as the domain says, ``Invalid``, ``NotFound``, ``Forbidden``, ``Stale``.
    """
    application = held_or_at_window(desk, call, application_id, code)
    check_version(application, expected_version)
    signed = committing.sign(
        application,
        signed_by=clean(signed_by, field="signed_by", max_length=100),
        on_paper=call.actor.has(*WINDOW_ROLES),
        now=call.now,
    )
    return desk.applications.save(signed, [CommitmentSigned(signed)], call)


def relied_on(desk: Desk, call: Call, application: Application) -> Application:
    """Accepted on its commitment, with the time to verify it (rules D05). Raises ``Conflict`` as the domain says."""
    made = application.undertaking
    if made is None:
        return application
    verify_by = commitment_clock(desk, application, made.verification_days, call.now)
    return committing.rely(application, barred=_barred(desk, call, made.person), verify_by=verify_by, now=call.now)


def verify_commitment(
    *, desk: Desk, call: Call, application_id: str, result: FindingResult, said: str, expected_version: int
) -> Application:
    """A department that works on it says what it found; what has to be put right, and a breach, go to the person.

    Raises ``Conflict`` (``nothing_to_verify``, ``correction_period_running``), ``Invalid``, ``NotFound``,
    ``Forbidden``, ``Stale``.
    """
    application = at_center(desk, call, application_id, *VERIFYING_ROLES)
    require_case_worker(desk, call, application)
    check_version(application, expected_version)
    said = clean(said, field="said", max_length=1000, multiline=True)
    days = application.undertaking.correction_days if application.undertaking is not None else 1
    verified = committing.verify(
        application,
        result=result,
        said=said,
        by=officer(call.actor),
        correct_by=commitment_clock(desk, application, days, call.now),
        breach=_breach(desk, call, application, said),
        now=call.now,
    )
    made = verified.undertaking
    assert made is not None  # noqa: S101 - verified just now
    if made.state is UndertakingState.CORRECTING:
        verified = with_correction_notice(desk, verified, call)
    elif made.state is UndertakingState.BROKEN:
        verified = with_breach_notice(desk, verified, call)
        return desk.applications.save(verified, [CommitmentVerified(verified), BreachRecorded(verified)], call)
    return desk.applications.save(verified, [CommitmentVerified(verified)], call)


def appeal_breach(
    *, desk: Desk, call: Call, application_id: str, code: str, text: str, expected_version: int
) -> Application:
    """The person, or a window for them, objects to the record once. Raises ``Conflict``, ``Invalid``, and as above."""
    application = held_or_at_window(desk, call, application_id, code)
    check_version(application, expected_version)
    text = clean(text, field="text", max_length=2000, multiline=True)
    appealed = committing.appeal(application, text=text, now=call.now)
    return desk.applications.save(appealed, [BreachAppealed(appealed)], call)


def rule_on_breach(
    *, desk: Desk, call: Call, application_id: str, upheld: bool, ruling: str, expected_version: int
) -> Application:
    """A supervisor decides the appeal with reasons, and never whoever recorded it. Raises ``Conflict``, ``Forbidden``."""
    application = at_center(desk, call, application_id, "supervisor", "manager")
    check_version(application, expected_version)
    made = application.undertaking
    if made is not None and any(each.found_by.id == call.actor.id for each in made.findings):
        raise Conflict("own_finding", "申诉应由未参与核查认定的人员处理。")
    ruling = clean(ruling, field="ruling", max_length=1000, multiline=True)
    ruled = committing.rule(application, upheld=upheld, ruling=ruling, by=officer(call.actor), now=call.now)
    return desk.applications.save(ruled, [BreachRuledOn(ruled)], call)


def repair_breach(*, desk: Desk, call: Call, application_id: str, reason: str, expected_version: int) -> Application:
    """The person may use commitments again, for a stated reason (信用修复). Raises ``Conflict``, ``Invalid``."""
    application = at_center(desk, call, application_id, "supervisor", "manager")
    check_version(application, expected_version)
    reason = clean(reason, field="reason", max_length=500, multiline=True)
    repaired = committing.repair(application, reason=reason, now=call.now)
    return desk.applications.save(repaired, [BreachRepaired(repaired, reason)], call)


def tell_overdue(*, desk: Desk, call: Call, application: Application) -> Application:
    """Nobody verified, or nobody looked whether it was put right: supervision is told once."""
    overdue = committing.tell_overdue(application, now=call.now)
    return desk.applications.save(overdue, [CommitmentOverdue(overdue)], call)


def _chosen(desk: Desk, call: Call, application: Application, terms: Commitment) -> Application:
    person = person_key(desk.secret, application.applicant.id_number)
    return committing.choose(
        application,
        person=person,
        waived=terms.waived,
        verification_days=terms.verification_days,
        correction_days=terms.correction_days,
        barred=_barred(desk, call, person),
        now=call.now,
    )


def _barred(desk: Desk, call: Call, person: str) -> bool:
    return any(
        each.undertaking is not None and each.undertaking.breach is not None and each.undertaking.breach.bars(call.now)
        for each in desk.applications.each("by_breached", breached_key=person)
    )


def _breach(desk: Desk, call: Call, application: Application, reason: str) -> Breach:
    policy = desk.reference.policy(application.center_id)
    days = policy.integer("commitment_bar_days")
    appeal_days = policy.integer("commitment_appeal_days")
    until = commitment_clock(desk, application, appeal_days, call.now)
    return Breach(
        reason=reason,
        recorded_at=call.now,
        bars_until=call.now + timedelta(days=days) if days else None,
        appeal_until=until.at,
        appeal_days=appeal_days,
        appeal_provisional=until.provisional,
    )
