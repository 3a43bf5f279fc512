"""Applications that came from elsewhere and are handed on to the site that they belong to (移送; rules P03)."""

from __future__ import annotations

from kit.call import Call
from kit.errors import Conflict
from kit.store.port import Mark
from services.intake.domain import transferring
from services.intake.domain.events import (
    ApplicationHeld,
    ApplicationNotHeld,
    ApplicationReleased,
    ApplicationTransferred,
)
from services.intake.handlers.desk import Desk
from services.intake.handlers.elsewhere import of_crossing


def hold_for_offer(*, desk: Desk, call: Call, crossing_id: str, offer_id: str, mark: Mark) -> None:
    """Holds an application, or says why it can't be handed over any more. Raises ``AlreadyApplied``, ``Stale``."""
    application = of_crossing(desk, crossing_id)
    try:
        held = transferring.hold(application, offer_id)
    except Conflict as error:
        said = ApplicationNotHeld(application, offer_id, error.code, error.message)
        desk.applications.save(application, [said], call, mark=mark)
        return
    desk.applications.save(held, [ApplicationHeld(held, offer_id)], call, mark=mark)


def release_from_offer(*, desk: Desk, call: Call, crossing_id: str, offer_id: str, mark: Mark) -> None:
    """It wasn't handed over, and goes on here. Raises ``AlreadyApplied``, ``Stale``."""
    released = transferring.release(of_crossing(desk, crossing_id), offer_id)
    if released is not None:
        desk.applications.save(released, [ApplicationReleased(released)], call, mark=mark)


def transfer(*, desk: Desk, call: Call, crossing_id: str, to_site: str, mark: Mark) -> None:
    """Another site has taken it over. Raises ``AlreadyApplied``, ``Stale``, ``Conflict`` (``not_held``)."""
    gone = transferring.transfer(of_crossing(desk, crossing_id), call.now)
    desk.applications.save(gone, [ApplicationTransferred(gone, to_site)], call, mark=mark)
