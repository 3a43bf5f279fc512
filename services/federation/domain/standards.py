"""Catalogue down: what a parent site sets for its children, and what it leaves open to them (facts 3; rules AB01, ZZ).

A standard is a mapping of fields to values: of an item its guide, of a policy one value per setting, of a calendar its
years and days. ``open`` names the fields that a child may set itself; all others hold as they came. What a child hands
on to its own children may close more, never open again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from kit.errors import Conflict, Forbidden, Invalid


class StandardKind(StrEnum):
    """What it is about."""

    #: 事项标准, by its basic code.
    ITEM = "item"
    #: Settings of centers.
    POLICY = "policy"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class Standard:
    """One standard; its id is ``<kind>:<key>`` with the site that set it, the same at every site that has it."""

    id: str
    kind: StandardKind
    #: Basic code of an item, else a name.
    key: str
    title: str
    issued_by: str
    #: From 1; a later one replaces an earlier one whole.
    number: int
    content: dict[str, Any]
    issued_at: datetime
    effective_from: datetime
    #: Fields that a child may set.
    open: tuple[str, ...] = ()
    #: Not in force any more: everything is the child's own again.
    withdrawn: bool = False
    #: The next site up that it came from; empty where it was issued.
    received_from: str = ""
    #: What this site sets in the open fields.
    local: dict[str, Any] = field(default_factory=dict)
    #: Local values that a later number closed, so that somebody sees what no longer holds.
    dropped: tuple[str, ...] = ()
    version: int = 0

    @property
    def effective(self) -> dict[str, Any]:
        """What holds at this site."""
        return {**self.content, **self.local}


def standard_id(issued_by: str, kind: StandardKind, key: str) -> str:
    """The one id of a standard, the same wherever it comes to."""
    return f"{issued_by}:{kind}:{key}"


def issue(before: Standard | None, fresh: Standard) -> Standard:
    """The next number of a standard. Raises ``Invalid`` on one without content, or open fields of a calendar's whole."""
    if not fresh.content and not fresh.withdrawn:
        raise Invalid("standard_empty", "标准内容为空，请填写后发布。", field="content")
    if before is not None and before.received_from:
        raise Conflict("issued_above", "该标准由上级站点发布，不能由本站点改发。", issued_by=before.issued_by)
    number = 1 if before is None else before.number + 1
    return replace(fresh, number=number, open=_sorted(fresh.open), version=0 if before is None else before.version)


def receive(held: Standard | None, told: Standard, sender: str, parents: Iterable[str]) -> Standard | None:
    """What is held after a parent's word; ``None`` when that is known or older.

    Local values stay where the field is still open; the others are dropped and named. Raises ``Forbidden``
    (``not_the_parent``: a standard comes from a site above; ``issued_elsewhere``: another parent's standard).
    """
    if sender not in set(parents):
        raise Forbidden("not_the_parent", "事项标准、参数和日历只能由上级站点下发。", sender=sender)
    if held is None:
        return replace(told, received_from=sender, local={}, dropped=(), version=0)
    if held.received_from != sender:
        raise Forbidden("issued_elsewhere", "该标准由其他站点发布。", sender=sender, issued_by=held.issued_by)
    if told.number <= held.number:
        return None
    kept = {} if told.withdrawn else {name: value for name, value in held.local.items() if name in told.open}
    dropped = () if told.withdrawn else _sorted(set(held.local) - set(kept))
    return replace(told, received_from=sender, local=kept, dropped=dropped, version=held.version)


def localise(standard: Standard, local: Mapping[str, Any]) -> Standard:
    """This site's own values in the open fields. Raises ``Conflict`` (``fixed_by_parent`` with the fields)."""
    if standard.withdrawn:
        raise Conflict("standard_withdrawn", "该标准已停用。", id=standard.id)
    require_open(standard, local)
    return replace(standard, local=dict(local), dropped=())


def require_open(standard: Standard, changed: Iterable[str]) -> None:
    """Raises ``Conflict`` (``fixed_by_parent``) when one of these fields is what the parent has set."""
    if not standard.received_from or standard.withdrawn:
        return
    fixed = _sorted(set(changed) - set(standard.open))
    if fixed:
        raise Conflict(
            "fixed_by_parent",
            f"以下内容由上级统一规定，不能修改：{'、'.join(fixed)}。",
            fields=",".join(fixed),
            issued_by=standard.issued_by,
        )


def handed_down(standard: Standard, closed: Iterable[str] = ()) -> Standard:
    """What this site's own children get: its values, and at the most the fields that were left open to itself."""
    return replace(
        standard,
        content=standard.effective,
        open=_sorted(set(standard.open) - set(closed)),
        local={},
        dropped=(),
        received_from="",
        version=0,
    )


def in_force(standard: Standard, now: datetime) -> bool:
    """Whether it holds at a time."""
    return not standard.withdrawn and now >= standard.effective_from


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))
