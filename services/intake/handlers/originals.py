"""Giving originals back."""

from __future__ import annotations

from collections.abc import Mapping

from kit.call import Call
from kit.store.repository import check_version
from kit.text import clean
from services.intake.domain import originals
from services.intake.domain.application import Application
from services.intake.domain.events import OriginalsReturned
from services.intake.handlers.access import at_window, officer
from services.intake.handlers.bundles import require_unlisted
from services.intake.handlers.desk import Desk


def return_originals(
    *, desk: Desk, call: Call, application_id: str, pieces: Mapping[str, int], taken_by: str, expected_version: int
) -> Application:
    """Gives originals back to whoever takes them; who that was is kept, and told to nobody.

    Raises ``Invalid`` (``nothing_returned``, ``originals_exceeded``, ``material_unknown``), ``Conflict``
    (``papers_listed`` too), ``NotFound``,
    ``Forbidden``, ``Stale``.
    """
    application = at_window(desk, call, application_id)
    check_version(application, expected_version)
    require_unlisted(desk, application.id)
    taken_by = clean(taken_by, field="taken_by", max_length=100)
    returned = originals.return_originals(application, pieces, taken_by=taken_by, by=officer(call.actor), now=call.now)
    return desk.applications.save(returned, [OriginalsReturned(returned)], call)
