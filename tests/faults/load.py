"""People who go on with their visits while processes die: they send again what creates, and read back what they did.

Each keeps what was acknowledged; at the end the site's books have to say the same.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx

from cli.demo.desk import SAMPLE_PDF, taken_by
from tests.integration.people import Json, Town
from tests.integration.visits import CENTER

#: How long somebody tries, in seconds: longer than any recovery.
PATIENCE: Final = 180.0
#: Between two looks for what an event brings, in seconds: nobody who waits keeps the machine busy.
_LOOK_AGAIN: Final = 0.1
#: Between two requests of a person, in seconds: a crowd that never pauses would measure the machine, not the site.
_THINKS: Final = 0.1
#: Immediate: decided by the chief while the visitor waits; its lane is served by several windows.
ITEM: Final = "个体工商户设立登记"
WINDOWS: Final = ("04", "05", "07", "08")
#: How many may come to each window, one after another.
VISITORS: Final = 500
LEVELS: Final = ("very_satisfied", "satisfied", "fairly_satisfied", "dissatisfied")


class Lost(Exception):
    """No answer, or one that doesn't say whether it was done."""


class Refused(Exception):
    """The site said no."""


@dataclass
class Ledger:
    """What was acknowledged, by kind and id; shared by all."""

    counted: Counter[str] = field(default_factory=Counter)
    ids: dict[str, list[str]] = field(default_factory=dict)
    #: Codes of the slips, by ticket: the hall's staff never see them.
    slips: dict[str, str] = field(default_factory=dict)
    #: Each request that had to be sent again: when, which, and what was heard instead of an answer.
    losses: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, what: str, id: str = "") -> None:
        """One more."""
        with self._lock:
            self.counted[what] += 1
            if id:
                self.ids.setdefault(what, []).append(id)

    def lose(self, what: str) -> None:
        """One more that has to be sent again."""
        self.add("lost")
        self.losses.append(f"{time.strftime('%H:%M:%S')} {what}")

    def __deepcopy__(self, memo: object) -> Ledger:
        return Ledger(
            Counter(self.counted),
            {what: list(ids) for what, ids in self.ids.items()},
            dict(self.slips),
            list(self.losses),
        )

    @property
    def done(self) -> int:
        """How much was acknowledged so far."""
        return sum(number for what, number in self.counted.items() if what != "lost")


