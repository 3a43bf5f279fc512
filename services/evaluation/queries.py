"""Reads: an invitation by its code, and a center's evaluations and rectifications."""

from __future__ import annotations

from kit.call import Call
from kit.store.port import Scalar
from kit.store.repository import Found
from services.evaluation.domain.evaluation import Evaluation, EvaluationState
from services.evaluation.domain.rectification import Rectification, RectificationState
from services.evaluation.handlers import Desk, invitation_not_found

_PAGE = 50
_LONGEST_PAGE = 200
_STANDINGS: dict[EvaluationState, tuple[Scalar, ...]] = {
    EvaluationState.INVITED: ("invited",),
    EvaluationState.SUBMITTED: ("positive", "negative"),
    EvaluationState.EXPIRED: ("expired",),
}


def get_invitation(*, desk: Desk, code: str) -> Evaluation:
    """The invitation that a code opens. Raises ``NotFound`` (``invitation_not_found``)."""
    evaluation = desk.evaluations.find_unique("by_code", code) if code else None
    if evaluation is None:
        raise invitation_not_found()
    return evaluation


def list_evaluations(
    *,
    desk: Desk,
    call: Call,
    center_id: str,
    state: EvaluationState | None,
    negative_only: bool,
    limit: int,
    cursor: str,
) -> Found[Evaluation]:
    """A center's evaluations, the latest invitation first. Raises ``Forbidden``, ``Invalid`` (``cursor_invalid``)."""
    call.actor.require_center(center_id)
    wanted = (
        _STANDINGS[state] if state else tuple(standing for standings in _STANDINGS.values() for standing in standings)
    )
    if negative_only:
        wanted = tuple(standing for standing in wanted if standing == "negative")
    if not wanted:
        return Found(())
    return desk.evaluations.find(
        "by_center",
        descending=True,
        limit=_page(limit),
        cursor=cursor,
        subject__center_id=center_id,
        standing=wanted,
    )


def get_rectification(*, desk: Desk, call: Call, rectification_id: str) -> Rectification:
    """A rectification of the asker's center; a chief sees those of their department. Raises ``NotFound``, ``Forbidden``."""
    rectification = desk.rectifications.get(rectification_id)
    if _sees_whole_center(call):
        call.actor.require_center(rectification.center_id)
    else:
        call.actor.require_department(rectification.center_id, rectification.owner.department)
    return rectification


def list_rectifications(
    *, desk: Desk, call: Call, center_id: str, state: RectificationState | None, limit: int, cursor: str
) -> Found[Rectification]:
    """A center's rectifications, the latest first; a chief gets those of their department. Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    states: tuple[Scalar, ...] = (state,) if state else tuple(RectificationState)
    if _sees_whole_center(call):
        return desk.rectifications.find(
            "by_center", descending=True, limit=_page(limit), cursor=cursor, center_id=center_id, state=states
        )
    return desk.rectifications.find(
        "by_owner",
        descending=True,
        limit=_page(limit),
        cursor=cursor,
        center_id=center_id,
        owner__department=call.actor.department,
        state=states,
    )


def _sees_whole_center(call: Call) -> bool:
    return call.actor.has("supervisor", "manager")


def _page(limit: int) -> int:
    return min(limit, _LONGEST_PAGE) if limit > 0 else _PAGE
