"""Sites of the demo: each a whole ``tongban up`` in a folder of its own, with an identity, linked as operators link them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from cli.demo.rest import Account, Rest
from cli.demo_federation.line import Line
from cli.sample.load import load_federation
from cli.sample.people import SAMPLE_PASSWORD, Role, Staff, staff_of
from cli.site import Site
from cli.state import read_state

T = TypeVar("T")

#: How long a site may take to come up on a busy machine, and what follows from something to happen, in seconds.
START_PATIENCE: Final = 240.0
PATIENCE: Final = 120.0
#: A line that broke is noticed and dialled again soon; nobody of the demo is too many.
QUICK: Final[Mapping[str, str]] = {
    "TONGBAN_RELAY_PING_SECONDS": "1",
    "TONGBAN_RELAY_SILENCE_SECONDS": "5",
    "TONGBAN_RELAY_REDIAL_FIRST_SECONDS": "0.1",
    "TONGBAN_RELAY_REDIAL_LONGEST_SECONDS": "1",
    **{f"TONGBAN_RATE_{name}": "0" for name in ("ADDRESS", "SESSION", "TICKETS", "SIGN_IN", "MISSES")},
}


@cache
def everybody() -> tuple[Staff, ...]:
    """The staff of the sample."""
    return tuple(staff_of(load_federation()))


class Unexpected(Exception):
    """Something of the demo didn't come about."""


