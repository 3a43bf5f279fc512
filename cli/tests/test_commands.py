"""What the small commands do, and how they refuse."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.accounts import first_password
from cli.clock import parse_duration, until
from cli.components import COMPONENTS
from cli.main import app
from cli.preflight import locked
from cli.refusal import Refusal
from cli.site import Site
from cli.state import ProcessState, SiteState, write_state
from cli.status import memory_mb
from kit.clock import DemoClock

ROOT = Path(__file__).parents[2]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path / "data")
    made.create_folders()
    return made


def tongban(site: Site, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--data", str(site.data)])


def recorded(site: Site, demo_clock: bool = False, pid: int | None = None) -> None:
    process = ProcessState("queuing", "running", pid, 2, time.time() - 60, None, "queuing.log")
    write_state(site, SiteState(os.getpid(), 0.0, "http://127.0.0.1:1", demo_clock, (process,)))


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("seed",),
        ("clock", "show"),
        ("clock", "advance", "3d"),
        ("user", "add", "boss", "--center", "610902", "--name", "样", "--role", "admin"),
        ("center", "add", "610902", "样", "--level", "county"),
        ("export", "items", "x.csv", "--center", "610902"),
        ("case", "history", "c-1", "--center", "610902"),
    ],
)
def test_a_command_for_a_running_site_refuses_where_none_runs(site: Site, arguments: tuple[str, ...]) -> None:
    result = tongban(site, *arguments)
    assert result.exit_code == 1
    assert "`tongban up`" in result.stderr
    assert "Traceback" not in result.output


def test_the_clock_of_a_site_that_runs_apart_is_nobodys_to_move(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGBAN_EMBEDDED", "false")
    result = tongban(site, "clock", "advance", "3d")
    assert result.exit_code == 1
    assert "keeps real time" in result.stderr


def test_wrong_settings_of_a_site_that_runs_apart_are_named(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONGBAN_EMBEDDED", "false")
    monkeypatch.setenv("TONGBAN_SERVICES", "catalog")
    result = tongban(site, "seed")
    assert result.exit_code == 2
    assert "no name=address" in result.stderr
    monkeypatch.setenv("TONGBAN_SERVICES", "catalog=127.0.0.1:1")
    monkeypatch.setenv("TONGBAN_PRIVATE_KEY_FILE", str(site.data / "none"))
    result = tongban(site, "seed")
    assert result.exit_code == 1
    assert "TONGBAN_PRIVATE_KEY_FILE" in result.stderr


def test_help_is_quick_and_loads_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['tongban', '--help']\nimport cli.main\ntry: cli.main.app()\nexcept SystemExit: pass\n"
    )
    code += "print(sorted({'grpc', 'flask', 'google.protobuf', 'argon2', 'cattrs'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "Ctrl-C" in done.stdout


def test_the_components_are_the_modules_that_there_are() -> None:
    assert len({component.name for component in COMPONENTS}) == len(COMPONENTS)
    for component in COMPONENTS:
        path = ROOT / component.module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), component.module


# ── Demo clock ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("3d", timedelta(days=3)),
        ("2h", timedelta(hours=2)),
        ("30m", timedelta(minutes=30)),
        ("1d12h30m5s", timedelta(days=1, hours=12, minutes=30, seconds=5)),
    ],
)
def test_a_duration_is_read(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["", "3", "d", "3x", "-3d", "3h2d", "1.5d", "99999d", "３d天"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        parse_duration(text)


def test_a_time_without_a_zone_is_the_centers() -> None:
    now = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
    assert until("2026-11-23T11:00", now) == timedelta(hours=1)
    assert until("2026-11-23T03:00+00:00", now) == timedelta(hours=1)
    for text in ("2026-11-23T09:59", "soon", "2199-01-01T00:00"):
        with pytest.raises(Refusal):
            until(text, now)


def test_time_moves_where_the_demo_clock_is_on(site: Site) -> None:
    recorded(site, demo_clock=True)
    clock = DemoClock(site.demo_clock_file)
    with locked(site):
        assert "ahead of real time" in tongban(site, "clock", "show").stdout
        before = clock.now()
        assert tongban(site, "clock", "advance", "3d").exit_code == 0
    assert clock.now() - before >= timedelta(days=3)


def test_time_stands_where_the_demo_clock_is_off(site: Site) -> None:
    recorded(site, demo_clock=False)
    with locked(site):
        result = tongban(site, "clock", "advance", "3d")
    assert result.exit_code == 1
    assert "--demo-clock" in result.stderr
    assert not site.demo_clock_file.exists()


def test_a_clock_is_moved_by_one_of_two_ways(site: Site) -> None:
    assert tongban(site, "clock", "advance").exit_code == 2
    assert tongban(site, "clock", "advance", "3d", "--to", "2026-11-24T09:00").exit_code == 2


# ── Status ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_memory_is_read_of_a_living_process_only() -> None:
    own = memory_mb(os.getpid())  # of whatever ran before in this process, too
    assert own is not None
    assert 5 < own < 100_000
    assert memory_mb(None) is None
    assert memory_mb(999999999) is None


def test_status_tells_a_dead_process_and_exits_with_one(site: Site) -> None:
    recorded(site, pid=999999999)
    result = tongban(site, "status")
    assert result.exit_code == 1
    assert "NOT RUNNING" in result.stdout
    assert "dead" in result.stdout


def test_status_speaks_json_to_programs(site: Site) -> None:
    recorded(site, pid=os.getpid())
    with locked(site):
        said = json.loads(tongban(site, "status", "--json").stdout)
    [process] = said["processes"]
    assert said["running"]
    assert (process["state"], process["restarts"], process["healthy"]) == ("running", 2, False)
    assert process["uptime_s"] >= 60


# ── Files and accounts ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_export_replaces_no_file_unasked(site: Site, tmp_path: Path) -> None:
    there = tmp_path / "items.csv"
    there.write_text("precious")
    result = tongban(site, "export", "items", str(there), "--center", "610902")
    assert "--force" in result.stderr
    assert there.read_text() == "precious"


@pytest.mark.parametrize("name", ["nothing.csv", "."])
def test_a_file_that_cannot_be_read_is_named(site: Site, tmp_path: Path, name: str) -> None:
    result = tongban(site, "import", "items", str(tmp_path / name), "--center", "610902")
    assert result.exit_code == 1
    assert "can't be read" in result.stderr


def test_an_unknown_role_or_level_is_refused_before_anything_is_asked(site: Site) -> None:
    user = tongban(site, "user", "add", "x", "--center", "610902", "--name", "样", "--role", "king")
    center = tongban(site, "center", "add", "610902", "样", "--level", "galaxy")
    assert (user.exit_code, center.exit_code) == (2, 2)
    assert "clerk" in user.stderr
    assert "county" in center.stderr


def test_first_passwords_differ_and_are_strong() -> None:
    some = {first_password() for _ in range(50)}
    assert len(some) == 50
    assert all(len(one) >= 16 for one in some)
