"""An application by commitment: chosen, signed, verified, put right or broken (告知承诺; rules D03–D05)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from kit.errors import Conflict
from services.intake.domain.application import Application, ApplicationState
from services.intake.domain.dates import End
from services.intake.domain.material import Material, MaterialState, complete_since, waive
from services.intake.domain.officer import Officer
from services.intake.domain.transferring import require_not_held
from services.intake.domain.undertaking import (
    Breach,
    BreachAppeal,
    CommitmentChoice,
    Finding,
    FindingResult,
    Undertaking,
    UndertakingState,
)

#: The material that the signed letter is kept as.
LETTER_KEY = "commitment-letter"
_LETTER = Material(LETTER_KEY, "告知承诺书（签字件）", main=True, requirement="原件 1 份")


def choose(
    application: Application,
    *,
    person: str,
    waived: Collection[str],
    verification_days: int,
    correction_days: int,
    barred: bool,
    now: datetime,
) -> Application:
    """By commitment: the letter has to be signed, and what it waives needn't be handed in (rules D03, D05).

    Raises ``Conflict``: judged (``application_already_judged``), chosen already (``commitment_chosen``), the person
    hasn't kept an earlier one (``commitment_barred``).
    """
    _require_open(application)
    if application.undertaking is not None:
        raise Conflict("commitment_chosen", "该申请已选择告知承诺方式。")
    if barred:
        raise Conflict(
            "commitment_barred",
            "申请人有未修复的告知承诺失信记录，不适用告知承诺，请按一般程序办理。",
            field="commitment",
        )
    others = tuple(material for material in application.materials if material.key != LETTER_KEY)
    return replace(
        application,
        commitment=CommitmentChoice.CHOSEN,
        undertaking=Undertaking(UndertakingState.OFFERED, person, now, verification_days, correction_days),
        materials=(*waive(others, waived), _LETTER),
        complete_since=None,
    )


def decline(application: Application, *, now: datetime) -> Application:
    """By the ordinary procedure: all materials are wanted again (rules D03). Raises ``Conflict`` once it is judged."""
    _require_open(application)
    materials = waive(tuple(each for each in application.materials if each.key != LETTER_KEY), ())
    return replace(
        application,
        commitment=CommitmentChoice.DECLINED,
        undertaking=None,
        materials=materials,
        complete_since=complete_since(materials, application.complete_since, now),
    )


def sign(application: Application, *, signed_by: str, on_paper: bool, now: datetime) -> Application:
    """The letter is signed: on paper, which is kept with the materials, or by whoever signed in.

    Raises ``Conflict``: judged, no commitment chosen (``commitment_not_chosen``), signed before
    (``commitment_signed``).
    """
    require_not_held(application)
    if application.state.judged:
        raise Conflict(
            "application_already_judged", "该申请已作出处理，不能再签署承诺书。", state=application.state.value
        )
    made = application.undertaking
    if made is None:
        raise Conflict("commitment_not_chosen", "该申请没有选择告知承诺方式，无需签署承诺书。")
    if made.state is not UndertakingState.OFFERED:
        raise Conflict("commitment_signed", "承诺书已经签署。")
    materials = tuple(
        replace(each, state=MaterialState.HANDED_IN, problem="", originals=max(each.originals, int(on_paper)))
        if each.key == LETTER_KEY
        else each
        for each in application.materials
    )
    return replace(
        application,
        undertaking=replace(made, state=UndertakingState.SIGNED, signed_by=signed_by, signed_at=now),
        materials=materials,
        complete_since=complete_since(materials, application.complete_since, now),
    )


def rely(application: Application, *, barred: bool, verify_by: End, now: datetime) -> Application:
    """Accepted on its commitment, which is verified afterwards (rules D05); without one as it was.

    Raises ``Conflict``: unsigned (``commitment_unsigned``), or barred meanwhile (``commitment_barred``).
    """
    made = application.undertaking
    if made is None:
        return application
    if made.state is not UndertakingState.SIGNED:
        raise Conflict("commitment_unsigned", "告知承诺书尚未签署；请签署后受理，或者改按一般程序办理。")
    if barred:
        raise Conflict("commitment_barred", "申请人有未修复的告知承诺失信记录，请改按一般程序办理。")
    verifying = replace(
        made,
        state=UndertakingState.VERIFYING,
        verifying_since=now,
        verify_by=verify_by.at,
        due_provisional=verify_by.provisional,
    )
    return replace(application, undertaking=verifying)


def verify(
    application: Application,
    *,
    result: FindingResult,
    said: str,
    by: Officer,
    correct_by: End,
    breach: Breach,
    now: datetime,
) -> Application:
    """What a verification found: kept; to be put right within the letter's days; or broken, which goes on record.

    ``breach`` is the record that it leads to where it leads to one. Raises ``Conflict``: nothing to verify
    (``nothing_to_verify``), still time to put it right (``correction_period_running``).
    """
    made = application.undertaking
    if made is None or made.state not in (UndertakingState.VERIFYING, UndertakingState.CORRECTING):
        raise Conflict("nothing_to_verify", "该申请没有待核查的告知承诺。")
    finding = Finding(result, said, by, now)
    made = replace(made, findings=(*made.findings, finding), overdue_at=None, due_provisional=False)
    if result is FindingResult.FULFILLED:
        return replace(application, undertaking=replace(made, state=UndertakingState.KEPT))
    if result is FindingResult.NOT_FULFILLED and made.state is UndertakingState.VERIFYING:
        correcting = replace(made, state=UndertakingState.CORRECTING, correct_by=correct_by.at)
        return replace(application, undertaking=replace(correcting, due_provisional=correct_by.provisional))
    if result is FindingResult.NOT_FULFILLED and made.correct_by is not None and now < made.correct_by:
        raise Conflict(
            "correction_period_running",
            "整改期限尚未届满，届满后仍不符合承诺的，再作出认定。",
            correct_by=made.correct_by.isoformat(),
        )
    return replace(application, undertaking=replace(made, state=UndertakingState.BROKEN, breach=breach))


def tell_overdue(application: Application, *, now: datetime) -> Application:
    """The time to verify, or to put right, is over. Raises ``Conflict`` (``nothing_overdue``) where it isn't."""
    made = application.undertaking
    if made is None or made.wakes_at is None or now < made.wakes_at:
        raise Conflict("nothing_overdue", "告知承诺的核查或者整改期限尚未届满。")
    return replace(application, undertaking=replace(made, overdue_at=now))


