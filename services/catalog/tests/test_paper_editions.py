"""Templates of papers in editions: drafted, published for a day, never changed afterwards (issue: papers as data)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from kit.actor import Actor
from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from kit.testing import MONDAY, refused
from reference.papers.editions import PaperStyle, style_for
from services.catalog.domain.paper_editions import PaperEdition
from services.catalog.handlers import paper_editions, set_policy
from services.catalog.tests.conftest import CITY, COUNTY, MANAGER, World, actor, names

TODAY, NEXT_WEEK = "2026-11-23", "2026-11-30"
WEEK = timedelta(days=7)


def drafted(world: World, who: Actor = MANAGER, *, at: datetime = MONDAY, **changes: Any) -> PaperEdition:
    arguments: dict[str, Any] = {
        "center_id": COUNTY,
        "kind": "receipt",
        "wording": {"note": "本中心周六上午开放。"},
        "layout": {"letterhead_colour": "black", "margin_top": 25},
        "expected_version": 0,
    }
    return paper_editions.draft_edition(catalog=world.catalog, call=Call(who, at), **(arguments | changes))


def published(world: World, number: int = 1, who: Actor = MANAGER, **changes: Any) -> PaperEdition:
    arguments: dict[str, Any] = {
        "center_id": COUNTY,
        "kind": "receipt",
        "effective_on": TODAY,
        "reason": "统一文书格式",
        "expected_version": 0,
    }
    return paper_editions.publish_edition(
        catalog=world.catalog, call=world.call(who), number=number, **(arguments | changes)
    )


def style(world: World, at: datetime, center_id: str = COUNTY) -> PaperStyle:
    return style_for(world.reference, center_id=center_id, kind="receipt", at=at)


def test_an_edition_comes_to_those_who_print_when_it_is_published_and_holds_from_its_day_on(federation: World) -> None:
    drafted(federation)
    assert federation.settle() == [], "a draft is nobody else's"
    published(federation, effective_on=NEXT_WEEK)
    assert names(federation.settle()) == ["paper_edition_published"]
    assert style(federation, MONDAY).edition == 0
    later = style(federation, MONDAY + WEEK)
    assert (later.edition, later.wording, later.layout) == (
        1,
        {"note": "本中心周六上午开放。"},
        {"letterhead_colour": "black", "margin_top": 25},
    )
    assert style(federation, MONDAY + WEEK, CITY).edition == 0, "it is the county's own"


def test_until_an_edition_holds_the_words_of_the_settings_do(federation: World) -> None:
    words = {"note": "旧用语"}
    set_policy(catalog=federation.catalog, call=federation.call(), center_id=COUNTY, key="receipt_wording", value=words)
    drafted(federation)
    published(federation, effective_on=NEXT_WEEK)
    federation.settle()
    assert style(federation, MONDAY) == PaperStyle(words)
    assert style(federation, MONDAY + WEEK).wording == {"note": "本中心周六上午开放。"}
    template = listed(federation)
    assert (template.wording, template.in_force, [each.number for each in template.upcoming]) == (words, None, [1])


def test_the_newest_edition_whose_day_has_come_holds(federation: World) -> None:
    for number, on in ((1, TODAY), (2, NEXT_WEEK), (3, NEXT_WEEK)):
        drafted(federation, layout={"margin_top": 20 + number})
        published(federation, number, effective_on=on)
    federation.settle()
    assert style(federation, MONDAY).edition == 1
    assert style(federation, MONDAY + WEEK).edition == 3
    template = listed(federation)
    assert template.in_force is not None
    assert (template.in_force.number, [each.number for each in template.upcoming]) == (1, [2, 3])
    drafted(federation)
    with pytest.raises(Conflict, match="edition_before_another"):
        published(federation, 4, effective_on=TODAY)


def listed(world: World, kind: str = "receipt") -> paper_editions.PaperTemplate:
    (template,) = paper_editions.list_templates(catalog=world.catalog, call=world.call(), center_id=COUNTY, kind=kind)
    return template


def test_a_published_edition_never_changes_and_the_next_begins_another(federation: World) -> None:
    first = drafted(federation)
    edited = drafted(federation, layout={"margin_top": 30}, expected_version=first.version)
    assert (edited.number, edited.layout) == (1, {"margin_top": 30})
    kept = published(federation, expected_version=edited.version)
    with refused(federation.store, "edition_published"):
        published(federation)
    assert drafted(federation, layout={}).number == 2
    one = paper_editions.get_edition(
        catalog=federation.catalog, call=federation.call(), center_id=COUNTY, kind="receipt", number=1
    )
    assert one == kept
    assert (one.edited_by, one.published_by, one.reason) == ("样一", "样一", "统一文书格式")
    found = paper_editions.list_editions(
        catalog=federation.catalog, call=federation.call(), center_id=COUNTY, kind="receipt", limit=1, cursor=""
    )
    assert ([each.number for each in found.items], bool(found.cursor)) == ([2], True)


def test_an_edit_of_what_somebody_else_has_just_edited_is_refused(federation: World) -> None:
    first = drafted(federation)
    drafted(federation, layout={}, expected_version=first.version)
    with refused(federation.store, "stale_version"):
        drafted(federation, expected_version=first.version)
    with pytest.raises(Stale):
        published(federation, expected_version=first.version)


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"layout": {"script": "x"}}, Invalid, "layout_field_unknown"),
        ({"layout": {"margin_top": 1}}, Invalid, "layout_value_invalid"),
        ({"layout": {"hidden": ["seal"]}}, Invalid, "layout_block_required"),
        ({"wording": {"note": "{salary}"}}, Invalid, "paper_field_unknown"),
        ({"wording": {"body": "x"}}, Invalid, "paper_part_unknown"),
        ({"kind": "banknote"}, Invalid, "paper_kind_unknown"),
        ({"center_id": "610999"}, NotFound, "center_unknown"),
        ({"who": actor("manager", centers=(CITY,))}, Forbidden, "center"),
        ({"who": actor("chief", "clerk", "supervisor", "admin")}, Forbidden, "role"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_template_or_not_ones_own_is_not_drafted(
    federation: World, changes: dict[str, Any], error: type[Exception], code: str
) -> None:
    with pytest.raises(error, match=code):
        drafted(federation, **changes)
    assert listed(federation).draft is None


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"effective_on": "2026-11-22"}, Invalid, "edition_backdated"),
        ({"effective_on": "2028-01-01"}, Invalid, "edition_too_far"),
        ({"effective_on": "明天"}, Invalid, "effective_on_invalid"),
        ({"effective_on": "9999-12-31"}, Invalid, "edition_too_far"),
        ({"reason": " "}, Invalid, "text_required"),
        ({"number": 7}, NotFound, "edition_unknown"),
        ({"kind": "refusal"}, NotFound, "edition_unknown"),
        ({"expected_version": 9}, Stale, "stale_version"),
        ({"who": actor("manager", centers=(CITY,))}, Forbidden, "center"),
        ({"who": actor("chief", "clerk", "supervisor", "admin")}, Forbidden, "role"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_may_not_be_published_stays_a_draft(
    federation: World, changes: dict[str, Any], error: type[Exception], code: str
) -> None:
    drafted(federation)
    with pytest.raises(error, match=code):
        published(federation, **changes)
    assert listed(federation).draft is not None
    assert federation.settle() == []


def test_a_draft_that_a_later_release_would_refuse_is_not_published(federation: World) -> None:
    draft = drafted(federation)
    broken = replace(draft, layout={"margin_top": 1})
    federation.catalog.paper_editions.save(broken, [], federation.call())
    with pytest.raises(Invalid, match="layout_value_invalid"):
        published(federation)


def test_whoever_reads_reads_their_own_centers(federation: World) -> None:
    elsewhere = federation.call(actor("supervisor", centers=(CITY,)))
    with pytest.raises(Forbidden):
        paper_editions.list_templates(catalog=federation.catalog, call=elsewhere, center_id=COUNTY, kind="")
    with pytest.raises(Forbidden):
        paper_editions.list_editions(
            catalog=federation.catalog, call=elsewhere, center_id=COUNTY, kind="receipt", limit=0, cursor=""
        )
    with pytest.raises(Forbidden):
        paper_editions.get_edition(
            catalog=federation.catalog, call=elsewhere, center_id=COUNTY, kind="receipt", number=1
        )
