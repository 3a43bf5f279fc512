"""Registering and withdrawing the seals of a center."""

from __future__ import annotations

import base64
import hashlib
from typing import Final

from kit.call import Call
from kit.errors import Conflict, Invalid
from kit.png import checked_png
from kit.store.port import Duplicate
from kit.store.repository import Found, check_version
from kit.text import clean
from reference.papers.sealing import PAPER_KINDS
from services.catalog.domain import seals
from services.catalog.domain.seals import Seal, SealChanged
from services.catalog.handlers.catalog import Catalog

#: The largest picture, in bytes, and its sides in pixels: 40 mm in 600 dots an inch take 945.
MAX_BYTES: Final = 100 * 1024
LEAST_SIDE: Final = 100
MOST_SIDE: Final = 1200
#: Who may issue papers; ``service`` stands for those that the law or a clock issues by itself.
ROLES: Final = ("clerk", "chief", "reviewer", "approver", "manager", "service")
#: Seals of one page.
PAGE: Final = 50


def register_seal(
    *,
    catalog: Catalog,
    call: Call,
    center_id: str,
    department_key: str,
    name: str,
    kinds: tuple[str, ...],
    roles: tuple[str, ...],
    image: bytes,
) -> Seal:
    """Keeps a seal with the right to use it; papers that are issued from now on bear it.

    Raises ``Invalid`` on a picture that isn't one, or a right that names nothing; ``NotFound`` (``center_unknown``),
    ``Forbidden``; ``Conflict`` (``seal_registered``) where the center has one with the same picture in use.
    """
    before = catalog.seals.created_before(call)
    if before is not None:
        return before
    call.actor.require("manager")
    center = catalog.centers.get(center_id)
    call.actor.require_center(center_id)
    if department_key and all(each.key != department_key for each in center.departments):
        raise Invalid("department_unknown", "本中心没有这个部门，请核对。", field="department_key")
    checked_png(image, max_bytes=MAX_BYTES, least_side=LEAST_SIDE, most_side=MOST_SIDE)
    seal = Seal(
        id=catalog.ids.new_id(call.now),
        center_id=center_id,
        department_key=department_key,
        name=clean(name, field="name", max_length=60),
        image=base64.b64encode(image).decode(),
        sha256=hashlib.sha256(image).hexdigest(),
        kinds=tuple(sorted(set(kinds))),
        roles=tuple(sorted(set(roles))),
        registered_by=call.actor.name,
        registered_at=call.now,
    )
    seal = seals.require_right(seal, frozenset(PAPER_KINDS), frozenset(ROLES))
    try:
        return catalog.seals.create(seal, [SealChanged(seal)], call)
    except Duplicate as error:
        raise Conflict(
            "seal_registered", "这个图样的印章已经登记，请勿重复登记；需要改变使用范围的，先停用原来的。"
        ) from error


def withdraw_seal(*, catalog: Catalog, call: Call, seal_id: str, reason: str, expected_version: int) -> Seal:
    """Lets a seal be used no more; old papers keep it. Raises ``Conflict`` (``seal_withdrawn``), ``NotFound``,
    ``Forbidden``, ``Stale``, ``Invalid`` without a reason."""
    call.actor.require("manager")
    seal = catalog.seals.get(seal_id)
    call.actor.require_center(seal.center_id)
    check_version(seal, expected_version)
    reason = clean(reason, field="reason", max_length=200)
    withdrawn = seals.withdraw(seal, reason=reason, by=call.actor.name, now=call.now)
    return catalog.seals.save(withdrawn, [SealChanged(withdrawn)], call)


def get_seal(*, catalog: Catalog, call: Call, seal_id: str) -> Seal:
    """One seal with its picture. Raises ``NotFound``, ``Forbidden``."""
    seal = catalog.seals.get(seal_id)
    call.actor.require_center(seal.center_id)
    return seal


def list_seals(*, catalog: Catalog, call: Call, center_id: str, limit: int, cursor: str) -> Found[Seal]:
    """A center's seals, the newest first. Raises ``Forbidden``."""
    call.actor.require_center(center_id)
    page = min(limit, PAGE) if limit > 0 else PAGE
    return catalog.seals.find("by_center", center_id=center_id, descending=True, limit=page, cursor=cursor)
