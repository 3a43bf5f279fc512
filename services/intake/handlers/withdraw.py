"""Taking an application back."""

from __future__ import annotations

from kit.call import Call
from kit.store.repository import check_version
from kit.text import clean
from services.intake.domain import transitions
from services.intake.domain.application import Application
from services.intake.domain.events import ApplicationWithdrawn
from services.intake.handlers.access import held_or_at_window
from services.intake.handlers.desk import Desk


def withdraw_application(
    *, desk: Desk, call: Call, application_id: str, code: str, reason: str, expected_version: int
) -> Application:
    """The applicant, or the window on their word, takes an application back before it is judged.

    Raises ``Conflict`` (``application_already_judged``), ``Invalid`` on the reason, ``NotFound``, ``Forbidden``,
    ``Stale``.
    """
    application = held_or_at_window(desk, call, application_id, code)
    check_version(application, expected_version)
    reason = clean(reason, field="reason", max_length=500, required=False, multiline=True)
    withdrawn = transitions.withdraw(application, reason=reason, now=call.now)
    return desk.applications.save(withdrawn, [ApplicationWithdrawn(withdrawn)], call)