@dataclass
class Sender:
    """One client of the API that never gives up before its patience ends."""

    client: httpx.Client
    ledger: Ledger
    stop_trying: threading.Event

    def once(self, method: str, path: str, token: str, **options: Any) -> Json:
        """Sends once. Raises ``Lost``, ``Refused``."""
        self.stop_trying.wait(_THINKS)
        headers = {**options.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        try:
            response = self.client.request(method, path, headers=headers, **options)
        except httpx.TransportError as error:
            self.ledger.lose(f"{method} {path}: {error!r}")
            raise Lost from error
        if response.status_code in (502, 503, 504):
            self.ledger.lose(f"{method} {path}: {response.status_code} {response.text}")
            raise Lost(response.text)
        if not response.is_success:
            raise Refused(f"{method} {path}: {response.status_code} {response.text}")
        answer: Json = response.json() if response.content else {}
        return answer

    def again(self, send: Callable[[], Json]) -> Json:
        """Sends until it is answered: for what may be sent twice. Raises ``Refused``."""
        end, pause = time.monotonic() + PATIENCE, 0.05
        while True:
            try:
                return send()
            except Lost:
                if time.monotonic() > end:
                    raise
            self.stop_trying.wait(pause)
            pause = min(pause * 2, 1.0)

    def get(self, path: str, token: str = "") -> Json:
        """Reads."""
        return self.again(lambda: self.once("GET", path, token))

    def create(self, path: str, body: Json, token: str = "") -> Json:
        """Creates, under a key that makes it one however often it is sent."""
        headers = {"Idempotency-Key": uuid4().hex}
        return self.again(lambda: self.once("POST", path, token, json=body, headers=headers))

    def do(self, path: str, token: str, body: Json | None, done: Callable[[], Json | None]) -> Json:
        """Changes a state. Where the answer is lost, the state says whether it was done; a refusal after that, too."""
        unsure = False

        def attempt() -> Json:
            nonlocal unsure
            try:
                return self.once("POST", path, token, json=body)
            except (Lost, Refused) as error:
                if isinstance(error, Refused) and not unsure:
                    raise
                unsure = True
                found = done()
                if found is None:
                    raise
                return found

        return self.again(attempt)


class Worker(threading.Thread):
    """A clerk at a window, and the visitors that come there, one after another until told to stop."""

    def __init__(self, number: int, town: Town, ledger: Ledger, leaving: threading.Event, seed: int) -> None:
        super().__init__(name=f"window {WINDOWS[number]}", daemon=True)
        self._window = f"{CENTER}-{WINDOWS[number]}"
        self._town, self._ledger, self._leaving = town, ledger, leaving
        self._rng = random.Random(f"{seed}-{number}")
        self._people = [town.stranger() for _ in range(VISITORS)]
        self._clerk = town.staff(f"hb-clerk-{WINDOWS[number]}").token
        self._chief = town.officer(CENTER, "chief", "shichang-jianguan").token
        found = town.public.get(f"centers/{CENTER}/items", query=ITEM)["items"]
        self._guide = next(each for each in found if each["name"] == ITEM)
        self._client = httpx.Client(base_url=f"{town.address}/api/v1", timeout=20)
        self._api = Sender(self._client, ledger, threading.Event())
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Visits until the leaving; each one is finished."""
        try:
            self._api.do(f"windows/{self._window}/open", self._clerk, None, lambda: self._is("windows", "open"))
            for person in self._people:
                if self._leaving.is_set():
                    break
                self._visit(person)
        except BaseException as error:
            self.failure = error
        finally:
            self._client.close()

    def _is(self, what: str, state: str) -> Json | None:
        found = self._api.get(f"centers/{CENTER}/{what}")["items"]
        return next((each for each in found if each["id"] == self._window and each["state"] == state), None)

    def _visit(self, person: Any) -> None:
        api, ledger = self._api, self._ledger
        body = {"item_id": self._guide["id"], "id_number": person.id_number, "holder_name": person.name}
        taken = api.create(f"centers/{CENTER}/tickets", body)
        ledger.slips[taken["id"]] = taken["code"]
        ledger.add("tickets", taken["id"])

        ticket = self._call()
        ledger.add("calls", ticket["id"])
        self._ticket(ticket, "start", "serving", "services")
        application = self._hand_in(person, ticket)
        self._decide(application)
        self._ticket(ticket, "finish", "finished", "finished")
        self._judge(ticket)

    def _call(self) -> Json:
        """Whoever is next; everybody who calls has let somebody in before, so there is always one."""

        def at_window() -> Json | None:
            windows = api.get(f"centers/{CENTER}/windows")["items"]
            ticket = next(each["ticket_id"] for each in windows if each["id"] == self._window)
            return {"ticket": api.get(f"tickets/{ticket}", self._clerk)} if ticket else None

        api, end = self._api, time.monotonic() + PATIENCE
        while time.monotonic() < end:
            called: Json | None = api.do(f"windows/{self._window}/call-next", self._clerk, None, at_window)["ticket"]
            if called is not None:
                return called
        raise AssertionError("a number waits and nobody is called")

    def _ticket(self, ticket: Json, verb: str, state: str, counted: str) -> None:
        path = f"tickets/{ticket['id']}"
        self._do(f"{path}/{verb}", self._clerk, None, path, lambda found: found["state"] == state)
        self._ledger.add(counted, ticket["id"])

    def _do(
        self, path: str, token: str, body: Json | None, read: str, is_done: Callable[[Json], bool], reader: str = ""
    ) -> Json:
        def done() -> Json | None:
            found = self._api.get(read, reader or token)
            return found if is_done(found) else None

        return self._api.do(path, token, body, done)

    def _hand_in(self, person: Any, ticket: Json) -> Json:
        body = {
            "item_id": self._guide["id"],
            "ticket_id": ticket["id"],
            "applicant": {"name": person.name, "id_type": "resident_id", "id_number": person.id_number},
            "materials": [{"key": each["key"], "state": "handed_in"} for each in self._guide["materials"]],
        }
        application = self._api.create(f"centers/{CENTER}/applications", body, self._clerk)
        self._ledger.add("applications", application["id"])
        path = f"applications/{application['id']}"
        if self._rng.random() < 0.3:
            # The same file twice is one: it may be sent again.
            upload = f"{path}/materials/{self._guide['materials'][0]['key']}/files"
            files = {"file": ("样例.pdf", SAMPLE_PDF, "application/pdf")}
            self._api.again(lambda: self._api.once("POST", upload, self._clerk, files=files))
            self._ledger.add("uploads")
        self._do(f"{path}/accept", self._clerk, None, path, lambda found: found["state"] == "accepted")
        self._ledger.add("accepted", application["id"])
        return application

    def _decide(self, application: Json) -> None:
        path = f"cases/{application['id']}"
        end = time.monotonic() + PATIENCE
        while True:  # the case comes by an event
            try:
                self._api.get(path, self._clerk)
                break
            except Refused:
                if time.monotonic() > end:
                    raise
            self._api.stop_trying.wait(_LOOK_AGAIN)
        body = {"outcome": "approved"}

        def claimed(found: Json) -> bool:
            return any(step["state"] == "claimed" for step in found["steps"])

        def was(*states: str) -> Callable[[Json], bool]:
            return lambda found: found["state"] in states

        self._do(f"{path}/claim", self._chief, None, path, claimed)
        self._ledger.add("claims")
        self._do(f"{path}/decide", self._chief, body, path, was("approved"))
        self._ledger.add("decisions")
        self._do(f"{path}/result", self._clerk, None, path, was("issued"))
        self._ledger.add("results")
        handed = taken_by("本人", "990101199001011230")
        self._do(f"{path}/result/deliver", self._clerk, handed, path, was("delivered"))
        self._ledger.add("deliveries")

    def _slip(self, ticket: Json) -> str:
        """The visitor's code; whose answer was lost has it a moment later, and may be served by then."""
        end = time.monotonic() + PATIENCE
        while ticket["id"] not in self._ledger.slips:
            assert time.monotonic() < end, f"nobody holds the slip of {ticket['number']}"
            self._api.stop_trying.wait(_LOOK_AGAIN)
        return self._ledger.slips[ticket["id"]]

    def _judge(self, ticket: Json) -> None:
        slip = self._slip(ticket)
        path, end = f"evaluations/{slip}", time.monotonic() + PATIENCE
        while True:  # the invitation comes by an event
            try:
                self._api.get(path)
                break
            except Refused:
                if time.monotonic() > end:
                    raise
            self._api.stop_trying.wait(_LOOK_AGAIN)
        level = self._rng.choice(LEVELS)
        self._do(path, "", {"level": level}, path, lambda found: found["state"] == "submitted")
        self._ledger.add("evaluated", ticket["id"])
        self._ledger.add(level)
        if self._rng.random() < 0.2:
            body = {"text": "希望增加座椅", "anonymous": True, "ticket_id": slip}
            complaint = self._api.create(f"centers/{CENTER}/complaints", body)
            self._ledger.add("complaints", complaint["id"])
