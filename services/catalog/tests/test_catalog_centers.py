from dataclasses import replace
from typing import Any

import pytest

from kit.call import Call, Idempotency
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale
from kit.testing import MONDAY
from services.catalog import queries
from services.catalog.domain.centers import Center, CenterLevel, Department, Lane, Window, WindowKind, level_of
from services.catalog.handlers import draft_item, publish_item, put_center, submit_item
from services.catalog.tests.conftest import (
    ADMIN,
    CITY,
    COUNTY,
    MANAGER,
    OTHER_CITY,
    TOWN,
    World,
    actor,
    center,
    guide,
    names,
)


def put(world: World, one: Center, version: int = 0, **roles: Any) -> Center:
    return put_center(
        catalog=world.catalog, call=world.call(roles.get("who", ADMIN)), center=one, expected_version=version
    )


@pytest.mark.parametrize(
    ("code", "level"),
    [
        ("610000", CenterLevel.PROVINCE),
        ("610900", CenterLevel.CITY),
        ("610902", CenterLevel.COUNTY),
        ("659001", CenterLevel.COUNTY),
        ("610902107", CenterLevel.TOWNSHIP),
        ("610902107001", CenterLevel.VILLAGE),
    ],
)
def test_a_codes_structure_tells_its_level(code: str, level: CenterLevel) -> None:
    assert level_of(code) is level


@pytest.mark.parametrize("code", ["", "61", "6109021", "61090x", "000100", "六一零九零二", "610902; DROP TABLE"])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(Invalid, match="center_code_invalid"):
        level_of(code)


def test_a_center_is_added_under_its_parent_and_told(world: World) -> None:
    world.add(center(CITY))
    put(world, center(COUNTY, CITY))
    assert names(world.settle())[0] == "center_changed"
    kept = queries.get_center(catalog=world.catalog, center_id=COUNTY)
    assert [window.id for window in kept.windows] == ["610902-01", "610902-02"]
    assert world.reference.window("610902-02")[1].kind == "consulting"
    assert world.reference.center(COUNTY).version == kept.version == 1


def test_parents_are_listed_before_children(federation: World) -> None:
    listed = queries.list_centers(catalog=federation.catalog)
    assert [one.id for one in listed] == [CITY, COUNTY, TOWN]


def test_the_same_description_again_changes_nothing(world: World) -> None:
    world.add(center(CITY))
    assert put(world, center(CITY)).version == 1
    assert world.settle() == []


def test_another_description_without_a_version_is_refused(world: World) -> None:
    world.add(center(CITY))
    with pytest.raises(Conflict, match="center_exists"):
        put(world, center(CITY, name="另一个中心"))


def test_a_change_needs_the_version_that_was_seen(world: World) -> None:
    world.add(center(CITY))
    assert put(world, center(CITY, name="新名中心"), 1).version == 2
    with pytest.raises(Stale):
        put(world, center(CITY, name="旧读者的名字"), 1)
    assert queries.get_center(catalog=world.catalog, center_id=CITY).name == "新名中心"
    world.settle()
    assert world.reference.center(CITY).name == "新名中心"


