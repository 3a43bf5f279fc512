"""Settings and calendars down the tree: each center's documents are brought up to date by an event of its own.

A command changes one document. Its event, heard by catalog itself, brings each child up to date, whose event does so
for theirs; so a crash in the middle only delays, and a change further up always reaches the lowest center. A center
whose effective values stay the same tells nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Any

from kit.call import Call
from kit.errors import Conflict
from kit.store.port import AlreadyApplied, Mark
from services.catalog.domain import calendars, policies
from services.catalog.domain.centers import Center
from services.catalog.handlers.catalog import Catalog
from services.catalog.handlers.effective import calendar_chain, line_of, policy_chain

#: Makes the mark of one part of an event's effect.
MarkOf = Callable[[str], Mark]


def inherit_policy(*, catalog: Catalog, call: Call, center_id: str, mark: Mark | None = None) -> None:
    """Tells what holds for a center if it differs from what was told last."""
    center = catalog.centers.find_by_id(center_id)
    if center is None:
        return
    *above, own = policy_chain(catalog, line_of(catalog, center))
    change = policies.tell(own, above)
    if change is not None:
        changed, event = change
        put = catalog.policies.save if own.version else catalog.policies.create
        put(changed, [event], call, mark=mark)


def inherit_calendar(
    *, catalog: Catalog, call: Call, center_id: str, mark: Mark | None = None, changed_by: str = ""
) -> None:
    """Tells which calendar holds for a center if it differs from the one told last; ``changed_by`` did that further up."""
    center = catalog.centers.find_by_id(center_id)
    if center is None:
        return
    chain = calendar_chain(catalog, line_of(catalog, center))
    own = chain.calendars[-1]
    change = calendars.tell(own, chain.merged(own.version + 1), changed_by or call.actor.name)
    if change is not None:
        changed, event = change
        put = catalog.calendars.save if own.version else catalog.calendars.create
        put(changed, [event], call, mark=mark)


def after_center(*, catalog: Catalog, call: Call, center_id: str, mark_of: MarkOf) -> None:
    """A center came or moved: its own settings and calendar follow."""
    _once(inherit_policy, catalog=catalog, call=call, center_id=center_id, mark=mark_of("policy"))
    _once(inherit_calendar, catalog=catalog, call=call, center_id=center_id, mark=mark_of("calendar"))


def after_policy(*, catalog: Catalog, call: Call, center_id: str, mark_of: MarkOf, changed_by: str = "") -> None:
    """A center's settings changed: its children's follow, and its own calendar, whose hours may be a setting (ZZ6)."""
    mark = mark_of("calendar")
    _once(inherit_calendar, catalog=catalog, call=call, center_id=center_id, mark=mark, changed_by=changed_by)
    for child in _children(catalog, center_id):
        _once(inherit_policy, catalog=catalog, call=call, center_id=child.id, mark=mark_of(child.id))


def after_calendar(*, catalog: Catalog, call: Call, center_id: str, mark_of: MarkOf, changed_by: str = "") -> None:
    """A center's calendar changed: its children's follow."""
    for child in _children(catalog, center_id):
        mark = mark_of(child.id)
        _once(inherit_calendar, catalog=catalog, call=call, center_id=child.id, mark=mark, changed_by=changed_by)


def refresh(*, catalog: Catalog, call: Call) -> None:
    """Tells what a new release changes for each center, e.g. a year that the State Council has published since."""
    for center in sorted(catalog.centers.each("by_code"), key=lambda center: center.level):
        with contextlib.suppress(Conflict):  # another replica that starts at the same time does it
            inherit_policy(catalog=catalog, call=call, center_id=center.id)
            inherit_calendar(catalog=catalog, call=call, center_id=center.id)


def _children(catalog: Catalog, center_id: str) -> Iterable[Center]:
    return catalog.centers.each("by_parent", parent_id=center_id)


def _once(inherit: Callable[..., None], **arguments: Any) -> None:
    """An effect that came about before doesn't keep the following ones from coming about."""
    with contextlib.suppress(AlreadyApplied):
        inherit(**arguments)
