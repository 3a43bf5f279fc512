"""What a site above has set: centers here localise what was left open and can't undo the rest."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct

from kit.actor import service_actor
from kit.alarms import Sweeper
from kit.clock import FixedClock
from kit.errors import Conflict, Invalid
from kit.events import Event, event_type
from kit.testing import MONDAY
from kit.timestamps import to_timestamp
from services.catalog import queries
from services.catalog.domain.codes import CodingScheme
from services.catalog.domain.items import Guide
from services.catalog.handlers import draft_item, publish_item, put_calendar, set_policy, submit_item
from services.catalog.handlers.standards import alarms
from services.catalog.tests.conftest import CITY, COUNTY, TOWN, World, guide
from tongban.federation.v1 import events_pb2, standards_pb2

KEY = "pause_max_min"
PROVINCE = "610000.shaanxi"
CODE = "000131024000"
STORM = {"2026-12-01": {"kind": "closure", "name": "暴雪"}}


def tell(world: World, kind: int, content: dict[str, Any], open: tuple[str, ...] = (), **more: Any) -> None:
    """A standard of the province comes, as federation tells of it."""
    number = more.pop("number", 1)
    key = CODE if kind == standards_pb2.STANDARD_KIND_ITEM else "all"
    values, local = Struct(), Struct()
    values.update(content)
    local.update(more.pop("local", {}))
    message = standards_pb2.Standard(
        id=f"{PROVINCE}:{kind}:{key}", kind=kind, key=key, issued_by=PROVINCE, number=number, content=values,  # type: ignore[arg-type]
        open=open, local=local, received_from=more.pop("received_from", PROVINCE),
        effective_from=to_timestamp(more.pop("effective_from", MONDAY)), **more,
    )  # fmt: skip
    type = event_type("federation", "StandardReceived")
    data = events_pb2.StandardReceived(standard=message).SerializeToString()
    for _ in range(2):  # whatever comes, may come again
        world.deliver(
            Event(f"s-{kind}-{number}-{bool(local.fields)}", type, "x/federation", message.id, "", MONDAY, data)
        )
    world.settle()


def setting(world: World, center_id: str) -> int:
    return world.reference.policy(center_id).integer(KEY)


def test_a_fixed_setting_holds_for_every_center_over_what_they_had_set(federation: World) -> None:
    set_policy(catalog=federation.catalog, call=federation.call(), center_id=COUNTY, key=KEY, value=25)
    federation.settle()
    tell(federation, standards_pb2.STANDARD_KIND_POLICY, {KEY: 10})
    assert [setting(federation, center_id) for center_id in (CITY, COUNTY, TOWN)] == [10, 10, 10]
    with pytest.raises(Conflict, match="fixed_by_parent"):
        set_policy(catalog=federation.catalog, call=federation.call(), center_id=TOWN, key=KEY, value=30)


def test_a_setting_that_was_left_open_is_only_where_they_begin(federation: World) -> None:
    tell(federation, standards_pb2.STANDARD_KIND_POLICY, {KEY: 10}, (KEY,), local={KEY: 12})
    assert setting(federation, TOWN) == 12
    set_policy(catalog=federation.catalog, call=federation.call(), center_id=COUNTY, key=KEY, value=25)
    federation.settle()
    assert [setting(federation, CITY), setting(federation, TOWN)] == [12, 25]


def test_a_standard_that_was_withdrawn_gives_back_what_the_centers_had_set(federation: World) -> None:
    set_policy(catalog=federation.catalog, call=federation.call(), center_id=COUNTY, key=KEY, value=25)
    federation.settle()
    tell(federation, standards_pb2.STANDARD_KIND_POLICY, {KEY: 10})
    tell(federation, standards_pb2.STANDARD_KIND_POLICY, {KEY: 10}, number=2, withdrawn=True)
    assert setting(federation, COUNTY) == 25


def test_an_earlier_number_that_comes_late_changes_nothing(federation: World) -> None:
    tell(federation, standards_pb2.STANDARD_KIND_POLICY, {KEY: 11}, number=2)
    tell(federation, standards_pb2.STANDARD_KIND_POLICY, {KEY: 10}, number=1)
    assert setting(federation, TOWN) == 11


def test_what_this_site_issued_itself_binds_it_not(federation: World) -> None:
    tell(federation, standards_pb2.STANDARD_KIND_POLICY, {KEY: 10}, received_from="")
    assert setting(federation, TOWN) != 10


def test_a_setting_that_nobody_knows_is_refused_whole(federation: World) -> None:
    with pytest.raises(Invalid, match="standard_unusable"):
        tell(federation, standards_pb2.STANDARD_KIND_POLICY, {"no_such_setting": 1})
    with pytest.raises(Invalid):
        tell(federation, standards_pb2.STANDARD_KIND_POLICY, {KEY: "ten"})


def test_a_standard_holds_from_its_day_on(federation: World) -> None:
    before = setting(federation, TOWN)
    later = MONDAY + timedelta(days=3)
    tell(federation, standards_pb2.STANDARD_KIND_POLICY, {KEY: 10}, effective_from=later)
    clock = FixedClock(MONDAY)
    sweeper = Sweeper(alarms(federation.catalog), clock, service_actor("catalog"))
    assert sweeper.sweep() == 0
    assert setting(federation, TOWN) == before
    clock.advance(timedelta(days=3))
    assert sweeper.sweep() == 1
    federation.settle()
    assert setting(federation, TOWN) == 10


def test_a_fixed_closure_stands_whatever_a_center_says_of_that_day(federation: World) -> None:
    own = {"days": {"2026-12-01": {"kind": "regular", "name": "照常办公"}}}
    put_calendar(catalog=federation.catalog, call=federation.call(), center_id=TOWN, own=own)
    tell(federation, standards_pb2.STANDARD_KIND_CALENDAR, {"days": STORM})
    for center_id in (CITY, COUNTY, TOWN):
        assert (
            not queries.get_calendar(catalog=federation.catalog, center_id=center_id)[1]
            .day_status(date(2026, 12, 1))
            .working
        )
    with pytest.raises(Conflict, match="fixed_by_parent"):
        put_calendar(catalog=federation.catalog, call=federation.call(), center_id=COUNTY, own=own)


def test_an_open_closure_can_be_taken_back_below(federation: World) -> None:
    tell(federation, standards_pb2.STANDARD_KIND_CALENDAR, {"days": STORM}, ("days",))
    own = {"days": {"2026-12-01": {"kind": "regular", "name": "照常办公"}}}
    put_calendar(catalog=federation.catalog, call=federation.call(), center_id=TOWN, own=own)
    working = [
        queries.get_calendar(catalog=federation.catalog, center_id=center_id)[1].day_status(date(2026, 12, 1)).working
        for center_id in (CITY, TOWN)
    ]
    assert working == [False, True]


# ── Items ────────────────────────────────────────────────────────────────────────────────────────────────────────

ITEM = {"name": "食品经营许可", "statutory_limit": {"amount": 20, "unit": "working_day"},
        "materials": [{"key": "form"}, {"key": "plan"}], "promised_limit": {"amount": 10}}  # fmt: skip


def draft(world: World, it: Guide) -> Any:
    return draft_item(catalog=world.catalog, call=world.call(), item_id="", center_id=COUNTY, guide=it)


def of_code(**changes: Any) -> Guide:
    return replace(guide(), basic_code=CODE, coding_scheme=CodingScheme.FREE, **changes)


def test_an_item_of_a_standards_code_says_what_is_fixed_there(federation: World) -> None:
    tell(federation, standards_pb2.STANDARD_KIND_ITEM, ITEM, ("promised_limit",))
    with pytest.raises(Conflict, match="fixed_by_parent") as refused:
        draft(federation, of_code(name="另一个名称", materials=guide().materials[:1]))
    assert refused.value.details["fields"] == "materials,name"


def test_what_was_left_open_of_an_item_is_the_centers_own(federation: World) -> None:
    tell(federation, standards_pb2.STANDARD_KIND_ITEM, ITEM, ("promised_limit",))
    shorter = replace(guide().promised_limit or guide().statutory_limit, amount=5)  # type: ignore[type-var]
    item = draft(federation, of_code(promised_limit=shorter))
    submit_item(catalog=federation.catalog, call=federation.call(), item_id=item.id, number=1)
    publish_item(catalog=federation.catalog, call=federation.call(), item_id=item.id, number=1)


def test_a_draft_that_departs_from_a_newer_standard_is_not_published(federation: World) -> None:
    item = draft(federation, of_code())
    tell(federation, standards_pb2.STANDARD_KIND_ITEM, {**ITEM, "name": "食品经营许可（新办）"})
    with pytest.raises(Conflict, match="fixed_by_parent"):
        submit_item(catalog=federation.catalog, call=federation.call(), item_id=item.id, number=1)


def test_items_of_other_codes_are_not_touched(federation: World) -> None:
    tell(federation, standards_pb2.STANDARD_KIND_ITEM, ITEM)
    assert draft(federation, guide(name="另一个名称")).id
