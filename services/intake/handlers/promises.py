"""What was promised for later: brought, reminded of, not kept, and repaired (容缺受理; rules D01, D02)."""

from __future__ import annotations

from collections.abc import Sequence

from kit.call import Call
from kit.errors import Invalid
from kit.store.repository import check_version
from kit.text import clean
from services.intake.domain import promising
from services.intake.domain.application import Application
from services.intake.domain.events import OwedMaterialHandedIn, PromiseLapsed, PromiseReminded, PromiseRepaired
from services.intake.domain.material import Declared
from services.intake.handlers.access import WINDOW_ROLES, at_center, held_or_at_window
from services.intake.handlers.desk import Desk
from services.intake.handlers.materials import with_originals


def hand_in_owed(
    *, desk: Desk, call: Call, application_id: str, code: str, declared: Sequence[Declared], expected_version: int
) -> Application:
    """Takes in what was promised; online it must have been uploaded before.

    Raises ``Conflict`` (``nothing_owed``, ``promise_period_over``), ``Invalid`` as the domain says, ``NotFound``,
    ``Forbidden``, ``Stale``.
    """
    application = held_or_at_window(desk, call, application_id, code)
    check_version(application, expected_version)
    if not call.actor.has(*WINDOW_ROLES):
        for one in declared:
            material = application.material(one.key)
            if material is not None and not material.uploads:
                raise Invalid(
                    "owed_material_not_there", f"请先上传材料“{material.name}”，或到窗口补交。", field="materials"
                )
    brought = promising.hand_in_owed(application, with_originals(call.actor, declared, code), now=call.now)
    return desk.applications.save(brought, [OwedMaterialHandedIn(brought)], call)


def ring(*, desk: Desk, call: Call, application: Application) -> Application:
    """A promise is soon due, or wasn't kept (rules D02)."""
    if application.promise is not None and application.promise.reminded_at is None:
        reminded = promising.remind(application, now=call.now)
        return desk.applications.save(reminded, [PromiseReminded(reminded)], call)
    lapsed = promising.lapse_promise(application, now=call.now)
    return desk.applications.save(lapsed, [PromiseLapsed(lapsed)], call)


def repair_promise(*, desk: Desk, call: Call, application_id: str, reason: str, expected_version: int) -> Application:
    """A person may promise again, for a stated reason. Raises ``Conflict`` (``promise_not_lapsed``), ``Invalid``."""
    application = at_center(desk, call, application_id, "supervisor", "manager")
    check_version(application, expected_version)
    reason = clean(reason, field="reason", max_length=500, multiline=True)
    repaired = promising.repair(application, reason=reason, now=call.now)
    return desk.applications.save(repaired, [PromiseRepaired(repaired, reason)], call)
