"""Catalogue down, figures up: what holds for any standards and any order of reports."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Conflict, Forbidden, Invalid
from kit.testing import MONDAY
from services.federation.domain import figures, standards
from services.federation.domain.figures import DailyFigures
from services.federation.domain.standards import Standard, StandardKind

CITY, COUNTY, TOWN = "610900.city", "610902.county", "610902100.town"
NAMES = st.sets(st.sampled_from(("name", "materials", "promised_limit", "fees", "keywords")))
VALUES = st.dictionaries(st.sampled_from(("name", "materials", "promised_limit", "fees", "keywords")), st.integers())


def standard(content: dict[str, Any], open: set[str] | tuple[str, ...] = (), number: int = 1) -> Standard:
    id = standards.standard_id(CITY, StandardKind.ITEM, "000131024000")
    return Standard(
        id, StandardKind.ITEM, "000131024000", "食品经营许可", CITY, number, content, MONDAY, MONDAY, tuple(sorted(open))
    )  # fmt: skip


def received(*args: Any, **more: Any) -> Standard:
    held = standards.receive(None, standard(*args, **more), CITY, [CITY])
    assert held is not None
    return held


@given(VALUES, NAMES, VALUES)
def test_a_child_changes_only_what_was_left_open(
    content: dict[str, Any], open: set[str], local: dict[str, Any]
) -> None:
    held = received(content, open)
    if set(local) <= open:
        assert standards.localise(held, local).effective == {**content, **local}
    else:
        with pytest.raises(Conflict, match="fixed_by_parent"):
            standards.localise(held, local)


@given(VALUES, NAMES, VALUES, NAMES)
def test_what_is_handed_down_is_never_more_open(
    content: dict[str, Any], open: set[str], local: dict[str, Any], closed: set[str]
) -> None:
    held = standards.localise(received(content, open), {name: local[name] for name in local if name in open})
    down = standards.handed_down(held, closed)
    below = standards.receive(None, down, COUNTY, [COUNTY])
    assert below is not None
    assert set(below.open) == open - closed
    assert below.content == held.effective
    assert below.id == held.id


@given(VALUES, NAMES, VALUES, VALUES, NAMES)
def test_a_new_number_keeps_what_is_still_open_and_names_what_it_dropped(
    content: dict[str, Any], open: set[str], local: dict[str, Any], later: dict[str, Any], open_later: set[str]
) -> None:
    mine = {name: local[name] for name in local if name in open}
    held = standards.localise(received(content, open), mine)
    after = standards.receive(held, standard(later, open_later, number=2), CITY, [CITY])
    assert after is not None
    assert set(after.local) == set(mine) & open_later
    assert set(after.dropped) == set(mine) - open_later
    assert standards.receive(after, standard(content, open, number=1), CITY, [CITY]) is None


def test_a_standard_comes_from_a_parent_only_and_always_the_same_one() -> None:
    with pytest.raises(Forbidden, match="not_the_parent"):
        standards.receive(None, standard({"name": 1}), TOWN, [CITY])
    with pytest.raises(Forbidden, match="issued_elsewhere"):
        standards.receive(received({"name": 1}), standard({"name": 2}, number=2), COUNTY, [CITY, COUNTY])


def test_a_withdrawn_standard_binds_nobody() -> None:
    gone = standards.receive(received({"name": 1}), replace(standard({}, number=2), withdrawn=True), CITY, [CITY])
    assert gone is not None
    standards.require_open(gone, ["name"])


def test_a_child_does_not_issue_what_came_from_above() -> None:
    with pytest.raises(Conflict, match="issued_above"):
        standards.issue(received({"name": 1}), standard({"name": 2}))
    assert standards.issue(standard({"name": 1}), standard({"name": 2})).number == 2
    with pytest.raises(Invalid, match="standard_empty"):
        standards.issue(None, standard({}))


# ── Figures ──────────────────────────────────────────────────────────────────────────────────────────────────────

COUNTS = st.dictionaries(st.sampled_from(("accepted", "decided", "red_cards")), st.integers(0, 99))


def day(counts: dict[str, int], number: int = 0) -> DailyFigures:
    id = figures.figures_id(COUNTY, "610902", "2026-11-23")
    return DailyFigures(id, COUNTY, "610902", "2026-11-23", number, counts, MONDAY)


@given(st.lists(COUNTS, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_reports_in_any_order_and_any_number_of_times_end_with_the_last(
    counted: list[dict[str, int]], random: Any
) -> None:
    own: DailyFigures | None = None
    sent: list[DailyFigures] = []
    for counts in counted:
        fresh = figures.report(own, day(counts))
        if fresh is not None:
            own = fresh
            sent.append(fresh)
    assert own is not None
    letters = sent * 2
    random.shuffle(letters)
    held: DailyFigures | None = None
    for letter in letters:
        held = figures.receive(held, letter, COUNTY, [COUNTY]) or held
    assert held is not None
    assert (held.number, held.counts) == (own.number, counted[-1])
    assert figures.receive(held, own, COUNTY, [COUNTY]) is None


def test_the_same_figures_are_not_reported_again() -> None:
    first = figures.report(None, day({"accepted": 3}))
    assert first is not None
    assert figures.report(first, day({"accepted": 3})) is None


def test_a_number_is_not_used_for_other_figures() -> None:
    with pytest.raises(Conflict, match="number_reused"):
        figures.receive(replace(day({"a": 1}, 1), received_from=COUNTY), day({"a": 2}, 1), COUNTY, [COUNTY])


def test_only_children_report() -> None:
    with pytest.raises(Forbidden, match="not_the_child"):
        figures.receive(None, day({"a": 1}, 1), CITY, [COUNTY])


def test_a_correction_hides_nothing_even_where_the_child_tells_no_history() -> None:
    held = figures.receive(None, day({"a": 1}, 1), COUNTY, [COUNTY])
    assert held is not None
    corrected = figures.receive(held, day({"a": 2}, 2), COUNTY, [COUNTY])
    assert corrected is not None
    assert [(old.number, old.counts) for old in corrected.restated] == [(1, {"a": 1})]
    again = figures.receive(corrected, day({"a": 3}, 5), COUNTY, [COUNTY])
    assert again is not None
    assert [(old.number, old.counts) for old in again.restated] == [(1, {"a": 1}), (2, {"a": 2})]
    told = replace(day({"a": 4}, 6), restated=tuple(replace(corrected.restated[0], number=n) for n in (1, 2, 3, 4, 5)))
    whole = figures.receive(again, told, COUNTY, [COUNTY])
    assert whole is not None
    assert [old.number for old in whole.restated] == [1, 2, 3, 4, 5]


TOO_MANY = (figures.Restatement(1, {}, MONDAY),) * (figures.MAX_RESTATED + 1)


@pytest.mark.parametrize(
    "bad",
    [
        day({"a": -1}),
        replace(day({}), day="23.11.2026"),
        day({"x" * 65: 1}),
        replace(day({}), restated=TOO_MANY),
        replace(day({}), restated=(figures.Restatement(1, {"a": -1}, MONDAY),)),
    ],
)
def test_figures_that_cannot_be_are_refused(bad: DailyFigures) -> None:
    with pytest.raises(Invalid):
        figures.receive(None, bad, COUNTY, [COUNTY])


def test_totals_sum_by_name() -> None:
    summed = figures.total([day({"a": 1, "b": 2}), day({"a": 3})])
    assert (summed.reports, summed.counts) == (2, {"a": 4, "b": 2})
