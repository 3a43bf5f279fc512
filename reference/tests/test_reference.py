import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from google.protobuf.message import Message

from kit.actor import service_actor
from kit.call import Call
from kit.consumer import Delivery
from kit.errors import Conflict, Invalid, NotFound, Unavailable
from kit.events import Event, event_type
from kit.store.port import AlreadyApplied
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, store
from reference import REFERENCE_KINDS, Policy, Reference, testing
from reference.policies import ALL
from reference.stored import StoredCopy
from tongban.catalog.v1 import events_pb2, messages_pb2

Tell = Callable[..., None]


@pytest.fixture
def db(tmp_path: Path) -> SqliteStore:
    return store(tmp_path, REFERENCE_KINDS)


@pytest.fixture
def reference(db: SqliteStore) -> Reference:
    return Reference(db)


@pytest.fixture
def tell(reference: Reference) -> Tell:
    """Delivers an event as the consumer would; the same id again is the same event again."""
    handlers = reference.subscription("queuing").handlers

    def tell(message: Message, id: str = "") -> None:
        name = event_type("catalog", type(message).__name__)
        event = Event(
            id or f"{name}-{hashlib.sha256(message.SerializeToString()).hexdigest()}",
            name,
            "test/catalog",
            "subject",
            "",
            MONDAY,
            message.SerializeToString(),
        )
        try:
            handlers[name](Delivery(event, "queuing.reference", Call(service_actor("queuing"), MONDAY)))
        except AlreadyApplied:
            return

    return tell


def center(version: int, name: str = "甲中心", id: str = "610902", parent: str = "") -> events_pb2.CenterChanged:
    window = messages_pb2.Window(id=f"{id}-01", number="01", name="综合", kind=messages_pb2.WINDOW_KIND_GENERAL)
    return events_pb2.CenterChanged(
        center=messages_pb2.Center(
            id=id,
            name=name,
            level=messages_pb2.CENTER_LEVEL_COUNTY,
            parent_id=parent,
            windows=[window],
            version=version,
        )
    )


def item(number: int, name: str = "许可", center_id: str = "610902") -> messages_pb2.ServiceItem:
    return messages_pb2.ServiceItem(
        id="item-1",
        item_version=number,
        center_id=center_id,
        name=name,
        kind=messages_pb2.ITEM_KIND_PROMISED,
        cooperation=messages_pb2.COOPERATION_JOINT,
        promised_limit=messages_pb2.Limit(amount=5, unit=messages_pb2.LIMIT_UNIT_WORKING_DAY),
        version=number,
    )


def policy(version: int, **values: float) -> events_pb2.PolicyChanged:
    message = messages_pb2.Policy(center_id="610902", version=version)
    for key, value in values.items():
        message.settings.add(key=key, set_by_center="610900").value.number_value = value
    message.settings.add(key="late_grace_min", set_by_center="").value.number_value = 99
    return events_pb2.PolicyChanged(policy=message)


def test_a_center_is_known_once_told_and_unknown_before(reference: Reference, tell: Tell) -> None:
    with pytest.raises(NotFound) as unknown:
        reference.center("610902")
    assert unknown.value.code == "center_unknown"
    tell(center(1))
    assert reference.center("610902").name == "甲中心"
    assert reference.window("610902-01")[1].number == "01"
    with pytest.raises(NotFound, match="window_unknown"):
        reference.window("610902-99")
    with pytest.raises(NotFound, match="window_unknown"):
        reference.window("nonsense")


def test_an_older_version_never_replaces_a_newer_one(reference: Reference, tell: Tell) -> None:
    tell(center(2, "新名"), id="two")
    tell(center(1, "旧名"), id="one")
    assert reference.center("610902").name == "新名"


def test_a_change_is_seen_at_once_where_it_was_consumed(reference: Reference, tell: Tell) -> None:
    tell(center(1))
    assert reference.center("610902").name == "甲中心"
    assert len(reference.centers()) == 1
    tell(center(2, "乙中心"))
    tell(center(1, "下级", id="610902107", parent="610902"))
    assert reference.center("610902").name == "乙中心"
    assert [one.name for one in reference.centers()] == ["乙中心", "下级"]


