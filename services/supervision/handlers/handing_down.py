"""Rules that are set above: handed down within the site, taken over from the site above, and come under (rules G02)."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from kit.call import Call
from kit.errors import NotReady
from kit.store.port import Duplicate
from services.supervision.domain import handing_down, rules
from services.supervision.domain.rules import RuleEdition
from services.supervision.handlers.rules import keep, last, newest
from services.supervision.handlers.tower import Tower


def hand_down(*, tower: Tower, call: Call, center_id: str) -> None:
    """An edition was set: the centers right below take the newest over, or are let go; theirs goes on to those below them.

    One that goes by the rules of the site above stays with those. Told again, nothing happens. Raises ``Stale`` where
    somebody sets rules there at the same time (to be tried again), ``Unavailable`` (``reference_not_ready``).
    """
    for above in last(tower, center_id):
        for center in tower.reference.centers():
            if center.parent_id == center_id and not any(own.from_site for own in last(tower, center.id)):
                _come_under(tower, call, center.id, above)


def take_from_site(*, tower: Tower, call: Call, above: RuleEdition) -> None:
    """The site above set rules for this one, or lets it go: the centers that speak for it go by them.

    Federation says that it is the one above. What it set is kept beside this site's own, for the centers to be held to; told
    again, nothing happens. Raises ``Invalid`` (``rules_incomplete`` …), ``Stale``, ``NotReady`` before any center is known.
    """
    rules.require_sound(above)
    with contextlib.suppress(Duplicate):
        tower.rules.create(replace(above, apply_at=None), [], call)
    speakers = tower.speakers()
    if not speakers:
        raise NotReady("reference_not_ready", "基础数据正在同步，请稍后重试。")
    for center_id in speakers:
        _come_under(tower, call, center_id, last(tower, above.center_id)[0])


def come_under(*, tower: Tower, call: Call, center_id: str, version: int) -> None:
    """A center is new, or has another parent: it goes by what is set above it (rules G02).

    Raises ``NotReady`` before this service's own copy is as new, ``Stale``, ``Unavailable`` (``reference_not_ready``).
    """
    known = next((each for each in tower.reference.centers() if each.id == center_id), None)
    if known is None or known.version < version:
        raise NotReady("reference_not_ready", "基础数据正在同步，请稍后重试。", center=center_id)
    of_site = _above_of_site(tower) if center_id in tower.speakers() else ()
    above = of_site or last(tower, known.parent_id)
    for own in last(tower, center_id):
        if own.from_center and own.from_center not in {each.center_id for each in above}:
            left = tower.rules.get(rules.edition_id(own.from_center, own.from_number))
            _keep(tower, call, own, handing_down.let_go(own, left, call.now))
    for each in above:
        if each.binds:
            _come_under(tower, call, center_id, each)


def _above_of_site(tower: Tower) -> tuple[RuleEdition, ...]:
    """What the site above has set, as a center here goes by it; none: nothing."""
    for center_id in tower.speakers():
        for own in last(tower, center_id):
            if own.from_site:
                return last(tower, own.from_center)
    return ()


def _come_under(tower: Tower, call: Call, center_id: str, above: RuleEdition) -> None:
    own = newest(tower, call, center_id)
    change = handing_down.take_over if above.binds else handing_down.let_go
    _keep(tower, call, own, change(own, above, call.now))


def _keep(tower: Tower, call: Call, own: RuleEdition, edition: RuleEdition | None) -> None:
    if edition is not None:
        keep(tower, call, own, edition)
