"""Judging an application: accepted, deemed accepted, refused (rules C05, C08, C09, L03; 许可法 32)."""

from __future__ import annotations

from collections.abc import Sequence

from kit.call import Call
from kit.store.repository import check_version
from kit.text import clean
from services.intake.domain import promising, transitions
from services.intake.domain.application import Application, Refusal, RefusalKind
from services.intake.domain.events import ApplicationAccepted, ApplicationRefused
from services.intake.handlers.access import at_window, officer
from services.intake.handlers.clocks import promise_clock
from services.intake.handlers.commitments import relied_on
from services.intake.handlers.denials import require_reported
from services.intake.handlers.desk import Desk
from services.intake.handlers.papers import with_acceptance, with_promise, with_refusal


def accept_application(
    *,
    desk: Desk,
    call: Call,
    application_id: str,
    expected_version: int,
    deferred: Sequence[str] = (),
    signed_by: str = "",
) -> Application:
    """Accepts a complete application and gives the notice of it (rules C05, C13, ZZ20, ZZ30).

    With ``deferred`` materials on a signed promise to bring them later (容缺受理; rules D01). Raises ``Conflict``
    (``materials_incomplete``, ``application_already_judged``; ``promise_barred``; ``commitment_unsigned``,
    ``commitment_barred``), ``Invalid`` as the domain says of a promise, ``NotFound``, ``Forbidden``, ``Stale``.
    """
    application = at_window(desk, call, application_id)
    check_version(application, expected_version)
    on_spot = desk.reference.policy(application.center_id).flag("accept_on_spot")
    accepted = transitions.accept(application, officer=officer(call.actor), on_spot=on_spot, now=call.now)
    if deferred:
        accepted = _promised(desk, call, accepted, deferred, signed_by)
    accepted = relied_on(desk, call, accepted)
    accepted = with_acceptance(desk, accepted, call)
    return desk.applications.save(accepted, [ApplicationAccepted(accepted)], call)


def _promised(desk: Desk, call: Call, application: Application, deferred: Sequence[str], signed_by: str) -> Application:
    key = application.holder_key
    counted_from, remind_at, end = promise_clock(desk, application, call.now)
    promised = promising.promise(
        application,
        deferred,
        signed_by=clean(signed_by, field="signed_by", max_length=100, required=False),
        barred=bool(key and desk.applications.find("by_barred", barred_key=key, limit=1).items),
        remind_at=remind_at,
        due=end,
        counted_from=counted_from,
        now=call.now,
    )
    assert promised.promise is not None  # noqa: S101 - just made
    return with_promise(desk, promised, promised.promise, call)


def refuse_application(
    *,
    desk: Desk,
    call: Call,
    application_id: str,
    reason: str,
    basis: str,
    expected_version: int,
    kind: RefusalKind = RefusalKind.OTHER,
    authority: str = "",
) -> Application:
    """Refuses with reason and basis; the paper names the applicant's rights (rules C09, C17, L03; 许可法 32).

    Raises ``Conflict`` (``application_already_judged``, ``supplement_period_running``; ``denial_report_missing`` where
    the center wants it reported first, rules C18), ``Invalid`` on missing texts, ``NotFound``, ``Forbidden``, ``Stale``.
    """
    application = at_window(desk, call, application_id)
    check_version(application, expected_version)
    require_reported(desk, application)
    refusal = Refusal(
        reason=clean(reason, field="reason", max_length=1000, multiline=True),
        basis=clean(basis, field="basis", max_length=1000, multiline=True),
        rights=desk.reference.policy(application.center_id).text("refusal_rights"),
        kind=kind,
        authority=clean(authority, field="authority", max_length=200, required=False),
    )
    refused = transitions.refuse(application, refusal, officer=officer(call.actor), now=call.now)
    refused = with_refusal(desk, refused, refusal, call)
    return desk.applications.save(refused, [ApplicationRefused(refused)], call)


def deem_accepted(*, desk: Desk, call: Call, application: Application) -> Application:
    """Nobody gave notice in time: the law takes it as accepted from its receipt (许可法 32).

    The notice of acceptance is given all the same, so that the applicant has it in writing.
    """
    accepted = with_acceptance(desk, transitions.deem_accepted(application, now=call.now), call)
    return desk.applications.save(accepted, [ApplicationAccepted(accepted)], call)
