from dataclasses import replace

import pytest

from kit.actor import PUBLIC
from kit.errors import Forbidden, NotFound
from services.catalog import queries
from services.catalog.domain.items import ItemState
from services.catalog.handlers import draft_item, publish_item, retire_item, submit_item
from services.catalog.queries import ShownPage
from services.catalog.tests.conftest import CITY, COUNTY, MANAGER, World, actor, guide


@pytest.fixture
def offering(federation: World) -> World:
    """Nine items: codes 1–9, odd ones of the market's department; 8 a draft, 9 in review, 7 retired."""
    for number in range(1, 10):
        call = federation.call()
        one = guide(
            name=f"事项{number}",
            implementation_code=f"CODE-{number}",
            department_key="market" if number % 2 else "labour",
            keywords=("开饭店", f"Word{number}"),
        )
        item = draft_item(catalog=federation.catalog, call=call, item_id="", center_id=COUNTY, guide=one)
        if number == 8:
            continue
        submit_item(catalog=federation.catalog, call=call, item_id=item.id, number=1)
        if number != 9:
            publish_item(catalog=federation.catalog, call=call, item_id=item.id, number=1)
        if number == 7:
            retire_item(catalog=federation.catalog, call=call, item_id=item.id, number=1, reason="停办")
    return federation


def found(world: World, who: object = PUBLIC, center_id: str = COUNTY, **asked: object) -> ShownPage:
    return queries.list_items(catalog=world.catalog, call=world.call(who), center_id=center_id, **asked)  # type: ignore[arg-type]


def numbers(page: ShownPage) -> str:
    return "".join(one.content.guide.name[-1] for one in page.items)


def test_the_public_sees_what_is_published_in_order_of_codes(offering: World) -> None:
    assert numbers(found(offering)) == "123456"
    assert numbers(found(offering, center_id=CITY)) == ""
    with pytest.raises(NotFound, match="center_unknown"):
        found(offering, center_id="999999")


@pytest.mark.parametrize("state", [ItemState.DRAFT, ItemState.IN_REVIEW, ItemState.RETIRED])
def test_what_is_not_published_is_for_those_who_work_on_it(offering: World, state: ItemState) -> None:
    with pytest.raises(Forbidden, match="role_not_allowed"):
        found(offering, state=state)
    with pytest.raises(Forbidden, match="center_not_allowed"):
        found(offering, actor("manager", centers=(CITY,)), state=state)
    expected = {ItemState.DRAFT: "8", ItemState.IN_REVIEW: "9", ItemState.RETIRED: "7"}
    assert numbers(found(offering, MANAGER, state=state)) == expected[state]


def test_words_are_found_in_name_keywords_and_code(offering: World) -> None:
    assert numbers(found(offering, text="饭店")) == "123456"
    assert numbers(found(offering, text="word3")) == "3"
    assert numbers(found(offering, text="code-2")) == "2"
    assert numbers(found(offering, text="事项 WORD5 饭店")) == "5"
    assert numbers(found(offering, text="事项 nothing")) == ""
    assert numbers(found(offering, text="' OR 1=1 --")) == ""


def test_a_list_can_be_narrowed_to_a_department(offering: World) -> None:
    assert numbers(found(offering, department_key="market")) == "135"
    assert numbers(found(offering, department_key="nowhere")) == ""


def test_pages_join_without_a_gap_or_a_repetition(offering: World) -> None:
    seen, cursor = "", ""
    for _ in range(10):
        page = found(offering, limit=2, cursor=cursor, department_key="")
        seen += numbers(page)
        cursor = page.cursor
        if not cursor:
            break
    assert seen == "123456"


def test_a_page_goes_on_after_what_was_looked_at(offering: World) -> None:
    first = found(offering, limit=1, department_key="labour")
    second = found(offering, limit=1, department_key="labour", cursor=first.cursor)
    assert (numbers(first), numbers(second)) == ("2", "4")


def test_a_search_looks_at_a_bounded_number_of_items(offering: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MAX_SCANNED", 2)
    first = found(offering, text="word5")
    assert numbers(first) == ""
    second = found(offering, text="word5", cursor=first.cursor)
    third = found(offering, text="word5", cursor=second.cursor)
    assert numbers(third) == "5"


def test_a_new_draft_is_found_beside_the_published_version(offering: World) -> None:
    item = found(offering, text="word1").items[0].item
    renamed = replace(item.latest.guide, name="改名1", keywords=())
    draft_item(catalog=offering.catalog, call=offering.call(), item_id=item.id, center_id=COUNTY, guide=renamed)
    assert numbers(found(offering, text="word1")) == "1"
    assert found(offering, MANAGER, state=ItemState.DRAFT).items[0].content.guide.name == "改名1"
