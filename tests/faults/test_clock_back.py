"""The machine's clock is set back in the middle of everything: visits go on, and nothing happens twice or never."""

from __future__ import annotations

import struct
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kit.actor import Actor, TokenSigner, TokenVerifier
from kit.alarms import ALARMS, Alarm, Sweeper
from kit.bus import sqlite_group
from kit.bus.sqlite import SqliteBus
from kit.call import Call
from kit.events import EventEncoder
from kit.ids import Ids, uuid7
from kit.signing import generate_key
from kit.store.port import Kind
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from tests.contract.bus_contract import drain, event
from tests.integration.conftest import to_monday
from tests.integration.people import Town
from tests.integration.site import LiveSite, live_site
from tests.integration.visits import CENTER, HYGIENE, Visit, short

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(300)]

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
BACK = timedelta(minutes=17)


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    with live_site() as started, closing(Town(started.address)) as town:
        to_monday(started, town)
        yield started


@pytest.fixture
def afternoon(site: LiveSite) -> datetime:
    """Late on a working Monday: what is set back from here is still within the hours."""
    site.advance_to(site.now.replace(hour=8, minute=20))
    return site.now


def set_back(site: LiveSite, by: timedelta = BACK) -> datetime:
    """Moves every process's time backwards at once, which only a fault can do."""
    path = site.files.demo_clock_file
    with path.open("r+b") as file:
        (offset,) = struct.unpack("<q", file.read(8))
        file.seek(0)
        file.write(struct.pack("<q", offset - by // timedelta(milliseconds=1)))
    return site.now


def test_a_whole_visit_survives_a_clock_that_is_set_back_before_each_step(site: LiveSite, afternoon: datetime) -> None:
    with closing(Town(site.address)) as town:
        visit = Visit(town, HYGIENE)
        steps = [
            visit.take,
            visit.be_called,
            lambda: visit.clerk.post(f"tickets/{visit.ticket['id']}/start"),
            lambda: visit.clerk.post(
                f"centers/{CENTER}/applications", {**visit.papers(), "ticket_id": visit.ticket["id"]}
            ),
        ]
        for step in steps:
            set_back(site)
            answer = step()
        visit.application = answer
        for later in (
            visit.upload,
            lambda: visit.judge("accept"),
            visit.case,
            lambda: visit.decide("approved"),
            visit.finish,
            visit.hand_over,
            lambda: visit.evaluate("satisfied"),
        ):
            set_back(site)
            later()
        assert site.now < afternoon - timedelta(hours=2)
        site.settle(60)
        assert not site.dead_letters()
        lines = visit.lines("approval_routing.result_delivered", "evaluation.evaluation_submitted")
        seen = Counter(short(line["type"]) for line in lines)
        assert max(seen[type] for type in seen if "step" not in type) == 1, seen
        case = visit.case()
        assert case["state"] == "delivered"


def test_a_due_date_counted_before_the_clock_was_set_back_stays(site: LiveSite, afternoon: datetime) -> None:
    with closing(Town(site.address)) as town:
        visit = Visit(town, HYGIENE)
        due_at = visit.accepted()["due_at"]
        assert due_at
        set_back(site)
        assert visit.case()["due_at"] == due_at
        site.settle(60)
        assert not site.dead_letters()


# ── Parts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_ids_of_the_same_moment_lived_twice_are_different() -> None:
    ids = [uuid7(NOW + timedelta(milliseconds=each)) for each in (*range(500), *range(500))]
    assert len(set(ids)) == 1000


def test_a_token_holds_through_a_clock_that_is_set_back_and_ends_all_the_same() -> None:
    private, public = generate_key()
    now = [time.time()]
    signer, verifier = TokenSigner(private, now=lambda: now[0]), TokenVerifier(public, now=lambda: now[0])
    before = signer.sign(Actor("a"))
    now[0] -= 3600
    assert verifier.verify(before).id == "a"
    after = signer.sign(Actor("b"))
    assert verifier.verify(after).id == "b"
    now[0] += 119
    assert verifier.verify(after).id == "b"
    now[0] += 2
    with pytest.raises(Exception, match="token_expired"):
        verifier.verify(after)


def test_a_member_that_died_before_the_clock_was_set_back_holds_nothing_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(SqliteBus(tmp_path / "bus.db", tmp_path, lease_seconds=1.0)) as bus:
        bus.publish("t", [event(1)])
        dead = bus.consumer("g", ["t"])
        assert drain(dead, 1, commit=False)
        real = time.time
        monkeypatch.setattr(sqlite_group.time, "time", lambda: real() - 86_400)
        heir = bus.consumer("g", ["t"])
        assert [each.event for each in drain(heir, 1)], "the dead one's lease lies a day ahead"
        heir.close()
        dead.close()


@dataclass(frozen=True)
class Task:
    """Wakes up once."""

    id: str
    due_at: datetime | None
    version: int = 0


def test_an_alarm_that_fired_does_not_fire_again_when_its_time_comes_again(tmp_path: Path) -> None:
    kind = Kind("task", (ALARMS,))
    fired: list[str] = []
    now = [NOW]

    class Turning:
        def now(self) -> datetime:
            return now[0]

    with closing(SqliteStore(tmp_path / "a.db", [kind])) as store:
        tasks = Repository(store, kind, Task, EventEncoder("s", "x", {}), Ids())
        call = Call(Actor("a"), NOW)
        tasks.create(Task(id="t", due_at=NOW), [], call)

        def fire(task: Task, call: Call) -> None:
            fired.append(task.id)
            tasks.save(replace(task, due_at=None), [], call)

        sweeper = Sweeper([Alarm("task", tasks, fire)], Turning(), Actor("a"))
        assert sweeper.sweep() == 1
        now[0] = NOW - timedelta(days=1)
        assert sweeper.sweep() == 0
        now[0] = NOW + timedelta(days=1)
        assert sweeper.sweep() == 0
    assert fired == ["t"]
