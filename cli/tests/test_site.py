"""The real thing: a site with all its processes, started, looked at, killed and stopped."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from cli.components import COMPONENTS
from cli.operator import Operator
from cli.sample.load import load_federation
from cli.sample.people import SAMPLE_PASSWORD, staff_of
from cli.site import Site
from cli.tests.polling import is_alive, until
from kit.rpc.client import invoke
from tongban.catalog.v1 import service_pb2 as catalog
from tongban.workforce.v1 import service_pb2 as workforce

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ROOT = Path(__file__).parents[2]
TONGBAN = (sys.executable, "-m", "cli.main")
#: Issue 3: what a service may take, in MB.
MOST_MEMORY = 80.0


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}


def tongban(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TONGBAN, *arguments], capture_output=True, text=True, cwd=ROOT, env=environment(), check=False, timeout=120
    )


@dataclass
class Running:
    site: Site
    process: subprocess.Popen[str]
    closing_line: str

    @property
    def address(self) -> str:
        found = re.search(r"http://[\d.]+:\d+", self.closing_line)
        assert found
        return found[0]

    def status(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(tongban("status", "--json", "--data", str(self.site.data)).stdout)
        return said

    def pids(self) -> dict[str, int]:
        return {process["name"]: process["pid"] for process in self.status()["processes"]}

    def all_healthy(self) -> bool:
        return all(process["healthy"] for process in self.status()["processes"])


def start(data: Path, *arguments: str) -> Running:
    process = subprocess.Popen(
        [*TONGBAN, "up", "--port", "0", "--data", str(data), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=environment(),
    )
    assert process.stdout
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "tongban: ready after" in line:
            return Running(Site(data), process, line)
    raise AssertionError("it didn't start:\n" + "".join(lines))


def stop(running: Running) -> int:
    running.process.send_signal(signal.SIGINT)
    running.process.communicate(timeout=60)
    return running.process.returncode


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    up = start(tmp_path_factory.mktemp("site") / "data", "--demo-clock")
    yield up
    if up.process.poll() is None:
        stop(up)


def test_the_closing_line_says_where_who_and_what_first(running: Running) -> None:
    assert "\n" not in running.closing_line.strip()
    for word in (running.address, "hb-clerk-13", SAMPLE_PASSWORD, "ticket", "Ctrl-C"):
        assert word in running.closing_line
    with urlopen(f"{running.address}/healthz") as answer:
        assert answer.status == 200


def test_every_process_is_healthy_and_no_service_takes_more_than_it_may(running: Running) -> None:
    processes = running.status()["processes"]
    assert [process["name"] for process in processes] == [component.name for component in COMPONENTS]
    assert all(process["healthy"] for process in processes)
    services = {process["name"]: process["memory_mb"] for process in processes if process["name"] != "gateway"}
    assert {name: taken for name, taken in services.items() if taken > MOST_MEMORY} == {}


def test_nobody_else_on_the_machine_may_look_into_the_data(running: Running) -> None:
    kept = [running.site.data, *running.site.data.rglob("*"), *running.site.run_dir.rglob("*")]
    assert {"intake.db", "logs", "workforce.sock"} <= {path.name for path in kept}
    assert [path for path in kept if path.lstat().st_mode & 0o077] == []


def test_the_sample_federation_is_there_and_its_people_can_sign_in(running: Running) -> None:
    assert counts(running.site) == expected_counts()
    operator = Operator(running.site)
    answer = invoke(
        operator.workforce.SignIn, workforce.SignInRequest(username="hb-clerk-01", password=SAMPLE_PASSWORD)
    )
    assert answer.principal.center_id == "610902"
    assert answer.principal.window_id == "610902-01"
    assert not answer.principal.must_change_password


def test_a_second_start_on_the_same_folder_is_refused_and_harms_nothing(running: Running) -> None:
    before = running.pids()
    second = tongban("up", "--port", "0", "--data", str(running.site.data))
    assert second.returncode == 1
    assert "already runs" in second.stderr
    assert running.pids() == before


def test_a_taken_port_is_refused_before_anything_starts(running: Running, tmp_path: Path) -> None:
    port = running.address.rpartition(":")[2]
    refused = tongban("up", "--port", port, "--data", str(tmp_path / "data"))
    assert refused.returncode == 1
    assert f"port {port}" in refused.stderr
    assert not list((tmp_path / "data").glob("*.db"))


def test_a_killed_process_comes_back_and_the_others_stay(running: Running) -> None:
    before = running.pids()
    os.kill(before["queuing"], signal.SIGKILL)
    until(lambda: running.pids()["queuing"] not in (None, before["queuing"]) and running.all_healthy(), 30)
    after = running.pids()
    assert {name for name in before if before[name] != after[name]} == {"queuing"}


def test_a_killed_supervisor_leaves_no_process_and_a_folder_that_starts_again(running: Running) -> None:
    left = running.pids()
    running.process.kill()
    running.process.communicate()
    again = start(running.site.data)
    assert not [name for name, pid in left.items() if is_alive(pid)]
    assert counts(running.site) == expected_counts()
    last = again.pids()
    assert stop(again) == 0
    assert not [name for name, pid in last.items() if is_alive(pid)]


# ── A load that is cut off ───────────────────────────────────────────────────────────────────────────────────────


def expected_counts() -> dict[str, int]:
    federation = load_federation()
    items = sum(len(federation.items_of(center)) for center in federation.centers)
    staff = staff_of(federation)
    windows = sum(1 for person in staff if person.window)
    return {"centers": len(federation.centers), "items": items, "staff": len(staff), "windows": windows}


def counts(site: Site) -> dict[str, int]:
    operator = Operator(site)
    centers = operator.ask(operator.catalog.ListCenters, catalog.ListCentersRequest(), centers=()).centers
    codes = [center.id for center in centers]
    items = sum(len(items_of(operator, code)) for code in codes)
    staff = windows = 0
    for code in codes:
        page = operator.ask(
            operator.workforce.ListStaff, workforce.ListStaffRequest(center_id=code, limit=200), centers=codes
        )
        staff += len(page.staff)
        windows += sum(1 for person in page.staff if person.window_id)
    return {"centers": len(codes), "items": items, "staff": staff, "windows": windows}


def items_of(operator: Operator, code: str) -> Sequence[object]:
    found: list[object] = []
    cursor = ""
    while True:
        request = catalog.ListItemsRequest(center_id=code, limit=100, cursor=cursor)
        page = operator.ask(operator.catalog.ListItems, request, centers=[code])
        found += page.items
        cursor = page.next_cursor
        if not cursor:
            return found


@pytest.mark.fault
def test_a_load_that_is_cut_off_anywhere_is_completed_by_the_next(tmp_path: Path) -> None:
    up = start(tmp_path / "data", "--no-sample")
    try:
        for cut_after in (0.3, 0.6, 0.8, 1.0, 1.2):
            load = subprocess.Popen(
                [*TONGBAN, "seed", "--data", str(up.site.data)],
                cwd=ROOT,
                env=environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                load.wait(cut_after)
            except subprocess.TimeoutExpired:
                load.kill()
                load.wait()
        done = tongban("seed", "--data", str(up.site.data))
        assert done.returncode == 0, done.stderr
        assert counts(up.site) == expected_counts()
    finally:
        stop(up)
