"""What every Store must keep. An adapter binds by giving a ``store_harness`` fixture; nothing is left out."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from kit.call import Idempotency
from kit.errors import NotFound, Stale
from kit.store.port import IDEMPOTENCY, AlreadyApplied, Duplicate, Kind, Mark, Query, Store
from tests.contract.store_appends import AppendContract
from tests.contract.store_queries import QueryContract
from tests.contract.store_removals import RemoveContract
from tests.contract.store_things import KINDS, event
from tests.contract.store_upgrades import UpgradeContract


class StoreHarness(Protocol):
    """How the suite gets at one adapter: one fresh database for each test."""

    def open(self, kinds: Sequence[Kind] = KINDS) -> Store:
        """Opens it, again too."""
        ...

    def writer_command(self) -> list[str]:
        """A process that writes until it is killed: see ``writer.py``."""
        ...


class StoreContract(QueryContract, UpgradeContract, AppendContract, RemoveContract):
    """The sentences of kit/store/port.py, one test each."""

    @pytest.fixture
    def store(self, store_harness: StoreHarness) -> Store:
        return store_harness.open()

    # ── Documents ────────────────────────────────────────────────────────────────────────────────────────────

    def test_a_document_comes_back_as_it_went_in(self, store: Store) -> None:
        body = {"name": "张三 🀄", "rank": 2**53, "flag": True, "none": None, "list": [1, {"a": "·"}]}
        written = store.insert("thing", "a", body)
        found = store.get("thing", "a")
        assert found is not None
        assert (found.body, found.version, written.version) == (body, 1, 1)
        assert store.get("other", "a") is None

    def test_milliseconds_are_kept(self, store: Store) -> None:
        store.insert("thing", "a", {"at": 1795399200123})
        found = store.get("thing", "a")
        assert found is not None
        assert found.body["at"] == 1795399200123

    def test_the_second_insert_of_an_id_is_refused(self, store: Store) -> None:
        store.insert("thing", "a", {"n": 1})
        with pytest.raises(Duplicate) as refused:
            store.insert("thing", "a", {"n": 2})
        assert refused.value.index == "id"
        found = store.get("thing", "a")
        assert found is not None
        assert found.body == {"n": 1}

    def test_a_stale_save_is_refused_and_changes_nothing(self, store: Store) -> None:
        store.insert("thing", "a", {"n": 1})
        assert store.save("thing", "a", {"n": 2}, 1).version == 2
        with pytest.raises(Stale):
            store.save("thing", "a", {"n": 3}, 1, events=[event(1)])
        found = store.get("thing", "a")
        assert found is not None
        assert (found.body, found.version) == ({"n": 2}, 2)
        assert store.pending(10) == []

    def test_a_save_of_nothing_is_not_found(self, store: Store) -> None:
        with pytest.raises(NotFound):
            store.save("thing", "nobody", {}, 1)

    def test_no_update_is_lost_under_threads(self, store: Store) -> None:
        store.insert("thing", "counter", {"n": 0})

        def add(_: int) -> None:
            while True:
                found = store.get("thing", "counter")
                assert found is not None
                try:
                    store.save("thing", "counter", {"n": found.body["n"] + 1}, found.version)
                except Stale:
                    continue
                return

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(add, range(200)))
        found = store.get("thing", "counter")
        assert found is not None
        assert (found.body["n"], found.version) == (200, 201)

    def test_of_two_claims_of_one_version_one_wins(self, store: Store) -> None:
        for round in range(40):
            id = f"ticket-{round}"
            store.insert("thing", id, {"taken_by": None})
            gate = threading.Barrier(4)

            def claim(who: int, id: str = id, gate: threading.Barrier = gate) -> bool:
                gate.wait()
                try:
                    store.save("thing", id, {"taken_by": who}, 1)
                except Stale:
                    return False
                return True

            with ThreadPoolExecutor(4) as pool:
                won = list(pool.map(claim, range(4)))
            assert won.count(True) == 1
            found = store.get("thing", id)
            assert found is not None
            assert found.body["taken_by"] == won.index(True)

    # ── Unique keys ──────────────────────────────────────────────────────────────────────────────────────────

    def test_a_unique_key_is_given_once_under_threads(self, store: Store) -> None:
        def sit(who: int) -> str | None:
            try:
                store.insert("thing", f"p{who}", {"day": "2026-11-23", "seat": who % 5})
            except Duplicate as refused:
                return refused.index
            return None

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(sit, range(40)))
        assert outcomes.count(None) == 5
        assert set(outcomes) == {None, "seat"}

    def test_a_save_may_not_take_anothers_unique_key(self, store: Store) -> None:
        store.insert("thing", "a", {"code": "x"})
        store.insert("thing", "b", {"code": "y"})
        with pytest.raises(Duplicate) as refused:
            store.save("thing", "b", {"code": "x"}, 1, events=[event(1)])
        assert refused.value.index == "code"
        assert store.pending(10) == []
        found = store.find_unique("thing", "code", ["y"])
        assert found is not None
        assert found.id == "b"

    def test_documents_without_a_unique_key_do_not_collide(self, store: Store) -> None:
        store.insert("thing", "a", {"code": None})
        store.insert("thing", "b", {})
        store.insert("thing", "c", {"day": "2026-11-23", "seat": None})
        store.insert("thing", "d", {"day": "2026-11-23"})
        assert store.find_unique("thing", "code", ["none"]) is None

    # ── Idempotency keys ─────────────────────────────────────────────────────────────────────────────────────

    def test_an_idempotency_key_is_unique_and_outlives_saves(self, store: Store) -> None:
        store.insert("thing", "a", {"n": 1}, idempotency=Idempotency("key", "print"))
        store.save("thing", "a", {"n": 2}, 1)
        with pytest.raises(Duplicate) as refused:
            store.insert("thing", "b", {"n": 9}, events=[event(1)], idempotency=Idempotency("key", "other"))
        assert refused.value.index == IDEMPOTENCY
        found = store.find_created("thing", "key")
        assert found is not None
        assert (found.id, found.body, found.fingerprint) == ("a", {"n": 2}, "print")
        assert store.find_created("other", "key") is None
        store.insert("other", "a", {}, idempotency=Idempotency("key", "print"))

    # ── Numbers ──────────────────────────────────────────────────────────────────────────────────────────────

    def test_no_number_is_given_twice(self, store: Store) -> None:
        with ThreadPoolExecutor(8) as pool:
            numbers = list(pool.map(lambda _: store.next_number("ticket:A"), range(200)))
        assert sorted(numbers) == list(range(1, 201))
        assert store.next_number("ticket:B") == 1

    def test_numbers_go_on_after_a_restart(self, store_harness: StoreHarness) -> None:
        store = store_harness.open()
        last = [store.next_number("case") for _ in range(3)][-1]
        store.insert("thing", "a", {"n": last})
        store.close()
        assert store_harness.open().next_number("case") > last

    # ── Events and marks ─────────────────────────────────────────────────────────────────────────────────────

    def test_events_stand_with_their_state_in_order(self, store: Store) -> None:
        store.insert("thing", "a", {}, events=[event(1, "a"), event(2, "a")])
        store.save("thing", "a", {}, 1, events=[event(3, "a")])
        waiting = store.pending(10)
        assert [one.event for one in waiting] == [event(1, "a"), event(2, "a"), event(3, "a")]
        assert store.pending_depth() == 3
        store.published(waiting[:2])
        assert [one.event.id for one in store.pending(10)] == ["e000003"]

    def test_no_event_without_its_state_and_no_state_without_its_event(self, store: Store) -> None:
        store.insert("thing", "a", {"code": "x"})
        for number, refused in enumerate(
            (
                lambda: store.insert("thing", "a", {}, events=[event(1)]),
                lambda: store.insert("thing", "b", {"code": "x"}, events=[event(2)]),
                lambda: store.save("thing", "a", {}, 7, events=[event(3)]),
                lambda: store.save("thing", "nobody", {}, 1, events=[event(4)]),
            )
        ):
            with pytest.raises((Duplicate, Stale, NotFound)):
                refused()
            assert store.pending_depth() == 0, number
        store.insert("thing", "c", {}, events=[event(5)])
        assert store.get("thing", "c") is not None
        assert [one.event.id for one in store.pending(10)] == ["e000005"]

    def test_an_event_has_its_effect_once(self, store: Store) -> None:
        mark = Mark("group", "e1")
        store.insert("thing", "a", {"n": 1}, events=[event(1)], mark=mark)
        assert store.is_marked(mark)
        with pytest.raises(AlreadyApplied):
            store.save("thing", "a", {"n": 2}, 1, events=[event(2)], mark=mark)
        with pytest.raises(AlreadyApplied):
            store.insert("other", "b", {}, events=[event(3)], mark=mark)
        found = store.get("thing", "a")
        assert found is not None
        assert found.body == {"n": 1}
        assert store.get("other", "b") is None
        assert store.pending_depth() == 1
        store.save("thing", "a", {"n": 3}, 1, mark=Mark("another group", "e1"))
        store.save("thing", "a", {"n": 4}, 2, mark=Mark("group", "e1", "part"))

    def test_an_event_has_its_effect_once_under_threads(self, store: Store) -> None:
        def apply(who: int) -> bool:
            try:
                store.insert("thing", f"effect-{who}", {}, mark=Mark("group", "e1"))
            except AlreadyApplied:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(apply, range(16))).count(True) == 1
        assert len(list(store.scan("thing"))) == 1

    def test_marks_that_are_young_or_of_another_group_are_never_forgotten(self, store: Store) -> None:
        for number, group in enumerate(("group", "group", "other")):
            store.insert("thing", f"t{number}", {}, mark=Mark(group, f"e{number}"))
        before, after = datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC) + timedelta(minutes=1)
        assert store.forget_marks("group", before, 10) == 0
        gone = store.forget_marks("group", after, 1) + store.forget_marks("group", after, 10)
        assert gone == 2 - sum(store.is_marked(Mark("group", f"e{number}")) for number in range(2))
        assert store.forget_marks("group", after, 10) == 0
        assert store.is_marked(Mark("other", "e2"))
        with pytest.raises(AlreadyApplied):
            store.insert("thing", "again", {}, mark=Mark("other", "e2"))

    def test_a_refused_write_leaves_no_mark(self, store: Store) -> None:
        store.insert("thing", "a", {})
        with pytest.raises(Stale):
            store.save("thing", "a", {}, 9, mark=Mark("group", "e1"))
        assert not store.is_marked(Mark("group", "e1"))

    def test_whoever_listens_is_nudged_after_a_write_with_events(self, store: Store) -> None:
        nudges: list[int] = []
        store.listen(lambda: nudges.append(store.pending_depth()))
        store.insert("thing", "a", {})
        assert nudges == []
        store.insert("thing", "b", {}, events=[event(1)])
        assert nudges
        assert nudges[0] >= 1

    # ── Durability ───────────────────────────────────────────────────────────────────────────────────────────

    def test_a_reopened_store_has_everything(self, store_harness: StoreHarness) -> None:
        store = store_harness.open()
        store.insert("thing", "a", {"n": 1}, events=[event(1)], mark=Mark("g", "e"))
        store.close()
        store = store_harness.open()
        found = store.get("thing", "a")
        assert found is not None
        assert found.body == {"n": 1}
        assert store.is_marked(Mark("g", "e"))
        assert [one.event for one in store.pending(10)] == [event(1)]

    def test_what_was_acknowledged_survives_kill_9(self, store_harness: StoreHarness) -> None:
        store_harness.open().close()
        for round in range(3):
            acknowledged = _write_until_killed([*store_harness.writer_command(), str(round)], at_least=50)
            store = store_harness.open()
            # A server may yet do what a killed client had sent: so it is read before and after.
            early = {f"of-{document.id}" for document in store.scan("thing")}
            pending = {one.event.id for one in store.pending(100_000)}
            for line in acknowledged:
                found = store.get("thing", line)
                assert found is not None, f"{line} was acknowledged and is lost"
                assert f"of-{line}" in pending, f"the event of {line} is lost"
            late = {f"of-{document.id}" for document in store.scan("thing")}
            assert early <= pending <= late
            store.close()

    def test_a_new_index_covers_what_was_there_before(self, store_harness: StoreHarness) -> None:
        store = store_harness.open([Kind("thing")])
        store.insert("thing", "a", {"lane": "A", "rank": 1})
        store.close()
        store = store_harness.open()
        assert [d.id for d in store.find(Query("thing", "by_lane", {"lane": "A"})).documents] == ["a"]


def _write_until_killed(command: list[str], at_least: int) -> list[str]:
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline().strip() for _ in range(at_least)]
    process.kill()
    lines += [line.strip() for line in process.stdout if line.endswith("\n")]
    process.wait()
    process.stdout.close()
    return [line for line in lines if line]


def writer_command(*arguments: str) -> list[str]:
    """The writing process of writer.py."""
    return [sys.executable, "-m", "tests.contract.writer", *arguments]