def until(look: Callable[[], T | None], what: str, patience: float = PATIENCE) -> T:
    """Looks again and again until there is something. Raises ``Unexpected`` with what was waited for."""
    end = time.monotonic() + patience
    pause = 0.02
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise Unexpected(f"waited {patience:.0f} s for {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)


def free_port() -> int:
    """A port that nobody has now."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


@dataclass
class DemoSite:
    """One site: its processes, its API, its line's port."""

    folder: Path
    #: E.g. ``610902.hanbin``.
    id: str
    name: str
    #: The center of the sample that works for it, and how its accounts begin.
    center: str
    accounts: str
    #: Where lines come in; 0: nobody dials it.
    port: int = 0
    #: Where others reach it: a line that can be cut, or its own port.
    reached_at: int = 0
    #: Whether it calls its parent; one without a line doesn't.
    dials: bool = True
    #: Whether its clock can be moved.
    demo_clock: bool = False
    process: subprocess.Popen[bytes] | None = None
    rest: Rest | None = None
    account: Account = field(default_factory=Account)
    _people: dict[str, Rest] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self.folder / "data"

    @property
    def files(self) -> Site:
        """Names of its files."""
        return Site.at(self.data)

    @property
    def api(self) -> Rest:
        """Its API, as anybody has it. Raises ``Unexpected`` before it is up."""
        if self.rest is None:
            raise Unexpected(f"{self.id} isn't up")
        return self.rest

    # ── Life ─────────────────────────────────────────────────────────────────────────────────────────────────

    def make(self, *, listens: bool) -> None:
        """Gives it its identity."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if listens:
            self.port = self.port or free_port()
            self.reached_at = self.reached_at or self.port
        endpoint = ("--endpoint", f"grpcs://127.0.0.1:{self.reached_at}") if listens else ()
        self.tongban("site", "init", self.id, "--name", self.name, "--host", "127.0.0.1", *endpoint)

    def start(self) -> None:
        """Starts every process of it; ``ready`` waits for them."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TONGBAN_")}
        clock = ("--demo-clock",) if self.demo_clock else ()
        listens = {"TONGBAN_RELAY_LISTEN": f"127.0.0.1:{self.port}"} if self.port else {}
        with (self.folder / "up.log").open("ab") as log:
            self._begins = log.tell()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cli.main", "up", "--data", str(self.data), "--port", str(free_port()), *clock],
                env={**inherited, **QUICK, **listens, "TONGBAN_SITE": self.id, "TONGBAN_RELAY_DIALS": str(self.dials)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ready(self) -> None:
        """Waits until it serves. Raises ``Unexpected``."""

        def looked() -> bool:
            said = (self.folder / "up.log").read_bytes()[self._begins :].decode(errors="replace")
            if self.process is None or self.process.poll() is not None:
                raise Unexpected(f"{self.id} doesn't start:\n{said[-2000:]}")
            return "tongban: ready after" in said

        until(looked, f"{self.id} to start", START_PATIENCE)
        self.rest = Rest(read_state(self.files).address, self.account)
        self._people.clear()

    def stop(self) -> None:
        """Stops it in good order."""
        if self.rest is not None:
            self.rest.close()
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process = None

    def kill(self, component: str) -> None:
        """``kill -9`` of one of its processes; it is started again by itself."""
        for each in read_state(self.files).processes:
            if each.name == component and each.pid is not None:
                os.kill(each.pid, signal.SIGKILL)

    # ── People ───────────────────────────────────────────────────────────────────────────────────────────────

    def staff(self, role: str, number: str = "01") -> Rest:
        """A member of its staff, signed in."""
        return self.person(f"{self.accounts}-{role}-{number}")

    def person(self, username: str) -> Rest:
        """Whoever has this account, signed in."""
        if username not in self._people:
            self._people[username] = self.api.signed_in(username, SAMPLE_PASSWORD)
        return self._people[username]

    def chief_of(self, department: str) -> Rest:
        """The chief representative of a department, signed in. Raises ``Unexpected`` where it has none."""
        for each in everybody():
            if each.center == self.center and Role.CHIEF in each.roles and each.department == department:
                return self.person(each.username)
        raise Unexpected(f"{self.center} has no chief of {department}")

    def tongban(self, *words: str) -> str:
        """A command of its operator. Raises ``Unexpected`` with what it said."""
        done = subprocess.run(
            [sys.executable, "-m", "cli.main", *words, "--data", str(self.data)],
            env={**{k: v for k, v in os.environ.items() if not k.startswith("TONGBAN_")}, "TONGBAN_SITE": self.id},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Unexpected(f"{self.id}: tongban {' '.join(words)}: {done.stdout}{done.stderr}")
        return done.stdout


def join(parent: DemoSite, child: DemoSite, *, direction: str = "parent") -> None:
    """Links two running sites as their operators would: cards, fingerprints, a proposal and its acceptance."""
    folder = child.folder
    cards = {}
    for each in (parent, child):
        file = folder / f"{each.id}-{child.id}-{parent.id}.card"
        said = each.tongban("site", "card", "--out", str(file))
        cards[each.id] = (file, _fingerprint(said))
    proposal, acceptance = folder / f"{parent.id}.proposal", folder / f"{parent.id}.acceptance"
    card, fingerprint = cards[parent.id]
    child.tongban(
        "link", "propose", str(card), "--direction", direction, "--by", "样例运维甲", "--fingerprint", fingerprint,
        "--out", str(proposal),
    )  # fmt: skip
    _, fingerprint = cards[child.id]
    parent.tongban(
        "link", "accept", str(proposal), "--by", "样例运维乙", "--fingerprint", fingerprint, "--out", str(acceptance)
    )
    child.tongban("link", "accept", str(acceptance), "--by", "样例运维甲")


def start_all(sites: Sequence[DemoSite]) -> None:
    """Starts sites beside each other and waits for all."""
    for each in sites:
        each.start()
    for each in sites:
        each.ready()


def line_to(site: DemoSite) -> Line:
    """A line in front of a site's port, that others then dial; to be made before the site's identity."""
    site.port = free_port()
    line = Line(site.port)
    line.open()
    site.reached_at = line.port
    return line


def _fingerprint(said: str) -> str:
    for text in said.splitlines():
        name, _, value = text.strip().partition(" ")
        if name == "fingerprint":
            return value.strip()
    raise Unexpected(f"no fingerprint in:\n{said}")
