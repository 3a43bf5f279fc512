"""The watched store and bus pass everything on, and count what is no answer."""

from __future__ import annotations

import inspect
from typing import Any, cast
from unittest.mock import MagicMock, call

import pytest

from kit import telemetry
from kit.bus.observed import ObservedBus
from kit.bus.port import Bus, Consumer
from kit.errors import Stale, Unavailable
from kit.events import Event
from kit.store.observed import ObservedStore
from kit.store.port import Query, Store
from kit.testing import MONDAY

EVENT = Event("e1", "tongban.test.thing_done.v1", "s", "k", "j", MONDAY, b"", traceparent="00-1-2-00")
UNAVAILABLE = Unavailable("store_unavailable", "服务暂时不可用，请稍后重试。")


def arguments(port: type, method: str) -> tuple[list[Any], dict[str, Any]]:
    """One for each parameter: positional ones and those by name."""
    known = {"query": Query("thing", "by_id"), "events": [EVENT], "kind": "thing"}
    given, named = [], {}
    for each in list(inspect.signature(getattr(port, method)).parameters.values())[1:]:
        value = known.get(each.name, each.name)
        if each.kind is inspect.Parameter.KEYWORD_ONLY:
            named[each.name] = value
        else:
            given.append(value)
    return given, named


def methods(port: type) -> list[str]:
    return [name for name in vars(port) if not name.startswith("_")]


@pytest.mark.parametrize("method", methods(Store))
def test_a_watched_store_passes_every_call_on(method: str) -> None:
    store = MagicMock()
    given, named = arguments(Store, method)
    answer = getattr(ObservedStore(cast(Store, store), "intake"), method)(*given, **named)
    assert getattr(store, method).mock_calls[:1] == [call(*given, **named)]
    assert answer is getattr(store, method).return_value or answer is None


@pytest.mark.parametrize("method", [each for each in methods(Bus) if each != "consumer"])
def test_a_watched_bus_passes_every_call_on(method: str) -> None:
    bus = MagicMock()
    given, named = arguments(Bus, method)
    answer = getattr(ObservedBus(cast(Bus, bus)), method)(*given, **named)
    assert getattr(bus, method).mock_calls[:1] == [call(*given, **named)]
    assert answer is getattr(bus, method).return_value or answer is None


@pytest.mark.parametrize("method", methods(Consumer))
def test_a_watched_consumer_passes_every_call_on(method: str) -> None:
    bus = MagicMock()
    given, named = arguments(Consumer, method)
    answer = getattr(ObservedBus(cast(Bus, bus)).consumer("g", ["t"]), method)(*given, **named)
    behind = getattr(bus.consumer.return_value, method)
    assert bus.consumer.mock_calls[0] == call("g", ["t"])
    assert behind.mock_calls[:1] == [call(*given, **named)]
    assert answer is behind.return_value or answer is None


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for counter in (telemetry.store_errors, telemetry.bus_errors):
        monkeypatch.setattr(counter, "add", lambda number, labels: found.append(labels))
    return found


def test_a_store_that_is_away_is_counted_and_a_lost_race_is_not(counted: list[dict[str, str]]) -> None:
    behind = MagicMock()
    store = ObservedStore(cast(Store, behind), "intake")
    behind.save.side_effect = Stale("stale_version", "记录已被他人更新，请刷新后重试。")
    with pytest.raises(Stale):
        store.save("thing", "a", {}, 1)
    assert counted == []
    behind.save.side_effect = UNAVAILABLE
    with pytest.raises(Unavailable):
        store.save("thing", "a", {}, 1)
    behind.get.side_effect = RecursionError
    with pytest.raises(RecursionError):
        store.get("thing", "a")
    assert counted == [
        {"operation": "save", "code": "store_unavailable"},
        {"operation": "get", "code": "RecursionError"},
    ]


def test_a_bus_that_is_away_is_counted_wherever_it_is_missed(counted: list[dict[str, str]]) -> None:
    behind = MagicMock()
    bus = ObservedBus(cast(Bus, behind))
    consumer = bus.consumer("g", ["t"])
    for failing in (behind.publish, behind.lag, behind.consumer, behind.consumer.return_value.poll):
        failing.side_effect = UNAVAILABLE
    for attempt in (
        lambda: bus.publish("t", [EVENT]),
        lambda: bus.lag("g", ["t"]),
        lambda: bus.consumer("g", ["t"]),
        lambda: consumer.poll(1.0),
    ):
        with pytest.raises(Unavailable):
            attempt()
    assert [labels["operation"] for labels in counted] == ["publish", "lag", "join", "poll"]
