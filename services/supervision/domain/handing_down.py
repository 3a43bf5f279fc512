"""Rules that a center sets for those below it: they take them over, tighten what is left open, and undo none (rules G02)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from kit.errors import Forbidden
from services.supervision.domain.rules import Rule, RuleEdition, Rung, edition_id


def take_over(own: RuleEdition, above: RuleEdition, now: datetime) -> RuleEdition | None:
    """What a center goes by once the one above has set rules for it; ``None``: it does already.

    Where they leave room, what it had tightened itself stays as long as it is as strict. It hands on what it took over.
    """
    if own.from_center == above.center_id and own.from_number >= above.number:
        return None
    free = own.number > 0 and not own.from_center
    kept = [
        mine.trigger
        for mine, theirs in zip(own.rules, above.rules, strict=True)
        if theirs.open_below
        and (free or mine.trigger in own.tightened)
        and _said(mine) != _said(theirs)
        and as_strict(mine, theirs)
    ]
    keeps_ladder = above.ladder_open and (free or own.ladder_tightened) and _ladder_as_strict(own, above)
    ladder = own if keeps_ladder else above
    rules = tuple(
        replace(mine, open_below=mine.open_below and theirs.open_below) if mine.trigger in kept else theirs
        for mine, theirs in zip(own.rules, above.rules, strict=True)
    )
    return _next(
        own,
        replace(
            own,
            rules=rules,
            ladder=ladder.ladder,
            period=above.period,
            recovered_counts=ladder.recovered_counts,
            ladder_open=above.ladder_open and (own.ladder_open or not keeps_ladder),
            from_center=above.center_id,
            from_number=above.number,
            tightened=tuple(kept),
            ladder_tightened=keeps_ladder,
            reason=f"上级中心监察规则第 {above.number} 版：{above.reason}",
            set_by=above.set_by,
        ),
        max(above.effective_from, now),
        now,
    )


def let_go(own: RuleEdition, above: RuleEdition, now: datetime) -> RuleEdition | None:
    """What a center goes by once nobody above sets rules for it: the same, its own again; ``None``: it was before."""
    if own.from_center != above.center_id:
        return None
    free = replace(
        own,
        from_center="",
        from_number=0,
        reason=f"上级中心不再统一规定：{above.reason}",
        set_by=above.set_by,
    )
    return _next(own, free, max(above.effective_from, now), now)


def within(wanted: RuleEdition, above: RuleEdition) -> RuleEdition:
    """An edition that a center sets itself under the rules from above, with what it tightens named.

    Raises ``Forbidden``: ``rules_from_above`` where nothing is left open, ``rules_looser`` where it is, to the strict side.
    """
    tightened = []
    for mine, theirs in zip(wanted.rules, above.rules, strict=True):
        if mine.open_below and not theirs.open_below:
            raise Forbidden(
                "rules_from_above", f"“{mine.number}”上级中心没有允许下级加严，不能再向下放开。", field="rules"
            )
        if _said(mine) == _said(theirs):
            continue
        if not theirs.open_below:
            raise Forbidden("rules_from_above", f"“{mine.number}”由上级中心统一规定，不能改动。", field="rules")
        if not as_strict(mine, theirs):
            raise Forbidden("rules_looser", f"“{mine.number}”只能比上级中心的规定更严，不能放宽。", field="rules")
        tightened.append(mine.trigger)
    changed = (wanted.ladder, wanted.recovered_counts) != (above.ladder, above.recovered_counts)
    if wanted.period is not above.period or (changed and not above.ladder_open):
        raise Forbidden("rules_from_above", "责任追究和累计周期由上级中心统一规定，不能改动。", field="ladder")
    if wanted.ladder_open and not above.ladder_open:
        raise Forbidden("rules_from_above", "责任追究上级中心没有允许下级加严，不能再向下放开。", field="ladder")
    if changed and not _ladder_as_strict(wanted, above):
        raise Forbidden("rules_looser", "责任追究只能比上级中心的规定更严，不能放宽。", field="ladder")
    return replace(
        wanted,
        from_center=above.center_id,
        from_number=above.number,
        tightened=tuple(tightened),
        ladder_tightened=changed,
    )


def as_strict(mine: Rule, theirs: Rule) -> bool:
    """Whether a rule lets nothing pass that another doesn't: sooner, graver, and with no fewer points."""
    return (
        (mine.on or not theirs.on)
        and mine.colour >= theirs.colour
        and mine.yellow_points >= theirs.yellow_points
        and mine.red_points >= theirs.red_points
        and _no_later(mine.reminder_days, theirs.reminder_days)
        and _no_later(mine.yellow_days, theirs.yellow_days)
        and mine.idle_days <= theirs.idle_days
    )


def _no_later(mine: int | None, theirs: int | None) -> bool:
    return theirs is None or (mine is not None and mine >= theirs)


def _ladder_as_strict(mine: RuleEdition, theirs: RuleEdition) -> bool:
    """Whether every rung is reached no later, and what recovered counts where it does above."""

    def no_higher(own: Rung, above: Rung) -> bool:
        pairs = ((own.person_points, above.person_points), (own.department_points, above.department_points))
        return all(not most or 0 < points <= most for points, most in pairs)

    rungs = all(no_higher(own, above) for own, above in zip(mine.ladder, theirs.ladder, strict=True))
    return rungs and (mine.recovered_counts or not theirs.recovered_counts)


def _said(rule: Rule) -> Rule:
    return replace(rule, open_below=False)


def _next(own: RuleEdition, to: RuleEdition, effective: datetime, now: datetime) -> RuleEdition:
    number = own.number + 1
    return replace(
        to,
        id=edition_id(own.center_id, number),
        number=number,
        effective_from=effective,
        set_at=now,
        apply_at=effective,
        cursor="",
        version=0,
    )
