from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.errors import Forbidden, Invalid, NotFound, Stale
from reference.policies import ALL
from services.catalog import queries
from services.catalog.domain import policies
from services.catalog.domain.policies import CenterPolicy, SetValue
from services.catalog.events import subscriptions
from services.catalog.handlers import put_center, set_policy
from services.catalog.tests.conftest import ADMIN, CITY, COUNTY, MANAGER, TOWN, World, actor, center, names

KEY = "pause_max_min"
DEFAULT = ALL[KEY].default


def put(world: World, center_id: str, value: Any, key: str = KEY, **more: Any) -> CenterPolicy:
    return set_policy(catalog=world.catalog, call=world.call(), center_id=center_id, key=key, value=value, **more)


def holds(world: World, center_id: str, key: str = KEY) -> SetValue | None:
    _, found = queries.get_policy(catalog=world.catalog, call=world.call(), center_id=center_id)
    return found.get(key)


def test_a_setting_holds_for_the_center_and_all_below_at_once(federation: World) -> None:
    put(federation, CITY, 20)
    assert holds(federation, CITY) == holds(federation, COUNTY) == holds(federation, TOWN) == SetValue(20, CITY)


def test_every_center_below_is_told_by_events_of_its_own(federation: World) -> None:
    put(federation, CITY, 20)
    told = federation.settle()
    assert [event.subject for event in told] == [CITY, COUNTY, TOWN]
    for center_id in (CITY, COUNTY, TOWN):
        assert federation.reference.policy(center_id).integer(KEY) == 20


def test_the_nearest_center_that_sets_a_value_wins(federation: World) -> None:
    put(federation, CITY, 20)
    put(federation, COUNTY, 25)
    federation.settle()
    assert federation.reference.policy(CITY).integer(KEY) == 20
    assert federation.reference.policy(TOWN).integer(KEY) == 25
    put(federation, CITY, 30)
    assert [event.subject for event in federation.settle()] == [CITY]
    assert federation.reference.policy(TOWN).integer(KEY) == 25


def test_a_value_taken_back_gives_way_to_the_parents_and_then_the_default(federation: World) -> None:
    put(federation, CITY, 20)
    put(federation, COUNTY, 25)
    put(federation, COUNTY, None)
    assert holds(federation, TOWN) == SetValue(20, CITY)
    put(federation, CITY, None)
    assert holds(federation, TOWN) is None
    federation.settle()
    assert federation.reference.policy(TOWN).integer(KEY) == DEFAULT


def test_the_same_value_again_changes_nothing(federation: World) -> None:
    put(federation, CITY, 20)
    federation.settle()
    assert put(federation, CITY, 20.0).version == put(federation, CITY, 20).version
    assert federation.settle() == []


def test_a_new_center_inherits_what_was_set_before_it_came(world: World) -> None:
    world.add(center(CITY))
    put(world, CITY, 20)
    world.settle()
    world.add(center(COUNTY, CITY))
    assert world.reference.policy(COUNTY).integer(KEY) == 20


def test_a_center_that_moves_inherits_from_its_new_parent(federation: World) -> None:
    everywhere = actor("admin", centers=("610800", CITY, COUNTY))
    federation.add(center("610800", level=center(CITY).level))
    set_policy(
        catalog=federation.catalog,
        call=federation.call(actor("admin", centers=("610800",))),
        center_id="610800",
        key=KEY,
        value=40,
    )
    put_center(
        catalog=federation.catalog,
        call=federation.call(everywhere),
        center=center(COUNTY, "610800", name="汉滨区政务服务中心"),
        expected_version=1,
    )
    federation.settle()
    assert federation.reference.policy(COUNTY).integer(KEY) == 40
    assert federation.reference.policy(TOWN).integer(KEY) == 40


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        (KEY, "20", "policy_value_invalid"),
        (KEY, -1, "policy_value_invalid"),
        (KEY, 1.5, "policy_value_invalid"),
        (KEY, {"$gt": 0}, "policy_value_invalid"),
        ("work_calendar", {"mon": ["09:00-08:00"], "make_up": []}, "calendar_hours_invalid"),
    ],
)
def test_a_value_that_does_not_fit_changes_nothing(federation: World, key: str, value: Any, code: str) -> None:
    with pytest.raises(Invalid, match=code):
        put(federation, COUNTY, value, key)
    assert federation.settle() == []


