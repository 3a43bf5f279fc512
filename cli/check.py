"""``tongban check``: asks a site from outside, as a visitor would: is it ready, and does it give a ticket?

The ticket is given back at once, so that it can be run against a hall at work.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cli.refusal import Refusal

#: How long a site may take to be ready, and one answer, in seconds.
PATIENCE: Final = 60.0
_ANSWER: Final = 10.0
_PAUSE: Final = 1.0
#: A center that works may refuse a ticket by these.
_RULES: Final = frozenset({"center_closed", "day_closed", "id_number_required", "precheck_required"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said."""

    status: int
    body: Any

    @property
    def code(self) -> str:
        """The problem's stable code; empty where there is none."""
        return str(self.body.get("code", "")) if isinstance(self.body, Mapping) else ""

    @property
    def said(self) -> str:
        """Code and message for a person."""
        detail = self.body.get("detail", "") if isinstance(self.body, Mapping) else ""
        return f"{self.status} {self.code} {detail}".strip()


#: Method, path and body to answer. Raises ``OSError`` where nobody answers.
Ask = Callable[[str, str, Mapping[str, str] | None], Answer]


def over_http(address: str) -> Ask:
    """Asks the gateway at ``address``, e.g. ``http://127.0.0.1:8080``. Raises ``Refusal`` on any other kind of address."""
    if not address.startswith(("http://", "https://")):
        raise Refusal(f"{address} is no address: give http://… or https://…", exit_code=2)

    def ask(method: str, path: str, body: Mapping[str, str] | None) -> Answer:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex} if data else {}
        request = urllib.request.Request(address.rstrip("/") + path, data, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_ANSWER) as answer:  # noqa: S310 — checked above
                return Answer(answer.status, _json(answer.read()))
        except urllib.error.HTTPError as error:
            return Answer(error.code, _json(error.read()))

    return ask


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def check(ask: Ask, center: str, item: str, say: Callable[[str], None], patience: float = PATIENCE) -> None:
    """Waits until every service answers, takes a ticket, looks it up, and gives it back.

    Without ``center`` or ``item``: the first that there is. A center that is closed now, or that gives nobody a ticket
    who is unknown to it, has answered as it should; that is said. Raises ``Refusal`` when the site isn't ready in time,
    or anything else is answered.
    """
    _wait(ask, patience)
    say("ready: every service answers")
    center, item = _first(ask, center, item)
    taken = ask("POST", f"/api/v1/centers/{center}/tickets", {"item_id": item})
    if taken.code in _RULES:
        say(f"NOT TAKEN, by a rule of the center {center}: {taken.said}")
        return
    if taken.status != 201:
        raise Refusal(f"no ticket at {center} for {item}: {taken.said}")
    code, number = taken.body["code"], taken.body["number"]
    found = ask("GET", f"/api/v1/tickets/{code}", None)
    if found.status != 200 or found.body["number"] != number:
        raise Refusal(f"ticket {number} was given and isn't found again: {found.said}")
    given_back = ask("POST", f"/api/v1/tickets/{code}/cancel", {})
    if given_back.status != 200:
        raise Refusal(f"ticket {number} can't be given back: {given_back.said}")
    say(f"took ticket {number} at {center}, found it, gave it back")


def _wait(ask: Ask, patience: float) -> None:
    end = time.monotonic() + patience
    while True:
        try:
            answer = ask("GET", "/readyz", None)
        except OSError as error:
            why = f"nobody answers ({error})"
        else:
            if answer.status == 200:
                return
            services = answer.body.get("services", {}) if isinstance(answer.body, Mapping) else {}
            away = ", ".join(sorted(name for name, ready in services.items() if not ready))
            why = f"these don't answer: {away}" if away else answer.said
        if time.monotonic() >= end:
            raise Refusal(f"not ready after {patience:.0f} s: {why}")
        time.sleep(_PAUSE)


def _first(ask: Ask, center: str, item: str) -> tuple[str, str]:
    """The center and item that are meant, else the first that is published."""
    if center and item:
        return center, item
    centers = [center] if center else [str(each["id"]) for each in _listed(ask, "/api/v1/centers")]
    for each in centers:
        if item:
            return each, item
        for published in _listed(ask, f"/api/v1/centers/{each}/items"):
            return each, str(published["id"])
    raise Refusal("the site has no center with a published item yet, so nobody can take a ticket; add one, or name it")


def _listed(ask: Ask, path: str) -> list[Mapping[str, Any]]:
    answer = ask("GET", path, None)
    if answer.status != 200:
        raise Refusal(f"{path} can't be read: {answer.said}")
    return list(answer.body["items"])
