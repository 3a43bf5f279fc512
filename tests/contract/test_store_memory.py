"""The Store contract on the store that tests of the relay run thousands of lives on."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from kit.store.port import Kind, Store
from tests.contract.memory_store import MemoryStore
from tests.contract.store_contract import StoreContract
from tests.contract.store_things import KINDS


class MemoryHarness:
    def __init__(self) -> None:
        self._store = MemoryStore([])

    def open(self, kinds: Sequence[Kind] = KINDS) -> Store:
        self._store.declare(kinds)
        return self._store

    def writer_command(self) -> list[str]:
        raise NotImplementedError("what is in memory ends with its process")


@pytest.fixture
def store_harness() -> MemoryHarness:
    return MemoryHarness()


class TestMemoryStore(StoreContract):
    # It lives as long as its process: nothing of it survives that, and nothing is said to.
    test_what_was_acknowledged_survives_kill_9 = None  # type: ignore[assignment]