def test_unknown_settings_and_centers_are_refused(federation: World) -> None:
    with pytest.raises(NotFound, match="policy_key_unknown"):
        put(federation, COUNTY, 1, "no_such_setting")
    with pytest.raises(NotFound, match="center_unknown"):
        put(federation, "999999", 1)


def test_only_those_who_run_the_center_set_its_policy(federation: World) -> None:
    for who, code in (
        (actor("clerk"), "role_not_allowed"),
        (actor("manager", centers=(CITY,)), "center_not_allowed"),
        (actor("admin", centers=(TOWN,)), "center_not_allowed"),
    ):
        with pytest.raises(Forbidden, match=code):
            set_policy(catalog=federation.catalog, call=federation.call(who), center_id=COUNTY, key=KEY, value=1)
    with pytest.raises(Forbidden, match="center_not_allowed"):
        queries.get_policy(
            catalog=federation.catalog, call=federation.call(actor("clerk", centers=(CITY,))), center_id=COUNTY
        )


def test_a_stale_version_is_refused(federation: World) -> None:
    seen = queries.get_policy(catalog=federation.catalog, call=federation.call(), center_id=COUNTY)[0].version
    put(federation, COUNTY, 20, expected_version=seen)
    with pytest.raises(Stale):
        put(federation, COUNTY, 21, expected_version=seen)


def test_a_crash_between_two_children_only_delays_the_second(federation: World) -> None:
    federation.add(center("610903", CITY))
    put(federation, CITY, 20)
    (event,) = (one.event for one in federation.store.pending(10))
    inheritance = subscriptions(federation.catalog)[:1]
    children = iter([COUNTY])
    save = federation.catalog.policies.save

    def crash_after_the_first(entity: CenterPolicy, *arguments: Any, **named: Any) -> CenterPolicy:
        if next(children, None) is None:
            raise KeyboardInterrupt
        return save(entity, *arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(federation.catalog.policies, "save", crash_after_the_first)
        with pytest.raises(KeyboardInterrupt):
            federation.deliver(event, inheritance)
    assert names([one.event for one in federation.store.pending(10)]) == ["policy_changed"] * 2
    federation.settle()
    for center_id in (COUNTY, TOWN, "610903"):
        assert federation.reference.policy(center_id).integer(KEY) == 20


def test_an_event_handled_twice_has_one_effect(federation: World) -> None:
    put(federation, CITY, 20)
    told = federation.settle()
    versions = [federation.reference.policy(one).version for one in (CITY, COUNTY, TOWN)]
    for event in told:
        federation.deliver(event)
    assert federation.settle() == []
    assert [federation.reference.policy(one).version for one in (CITY, COUNTY, TOWN)] == versions


def test_a_setting_shows_its_source_and_who_set_it(federation: World) -> None:
    put(federation, CITY, 20)
    federation.settle()
    assert holds(federation, COUNTY) == SetValue(20, CITY)
    assert "ZZ17" in ALL[KEY].source


KEYS = st.sampled_from(["a", "b", "c"])


@given(st.lists(st.dictionaries(KEYS, st.integers(1, 9), max_size=3), min_size=1, max_size=5))
def test_what_holds_is_what_the_lowest_center_that_says_something_says(chain: list[dict[str, int]]) -> None:
    line = [CenterPolicy(str(depth), own=dict(own)) for depth, own in enumerate(chain)]
    found = policies.effective(line)
    for key in "abc":
        said = [(own[key], str(depth)) for depth, own in enumerate(chain) if key in own]
        assert found.get(key) == (SetValue(*said[-1]) if said else None)


def test_an_administrator_may_set_policy_as_a_manager_may(federation: World) -> None:
    for who in (ADMIN, MANAGER):
        set_policy(catalog=federation.catalog, call=federation.call(who), center_id=TOWN, key=KEY, value=None)
    assert holds(federation, TOWN) is None
