"""Two real sites for the browser tests: every process, the sample federation, and clocks that stand at working hours."""

from __future__ import annotations

import re
import shutil
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

from cli.demo_federation.sites import DemoSite, join, start_all
from cli.sample.people import SAMPLE_PASSWORD
from cli.state import read_state

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
TONGBAN = Path(sys.executable).with_name("tongban")
#: The county's center, and the one of the city above it.
CENTER, CITY = "610902", "610900"

#: How long a test waits for what happens by itself, in seconds.
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

    def put(self, path: str, **body: Any) -> Any:
        """Sets; fails unless it is set."""
        return self._checked(self.client.put(path, json=body))

    @staticmethod
    def _checked(response: httpx.Response) -> Any:
        assert response.is_success, f"{response.request.method} {response.request.url}: {response.text}"
        return response.json() if response.content else None


@dataclass
class RunningSite:
    """A site that runs, and the people of its sample federation."""

    made: DemoSite
    address: str = field(init=False)
    _people: dict[str, Rest] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.address = read_state(self.made.files).address

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
        self.made.tongban("clock", "advance", "--to", local_time)

    def today(self) -> str:
        """The day of its centers."""
        return self._clock()[0]

    def _clock(self) -> tuple[str, str]:
        day, at = re.findall(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d)", self.made.tongban("clock", "show"))[0]
        return day, at

    def go_to_next_working_day(self, hour: str = "10:00") -> None:
        """Moves the clock to the morning of the next day on which the center works."""
        day, at = self._clock()
        answer = self.public().get(f"/centers/{CENTER}/deadline", **{"from": f"{day}T{at}:00+08:00", "days": 1})
        working_day = next(line["date"] for line in answer["lines"] if line["number"] == 1)
        self.advance_to(f"{working_day}T{hour}")


@contextmanager
def linked_sites() -> Iterator[tuple[RunningSite, RunningSite]]:
    """A county and the city above it, linked, each with the sample federation, at ten on a working morning."""
    folder = Path(tempfile.mkdtemp(prefix="tb-"))  # short: a socket's path has 107 bytes
    county = DemoSite(folder / "county", "610902.hanbin", "汉滨区", CENTER, "hb", demo_clock=True)
    city = DemoSite(folder / "city", "610900.ankang", "安康市", CITY, "ak", demo_clock=True)
    try:
        city.make(listens=True)
        county.make(listens=False)
        start_all([county, city])
        running = RunningSite(county), RunningSite(city)
        for each in running:
            each.go_to_next_working_day()
        join(city, county)
        try:
            yield running
        finally:
            for each in running:
                each.hang_up()
    finally:
        for site in (county, city):
            site.stop()
        shutil.rmtree(folder, ignore_errors=True)
