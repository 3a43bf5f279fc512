"""Waiting for a start: readiness, and a process that won't come up."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.first_steps import FIRST_CENTER, FIRST_DEPARTMENT, closing_line, exposure
from cli.processes import Program, Restarts, Supervisor
from cli.refusal import Refusal
from cli.sample.load import load_federation
from cli.sample.people import Role, staff_of
from cli.site import Site
from cli.starting import Start
from cli.up import Options, options, programs

FAITHFUL = "import os; os.read(int(os.environ['TONGBAN_PARENT_FD']), 1)"


def supervisor(folder: Path, *codes: str) -> Supervisor:
    made = [
        Program(f"p{number}", (sys.executable, "-Ssc", code), dict(os.environ), folder / f"p{number}.log")
        for number, code in enumerate(codes)
    ]
    return Supervisor(made, restarts=Restarts(first=0.01, longest=0.02))


def wait(made: Supervisor, ready: dict[str, Callable[[], bool]], patience: float = 20.0) -> None:
    made.start()
    try:
        Start(made, ready, print, patience).wait()
    finally:
        made.shut_down()


def test_a_start_is_over_when_all_are_ready(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[int] = []

    def third_time() -> bool:
        asked.append(1)
        return len(asked) >= 3

    wait(supervisor(tmp_path, FAITHFUL, FAITHFUL), {"p0": lambda: True, "p1": third_time})
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [["p0", "ready"], ["p1", "ready"]]


def test_a_process_that_refuses_its_settings_ends_the_start_with_its_own_words(tmp_path: Path) -> None:
    bad = "import sys; print('TONGBAN_X is wrong'); sys.exit(2)"
    made = supervisor(tmp_path, FAITHFUL, bad)
    with pytest.raises(Refusal, match="TONGBAN_X is wrong") as caught:
        wait(made, {"p0": lambda: True, "p1": lambda: False})
    assert "p1 doesn't start (exit code 2)" in str(caught.value)
    assert made.children[1].restarts == 0


def test_a_process_that_dies_again_and_again_ends_the_start(tmp_path: Path) -> None:
    made = supervisor(tmp_path, "raise RuntimeError('broken')")
    with pytest.raises(Refusal, match="RuntimeError: broken"):
        wait(made, {"p0": lambda: False})
    assert made.children[0].restarts == 2


def test_a_process_that_died_once_may_still_come_up(tmp_path: Path) -> None:
    once = (
        f"import os, sys\nif not os.path.exists('{tmp_path}/x'):\n open('{tmp_path}/x', 'w'); sys.exit(1)\n{FAITHFUL}"
    )
    made = supervisor(tmp_path, once)
    wait(made, {"p0": lambda: made.children[0].restarts == 1})


def test_a_start_that_takes_too_long_names_who_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="not ready after 0 s: p1"):
        wait(supervisor(tmp_path, FAITHFUL, FAITHFUL), {"p0": lambda: True, "p1": lambda: False}, patience=0.2)


# ── What is asked for ────────────────────────────────────────────────────────────────────────────────────────────


def asked(
    environment: dict[str, str], port: int | None = None, demo_clock: bool | None = None, sample: bool = True
) -> Options:
    return options(Path("/srv/x"), port, demo_clock, sample, environment)


def test_the_command_line_goes_before_the_environment_and_that_before_the_default() -> None:
    assert asked({}).port == 8080
    assert asked({"TONGBAN_PORT": "9000"}).port == 9000
    assert asked({"TONGBAN_PORT": "9000"}, port=9001).port == 9001
    assert asked({"TONGBAN_DEMO_CLOCK": "true"}).demo_clock
    assert not asked({"TONGBAN_DEMO_CLOCK": "true"}, demo_clock=False).demo_clock
    assert asked({}, port=0).port > 0


def test_the_data_folder_is_the_one_given_or_the_environments_or_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGBAN_DATA", "/srv/y")
    assert Site.at(Path("/srv/x")).data == Path("/srv/x")
    assert Site.at().data == Path("/srv/y")
    monkeypatch.delenv("TONGBAN_DATA")
    assert Site.at().data == Path.cwd() / ".data"


@pytest.mark.parametrize(
    ("environment", "port", "said"),
    [
        ({"TONGBAN_PORT": "web"}, None, "TONGBAN_PORT='web'"),
        ({"TONGBAN_PORT": "70000"}, None, "70000"),
        ({}, -1, "-1"),
        ({"TONGBAN_DEMO_CLOCK": "maybe"}, None, "TONGBAN_DEMO_CLOCK='maybe'"),
    ],
)
def test_what_cannot_be_meant_is_refused(environment: dict[str, str], port: int | None, said: str) -> None:
    with pytest.raises(Refusal, match=said) as caught:
        asked(environment, port)
    assert caught.value.exit_code == 2


def test_only_a_start_with_the_demo_clock_gives_it_to_the_processes() -> None:
    plain, moved = asked({}), asked({}, demo_clock=True)
    assert all("TONGBAN_DEMO_CLOCK" not in program.environment for program in programs(plain, {}))
    assert all("TONGBAN_DEMO_CLOCK" in program.environment for program in programs(moved, {}))


@pytest.mark.parametrize(
    ("sample", "said", "told"), [(True, {}, "true"), (False, {}, "false"), (True, {"TONGBAN_CITIZEN_DEMO": "no"}, "no")]
)
def test_citizens_sign_in_as_whoever_they_say_only_where_all_people_are_samples(
    sample: bool, said: dict[str, str], told: str
) -> None:
    started = programs(asked({}, sample=sample), said)
    assert {program.environment["TONGBAN_CITIZEN_DEMO"] for program in started} == {told}


def test_every_process_is_told_the_same_site_and_port() -> None:
    told = programs(asked({}, port=8088), {"PATH": "/bin", "TONGBAN_SITE": "hanbin"})
    assert {program.environment["TONGBAN_PORT"] for program in told} == {"8088"}
    assert {program.environment["TONGBAN_SITE"] for program in told} == {"hanbin"}
    assert {program.environment["MALLOC_ARENA_MAX"] for program in told} == {"2"}
    assert [program.name for program in told if program.edge] == ["gateway"]


def test_the_people_whom_the_closing_line_names_can_take_a_visit_to_its_end() -> None:
    federation = load_federation()
    center = next(each for each in federation.centers if each.code == FIRST_CENTER)
    named = set(re.findall(r"hb-[a-z]+-[0-9]+", closing_line("http://x", 1.0, demo_clock=True, sample=True)))
    people = {each.username: each for each in staff_of(federation) if each.username in named}
    assert named == people.keys()
    served = {
        lane
        for window in center.windows
        for each in people.values()
        if each.window == window.number
        for lane in window.lanes
    }
    lanes = {lane.key for lane in center.lanes if FIRST_DEPARTMENT in lane.departments}
    assert lanes <= served, "the ticket that is taken first would wait for a window that nobody named"
    deciding = {each.department for each in people.values() if each.department}
    assert deciding == {FIRST_DEPARTMENT}
    assert {role for each in people.values() for role in each.roles} >= {Role.CLERK, Role.REVIEWER, Role.APPROVER}


@pytest.mark.parametrize(
    ("host", "sample", "warned"),
    [("127.0.0.1", True, False), ("localhost", True, False), ("::1", True, False), ("0.0.0.0", False, False),
     ("0.0.0.0", True, True), ("", True, True), ("192.168.1.20", True, True)],
)  # fmt: skip
def test_who_opens_the_samples_to_the_network_is_told_that_their_password_is_public(
    host: str, sample: bool, warned: bool
) -> None:
    assert bool(exposure(host, sample=sample)) is warned
