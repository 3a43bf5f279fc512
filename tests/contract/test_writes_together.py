"""Many writes with few statements answer, and leave behind, what they would one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from kit.store.port import AlreadyApplied, Append, Document, Duplicate, Mark, Save, Store, Write
from kit.store.sqlite import SqliteStore
from tests.contract.memory_store import MemoryStore
from tests.contract.store_things import KINDS, event

IDS = [f"t{number}" for number in range(6)]
rows = st.tuples(
    st.sampled_from(IDS), st.fixed_dictionaries({"lane": st.just("A"), "code": st.sampled_from("甲乙丙丁戊己")})
)
appends = st.builds(lambda documents: Append("thing", documents), st.lists(rows, max_size=3))
saves = st.builds(
    lambda row, version, numbers, mark: Save(
        "thing", row[0], row[1], version, [event(each) for each in numbers], None if mark is None else Mark("g", mark)
    ),
    rows, st.integers(1, 2), st.lists(st.integers(0, 99), max_size=2), st.sampled_from([None, None, None, "e1", "e2"]),
)  # fmt: skip
runs = st.lists(st.one_of(st.lists(appends, max_size=5), st.lists(saves, max_size=5)), max_size=6)


def _said(answer: Document | Exception | None) -> object:
    if isinstance(answer, Duplicate):
        return type(answer), answer.id  # where two indexes refuse it, either may be named
    if isinstance(answer, AlreadyApplied):
        return type(answer)
    return (type(answer), getattr(answer, "code", "")) if isinstance(answer, Exception) else answer


def _outcome(store: Store, writes: Sequence[Write]) -> object:
    said = [_said(each) for each in store.write_all(writes)]
    kept = {id: store.get("thing", id) for id in IDS}
    return said, kept, [each.event for each in store.pending(1000)]


@given(runs)
def test_writes_in_few_statements_are_those_one_after_the_other(drawn: Sequence[Sequence[Write]]) -> None:
    writes = [write for run in drawn for write in run]
    with TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "store.db", KINDS)
        try:
            assert _outcome(store, writes) == _outcome(MemoryStore(KINDS), writes)
        finally:
            store.close()
