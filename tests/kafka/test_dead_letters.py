"""Dead letters on Kafka, by the operators' commands; and what goes through from releases and senders that are others'."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from kafka import KafkaProducer
from typer.testing import CliRunner, Result

from cli.main import app
from kit.actor import service_actor
from kit.bus.kafka.bus import KafkaBus
from kit.bus.topics import Topic, letters_of
from kit.clock import SystemClock
from kit.consumer import Delivery, GroupRunner, RetryPolicy, Subscription
from kit.errors import Invalid
from kit.events import Event
from tests.contract.bus_contract import event
from tests.kafka.broker import settings_for
from tests.servers.kafka import KafkaServer

TOPIC = "tongban.queuing.v1"
GROUPS = ("intake.reference", "supervision.journeys")
TOPICS = (Topic(TOPIC, 4), *(topic for group in GROUPS for topic in letters_of(group)))


class Site:
    """The bus of one site, two groups on it, and the operator's command."""

    def __init__(self, address: str) -> None:
        self.prefix = f"site-{uuid.uuid4().hex[:6]}."
        self.address = address
        self.bus = KafkaBus(settings_for(address, kafka_prefix=self.prefix), TOPICS)
        list(self.bus.set_up(alter=False))

    def consume(self, group: str, poisonous: frozenset[str] = frozenset()) -> list[Event]:
        """Lets a group handle all that lies before it; what had its effect comes back."""
        done: list[Event] = []

        def handle(delivery: Delivery) -> None:
            if delivery.event.id in poisonous:
                raise Invalid("cannot_be_handled", "坏")
            done.append(delivery.event)

        runner = GroupRunner(
            Subscription(group, [TOPIC], any_event=handle),
            self.bus,
            SystemClock(),
            service_actor("test"),
            RetryPolicy(first=0),
        )
        member = self.bus.consumer(group, [TOPIC])
        while self.bus.lag(group, [TOPIC]):
            for received in member.poll(1.0):
                assert runner.handle(received)
                member.commit(received)
        member.close()
        return done

    def letters(self) -> dict[str, str]:
        """What `tongban dlq list` shows: the event's subject → GROUP/NUMBER."""
        listed = self.tongban("dlq", "list")
        assert listed.exit_code == 0, listed.output
        rows = re.findall(r"^\s*(\d+)\s+\S+\s+(\S+)\s.* (\S+)$", listed.stdout, re.MULTILINE)
        return {subject: f"{group}/{number}" for number, group, subject in rows}

    def tongban(self, *arguments: str) -> Result:
        settings = {
            "TONGBAN_BUS": "kafka",
            "TONGBAN_EMBEDDED": "false",
            "TONGBAN_KAFKA_BOOTSTRAP_SERVERS": self.address,
            "TONGBAN_KAFKA_REPLICATION": "1",
            "TONGBAN_KAFKA_PREFIX": self.prefix,
        }
        return CliRunner(env=settings).invoke(app, list(arguments))


@pytest.fixture
def site(kafka_server: KafkaServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr("kit.bus.kafka.bus.TOPICS", TOPICS)
    made = Site(kafka_server.address())
    # The command declares every topic of a site; of this one there are only those of two groups.
    init = KafkaBus.__init__
    monkeypatch.setattr(KafkaBus, "__init__", lambda self, settings, topics=TOPICS: init(self, settings, topics))
    yield made
    made.bus.close()


def audited(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line.removeprefix("audit: ")) for line in result.stderr.splitlines() if "audit: " in line]


def test_a_poison_event_is_set_aside_looked_at_replayed_and_dropped(site: Site) -> None:
    site.bus.publish(TOPIC, [event(n, f"t{n}") for n in range(6)])
    poison = frozenset({"e000002", "e000004"})
    assert len(site.consume("supervision.journeys")) == 6
    assert {one.id for one in site.consume("intake.reference", poison)} == {
        f"e{n:06}" for n in range(6) if f"e{n:06}" not in poison
    }
    found = site.letters()
    assert set(found) == {"t2", "t4"}
    assert set(found.values()) == {"intake.reference/1", "intake.reference/2"}

    shown = json.loads(site.tongban("dlq", "show", found["t2"]).stdout)
    assert (shown["headers"]["ce_id"], shown["headers"]["dlq_code"]) == ("e000002", "cannot_be_handled")
    assert "数据" not in json.dumps(shown, ensure_ascii=False)

    replayed = site.tongban("dlq", "replay", found["t2"])
    assert replayed.exit_code == 0, replayed.output
    assert [(line["action"], line["event"]) for line in audited(replayed)] == [("dlq_replayed", "e000002")]
    assert [one.id for one in site.consume("intake.reference")] == ["e000002"]

    dropped = site.tongban("dlq", "drop", "--all")
    assert [(line["action"], line["event"]) for line in audited(dropped)] == [("dlq_dropped", "e000004")]
    assert site.letters() == {}
    assert site.consume("intake.reference") == []
    assert [one.headers["dlq_action"] for one in site.bus.read("intake.reference.dlq.handled")] == [
        "replayed",
        "dropped",
    ]


