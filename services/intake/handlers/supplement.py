"""The one-time notice and what follows (补正; rules C07, L02; 许可法 32)."""

from __future__ import annotations

from collections.abc import Sequence

from kit.call import Call
from kit.errors import Conflict, Invalid
from kit.store.repository import check_version
from kit.text import clean
from services.intake.domain import further, transitions
from services.intake.domain.application import Application, ApplicationState, Refusal
from services.intake.domain.events import (
    ApplicationRefused,
    FurtherNoticePermitted,
    SupplementHandedIn,
    SupplementRequested,
)
from services.intake.domain.material import Declared, MaterialState
from services.intake.handlers.access import WINDOW_ROLES, at_center, at_window, held_or_at_window, officer
from services.intake.handlers.clocks import notice_clock, recounting, supplement_clock
from services.intake.handlers.desk import Desk
from services.intake.handlers.materials import with_originals
from services.intake.handlers.papers import with_one_time_notice, with_refusal


def request_supplement(
    *, desk: Desk, call: Call, application_id: str, wants: Sequence[Declared], expected_version: int
) -> Application:
    """Gives the one-time notice of all that is missing, once only (rules C07, L02; 许可法 32).

    Raises ``Conflict`` (``notice_already_given``, ``application_already_judged``; ``incomplete_is_refused`` in a center
    that has chosen 002's way, ZZ25), ``Invalid`` as the domain says, ``NotFound``, ``Forbidden``, ``Stale``.
    """
    application = at_window(desk, call, application_id)
    check_version(application, expected_version)
    policy = desk.reference.policy(application.center_id)
    if policy.text("incomplete_notice_kind") == "refusal_notice":
        raise Conflict(
            "incomplete_is_refused",
            "本中心对材料不齐全、不能当场补正的申请出具不予受理通知书，请写明理由后办理不予受理。",
        )
    clock = supplement_clock(desk, application.center_id, call.now)
    requested = transitions.request_supplement(
        application,
        wants,
        officer=officer(call.actor),
        due_at=clock.due_at,
        lapses=policy.text("supplement_lapse") == "refuse",
        now=call.now,
    )
    requested = with_one_time_notice(desk, clock.on(requested), call)
    saved = desk.applications.save(requested, [SupplementRequested(requested)], call)
    return recounting(desk).by_the_present(call, saved, clock.calendar)


def permit_further_notice(
    *, desk: Desk, call: Call, application_id: str, reason: str, expected_version: int
) -> Application:
    """A supervisor lets the window ask for what the first notice didn't name, and says why (rules L02).

    Raises ``Conflict`` (``no_notice_given``, ``not_the_centers_turn``, ``further_notice_permitted``), ``Invalid``,
    ``NotFound``, ``Forbidden``, ``Stale``.
    """
    application = at_center(desk, call, application_id, "supervisor")
    check_version(application, expected_version)
    reason = clean(reason, field="reason", max_length=500, multiline=True)
    permitted = further.permit_further_notice(application, by=officer(call.actor), reason=reason, now=call.now)
    return desk.applications.save(permitted, [FurtherNoticePermitted(permitted, reason)], call)


def hand_in_supplement(
    *,
    desk: Desk,
    call: Call,
    application_id: str,
    code: str,
    declared: Sequence[Declared],
    expected_version: int,
) -> Application:
    """Takes in what the notice asked for, from the applicant or at a window.

    Raises ``Conflict`` (``no_notice_given``, ``supplement_period_over``), ``Invalid``, ``NotFound``, ``Forbidden``,
    ``Stale``.
    """
    application = held_or_at_window(desk, call, application_id, code)
    check_version(application, expected_version)
    judges = call.actor.has(*WINDOW_ROLES)
    if not judges and any(one.state not in (MaterialState.MISSING, MaterialState.HANDED_IN) for one in declared):
        raise Invalid("material_state_not_allowed", "只能填写材料是否提交，材料是否合格由窗口审查。", field="materials")
    clock = notice_clock(desk, application.center_id, call.now)
    handed_in = transitions.hand_in_supplement(
        application,
        with_originals(call.actor, declared, code),
        notice_due_at=clock.due_at,
        now=call.now,
    )
    if handed_in.state is ApplicationState.RECEIVED:
        handed_in = clock.on(handed_in)
    saved = desk.applications.save(handed_in, [SupplementHandedIn(handed_in)], call)
    return recounting(desk).by_the_present(call, saved, clock.calendar)


def lapse_supplement(*, desk: Desk, call: Call, application: Application) -> Application:
    """The notice's time is over: refused as the notice said (facts 1; a center's setting), or judged if all is there."""
    policy = desk.reference.policy(application.center_id)
    refusal = Refusal(
        reason=policy.text("supplement_lapse_reason"),
        basis=policy.text("supplement_lapse_basis"),
        rights=policy.text("refusal_rights"),
    )
    clock = notice_clock(desk, application.center_id, call.now)
    lapsed = transitions.lapse(application, refusal, notice_due_at=clock.due_at, now=call.now)
    if lapsed.state is not ApplicationState.REFUSED:
        lapsed = clock.on(lapsed)
        saved = desk.applications.save(lapsed, [SupplementHandedIn(lapsed)], call)
        return recounting(desk).by_the_present(call, saved, clock.calendar)
    lapsed = with_refusal(desk, lapsed, refusal, call)
    return desk.applications.save(lapsed, [ApplicationRefused(lapsed)], call)