def moved(application: Application, counted: Callable[[datetime, int], End]) -> Application:
    """The application with the ends of its commitment as ``counted``, from an instant over working days, by a calendar.

    The department's time to verify follows it both ways; the person's, to put right and to appeal, is never made
    shorter than their paper says (our own choice). What was told to be over stays.
    """
    made = application.undertaking
    if made is None:
        return application
    if made.state is UndertakingState.VERIFYING and made.wakes_at is not None and made.verifying_since is not None:
        end = counted(made.verifying_since, made.verification_days)
        made = replace(made, verify_by=end.at, due_provisional=end.provisional)
    elif made.state is UndertakingState.CORRECTING and made.wakes_at is not None:
        end = counted(made.findings[-1].found_at, made.correction_days)
        made = replace(made, correct_by=max(end.at, made.wakes_at), due_provisional=end.provisional)
    breach = made.breach
    if breach is not None and breach.stands and breach.appeal is None and breach.appeal_days:
        end = counted(breach.recorded_at, breach.appeal_days)
        until = max(end.at, breach.appeal_until)
        made = replace(made, breach=replace(breach, appeal_until=until, appeal_provisional=end.provisional))
    return replace(application, undertaking=made)


def appeal(application: Application, *, text: str, now: datetime) -> Application:
    """The person objects to the record (rules D04).

    Raises ``Conflict``: none (``breach_not_found``), appealed before (``breach_appealed``), too late
    (``appeal_period_over``).
    """
    breach = _standing(application)
    if breach.appeal is not None:
        raise Conflict("breach_appealed", "已经对该失信记录提出过申诉，申诉只能提出一次。")
    if now > breach.appeal_until:
        raise Conflict("appeal_period_over", "申诉期限已过；可以申请信用修复。")
    return _with_breach(application, replace(breach, appeal=BreachAppeal(text, now)))


def rule(application: Application, *, upheld: bool, ruling: str, by: Officer, now: datetime) -> Application:
    """An appeal is decided: the record holds, or never did. Raises ``Conflict`` (``no_breach_appeal``)."""
    breach = _standing(application)
    if breach.appeal is None or breach.appeal.upheld is not None:
        raise Conflict("no_breach_appeal", "该失信记录没有待处理的申诉。")
    ruled = replace(breach.appeal, upheld=upheld, ruling=ruling, ruled_by=by, ruled_at=now)
    return _with_breach(application, replace(breach, appeal=ruled, revoked_at=None if upheld else now))


def repair(application: Application, *, reason: str, now: datetime) -> Application:
    """The person may use commitments again (信用修复). Raises ``Conflict`` (``breach_not_found``)."""
    return _with_breach(application, replace(_standing(application), repaired_at=now, repair_reason=reason))


def _standing(application: Application) -> Breach:
    breach = application.undertaking.breach if application.undertaking is not None else None
    if breach is None or not breach.stands:
        raise Conflict("breach_not_found", "该申请没有有效的告知承诺失信记录。")
    return breach


def _with_breach(application: Application, breach: Breach) -> Application:
    assert application.undertaking is not None  # noqa: S101 - a breach is one's of an undertaking
    return replace(application, undertaking=replace(application.undertaking, breach=breach))


def _require_open(application: Application) -> None:
    require_not_held(application)
    if application.state is not ApplicationState.RECEIVED:
        raise Conflict(
            "application_already_judged" if application.state.judged else "not_the_centers_turn",
            "只有已收件、尚未作出处理的申请可以选择是否采用告知承诺。",
            state=application.state.value,
        )