def test_letters_of_one_number_in_two_groups_are_told_apart(site: Site) -> None:
    site.bus.publish(TOPIC, [event(1, "t1")])
    for group in GROUPS:
        site.consume(group, frozenset({"e000001"}))
    refused = site.tongban("dlq", "drop", "1")
    assert refused.exit_code == 1
    assert "say which: intake.reference/1, supervision.journeys/1" in refused.stderr
    assert site.tongban("dlq", "drop", "1", "--group", GROUPS[0]).exit_code == 0
    assert site.letters() == {"t1": "supervision.journeys/1"}
    assert "no such dead letter" in site.tongban("dlq", "show", "7").stderr


@pytest.fixture
def send(site: Site) -> Iterator[Callable[..., None]]:
    """A sender that is none of ours."""
    producer = KafkaProducer(bootstrap_servers=site.address)
    yield lambda **record: producer.send(site.prefix + TOPIC, **record).get(10)
    producer.close()


@pytest.mark.parametrize(
    "record",
    [
        {"key": b"k", "value": b"x"},
        {"key": b"k", "value": b"x", "headers": [("ce_id", b"\xff\xfe"), ("ce_time", b"now")]},
        {"key": b"\xff", "value": b"x", "headers": [("ce_id", b"e1"), ("ce_time", b"2026-11-23")]},
        {"value": b"x", "headers": [("ce_id", b"")]},
        {"key": b"k", "value": None, "headers": [("ce_type", b"t")]},
    ],
)
def test_what_can_not_be_decoded_is_set_aside_as_it_came_and_the_rest_goes_on(
    site: Site, send: Callable[..., None], record: dict[str, Any]
) -> None:
    send(**record)
    site.bus.publish(TOPIC, [event(1, "k")])
    assert [one.id for one in site.consume("intake.reference")] == ["e000001"]
    [letter] = site.bus.read("intake.reference.dlq")
    assert letter.headers["dlq_code"] == "undecodable"
    assert letter.data == (record["value"] or b"")
    assert site.tongban("dlq", "drop", "--all").exit_code == 0


def test_an_event_of_a_newer_release_passes_through_unharmed(site: Site, send: Callable[..., None]) -> None:
    """Unknown attributes, an unknown type, unknown fields: what this release doesn't know is nobody's poison, and is
    still there when it is set aside and replayed."""
    newer = replace(event(1, "t1"), type="tongban.queuing.ticket_dreamt_of.v3")
    headers = [(name, value.encode()) for name, value in newer.headers().items() if value and name != "ce_time"]
    headers += [("ce_time", b"2026-11-23T10:00:00.123456+08:00"), ("ce_dataschema", "模式".encode())]
    unknown_field = newer.data + b"\xfa\x3e\x03new"
    send(key=b"t1", value=unknown_field, headers=headers)
    [passed] = site.consume("supervision.journeys")
    assert (passed.type, passed.data) == (newer.type, unknown_field)
    assert passed.at == newer.at.replace(microsecond=123000)
    site.consume("intake.reference", frozenset({newer.id}))
    assert site.tongban("dlq", "replay", "--all").exit_code == 0
    [again] = site.consume("intake.reference")
    assert again == passed
    [kept] = site.bus.read("intake.reference.dlq")
    assert kept.headers["ce_dataschema"] == "模式"


def test_on_the_wire_it_is_a_cloud_event(site: Site) -> None:
    from kafka import KafkaConsumer

    site.bus.publish(TOPIC, [event(1, "t1")])
    reader = KafkaConsumer(
        site.prefix + TOPIC, bootstrap_servers=site.address, auto_offset_reset="earliest", enable_auto_commit=False
    )
    found: list[Any] = []
    while not found:
        found = [record for batch in reader.poll(timeout_ms=1000).values() for record in batch]
    reader.close()
    headers = dict(found[0].headers)
    assert headers["content-type"] == b"application/protobuf"
    assert headers["ce_specversion"] == b"1.0"
    assert headers["ce_time"] == b"2026-11-23T02:00:00.123Z"
    assert (headers["ce_id"], headers["ce_source"]) == (b"e000001", b"site/test")
    assert found[0].key == b"t1"
    assert all(value for value in headers.values())
