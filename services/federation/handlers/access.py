"""Who may see and touch a crossing: staff of its center, and its holder; nobody else (convention 12)."""

from __future__ import annotations

from typing import Final

from kit.actor import Actor
from kit.call import Call
from kit.errors import Conflict, Forbidden
from services.federation.domain.agreement import Side
from services.federation.domain.crossing import Crossing
from services.federation.handlers.desk import Desk, crossing_missing

#: Who takes applications in at a window.
WINDOW_ROLES: Final = ("clerk", "chief")
#: Who may read a center's crossings, without full personal data.
READING_ROLES: Final = ("clerk", "chief", "reviewer", "approver", "supervisor", "manager")


def holder_key(actor: Actor) -> str:
    """Whose crossings a signed-in citizen holds; empty for anybody else."""
    return actor.id.removeprefix("citizen:") if actor.has("citizen") and actor.id.startswith("citizen:") else ""


def visible(desk: Desk, call: Call, crossing_id: str, code: str = "") -> Crossing:
    """A crossing that the caller may see: by its code, as its holder, or as staff of its center.

    Raises ``NotFound`` (also to a citizen for somebody else's: they may not know that there is one), ``Forbidden``.
    """
    if code:
        found = desk.crossings.find_unique("by_code", code)
        if found is None or (crossing_id and found.id != crossing_id):
            raise crossing_missing(crossing_id)
        return found
    if call.actor.has(*READING_ROLES):
        crossing = desk.crossings.get(crossing_id)
        call.actor.require_center(crossing.center_id)
        return crossing
    key = holder_key(call.actor)
    if not key:
        raise Forbidden("code_required", "请凭收件凭证上的查询码查询，或登录后查看。")
    crossing = desk.crossings.get(crossing_id)
    if crossing.holder_key != key:
        raise crossing_missing(crossing_id)
    return crossing


def collected_here(desk: Desk, call: Call, crossing_id: str, code: str = "") -> Crossing:
    """A crossing that the caller may put together and send: window staff of the collecting center, or its holder.

    Raises ``NotFound``, ``Forbidden``, ``Conflict`` (``handled_here``) at the other end.
    """
    call.actor.require("citizen", *WINDOW_ROLES)
    crossing = visible(desk, call, crossing_id, code)
    if crossing.side is not Side.COLLECTING:
        raise Conflict("handled_here", "该件由本中心办理，请在收件受理中办理。", crossing=crossing.id)
    return crossing


def at_window(desk: Desk, call: Call, crossing_id: str) -> Crossing:
    """A crossing that the calling window staff of the collecting center works on. Raises as ``collected_here``."""
    call.actor.require(*WINDOW_ROLES)
    return collected_here(desk, call, crossing_id)
