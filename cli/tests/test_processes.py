"""The supervisor over tiny children that are no service."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cli import processes
from cli.processes import Child, Program, Restarts, State, Supervisor, rotate
from cli.tests.polling import is_alive, until

#: Lives until its parent dies or it is asked to stop.
FAITHFUL = "import os; os.read(int(os.environ['TONGBAN_PARENT_FD']), 1)"
#: Is asked to stop, and doesn't.
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)
#: Says when it was asked to stop.
TELLS_WHEN_ASKED = """
import signal, sys, time
def told(*_):
    print(time.monotonic_ns(), flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, told)
print("up", flush=True)
time.sleep(600)
"""
QUICK = Restarts(first=0.01, longest=0.04, healthy=30)


def program(folder: Path, name: str, code: str, edge: bool = False) -> Program:
    return Program(name, (sys.executable, "-Ssc", code), dict(os.environ), folder / f"{name}.log", edge)


@contextmanager
def running(*programs: Program, restarts: Restarts = QUICK, grace: float = 5.0) -> Iterator[Supervisor]:
    supervisor = Supervisor(programs, restarts=restarts, grace=grace)
    supervisor.start()
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
        thread.join()
        supervisor.shut_down()


def pids(supervisor: Supervisor) -> list[int]:
    return [child.pid for child in supervisor.children if child.pid]


def test_every_program_gets_a_process_of_its_own_and_none_is_left(tmp_path: Path) -> None:
    with running(program(tmp_path, "a", FAITHFUL), program(tmp_path, "b", FAITHFUL)) as supervisor:
        started = pids(supervisor)
        assert len(set(started)) == 2
        assert all(is_alive(pid) for pid in started)
    assert not any(is_alive(pid) for pid in started)
    assert {child.state for child in supervisor.children} == {State.STOPPED}


def test_a_killed_child_is_started_again_and_the_others_are_left_alone(tmp_path: Path) -> None:
    with running(program(tmp_path, "a", FAITHFUL), program(tmp_path, "b", FAITHFUL)) as supervisor:
        first, second = supervisor.children
        before, other = first.pid, second.pid
        assert before
        os.kill(before, signal.SIGKILL)
        until(lambda: first.pid not in (None, before))
        assert (first.restarts, first.last_exit) == (1, -signal.SIGKILL)
        assert (second.restarts, second.pid) == (0, other)


def test_a_child_that_ends_by_itself_is_started_again_too(tmp_path: Path) -> None:
    with running(program(tmp_path, "a", "pass")) as supervisor:
        until(lambda: supervisor.children[0].restarts >= 3)


@pytest.mark.parametrize(
    ("deaths", "pause"), [(1, 0.2), (2, 0.4), (3, 0.8), (4, 1.6), (5, 3.2), (6, 6.4), (7, 10.0), (1000, 10.0)]
)
def test_the_pause_doubles_with_each_death_in_a_row_up_to_ten_seconds(deaths: int, pause: float) -> None:
    assert Restarts().pause(deaths) == pytest.approx(pause)


def deaths_in_a_row(tmp_path: Path, restarts: Restarts) -> int:
    with running(program(tmp_path, "a", "pass"), restarts=restarts) as supervisor:
        until(lambda: supervisor.children[0].restarts >= 4)
        return supervisor.children[0]._deaths_in_a_row


def test_a_child_that_was_healthy_for_long_begins_anew_with_the_shortest_pause(tmp_path: Path) -> None:
    assert deaths_in_a_row(tmp_path, QUICK) >= 4
    assert deaths_in_a_row(tmp_path, Restarts(first=0.01, longest=0.04, healthy=0.0)) == 1


def test_whoever_does_not_stop_in_time_is_killed(tmp_path: Path) -> None:
    with running(program(tmp_path, "a", STUBBORN), grace=0.3) as supervisor:
        until(lambda: (tmp_path / "a.log").read_text())
        [pid] = pids(supervisor)
    assert not is_alive(pid)
    assert supervisor.children[0].last_exit == -signal.SIGKILL


def test_a_second_stop_waits_for_nobody(tmp_path: Path) -> None:
    with running(program(tmp_path, "a", STUBBORN), grace=600) as supervisor:
        until(lambda: (tmp_path / "a.log").read_text())
        supervisor.stop()


def test_the_edge_has_stopped_before_the_others_are_asked_to(tmp_path: Path) -> None:
    with running(program(tmp_path, "inner", TELLS_WHEN_ASKED), program(tmp_path, "edge", TELLS_WHEN_ASKED, edge=True)):
        until(lambda: (tmp_path / "inner.log").read_text() and (tmp_path / "edge.log").read_text())
    ended = {name: int((tmp_path / f"{name}.log").read_text().split()[1]) for name in ("inner", "edge")}
    assert ended["edge"] < ended["inner"]


def test_a_dead_child_is_not_started_again_while_all_stop(tmp_path: Path) -> None:
    with running(program(tmp_path, "a", FAITHFUL)) as supervisor:
        pass
    assert supervisor.children[0].restarts == 0


def test_every_change_is_told(tmp_path: Path) -> None:
    told: list[list[str]] = []

    def note(children: list[Child]) -> None:
        told.append([child.state.value for child in children])

    supervisor = Supervisor([program(tmp_path, "a", "pass")], restarts=QUICK, changed=note)  # type: ignore[arg-type]
    supervisor.start()
    supervisor.run(until=lambda: supervisor.children[0].restarts == 1)
    supervisor.shut_down()
    assert told == [["running"], ["waiting"], ["running"], ["stopped"]]


def test_a_child_inherits_the_lifeline_and_what_was_named_and_nothing_else(tmp_path: Path) -> None:
    named, other = os.open("/dev/null", os.O_RDONLY), os.open("/dev/null", os.O_RDONLY)
    code = "import json, os; print(json.dumps(os.listdir('/proc/self/fd')), flush=True); " + FAITHFUL
    supervisor = Supervisor([program(tmp_path, "a", code)], inherit=(named,))
    supervisor.start()
    try:
        until(lambda: (tmp_path / "a.log").read_text().endswith("\n"))
        found = {int(number) for number in json.loads((tmp_path / "a.log").read_text())}
        assert {0, 1, 2, named, supervisor.lifeline} <= found
        assert other not in found
    finally:
        supervisor.shut_down()
        os.close(named)
        os.close(other)


SUPERVISE = """
import os, sys
from pathlib import Path
from cli.processes import Program, Supervisor
code = sys.argv[1]
programs = [Program(name, (sys.executable, "-Ssc", code), dict(os.environ), Path(sys.argv[2], f"{name}.log")) for name in "abc"]
supervisor = Supervisor(programs)
supervisor.start()
print(*[child.pid for child in supervisor.children], flush=True)
supervisor.run()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV])
def test_no_child_outlives_a_killed_supervisor(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SUPERVISE, FAITHFUL, str(tmp_path)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    ) as supervisor:
        assert supervisor.stdout
        children = [int(pid) for pid in supervisor.stdout.readline().split()]
        assert len(children) == 3
        assert all(is_alive(pid) for pid in children)
        supervisor.send_signal(number)
        supervisor.wait()
    until(lambda: not any(is_alive(pid) for pid in children))


# ── Logs ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_child_says_is_added_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("before\n")
    with running(program(tmp_path, "a", "import sys; print('out'); print('err', file=sys.stderr); " + FAITHFUL)):
        until(lambda: "err" in log.read_text())
    assert log.read_text().startswith("before\n")


def test_a_large_log_is_put_aside_and_three_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "LOG_BYTES", 3)
    log = tmp_path / "a.log"
    for text in ("one.", "two.", "three.", "four.", "five."):
        log.write_text(text)
        rotate(log)
    log.write_text("ok")
    rotate(log)
    kept = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert kept == {"a.log": "ok", "a.log.1": "five.", "a.log.2": "four.", "a.log.3": "three."}


def test_a_process_that_cannot_be_started_now_is_tried_again(tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    made = Program("a", (str(tool),), dict(os.environ), tmp_path / "a.log")
    with running(made) as supervisor:
        until(lambda: supervisor.children[0].restarts >= 2)
        tool.write_text(f'#!/bin/sh\nexec {sys.executable} -Ssc "{FAITHFUL}"\n')
        tool.chmod(0o700)
        until(lambda: supervisor.children[0].state is State.RUNNING)