def test_a_replayed_key_gets_the_first_answer_and_no_other_request(world: World) -> None:
    def call(fingerprint: str) -> Call:
        return Call(ADMIN, MONDAY, Idempotency("key-1", fingerprint))

    first = put_center(catalog=world.catalog, call=call("a"), center=center(CITY), expected_version=0)
    again = put_center(catalog=world.catalog, call=call("a"), center=center(CITY), expected_version=0)
    assert first == again
    with pytest.raises(Conflict, match="idempotency_key_reused"):
        put_center(catalog=world.catalog, call=call("b"), center=center(COUNTY), expected_version=0)


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (center(COUNTY, "610800"), "parent_unknown"),
        (center(COUNTY, level=CenterLevel.CITY), "center_level_mismatch"),
        (center("610903", COUNTY), "center_level_not_below"),
        (center(CITY, COUNTY), "center_level_not_below"),
        (center(name=" "), "text_required"),
        (center(name="有\x00字符"), "text_invalid"),
        (center(departments=(Department("a", "甲"), Department("a", "乙"))), "department_key_taken"),
        (center(departments=(Department("A B", "甲"),)), "department_key_invalid"),
        (center(departments=(Department("a", "甲", "11990902YL00000021"),)), "credit_code_invalid"),
        (center(lanes=(Lane("a", "A", "甲"), Lane("a", "B", "乙")), windows=()), "lane_key_taken"),
        (center(lanes=(Lane("a", "A", "甲"), Lane("b", "A", "乙")), windows=()), "lane_prefix_taken"),
        (center(lanes=(Lane("a", "甲", "甲"),), windows=()), "lane_prefix_invalid"),
        (center(windows=(Window("", "01", "窗", WindowKind.GENERAL, ("nowhere",)),)), "window_lane_unknown"),
        (center(windows=(Window("", "01", "窗", WindowKind.GENERAL, ("business",) * 2),)), "window_lane_twice"),
        (center(windows=(Window("", "0 1", "窗", WindowKind.GENERAL),)), "window_number_invalid"),
        (center(windows=(Window("610900-01", "01", "窗", WindowKind.GENERAL),)), "window_id_invalid"),
        (center(windows=(Window("", "01", "窗", WindowKind.GENERAL),) * 2), "window_number_taken"),
        (center(windows=tuple(Window("", str(n), "窗", WindowKind.GENERAL) for n in range(1001))), "center_too_large"),
    ],
)
def test_each_wrong_description_has_its_error_and_changes_nothing(world: World, one: Center, code: str) -> None:
    world.add(center(COUNTY, name="原来的中心"))
    everywhere = actor("admin", centers=(CITY, COUNTY, "610800", "610903"))
    with pytest.raises(Invalid) as refused:
        put(world, one, 1, who=everywhere)
    assert refused.value.code == code
    assert queries.get_center(catalog=world.catalog, center_id=COUNTY).name == "原来的中心"
    assert world.settle() == []


def test_an_administrator_reaches_the_own_centers_and_what_is_below(federation: World) -> None:
    of_the_county = actor("admin", centers=(COUNTY,))
    assert put(federation, center(TOWN, COUNTY, name="新名中心"), 1, who=of_the_county).version == 2
    with pytest.raises(Forbidden, match="center_not_allowed"):
        put(federation, center(CITY, name="新名中心"), 1, who=of_the_county)
    with pytest.raises(Forbidden, match="center_not_allowed"):
        put(federation, center(OTHER_CITY), who=of_the_county)
    with pytest.raises(Forbidden, match="role_not_allowed"):
        put(federation, center(TOWN, COUNTY), 2, who=MANAGER)


def test_an_unknown_center_is_not_replaced(world: World) -> None:
    with pytest.raises(NotFound, match="center_unknown"):
        put(world, center(CITY), 3)


def test_what_a_published_item_uses_cannot_be_taken_from_under_it(world: World) -> None:
    world.add(center(COUNTY))
    call = world.call()
    item = draft_item(catalog=world.catalog, call=call, item_id="", center_id=COUNTY, guide=guide())
    without_lane = center(COUNTY, lanes=(Lane("insurance", "B", "社保"),), windows=())
    without_department = center(COUNTY, departments=(Department("labour", "人社局"),))
    kept = put(world, replace(without_lane), 1)
    put(world, center(COUNTY), kept.version)
    submit_item(catalog=world.catalog, call=call, item_id=item.id, number=1)
    publish_item(catalog=world.catalog, call=call, item_id=item.id, number=1)
    with pytest.raises(Conflict, match="lane_in_use"):
        put(world, without_lane, 3)
    with pytest.raises(Conflict, match="department_in_use"):
        put(world, without_department, 3)
