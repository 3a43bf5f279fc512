"""A check that can't fail is worse than none: each broken adapter must be caught by the test that guards its promise."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from kit.blobs.files import FileBlobs
from kit.blobs.port import Blob
from kit.bus.sqlite import SqliteBus
from kit.errors import TongbanError
from kit.store.sqlite import SqliteStore
from tests.contract import broken_buses as buses
from tests.contract import broken_stores as stores
from tests.contract.blobs_contract import BlobsContract
from tests.contract.bus_contract import BusContract
from tests.contract.store_contract import StoreContract
from tests.contract.store_things import KINDS
from tests.contract.test_blobs_files import FileHarness
from tests.contract.test_bus_sqlite import SqliteBusHarness
from tests.contract.test_store_sqlite import SqliteHarness

CAUGHT = (AssertionError, pytest.fail.Exception, TongbanError)


@pytest.mark.parametrize(
    ("broken", "guard"),
    [
        (stores.LosesUpdates, StoreContract.test_a_stale_save_is_refused_and_changes_nothing),
        (stores.LosesUpdates, StoreContract.test_no_update_is_lost_under_threads),
        (stores.ClaimsTwice, StoreContract.test_of_two_claims_of_one_version_one_wins),
        (stores.GivesEventsOutOfOrder, StoreContract.test_events_stand_with_their_state_in_order),
        (stores.GivesPagesOutOfOrder, StoreContract.test_pages_go_on_where_the_last_one_ended_also_among_equals),
        (stores.SendsEventsWithoutState, StoreContract.test_no_event_without_its_state_and_no_state_without_its_event),
        (stores.KeepsStateWithoutEvents, StoreContract.test_no_event_without_its_state_and_no_state_without_its_event),
        (stores.KeepsStateWithoutEvents, StoreContract.test_events_stand_with_their_state_in_order),
        (stores.AppliesTwice, StoreContract.test_an_event_has_its_effect_once_under_threads),
        (stores.ForgetsIdempotency, StoreContract.test_an_idempotency_key_is_unique_and_outlives_saves),
        (stores.AppendsAround, StoreContract.test_a_taken_unique_key_is_named_and_exactly_those_before_it_stand),
        (stores.AppendsAllOrNothing, StoreContract.test_a_taken_unique_key_is_named_and_exactly_those_before_it_stand),
        (stores.RefusesAllTogether, StoreContract.test_of_several_writes_each_stands_or_falls_by_itself),
        (stores.RemovesWhateverIsThere, StoreContract.test_what_was_saved_since_stays),
        (stores.GivesNumbersTwice, StoreContract.test_no_number_is_given_twice),
    ],
)
def test_a_broken_store_is_caught(broken: type[SqliteStore], guard: object, tmp_path: Path) -> None:
    store = broken(tmp_path / "store.db", KINDS)
    with pytest.raises(CAUGHT):
        guard(StoreContract(), store)  # type: ignore[operator]
    store.close()


def test_a_store_that_answers_before_it_is_durable_is_caught(tmp_path: Path) -> None:
    class Harness(SqliteHarness):
        def open(self, kinds: object = KINDS) -> SqliteStore:  # type: ignore[override]
            store = stores.AnswersBeforeItIsDurable(self._path, KINDS)
            self._opened.append(store)
            return store

    harness = Harness(tmp_path / "store.db")
    with pytest.raises(CAUGHT):
        StoreContract().test_a_reopened_store_has_everything(harness)
    harness.close()


@pytest.mark.parametrize(
    ("broken", "guard", "needs_harness"),
    [
        (buses.HandsOutOutOfOrder, BusContract.test_events_of_a_key_keep_their_order, False),
        (buses.CommitsWhatWasOnlyPolled, BusContract.test_nothing_counts_before_commit, True),
        (buses.HandsOutToEverybody, BusContract.test_two_members_share_and_nothing_is_handed_to_both, True),
        (buses.StartsGroupsAtTheEnd, BusContract.test_a_late_group_reads_from_the_start, False),
        (buses.LetsTheDepartedCommit, BusContract.test_a_member_that_lost_its_part_cannot_move_the_position, True),
        (buses.LosesEvents, BusContract.test_events_of_a_key_keep_their_order, False),
        (buses.PublishesWhatFits, BusContract.test_an_event_that_is_too_large_is_refused_with_its_whole_batch, False),
        (buses.TailsFromTheStart, BusContract.test_tails_each_hear_what_comes_from_now_on, True),
    ],
)
def test_a_broken_bus_is_caught(
    broken: type[SqliteBus], guard: object, needs_harness: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.contract.bus_contract.PATIENCE", 3.0)
    with tempfile.TemporaryDirectory(prefix="tongban-") as folder:
        harness = SqliteBusHarness(Path(folder))
        monkeypatch.setattr(harness, "bus_class", broken)
        with pytest.raises(CAUGHT):
            guard(BusContract(), harness if needs_harness else harness.open(), "topic")  # type: ignore[operator]
        harness.close()


class TrustsNames(FileBlobs):
    """Takes the name's word for the type, and verifies nothing on reading."""

    def put(self, chunks: Iterable[bytes], *, filename: str, max_bytes: int, allowed: frozenset[str]) -> Blob:
        content = b"".join(chunks)
        address = hashlib.sha256(content).hexdigest()
        path = self._path(address)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return Blob(address, len(content), "application/pdf")

    def get(self, sha256: str) -> Iterator[bytes]:
        yield self._path(sha256).read_bytes()


def test_broken_blobs_are_caught(tmp_path: Path) -> None:
    harness = FileHarness(tmp_path / "blobs", TrustsNames)
    suite = BlobsContract()
    blobs = harness.open()
    for guard in (
        lambda: suite.test_a_damaged_file_is_not_passed_off_as_whole(blobs, harness),
        lambda: suite.test_the_content_decides_the_type(blobs, harness, b"MZ\x90\x00", "a.pdf"),
        lambda: suite.test_an_empty_file_is_refused(blobs, harness),
        lambda: suite.test_a_file_past_the_limit_is_refused_and_not_read_to_its_end(blobs, harness),
    ):
        with pytest.raises(CAUGHT):
            guard()
