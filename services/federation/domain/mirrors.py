"""Mirrors: what a site holds of a part that another one owns; only the owner's word changes it."""

from __future__ import annotations

from dataclasses import replace

from kit.errors import Forbidden, Invalid
from services.federation.domain import ownership
from services.federation.domain.ownership import Verdict
from services.federation.domain.parts import Early, Part


def hear(held: Part | None, told: Part, sender: str, here: str) -> Part | None:
    """What is held after a site's word about a part; ``None``: nothing new.

    Raises ``Forbidden`` (``not_the_owner``; ``not_of_this_part`` for sites that it doesn't concern), ``Invalid``
    (``part_differs``) when the word makes another part of it.
    """
    if held is None:
        if here not in told.sites or sender not in told.sites or told.ownership.owner != sender:
            raise Forbidden("not_of_this_part", "来函站点与该件无关，不予登记。", sender=sender)
        return replace(told, early=(), version=0)
    if sender not in held.sites and sender not in told.sites:
        raise Forbidden("not_of_this_part", "来函站点与该件无关，不予登记。", sender=sender)
    verdict = ownership.judge(held.ownership, told.ownership, sender)
    if verdict is Verdict.OLDER:
        return None
    if verdict is Verdict.EARLY:
        return _kept_early(held, told, sender)
    if _identity(told) != _identity(held):
        raise Invalid("part_differs", "来函与本站点登记的件不一致。", id=held.id)
    return _then_early(replace(told, early=held.early, version=held.version), here)


def _kept_early(held: Part, told: Part, sender: str) -> Part | None:
    before = next((each for each in held.early if each.sender == sender), None)
    if before is not None and before.part.ownership.order >= told.ownership.order:
        return None
    others = tuple(each for each in held.early if each.sender != sender)
    return replace(held, early=(*others, Early(sender, replace(told, early=(), version=0))))


def _then_early(part: Part, here: str) -> Part:
    """What came too early and can be believed now."""
    for each in part.early:
        if ownership.judge(part.ownership, each.part.ownership, each.sender) is not Verdict.EARLY:
            rest = replace(part, early=tuple(other for other in part.early if other is not each))
            return hear(rest, each.part, each.sender, here) or _then_early(rest, here)
    return part


def _identity(part: Part) -> tuple[object, ...]:
    return part.id, part.kind, part.case_id, part.asked_by, part.journey