def test_a_reading_that_a_change_overtook_isnt_kept(
    reference: Reference, tell: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a due date could be counted by the calendar before, after everybody was told of the new one."""
    tell(policy(1, pause_max_min=20))
    read = StoredCopy.policy

    def read_slowly(copy: StoredCopy, center_id: str) -> Policy | None:
        found = read(copy, center_id)
        monkeypatch.setattr(StoredCopy, "policy", read)
        tell(policy(2, pause_max_min=30))
        return found

    monkeypatch.setattr(StoredCopy, "policy", read_slowly)
    reference.policy("610902")
    assert reference.policy("610902").integer("pause_max_min") == 30


def test_another_replica_sees_a_change_within_a_second(db: SqliteStore, tell: Tell) -> None:
    now = [0.0]
    other = Reference(db, now=lambda: now[0])
    tell(center(1, "旧名"))
    tell(policy(1, pause_max_min=20))
    assert (other.center("610902").name, other.policy("610902").integer("pause_max_min")) == ("旧名", 20)
    tell(center(2, "新名"))
    tell(policy(2, pause_max_min=30))
    now[0] = 0.9
    assert other.center("610902").name == "旧名"
    now[0] = 1.0
    assert (other.center("610902").name, other.policy("610902").integer("pause_max_min")) == ("新名", 30)
    assert other.centers()[0].name == "新名"


def test_descendants_hold_the_center_itself_and_all_below(reference: Reference, tell: Tell) -> None:
    tell(center(1, id="610900"))
    tell(center(1, id="610902", parent="610900"))
    tell(center(1, id="610902107", parent="610902"))
    tell(center(1, id="610903", parent="610900"))
    assert reference.descendants("610902") == {"610902", "610902107"}
    assert reference.descendants("610900") == {"610900", "610902", "610902107", "610903"}
    with pytest.raises(NotFound, match="center_unknown"):
        reference.descendants("999999")


def test_only_a_published_item_is_on_offer_and_its_former_version_stays(reference: Reference, tell: Tell) -> None:
    with pytest.raises(NotFound, match="item_unknown"):
        reference.published_item("610902", "item-1")
    tell(events_pb2.ItemDrafted(item=item(1)))
    with pytest.raises(Conflict, match="item_not_published"):
        reference.published_item("610902", "item-1")
    tell(events_pb2.ItemPublished(item=item(1)))
    assert reference.published_item("610902", "item-1").item_version == 1
    tell(events_pb2.ItemPublished(item=item(2, "新许可")))
    tell(events_pb2.ItemRetired(item=item(1)))
    assert reference.published_item("610902", "item-1").name == "新许可"
    assert reference.item("item-1", 1).name == "许可"
    tell(events_pb2.ItemRetired(item=item(2)))
    with pytest.raises(Conflict, match="item_not_published"):
        reference.published_item("610902", "item-1")


def test_events_that_come_again_bring_nothing_back(reference: Reference, tell: Tell) -> None:
    tell(events_pb2.ItemPublished(item=item(1)), id="p1")
    tell(events_pb2.ItemRetired(item=item(1)), id="r1")
    tell(events_pb2.ItemPublished(item=item(1)), id="p1")
    tell(events_pb2.ItemPublished(item=item(1)), id="p1-replayed")
    tell(events_pb2.ItemDrafted(item=item(2)), id="d2")
    with pytest.raises(Conflict, match="item_not_published"):
        reference.published_item("610902", "item-1")


def test_an_item_of_another_center_is_unknown_here(reference: Reference, tell: Tell) -> None:
    tell(events_pb2.ItemPublished(item=item(1)))
    with pytest.raises(NotFound, match="item_unknown"):
        reference.published_item("610900", "item-1")


def test_an_item_version_that_is_still_on_its_way_may_be_asked_for_again(reference: Reference) -> None:
    with pytest.raises(Unavailable, match="reference_not_ready"):
        reference.item("item-1", 1)


def test_settings_are_ready_when_told_and_default_where_not_set(reference: Reference, tell: Tell) -> None:
    with pytest.raises(Unavailable, match="reference_not_ready"):
        reference.policy("610902")
    tell(policy(1, pause_max_min=20))
    told = reference.policy("610902")
    assert told.integer("pause_max_min") == 20
    assert told.integer("late_grace_min") == ALL["late_grace_min"].default
    assert told.flag("accept_on_spot") is True
    assert told.number("substitute_from_days") == 0.5
    assert told.text("item_type_dict") == "gbt39046"
    assert told.data("monthly_leave_quota")["chief_days"] == 5


def test_asking_for_an_undeclared_setting_or_another_type_is_a_mistake(reference: Reference, tell: Tell) -> None:
    tell(policy(1))
    with pytest.raises(KeyError):
        reference.policy("610902").integer("no_such_setting")
    with pytest.raises(TypeError):
        reference.policy("610902").text("pause_max_min")


def test_a_calendar_counts_as_it_was_told(reference: Reference, tell: Tell) -> None:
    with pytest.raises(Unavailable, match="reference_not_ready"):
        reference.calendar("610902")
    for version in (1, 2):
        message = events_pb2.CalendarChanged(calendar=messages_pb2.Calendar(center_id="610902", version=version))
        data = replace(testing.sample_calendar(), version=version).to_data()
        message.calendar.data.update(data)
        tell(message)
        assert reference.calendar("610902").version == version
    assert not reference.calendar("610902").day_status(date(2026, 10, 1)).working


def test_an_undecodable_event_is_invalid(reference: Reference) -> None:
    handlers = reference.subscription("queuing").handlers
    name = event_type("catalog", "CenterChanged")
    event = Event("e", name, "test/catalog", "s", "", MONDAY, b"\xff\xff\xff")
    with pytest.raises(Invalid, match="event_undecodable"):
        handlers[name](Delivery(event, "queuing.reference", Call(service_actor("queuing"), MONDAY)))


def test_the_builder_for_tests_fills_everything(db: SqliteStore) -> None:
    reference = testing.filled(db, policy={"pause_max_min": 7})
    assert reference.policy(testing.CENTER_ID).integer("pause_max_min") == 7
    assert reference.published_item(testing.CENTER_ID, testing.ITEM_ID).steps[-1].role == "approver"
    assert reference.calendar(testing.CENTER_ID).is_open(MONDAY)
    testing.set_policy(db, testing.CENTER_ID, {"pause_max_min": 8}, reference=reference)
    assert reference.policy(testing.CENTER_ID).integer("pause_max_min") == 8
    testing.retire(db, testing.sample_item())
    with pytest.raises(Conflict, match="item_not_published"):
        reference.published_item(testing.CENTER_ID, testing.ITEM_ID)
