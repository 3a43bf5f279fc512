"""A request for what the first notice didn't name: only with a supervisor's reasoned permission (rules L02)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.errors import Conflict
from services.intake.domain.application import Application, ApplicationState, FurtherNotice
from services.intake.domain.officer import Officer
from services.intake.domain.transferring import require_not_held


def permit_further_notice(application: Application, *, by: Officer, reason: str, now: datetime) -> Application:
    """Lets the window ask once more.

    Raises ``Conflict``: no notice was given yet (``no_notice_given``), it isn't the center's turn
    (``not_the_centers_turn``), a permission is still unused (``further_notice_permitted``).
    """
    require_not_held(application)
    if application.supplement_requested_at is None:
        raise Conflict("no_notice_given", "该申请还没有一次性告知过，直接出具一次性告知书即可。")
    if application.state is not ApplicationState.RECEIVED:
        raise Conflict(
            "not_the_centers_turn", "只有已补正、等待窗口审查的申请可以批准再次告知。", state=application.state.value
        )
    if unused(application) is not None:
        raise Conflict("further_notice_permitted", "已经批准过一次再次告知，尚未使用。")
    return replace(application, further_notices=(*application.further_notices, FurtherNotice(by, reason, now)))


def unused(application: Application) -> FurtherNotice | None:
    """The permission that hasn't been used."""
    return next((one for one in application.further_notices if one.given_at is None), None)


def use(application: Application, now: datetime) -> Application:
    """With its permission used. Raises ``Conflict`` (``notice_already_given``) where there is none."""
    permission = unused(application)
    if permission is None:
        raise Conflict(
            "notice_already_given",
            "该申请已一次性告知过，不能再次要求补正；请受理或作出不予受理决定。确需补正新内容的，须由监督人员说明理由后批准。",
        )
    used = replace(permission, given_at=now)
    return replace(
        application, further_notices=tuple(used if one is permission else one for one in application.further_notices)
    )
