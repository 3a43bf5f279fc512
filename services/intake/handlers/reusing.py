"""Taking materials from what is on file, at the window and online (rules C15; 国办函〔2016〕108号)."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kit.actor import Actor
from kit.call import Call
from kit.consumer import Delivery, Subscription
from kit.errors import Conflict, Forbidden, Unavailable
from kit.events import event_type, topic_of
from kit.store.port import AlreadyApplied, Mark
from kit.store.repository import check_version
from kit.timestamps import from_timestamp
from services.intake.domain import reusing
from services.intake.domain.application import Application
from services.intake.domain.events import MaterialReused, MaterialReuseEnded
from services.intake.domain.material import Material
from services.intake.domain.reuse import Reuse
from services.intake.handlers.access import WINDOW_ROLES, held_or_at_window, holder_key
from services.intake.handlers.desk import Desk
from services.intake.handlers.library import OnFile, WantedPaper
from tongban.certificates.v1 import events_pb2

#: How an item says that a material may come from the file.
REUSED: Final = ("reuse", "library")


@dataclass(frozen=True, slots=True)
class Offers:
    """What is on file; ``library_down``: nobody can say now."""

    found: tuple[OnFile, ...] = ()
    library_down: bool = False


def list_reusable_materials(*, desk: Desk, call: Call, application_id: str, code: str) -> Offers:
    """What is on file for the materials that an application still lacks. A library that is down offers nothing.

    Raises ``NotFound``, ``Forbidden``.
    """
    application = held_or_at_window(desk, call, application_id, code)
    if not _may_use(call.actor, application, code):
        return Offers()
    wanted = _wanted(desk, application, reusing.reusable(application))
    if not wanted:
        return Offers()
    try:
        return Offers(tuple(desk.library.find(application, wanted, token=call.token)))
    except Unavailable:
        return Offers(library_down=True)


def reuse_material(
    *,
    desk: Desk,
    call: Call,
    application_id: str,
    code: str,
    material_key: str,
    holding_id: str,
    original_seen: bool,
    expected_version: int,
) -> Application:
    """A paper on file stands for a material, with its level, number and hashes as they are now.

    That an original was seen is a window's word only. Certificates writes the use down first: what isn't saved here then
    was asked for and not used. Raises ``NotFound`` (``holding_not_found`` too), ``Forbidden`` (``reuse_not_self``),
    ``Conflict`` (``material_not_reusable``, ``material_in_order``, ``holding_expired`` and its like), ``Invalid``,
    ``Stale``, ``Unavailable``.
    """
    application = held_or_at_window(desk, call, application_id, code)
    check_version(application, expected_version)
    if not _may_use(call.actor, application, code):
        raise Forbidden("reuse_not_self", "网上只能引用本人的证照和材料；代他人申请的，请上传材料或到窗口办理。")
    wanted = _wanted(desk, application, (reusing.require_reusable(application, material_key),))
    if not wanted:
        raise Conflict(
            "material_not_reusable", "该材料须提交，事项未规定可以引用库中材料。", material=material_key[:64]
        )
    used = desk.library.use(application, wanted[0], holding_id, token=call.token)
    window = _at_window(call.actor, code)
    reuse = Reuse(
        holding_id=used.holding_id,
        name=used.name,
        trust=used.trust,
        number=used.number,
        issuer=used.issuer,
        valid_until=used.valid_until,
        case_number=used.case_number,
        reused_at=call.now,
        reused_by_name=call.actor.name if window else "",
        needs_original=used.needs_original,
        sha256=tuple(each.sha256 for each in used.uploads),
    )
    taken = reusing.reuse_material(
        application, material_key, reuse, used.uploads, original_seen=window and original_seen, now=call.now
    )
    return desk.applications.save(taken, [MaterialReused(taken, material_key)], call)


def end_reuse(
    *,
    desk: Desk,
    call: Call,
    application_id: str,
    material_key: str,
    holding_id: str,
    reason: str,
    at: datetime,
    mark: Mark,
) -> None:
    """What an application relies on holds no more: it is noted, and before the judgement another one is wanted.

    Raises ``AlreadyApplied``, ``Stale``.
    """
    application = desk.applications.find_by_id(application_id)
    if application is None:
        return
    ended = reusing.end_reuse(application, material_key, holding_id, reason=reason, at=at)
    if ended is not application:
        desk.applications.save(ended, [MaterialReuseEnded(ended, material_key, reason)], call, mark=mark)


def subscription(desk: Desk) -> Subscription:
    """What is told of papers on file that applications rely on."""

    def holding_ended(delivery: Delivery) -> None:
        holding = delivery.read(events_pb2.HoldingEnded).holding
        for use in holding.uses:
            with contextlib.suppress(AlreadyApplied):
                end_reuse(
                    desk=desk,
                    call=delivery.call,
                    application_id=use.application_id,
                    material_key=use.material_key,
                    holding_id=holding.id,
                    reason=holding.end_reason,
                    at=from_timestamp(holding.ended_at),
                    mark=delivery.mark(f"{use.application_id}/{use.material_key}"),
                )

    handlers = {event_type("certificates", "HoldingEnded"): holding_ended}
    return Subscription("intake.certificates", (topic_of("certificates"),), handlers)


def _at_window(actor: Actor, code: str) -> bool:
    return actor.has(*WINDOW_ROLES) and not code


def _may_use(actor: Actor, application: Application, code: str) -> bool:
    """A window uses what is the applicant's; online, whoever applies for themselves (our own choice)."""
    if not application.applicant_key:
        return False
    return _at_window(actor, code) or application.applicant_key == holder_key(actor)


def _wanted(desk: Desk, application: Application, materials: Sequence[Material]) -> list[WantedPaper]:
    """Those of the materials that the item lets come from the file, with the level that it asks for."""
    item = desk.reference.item(application.item_id, application.item_version)
    levels = {each.key: each.trust for each in item.materials if each.obtained in REUSED}
    return [WantedPaper(each, levels[each.key]) for each in materials if each.key in levels]
