"""What many tests hold an answer against."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from cli.stores import reading
from tests.integration.people import Json
from tests.integration.site import SERVICES, LiveSite
from tests.integration.visits import at, short

#: A numbered rule, an article of the law, or a noted practice where no rule says anything.
_RULES = re.compile(r"rules [A-Z]{1,2}\d\d|许可法 \d+|facts \d+")
_CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_CHINESE = re.compile(r"[\u4e00-\u9fff]{4}")
_FIELDS = {"type", "title", "status", "detail", "code", "instance", "trace_id", "retryable", "details", "errors"}

#: Tables that may change beside a refused request: who is signed in until when, wrong passwords, who reads the bus, how
#: far old things were let go.
_NOT_STATE = {"doc_session", "doc_sign_in_guard", "doc_pruning", "members", "claims", "sqlite_sequence"}


def problem(answer: httpx.Response, status: int, code: str) -> Json:
    """The answer is this problem, told as RFC 9457 and in Chinese."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text[:500]
    said: Json = answer.json()
    assert (answer.status_code, said["code"]) == (status, code), answer.text
    assert set(said) == _FIELDS
    assert said["status"] == status
    assert said["type"] == f"urn:tongban:problem:{code}"
    assert _CODE.fullmatch(code)
    assert _CHINESE.search(said["detail"]), said["detail"]
    assert said["trace_id"]
    return said


def check_lines(lines: Sequence[Json], expected: Sequence[str]) -> None:
    """A journey's lines are these, in this order, each with when, who, what and the rule."""
    assert [short(line["type"]) for line in lines] == list(expected)
    times = [at(line["at"]) for line in lines]
    assert times == sorted(times)
    for line in lines:
        assert line["title"]
        assert _RULES.search(line["rules"]), line
        assert line["actor_id"], line
        assert line["actor_name"] or line["actor_id"] == "public", line


State = dict[str, frozenset[tuple[object, ...]]]


def state_of(site: LiveSite) -> State:
    """Everything that the site remembers: each document with its version, each number, mark, event and file."""
    site.settle()
    state: State = {}
    for path in [*(site.files.store_file(name) for name in SERVICES), site.files.bus_file]:
        state |= {f"{path.stem}.{table}": rows for table, rows in _tables(path)}
    blobs = site.data / "blobs"
    state["blobs"] = frozenset((str(file.relative_to(blobs)),) for file in blobs.rglob("*") if file.is_file())
    return state


def _tables(path: Path) -> Iterator[tuple[str, frozenset[tuple[object, ...]]]]:
    with reading(path) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()]
        for name in sorted(set(names) - _NOT_STATE):
            columns = "position, topic, key" if name == "events" else "id, version" if name.startswith("doc_") else "*"
            yield name, frozenset(connection.execute(f"SELECT {columns} FROM {name}").fetchall())


@contextmanager
def nothing_changes(site: LiveSite) -> Iterator[None]:
    """What is asked inside leaves no trace: no document, event, number or file is new, changed or gone."""
    before = state_of(site)
    yield
    after = state_of(site)
    changed = {
        name: [row[:200] for row in sorted(map(repr, before[name] ^ after[name]))[:5]]
        for name in before
        if before[name] != after[name]
    }
    assert before.keys() == after.keys()
    assert not changed, changed
