"""Dead letters over the real bus and the real consumer: looked at, replayed, dropped; nothing is lost or done twice."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.dlq import letters, opened
from cli.main import app
from cli.site import Site
from cli.stores import consumer_lags, dead_letter_counts, outbox_depth
from kit.actor import service_actor
from kit.bus.sqlite import SqliteBus
from kit.clock import SystemClock
from kit.consumer import Delivery, GroupRunner, RetryPolicy, Subscription
from kit.dead_letters import dead_letter
from kit.errors import Invalid
from kit.events import Event
from kit.store.port import Kind, Mark
from kit.store.sqlite import SqliteStore

TOPIC = "tongban.queuing.v1"
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def event(number: int) -> Event:
    return Event(f"e{number}", "tongban.queuing.ticket_taken.v1", "local/queuing", f"t{number}", "j", NOW, b"x")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.create_folders()
    return made


Consume = Callable[..., list[str]]


@pytest.fixture
def consume(site: Site) -> Consume:
    """Lets a group handle what lies before it; those named fail. What had its effect comes back, in order."""
    store = SqliteStore(site.store_file("intake"), [Kind("effect")])

    def run(group: str, failing: frozenset[str] = frozenset()) -> list[str]:
        done: list[str] = []

        def handle(delivery: Delivery) -> None:
            if delivery.event.id in failing:
                raise Invalid("cannot_be_handled", "坏")
            store.insert("effect", f"{group}:{delivery.event.id}", {}, mark=delivery.mark())
            done.append(delivery.event.id)

        bus = SqliteBus(site.bus_file, site.run_dir)
        runner = GroupRunner(
            Subscription(group, [TOPIC], any_event=handle), bus, SystemClock(), service_actor("x"), RetryPolicy(first=0)
        )
        consumer = bus.consumer(group, [TOPIC])
        for received in consumer.poll(1.0):
            runner.handle(received)
            consumer.commit(received)
        consumer.close()
        bus.close()
        return done

    return run


def publish(site: Site, *numbers: int) -> None:
    bus = SqliteBus(site.bus_file, site.run_dir)
    bus.publish(TOPIC, [event(number) for number in numbers])
    bus.close()


def tongban(site: Site, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--data", str(site.data)])


def numbers(site: Site, group: str = "") -> list[int]:
    with opened(site) as bus:
        return [letter.number for letter in letters(bus, group)]


@pytest.fixture
def buried(site: Site, consume: Consume) -> int:
    """One of three events is a dead letter of intake.tickets and was handled by supervision.all."""
    publish(site, 1, 2, 3)
    assert consume("supervision.all") == ["e1", "e2", "e3"]
    assert sorted(consume("intake.tickets", frozenset({"e2"}))) == ["e1", "e3"]
    [number] = numbers(site)
    return number


def test_the_list_says_what_failed_and_why(site: Site, buried: int) -> None:
    result = tongban(site, "dlq", "list")
    assert result.exit_code == 0
    for word in (str(buried), "intake.tickets", "cannot_be_handled", "ticket_taken", "t2"):
        assert word in result.output


def test_a_letter_shows_its_headers_and_not_its_content(site: Site, buried: int) -> None:
    shown = json.loads(tongban(site, "dlq", "show", str(buried)).stdout)
    assert shown["headers"]["ce_id"] == "e2"
    assert shown["headers"]["dlq_topic"] == TOPIC
    assert shown["bytes"] == 1


def test_a_replayed_event_reaches_the_group_that_failed_and_has_no_second_effect_elsewhere(
    site: Site, consume: Consume, buried: int
) -> None:
    assert tongban(site, "dlq", "replay", str(buried)).exit_code == 0
    assert numbers(site) == []
    assert consume("intake.tickets") == ["e2"]
    assert consume("supervision.all") == []
    assert consume("intake.tickets") == []
    [line] = [json.loads(line) for line in site.audit_file.read_text().splitlines()]
    assert (line["action"], line["event"], line["group"]) == ("dlq_replayed", "e2", "intake.tickets")


def test_one_whose_group_may_have_forgotten_what_it_did_of_it_isn_t_replayed(
    site: Site, consume: Consume, buried: int
) -> None:
    with opened(site) as bus:
        [letter] = letters(bus, "")
        old = dead_letter(letter.received, "intake.tickets", "cannot_be_handled", "坏")
        assert letter.received.event is not None
        month_ago = str(int(time.time() * 1000) - 91 * 24 * 3600 * 1000)
        bus.publish(old.topic, [letter.received.event], [{**old.headers, "dlq_first_at": month_ago}])
    found = numbers(site)
    result = tongban(site, "dlq", "replay", "--all")
    assert result.exit_code != 0
    assert "TONGBAN_MARKS_DAYS" in result.output
    assert numbers(site) == found
    assert consume("intake.tickets") == []
    assert tongban(site, "dlq", "drop", str(found[1])).exit_code == 0
    assert tongban(site, "dlq", "replay", str(buried)).exit_code == 0


def test_an_event_that_fails_again_is_a_new_letter(site: Site, consume: Consume, buried: int) -> None:
    tongban(site, "dlq", "replay", "--all")
    consume("intake.tickets", frozenset({"e2"}))
    [again] = numbers(site)
    assert again != buried


def test_a_dropped_letter_is_gone_from_the_list_and_stays_on_the_bus(site: Site, consume: Consume, buried: int) -> None:
    assert tongban(site, "dlq", "drop", str(buried)).exit_code == 0
    assert numbers(site) == []
    assert consume("intake.tickets") == []
    with opened(site) as bus:
        [kept] = bus.read("intake.tickets.dlq")
        [said] = bus.read("intake.tickets.dlq.handled")
    assert kept.headers["ce_id"] == "e2"
    assert (said.headers["dlq_action"], said.headers["dlq_letter"]) == ("dropped", str(buried))
    assert "dlq_dropped" in site.audit_file.read_text()


def test_a_letter_that_cannot_be_decoded_is_not_replayed(site: Site) -> None:
    bus = SqliteBus(site.bus_file, site.run_dir)
    bus.publish("intake.tickets.dlq", [event(1)], [{"ce_time": "never", "dlq_topic": TOPIC}])
    bus.close()
    result = tongban(site, "dlq", "replay", "--all")
    assert result.exit_code == 1
    assert "can't be decoded" in result.stderr
    assert tongban(site, "dlq", "drop", "--all").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["replay"], "give --all"),
        (["replay", "7777"], "no such dead letter: 7777"),
        (["drop", "1", "--all"], "give --all"),
        (["show", "7777"], "no such dead letter"),
        (["list", "--group", "nobody"], "intake.tickets"),
    ],
)
def test_what_is_not_there_is_refused(site: Site, buried: int, arguments: list[str], said: str) -> None:
    result = tongban(site, "dlq", *arguments)
    assert result.exit_code != 0
    assert said in result.stderr
    assert numbers(site) == [buried]


def test_a_folder_without_events_is_told_of(tmp_path: Path) -> None:
    result = tongban(Site(tmp_path / "none"), "dlq", "list")
    assert result.exit_code == 1
    assert "right folder" in result.stderr


# ── What `tongban status` reads of the files ─────────────────────────────────────────────────────────────────────


def test_counts_are_read_from_the_files_themselves(site: Site, consume: Consume, buried: int) -> None:
    assert dead_letter_counts(site.bus_file) == {"intake.tickets": 1}
    assert consumer_lags(site.bus_file) == {"intake.tickets": 0, "supervision.all": 0}
    bus = SqliteBus(site.bus_file, site.run_dir)
    # An event for each group that has begun, of subjects that fall in partitions it has seen.
    bus.publish(TOPIC, [event(1), event(2), event(3)])
    assert consumer_lags(site.bus_file)["intake.tickets"] == bus.lag("intake.tickets", [TOPIC]) == 3
    bus.close()
    tongban(site, "dlq", "drop", "--all")
    assert dead_letter_counts(site.bus_file) == {"intake.tickets": 0}


def test_the_outbox_is_counted(site: Site) -> None:
    assert outbox_depth(site.store_file("queuing")) is None
    store = SqliteStore(site.store_file("queuing"), [Kind("ticket")])
    store.insert("ticket", "t1", {}, events=[event(1), event(2)])
    assert outbox_depth(site.store_file("queuing")) == store.pending_depth() == 2
    store.published(store.pending(1))
    assert outbox_depth(site.store_file("queuing")) == 1
    assert not store.is_marked(Mark("g", "e"))
