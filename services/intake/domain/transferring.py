"""Handing an application from elsewhere on to the site that it belongs to (移送): held while that one is asked.

Held, nothing of it changes and no clock ends it by itself: a site that is asked to take it over must find it as it was
told (our own choice; the law names no such time). Declined, it goes on as before.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.errors import Conflict
from services.intake.domain.application import Application, ApplicationState


def hold(application: Application, offer_id: str) -> Application:
    """Held for an offer. Raises ``Conflict``: judged, or noticed already (``too_late_to_hand_over``), or held."""
    require_not_held(application)
    if application.state is not ApplicationState.RECEIVED or application.supplement_requested_at is not None:
        raise Conflict(
            "too_late_to_hand_over", "该申请已告知补正或已作出处理，不能再移送。", state=application.state.value
        )
    return replace(application, held_for=offer_id)


def release(application: Application, offer_id: str) -> Application | None:
    """As it was before that offer; ``None`` where it isn't held for it."""
    return replace(application, held_for="") if application.held_for == offer_id else None


def transfer(application: Application, now: datetime) -> Application:
    """Another site has taken it over. Raises ``Conflict`` (``not_held``) where it was never held for that."""
    if not application.held_for:
        raise Conflict("not_held", "该申请没有待答复的移送。", state=application.state.value)
    return replace(
        application,
        state=ApplicationState.TRANSFERRED,
        held_for="",
        closed_at=now,
        notice_due_at=None,
        clock_days=0,
        due_provisional=False,
    )


def require_not_held(application: Application) -> None:
    """Raises ``Conflict`` (``handing_over``) while another site is asked to take it over."""
    if application.held_for:
        raise Conflict("handing_over", "该申请正在移送其他站点，对方答复之前不能改动。", id=application.id)
