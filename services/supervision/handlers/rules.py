"""Setting a center's rules of supervision, and looking at its clocks again once they are in force (rules G02)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from kit.alarms import Alarm
from kit.call import Call
from kit.errors import NotReady, Stale
from kit.store.port import Duplicate
from kit.text import clean
from reference.policies import ALL
from services.supervision.domain import following, handing_down, rules
from services.supervision.domain.cards import Person
from services.supervision.domain.rules import RuleEdition, SupervisionRulesSet
from services.supervision.domain.watches import WatchState
from services.supervision.handlers.cards import who
from services.supervision.handlers.tower import LEADS, Tower

#: What a reason may have, in characters.
MAX_REASON: Final = 2000
#: Clocks that are looked at under new rules at a time, so that other alarms have their turn between.
_AT_ONCE: Final = 200


def set_rules(
    *, tower: Tower, call: Call, center_id: str, wanted: RuleEdition, reason: str, expected_version: int
) -> RuleEdition:
    """A supervisor sets a center's rules from a day on; those before stay, and so do the cards that they made.

    Raises ``Forbidden`` (``rules_from_above``, ``rules_looser``), ``Stale``, ``Invalid`` (``rules_incomplete``,
    ``rules_out_of_range``, ``rules_ladder``, ``rules_backdated``, ``rules_too_far``), ``Conflict`` (``rules_unchanged``),
    ``Unavailable``.
    """
    call.actor.require_center(center_id)
    said = clean(reason, field="reason", max_length=MAX_REASON, multiline=True)
    before = newest(tower, call, center_id)
    if expected_version and expected_version != before.number + 1:
        raise _overtaken()
    following_edition = rules.following(before, replace(wanted, reason=said), who(call), call.now)
    if before.from_center:
        above = tower.rules.get(rules.edition_id(before.from_center, before.from_number))
        following_edition = handing_down.within(following_edition, above)
    try:
        saved = tower.rules.create(following_edition, [SupervisionRulesSet(following_edition)], call)
    except Duplicate:
        raise _overtaken() from None
    tower.editions.forget(center_id)
    return saved


def newest(tower: Tower, call: Call, center_id: str) -> RuleEdition:
    """The last edition that was set, in force or not yet; without any, what the software brings.

    Raises ``Unavailable`` (``reference_not_ready``).
    """
    found = _last(tower, center_id)
    return found[0] if found else tower.standard(center_id, call.now)


def _last(tower: Tower, center_id: str) -> tuple[RuleEdition, ...]:
    """The last edition that was set at a center; none: nobody has."""
    return tower.rules.find("by_center", center_id=center_id, descending=True, limit=1).items


def follow_settings(*, tower: Tower, call: Call, center_id: str, version: int, by: Person, old: bool = False) -> None:
    """A center's settings changed: where no supervisor has set rules, clocks that run are reminded of by the new leads.

    A change that is older than this group is what clocks go by already: it is noted, and nothing is told of it today.

    Raises ``NotReady`` before this service's own copy is as new, ``Stale``, ``Unavailable`` (``reference_not_ready``).
    """
    policy = tower.reference.policy(center_id)
    if policy.version < version:
        raise NotReady("reference_not_ready", "基础数据正在同步，请稍后重试。", center=center_id)
    found = _last(tower, center_id)
    if found and found[0].number:
        return
    reminder, yellow = (ALL[key].default for key in LEADS)
    before = found[0] if found else rules.standard(center_id, reminder, yellow, call.now)
    edition = rules.by_settings(before, tower.standard(center_id, call.now), by, call.now)
    if edition is None:
        return
    if old:
        edition = replace(edition, apply_at=None)
    keep = tower.rules.save if edition.version else tower.rules.create
    keep(edition, [] if old else [SupervisionRulesSet(edition)], call)
    tower.editions.forget(center_id)


def hand_down(*, tower: Tower, call: Call, center_id: str) -> None:
    """An edition was set: the centers right below take the newest over, or are let go; theirs goes on to those below them.

    Told again, nothing happens. Raises ``Stale`` where somebody sets rules there at the same time (to be tried again),
    ``Unavailable`` (``reference_not_ready``).
    """
    for above in _last(tower, center_id):
        for center in tower.reference.centers():
            if center.parent_id == center_id:
                _come_under(tower, call, center.id, above)


def come_under(*, tower: Tower, call: Call, center_id: str, version: int) -> None:
    """A center is new, or has another parent: it goes by what is set above it (rules G02).

    Raises ``NotReady`` before this service's own copy is as new, ``Stale``, ``Unavailable`` (``reference_not_ready``).
    """
    known = next((each for each in tower.reference.centers() if each.id == center_id), None)
    if known is None or known.version < version:
        raise NotReady("reference_not_ready", "基础数据正在同步，请稍后重试。", center=center_id)
    for own in _last(tower, center_id):
        if own.from_center and own.from_center != known.parent_id:
            left = tower.rules.get(rules.edition_id(own.from_center, own.from_number))
            _keep(tower, call, handing_down.let_go(own, left, call.now))
    for above in _last(tower, known.parent_id):
        if above.binds:
            _come_under(tower, call, center_id, above)


def _come_under(tower: Tower, call: Call, center_id: str, above: RuleEdition) -> None:
    own = newest(tower, call, center_id)
    change = handing_down.take_over if above.binds else handing_down.let_go
    _keep(tower, call, change(own, above, call.now))


def _keep(tower: Tower, call: Call, edition: RuleEdition | None) -> None:
    if edition is None:
        return
    try:
        tower.rules.create(edition, [SupervisionRulesSet(edition)], call)
    except Duplicate:
        raise _overtaken() from None
    tower.editions.forget(edition.center_id)


def application(tower: Tower) -> Alarm:
    """What wakes up: editions whose day has come."""

    def fire(edition: Any, call: Call) -> None:
        apply_rules(tower=tower, call=call, edition=edition)

    return Alarm("supervision.rules", tower.rules, fire)


def apply_rules(*, tower: Tower, call: Call, edition: RuleEdition) -> None:
    """Sets the next look of clocks that run by the rules in force, some at a time.

    What stands already stays by the rules that made it. Raises ``Stale``, ``Unavailable`` (``reference_not_ready``).
    """
    found = tower.watches.find(
        "by_center",
        limit=_AT_ONCE,
        cursor=edition.cursor,
        seen__center_id=edition.center_id,
        seen__state=WatchState.RUNNING.value,
    )
    by = tower.card_rules(edition.center_id, call.now)
    for watch in found.items:
        try:
            looked_at = following.under(watch, by, call.now)
            if looked_at != watch:
                tower.watches.save(looked_at, [], call)
        except Stale:
            continue  # its owner told something meanwhile, and the rules in force were looked up for that
    on = call.now if found.cursor else None
    tower.rules.save(replace(edition, apply_at=on, cursor=found.cursor), [], call)


def _overtaken() -> Stale:
    return Stale("stale_version", "监察规则已被他人更新，请刷新后重试。")
