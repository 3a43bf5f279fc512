"""A real site for the browser tests: every process, the sample federation, and a clock that stands at working hours."""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx

from cli.sample.people import SAMPLE_PASSWORD

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
TONGBAN = Path(sys.executable).with_name("tongban")
CENTER = "610902"

#: How long a start may take on a busy machine, and how long a test waits for what happens by itself, in seconds.
START_PATIENCE = 120.0
PATIENCE = 30.0


def until(look: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """Looks again and again until there is something; fails with what was waited for."""
    end = time.monotonic() + patience
    pause = threading.Event()
    while True:
        found = look()
        if found is not None and found is not False:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience:.0f} s for {what}")
        pause.wait(0.05)


@dataclass
class Rest:
    """One person, or the public, at the site's REST API: how tests prepare what a page then shows."""

    address: str
    token: str = ""
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self.client = httpx.Client(base_url=f"{self.address}/api/v1", headers=headers, timeout=15)

    def get(self, path: str, **query: Any) -> Any:
        """Reads; fails unless it is there."""
        return self._checked(self.client.get(path, params=query))

    def find(self, path: str, **query: Any) -> Any:
        """Reads; ``None`` while it isn't there."""
        response = self.client.get(path, params=query)
        return None if response.status_code == 404 else self._checked(response)

    def post(self, path: str, **body: Any) -> Any:
        """Does; fails unless it is done."""
        return self._checked(self.client.post(path, json=body))

    @staticmethod
    def _checked(response: httpx.Response) -> Any:
        assert response.is_success, f"{response.request.method} {response.request.url}: {response.text}"
        return response.json() if response.content else None


@dataclass
class RunningSite:
    """A site that runs, and the people of its sample federation."""

    address: str
    data: Path
    _people: dict[str, Rest] = field(default_factory=dict)

    def url(self, path: str) -> str:
        """The address of a page."""
        return self.address + path

    def public(self) -> Rest:
        """The API as anybody sees it."""
        return self._people.setdefault("", Rest(self.address))

    def person(self, username: str) -> Rest:
        """The API as a member of the sample staff sees it."""
        if username not in self._people:
            signed_in = self.public().post("/sessions", username=username, password=SAMPLE_PASSWORD)
            self._people[username] = Rest(self.address, signed_in["token"])
        return self._people[username]

    def citizen(self, who: dict[str, str]) -> Rest:
        """The API as this citizen sees it, signed in with the code that the demo shows."""
        if who["id_number"] not in self._people:
            person = {name: who[name] for name in ("id_number", "name")}
            code = self.public().post("/citizen/codes", **person)["code"]
            session = self.public().post("/citizen/sessions", **person, code=code)
            self._people[who["id_number"]] = Rest(self.address, session["token"])
        return self._people[who["id_number"]]

    def hang_up(self) -> None:
        """Closes every connection."""
        for each in self._people.values():
            each.client.close()

    def advance_to(self, local_time: str) -> None:
        """Moves the site's clock to a time of the centers, e.g. ``2026-11-23T10:00``."""
        command: list[str | Path] = [TONGBAN, "clock", "advance", "--to", local_time, "--data", self.data]
        subprocess.run(command, check=True, capture_output=True, timeout=30)

    def go_to_next_working_day(self, hour: str = "10:00") -> None:
        """Moves the clock to the morning of the next day on which the center works."""
        now = subprocess.run(
            [TONGBAN, "clock", "show", "--data", self.data], check=True, capture_output=True, text=True, timeout=30
        ).stdout
        day, at = re.findall(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d)", now)[0]
        answer = self.public().get(f"/centers/{CENTER}/deadline", **{"from": f"{day}T{at}:00+08:00", "days": 1})
        working_day = next(line["date"] for line in answer["lines"] if line["number"] == 1)
        self.advance_to(f"{working_day}T{hour}")


@contextmanager
def running_site() -> Iterator[RunningSite]:
    """Starts a site in a folder of its own with the sample federation, and stops it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="tb-"))  # short: a socket's path has 107 bytes
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}
    process = subprocess.Popen(
        [TONGBAN, "up", "--data", folder / "data", "--port", "0", "--demo-clock"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        site = RunningSite(_address(process), folder / "data")
        site.go_to_next_working_day()
        try:
            yield site
        finally:
            site.hang_up()
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
        shutil.rmtree(folder, ignore_errors=True)


def _address(process: subprocess.Popen[str]) -> str:
    """Where the site says that it is; fails with its words when it doesn't start."""
    lines: queue.Queue[str] = queue.Queue()
    said: list[str] = []

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    end = time.monotonic() + START_PATIENCE
    while time.monotonic() < end:
        try:
            line = lines.get(timeout=1)
        except queue.Empty:
            continue
        said.append(line)
        if ready := re.search(r"ready after .* at (http://[\d.:]+)", line):
            return ready[1]
        if not line:
            break
    raise AssertionError("the site doesn't start:\n" + "".join(said))
