"""Topics come from the declared table, by `tongban init` and not by being named; others are refused, and why is said."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from kit.bus.kafka.bus import KafkaBus
from kit.bus.kafka.settings import KafkaSettings
from kit.bus.kafka.topics import WrongTopics
from kit.bus.topics import TOPICS, Topic
from kit.settings import load
from tests.contract.bus_contract import drain, event, ids, until
from tests.kafka.broker import KafkaBusHarness, fresh_topic, settings_for
from tests.servers.kafka import KafkaServer

Open = Callable[..., KafkaBus]


@pytest.fixture
def open_with(kafka_server: KafkaServer) -> Iterator[Open]:
    """A client that declares these topics."""
    opened: list[KafkaBus] = []

    def open_bus(*topics: Topic, **changed: object) -> KafkaBus:
        opened.append(KafkaBus(settings_for(kafka_server.address(), **changed), topics))
        return opened[-1]

    yield open_bus
    for bus in opened:
        bus.close()


@pytest.fixture
def tongban(kafka_server: KafkaServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command, on a site of its own on the broker."""
    for name, value in {
        "TONGBAN_BUS": "kafka",
        "TONGBAN_EMBEDDED": "false",
        "TONGBAN_KAFKA_BOOTSTRAP_SERVERS": kafka_server.address(),
        "TONGBAN_KAFKA_REPLICATION": "1",
        "TONGBAN_KAFKA_PREFIX": f"site-{uuid.uuid4().hex[:6]}.",
    }.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def test_init_makes_every_declared_topic_and_a_second_time_nothing_and_status_tells_what_waits(
    tongban: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first = tongban("init")
    assert first.exit_code == 0, first.output
    assert [line.removeprefix("topic made: ") for line in first.stdout.splitlines()] == [each.name for each in TOPICS]
    again = tongban("init")
    assert again.exit_code == 0
    assert again.stdout == "nothing to do: everything is there\n"
    assert tongban("init", "--alter").stdout == "nothing to do: everything is there\n"
    monkeypatch.setenv("TONGBAN_DATA", str(tmp_path))
    with closing(KafkaBus(load(KafkaSettings))) as bus:
        bus.publish("tongban.catalog.v1", [event(n) for n in range(3)])
        bus.publish("queuing.reference.dlq", [event(1)], [{"dlq_at": "0"}])
    said = tongban("status", "--json")
    assert said.exit_code == 1, "there is a dead letter"
    waiting = {each["name"]: each for each in json.loads(said.stdout)["services"]}
    assert waiting["queuing"]["lag"] == 3
    assert waiting["catalog"]["lag"] == 6, "two groups of it have all three before them"
    assert {name for name, each in waiting.items() if each["dead_letters"]} == {"queuing"}
    assert "queuing" in tongban("status").stdout


def test_init_refuses_a_topic_that_differs_unless_it_may_alter_it(open_with: Open) -> None:
    name = fresh_topic()
    list(open_with(Topic(name, 2, timedelta(days=1))).set_up(alter=False))
    wanted, other = Topic(name, 3, None), Topic(fresh_topic(), 1)
    with pytest.raises(WrongTopics) as refusal:
        list(open_with(wanted, other).set_up(alter=False))
    assert f"{name}: partitions is 2, declared is 3" in str(refusal.value)
    assert f"{name}: retention.ms is 86400000, declared is -1" in str(refusal.value)
    assert "tongban init --alter" in str(refusal.value)
    assert other.name not in open_with(wanted, other).topics(), "something was made before the refusal"
    said = list(open_with(wanted, other).set_up(alter=True))
    assert f"altered: {name}: partitions is 2, declared is 3" in said
    open_with(wanted, other).require([name, other.name])


def test_a_topic_is_not_made_by_being_named(open_with: Open) -> None:
    missing = Topic(fresh_topic(), 1)
    bus = open_with(missing)
    for use in (
        lambda: bus.publish(missing.name, [event(1)]),
        lambda: bus.consumer("group", [missing.name]),
        lambda: bus.tail([missing.name]),
        lambda: bus.require([missing.name]),
    ):
        with pytest.raises(WrongTopics, match=r"there is no such topic\n`tongban init` makes missing topics\.$"):
            use()
    assert missing.name not in bus.topics()


def test_a_topic_that_nobody_declared_is_refused(open_with: Open) -> None:
    with pytest.raises(WrongTopics, match="not in the declared table"):
        open_with().publish("tongban.misspelt.v1", [event(1)])


@pytest.mark.parametrize(
    ("declared", "settings", "said"),
    [
        ({"partitions": 4}, {}, "partitions is 2, declared is 4"),
        ({"kept": timedelta(days=2)}, {}, "retention.ms is 86400000, declared is 172800000"),
        ({}, {"kafka_replication": 3, "kafka_min_insync": 1}, "replication is 1, declared is 3 or more"),
        ({}, {"kafka_replication": 3}, "min.insync.replicas is 1, declared is 2"),
    ],
)
def test_a_process_does_not_start_on_a_topic_that_differs(
    open_with: Open, declared: dict[str, object], settings: dict[str, object], said: str
) -> None:
    topic = Topic(fresh_topic(), 2, timedelta(days=1))
    list(open_with(topic).set_up(alter=False))
    other = open_with(replace(topic, **declared), **settings)  # type: ignore[arg-type]
    with pytest.raises(WrongTopics) as refusal:
        other.require([topic.name])
    assert said in str(refusal.value)
    with pytest.raises(WrongTopics):
        other.publish(topic.name, [event(1)])


@pytest.mark.parametrize(
    ("changed", "settings", "said"),
    [
        ({"partitions": 1}, {}, "fewer partitions need a new topic"),
        ({}, {"kafka_replication": 3}, "kafka-reassign-partitions"),
    ],
)
def test_what_can_not_be_altered_in_place_is_said_before_anything_is(
    open_with: Open, changed: dict[str, object], settings: dict[str, object], said: str
) -> None:
    topic = Topic(fresh_topic(), 2, timedelta(days=1))
    list(open_with(topic).set_up(alter=False))
    wanted = replace(topic, kept=None, **changed)  # type: ignore[arg-type]
    with pytest.raises(WrongTopics, match=said):
        list(open_with(wanted, **settings).set_up(alter=True))
    open_with(topic).require([topic.name])


def test_a_topic_gets_no_more_partitions_while_a_group_is_behind(open_with: Open) -> None:
    topic = Topic(fresh_topic(), 2)
    bus = open_with(topic)
    list(bus.set_up(alter=False))
    group = f"group-{topic.name}"
    bus.publish(topic.name, [event(n, str(n)) for n in range(10)])
    member = bus.consumer(group, [topic.name])
    got = drain(member, 10, commit=False)
    first = min(got, key=lambda one: one.offset)
    member.commit(first)
    wider = open_with(replace(topic, partitions=3))
    with pytest.raises(WrongTopics, match=group):
        list(wider.set_up(alter=True))
    for one in got:
        member.commit(one)
    member.close()
    assert list(wider.set_up(alter=True)) == [f"altered: {topic.name}: partitions is 2, declared is 3"]


def test_who_listens_hears_parts_that_are_added(open_with: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit.bus.kafka.tail._LOOK_SECONDS", 0.0)
    topic = Topic(fresh_topic(), 1)
    bus = open_with(topic)
    list(bus.set_up(alter=False))
    bus.publish(topic.name, [event(0)])
    tail = bus.tail([topic.name])
    wider = open_with(replace(topic, partitions=4))
    list(wider.set_up(alter=True))
    wider.publish(topic.name, [event(n, f"key-{n}") for n in range(1, 30)])
    heard: set[str] = set()

    def all_heard() -> bool:
        heard.update(ids(tail.poll(0.2)))
        return len(heard) == 29

    until(all_heard)
    assert "e000000" not in heard
    tail.close()


def test_sites_that_share_a_cluster_are_apart(open_with: Open) -> None:
    topic = Topic(fresh_topic(), 1)
    one, other = open_with(topic, kafka_prefix="one."), open_with(topic, kafka_prefix="other.")
    for number, bus in enumerate((one, other)):
        list(bus.set_up(alter=False))
        bus.publish(topic.name, [event(number)])
        member = bus.consumer("group", [topic.name])
        assert ids(drain(member, 1)) == [f"e00000{number}"]
        member.close()
        assert bus.topics().count(topic.name) == 1
        assert bus.lag("group", [topic.name]) == 0


def test_positions_of_a_divided_topic_name_each_event_once(bus_harness: KafkaBusHarness, topic: str) -> None:
    bus = bus_harness.open()
    bus.publish(topic, [event(n, f"key-{n % 9}") for n in range(50)])
    everything = bus.read(topic, limit=1000)
    assert sorted(ids(everything)) == [f"e{n:06}" for n in range(50)]
    assert len({one.offset for one in everything}) == 50
    pages: list[str] = []
    after = 0
    while page := bus.read(topic, after, 7):
        assert len(page) <= 7
        pages += ids(page)
        after = page[-1].offset
    assert pages == ids(everything)
    for key in range(9):
        of_key = [one.event.id for one in everything if one.event and one.key == f"key-{key}"]
        assert of_key == sorted(of_key)
