"""Lists by which papers go to departments: drawn up, given, signed for, settled (rules B08, C16).

A list touches several bundles, each saved by itself. The list is saved first and says what is to be done; each bundle is
changed so that doing it again changes nothing; and the alarm does what whoever began it didn't. That a bundle knows its
one open list is what keeps two clerks from listing the same paper.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from kit.call import Call
from kit.errors import Forbidden, Invalid, NotFound, Stale, Unavailable
from kit.events import DomainEvent
from kit.store.repository import check_version
from kit.text import clean
from services.intake.domain import bundle as bundles
from services.intake.domain import hand_over as lists
from services.intake.domain.bundle import Bundle
from services.intake.domain.hand_over import LineFinding, ListLine, ListState, PaperList, Settlement
from services.intake.domain.keeping_events import (
    PaperListGiven,
    PaperListReceived,
    PaperListSettled,
    PaperListWithdrawn,
    PapersHandedOver,
)
from services.intake.handlers.access import WINDOW_ROLES, officer
from services.intake.handlers.bundles import hand_over_by
from services.intake.handlers.desk import Desk
from services.intake.handlers.papers import series_number_of

#: Cases that one list may have. Our own choice.
MOST_CASES: Final = 200
#: When the alarm takes up what whoever began it didn't finish.
_PATIENCE: Final = timedelta(seconds=30)
_RACES: Final = 20


def draft_list(
    *, desk: Desk, call: Call, center_id: str, department_key: str, application_ids: Sequence[str]
) -> PaperList:
    """A list of a department's papers that wait: those of the cases named, or all; what another list has is left out.

    Raises ``Invalid`` (``nothing_to_hand_over``, ``list_too_long``), ``NotFound``, ``Forbidden``.
    """
    call.actor.require(*WINDOW_ROLES)
    call.actor.require_center(center_id)
    before = desk.lists.created_before(call)
    if before is None:
        wanted = _named(desk, center_id, department_key, application_ids) or _all_waiting(
            desk, center_id, department_key
        )
        if not wanted:
            raise Invalid("nothing_to_hand_over", "该部门没有待交接的材料。", field="application_ids")
        if len(wanted) > MOST_CASES:
            message = f"一张清单最多 {MOST_CASES} 件，请分批交接。"
            raise Invalid("list_too_long", message, field="application_ids")
        center = desk.reference.center(center_id)
        department = center.department(department_key)
        made = PaperList(
            id=desk.ids.new_id(call.now),
            number=series_number_of(desk, "hand_over", center_id, call.now),
            center_id=center_id,
            department_key=clean(department_key, field="department_key", max_length=64),
            wanted=wanted,
            drafted_by=officer(call.actor),
            drafted_at=call.now,
            settles_at=call.now + _PATIENCE,
            center_name=center.name,
            department_name=department.name if department is not None else department_key,
        )
        before = desk.lists.create(made, [], call)
    return _drawn_up(desk, call, before) if before.settles_at is not None else before


def give_list(*, desk: Desk, call: Call, list_id: str, list_sha256: str, expected_version: int) -> PaperList:
    """Signed by its giver as they see it. Raises as ``hand_over.give``; ``NotFound``, ``Forbidden``, ``Stale``."""
    made = _of_window(desk, call, list_id, expected_version)
    given = lists.give(made, list_sha256=list_sha256, by=officer(call.actor), now=call.now)
    return desk.lists.save(given, [PaperListGiven(given)], call)


def withdraw_list(*, desk: Desk, call: Call, list_id: str, reason: str, expected_version: int) -> PaperList:
    """Taken back; its papers wait again. Raises as ``hand_over.withdraw``; ``Invalid``, ``NotFound``, ``Stale``."""
    made = _of_window(desk, call, list_id, expected_version)
    said = clean(reason, field="reason", max_length=500, multiline=True)
    withdrawn = lists.withdraw(made, reason=said, now=call.now)
    return finish(desk, call, desk.lists.save(withdrawn, [PaperListWithdrawn(withdrawn)], call))


def receive_list(
    *,
    desk: Desk,
    call: Call,
    list_id: str,
    found: Mapping[tuple[str, str], tuple[LineFinding, str]],
    list_sha256: str,
    expected_version: int,
) -> PaperList:
    """The department signs, line by line. Raises as ``hand_over.receive``; ``NotFound``, ``Forbidden``, ``Stale``."""
    made = desk.lists.get(list_id)
    call.actor.require_center(made.center_id)
    if call.actor.department != made.department_key:
        raise Forbidden("department_not_allowed", "该清单交接给其他部门，您没有权限。", department=made.department_key)
    check_version(made, expected_version)
    said = {
        key: (state, clean(note, field="lines", max_length=200, required=False)) for key, (state, note) in found.items()
    }
    received = lists.receive(made, said, list_sha256=list_sha256, by=officer(call.actor), now=call.now)
    return finish(desk, call, desk.lists.save(received, [PaperListReceived(received)], call))


def settle_list(
    *,
    desk: Desk,
    call: Call,
    list_id: str,
    settled: Mapping[tuple[str, str], Settlement],
    said: str,
    expected_version: int,
) -> PaperList:
    """What became of the lines that differed. Raises as ``hand_over.settle``; ``NotFound``, ``Forbidden``, ``Stale``."""
    made = desk.lists.get(list_id)
    call.actor.require_center(made.center_id)
    check_version(made, expected_version)
    text = clean(said, field="said", max_length=500, multiline=True)
    done = lists.settle(made, settled, said=text, by=officer(call.actor), now=call.now)
    return finish(desk, call, desk.lists.save(done, [PaperListSettled(done)], call))


def finish(desk: Desk, call: Call, made: PaperList) -> PaperList:
    """Does what a saved list still has to do to its bundles, and nothing where all is done. Raises ``Unavailable``."""
    if made.settles_at is None:
        return made
    if made.state is ListState.DRAFT:
        return _drawn_up(desk, call, made)
    for application_id in made.applications:
        _tell_bundle(desk, call, made, application_id)
    return desk.lists.save(lists.finished(made), [], call)


def _drawn_up(desk: Desk, call: Call, made: PaperList) -> PaperList:
    """Its papers bound to it."""
    lines: list[ListLine] = []
    for application_id in made.wanted:
        bundle = _changed(desk, call, application_id, lambda each: bundles.bind(each, made.id))
        if bundle is not None:
            lines += lists.lines_from(bundle)
    return desk.lists.save(lists.drawn_up(made, tuple(lines), call.now), [], call)


def _tell_bundle(desk: Desk, call: Call, made: PaperList, application_id: str) -> None:
    """A bundle knows what became of the list that it was on."""
    lines = made.lines_of(application_id)
    by = hand_over_by(desk, made.center_id, call.now)

    def released(bundle: Bundle) -> Bundle:
        return bundles.release(bundle, made.id)

    def handed(bundle: Bundle) -> Bundle:
        return bundles.hand_over(
            bundle,
            made.id,
            [line.pieces for line in lines],
            differs=any(line.differs for line in lines),
            hand_over_by=by,
            now=call.now,
        )

    def settled(bundle: Bundle) -> Bundle:
        back = [line.pieces for line in lines if line.settlement is Settlement.RETURNED]
        return bundles.settle(bundle, made.id, back, hand_over_by=by, now=call.now)

    change = {ListState.WITHDRAWN: released, ListState.SETTLED: settled}.get(made.state, handed)
    _changed(
        desk, call, application_id, change, lambda after: [PapersHandedOver(after, made)] if change is handed else []
    )


def _changed(
    desk: Desk,
    call: Call,
    application_id: str,
    change: Callable[[Bundle], Bundle | None],
    told: Callable[[Bundle], Sequence[DomainEvent]] = lambda after: [],
) -> Bundle | None:
    """The bundle after a change, saved if there was one; None where it can't be made."""
    for _ in range(_RACES):
        bundle = desk.bundles.get(application_id)
        after = change(bundle)
        if after is None or after == bundle:
            return after
        try:
            return desk.bundles.save(after, told(after), call)
        except Stale:
            continue
    raise Unavailable("papers_contended", "该件材料正被多处登记，请稍后重试。", id=application_id)


def _of_window(desk: Desk, call: Call, list_id: str, expected_version: int) -> PaperList:
    call.actor.require(*WINDOW_ROLES)
    made = desk.lists.get(list_id)
    call.actor.require_center(made.center_id)
    check_version(made, expected_version)
    return made


def _named(desk: Desk, center_id: str, department_key: str, application_ids: Sequence[str]) -> tuple[str, ...]:
    """The cases named, each with papers here for this department."""
    for application_id in application_ids:
        bundle = desk.bundles.find_by_id(application_id)
        if bundle is None or (bundle.center_id, bundle.department_key) != (center_id, department_key):
            raise NotFound("no_papers_here", "所选办件没有交接给该部门的纸质材料，请核对。", id=application_id[:80])
    return tuple(dict.fromkeys(application_ids))


def _all_waiting(desk: Desk, center_id: str, department_key: str) -> tuple[str, ...]:
    """The cases of a department whose papers wait longest, as many as a list may have."""
    found = desk.bundles.find(
        "by_department_waiting",
        center_id=center_id,
        waiting_department=department_key,
        limit=MOST_CASES,
    )
    return tuple(each.id for each in found.items)
