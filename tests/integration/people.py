"""Somebody at the REST API: signed in as staff, as a citizen, or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from typing import Any

import httpx

from cli.sample.load import load_federation
from cli.sample.people import SAMPLE_PASSWORD, Citizen, citizens, staff_of

Json = dict[str, Any]

_STAFF = staff_of(load_federation())


@dataclass
class Person:
    """What one person asks; ``get`` and ``post`` fail unless it is granted, ``ask`` gives any answer."""

    client: httpx.Client = field(repr=False)
    token: str = field(default="", repr=False)

    def ask(
        self, method: str, path: str, *, headers: Mapping[str, str | bytes] | None = None, **options: Any
    ) -> httpx.Response:
        """Any request, any answer."""
        sent = {name: value.encode() if isinstance(value, str) else value for name, value in (headers or {}).items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}".encode()
        return self.client.request(method, path, headers=[(name.encode(), sent[name]) for name in sent], **options)

    def get(self, path: str, **query: Any) -> Json:
        """Reads."""
        return _granted(self.ask("GET", path, params=query))

    def find(self, path: str, **query: Any) -> Json | None:
        """Reads; ``None`` while it isn't there."""
        response = self.ask("GET", path, params=query)
        return None if response.status_code == 404 else _granted(response)

    def get_bytes(self, path: str) -> httpx.Response:
        """Reads a file."""
        response = self.ask("GET", path)
        assert response.is_success, response.text
        return response

    def pages(self, path: str, **query: Any) -> list[Json]:
        """Reads a list to its end."""
        items: list[Json] = []
        cursor = None
        while True:
            page = self.get(path, limit=200, **query, **({"cursor": cursor} if cursor else {}))
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return items

    def post(self, path: str, body: Json | None = None, *, key: str = "", version: int = 0) -> Json:
        """Does."""
        headers = {"Idempotency-Key": key} if key else {}
        if version:
            headers["If-Match"] = f'"{version}"'
        return _granted(self.ask("POST", path, json=body, headers=headers))

    def put(self, path: str, body: Json) -> Json:
        """Replaces."""
        return _granted(self.ask("PUT", path, json=body))

    def upload(self, path: str, filename: str, content: bytes, media_type: str) -> Json:
        """Sends a file."""
        return _granted(self.ask("POST", path, files={"file": (filename, content, media_type)}))


def _granted(response: httpx.Response) -> Json:
    assert response.is_success, f"{response.request.method} {response.request.url}: {response.text}"
    granted: Json = response.json() if response.content else {}
    return granted


@dataclass
class Town:
    """All who come to one site's API."""

    address: str
    #: Everybody who came, and the codes and tokens that they were given: none of it may stand in a log.
    came: list[Citizen] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    _staff: dict[str, Person] = field(default_factory=dict)
    _citizens: Iterator[Citizen] = field(default_factory=lambda: _ever_new_citizens())

    def __post_init__(self) -> None:
        self.public = Person(httpx.Client(base_url=f"{self.address}/api/v1", timeout=30))

    def close(self) -> None:
        """Hangs up."""
        self.public.client.close()

    def staff(self, username: str) -> Person:
        """A member of the sample staff, e.g. ``hb-clerk-13``; signed in once."""
        if username not in self._staff:
            session = self.public.post("sessions", {"username": username, "password": SAMPLE_PASSWORD})
            self._staff[username] = self._given(session["token"])
        return self._staff[username]

    def officer(self, center: str, role: str, department: str) -> Person:
        """Who has this role in a department of a center."""
        for person in _STAFF:
            if person.center == center and person.department == department and role in person.roles:
                return self.staff(person.username)
        raise LookupError(f"no {role} in {department} of {center}")

    def stranger(self) -> Citizen:
        """A synthetic citizen who hasn't been here yet."""
        self.came.append(next(self._citizens))
        return self.came[-1]

    def signed_in(self, citizen: Citizen) -> Person:
        """A citizen at home, by the demo form of sign-in."""
        who = {"id_number": citizen.id_number, "name": citizen.name}
        code = self.public.post("citizen/codes", who)["code"]
        return self._given(self.public.post("citizen/sessions", {**who, "code": code})["token"])

    def _given(self, token: str) -> Person:
        self.given.append(token)
        return Person(self.public.client, token)


def _ever_new_citizens() -> Iterator[Citizen]:
    for seed in count(20261122):
        yield from citizens(100, seed=seed, today=date(2026, 11, 22))
