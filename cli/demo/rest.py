"""The public REST API as the demo's people use it: sign in, send, and send again under the same key when unsure."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

#: How long a request is sent again while the site is recovering, in seconds.
PATIENCE = 60.0
Json = dict[str, Any]


class DoneBefore(Exception):
    """A change whose first answer was lost is refused when it is sent again: it was done."""

    def __init__(self, problem: Json) -> None:
        super().__init__(str(problem.get("code", "")))
        self.problem = problem


class Refused(Exception):
    """The site answered with a problem (RFC 9457)."""

    def __init__(self, status: int, problem: Json) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        self.problem = problem
        super().__init__(f"{status} {self.code}: {problem.get('detail', '')}")


@dataclass
class Account:
    """What the people of the demo were told: every acknowledged request, by what it did."""

    answered: dict[str, int] = field(default_factory=dict)
    resent: int = 0

    def add(self, what: str) -> None:
        """One more request of a kind was acknowledged."""
        self.answered[what] = self.answered.get(what, 0) + 1


class Rest:
    """One site's API; a client is bound to nobody until it signs in."""

    def __init__(self, address: str, account: Account, token: str = "", client: httpx.Client | None = None) -> None:
        self._client = client or httpx.Client(base_url=f"{address}/api/v1", timeout=30)
        self._account = account
        self._token = token
        self._sign_in: Callable[[], str] | None = None

    def close(self) -> None:
        """Closes the connections, also those of everybody who signed in through it."""
        self._client.close()

    def signed_in(self, username: str, password: str) -> Rest:
        """The same API as a member of staff; signs in again when the session has ended."""
        staff = Rest("", self._account, client=self._client)

        def sign_in() -> str:
            return str(self.post("sessions", {"username": username, "password": password})["token"])

        staff._sign_in = sign_in
        return staff

    def as_citizen(self, id_number: str, name: str) -> Rest:
        """The same API as a citizen, by the demo form of sign-in."""
        person = {"id_number": id_number, "name": name}
        code = self.post("citizen/codes", person)["code"]
        token = self.post("citizen/sessions", {**person, "code": code})["token"]
        return Rest("", self._account, str(token), self._client)

    def get(self, path: str, **query: Any) -> Json:
        """Reads."""
        return self._send("GET", path, query=query)

    def get_bytes(self, path: str, **query: Any) -> bytes:
        """Reads a file."""
        return self._response("GET", path, query=query).content

    def pages(self, path: str, **query: Any) -> list[Json]:
        """Reads a list to its end."""
        items: list[Json] = []
        cursor = ""
        while True:
            page = self.get(path, limit=200, cursor=cursor, **query) if cursor else self.get(path, limit=200, **query)
            items += page["items"]
            cursor = page.get("next_cursor") or ""
            if not cursor:
                return items

    def post(self, path: str, body: Json | None = None, *, creates: str = "", does: str = "", seen: int = 0) -> Json:
        """Changes something; sent again when the answer is lost.

        What creates carries an Idempotency-Key. Another change that is refused when it is sent again was done the
        first time: then its resource is read back. ``seen`` is the version to be changed (If-Match), for what could
        be done twice.
        """
        key = uuid.uuid4().hex if creates else ""
        try:
            answer = self._send("POST", path, body=body, key=key, seen=seen)
        except DoneBefore as before:
            answer = self._read_back(path, before.problem)
        if creates or does:
            self._account.add(creates or does)
        return answer

    def _read_back(self, path: str, problem: Json) -> Json:
        parts = path.split("/")
        if parts[-1] == "call-next":
            return {"ticket": self.get(f"tickets/{problem['details']['ticket_id']}")}
        return self.get("/".join(parts[:2]))

    def put(self, path: str, body: Json) -> Json:
        """Replaces something."""
        return self._send("PUT", path, body=body)

    def upload(self, path: str, filename: str, content: bytes, media_type: str) -> Json:
        """Sends a file."""
        answer: Json = self._response("POST", path, files={"file": (filename, content, media_type)}).json()
        return answer

    def _send(
        self,
        method: str,
        path: str,
        *,
        query: Json | None = None,
        body: Json | None = None,
        key: str = "",
        seen: int = 0,
    ) -> Json:
        response = self._response(method, path, query=query, body=body, key=key, seen=seen)
        answer: Json = response.json() if response.content else {}
        return answer

    def _response(
        self,
        method: str,
        path: str,
        *,
        query: Json | None = None,
        body: Json | None = None,
        files: Any = None,
        key: str = "",
        seen: int = 0,
    ) -> httpx.Response:
        end = time.monotonic() + PATIENCE
        pause, signed, unsure = 0.05, False, False
        while True:
            if self._sign_in is not None and not self._token:
                self._token = self._sign_in()
            headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
            if key:
                headers["Idempotency-Key"] = key
            if seen:
                headers["If-Match"] = f'"{seen}"'
            try:
                response = self._client.request(
                    method,
                    path,
                    params=query or None,
                    json=body if files is None and method != "GET" else None,
                    files=files,
                    headers=headers,
                )
            except httpx.TransportError:
                if time.monotonic() > end:
                    raise
                unsure = method != "GET" and not key
            else:
                if response.is_success:
                    return response
                problem = _problem(response)
                if response.status_code == 401 and self._sign_in is not None and not signed:
                    self._token, signed = "", True
                    continue
                if unsure and response.status_code in (403, 409, 412):
                    raise DoneBefore(problem)
                if response.status_code not in (429, 503) or time.monotonic() > end:
                    raise Refused(response.status_code, problem)
                unsure = unsure or (response.status_code == 503 and method != "GET" and not key)
            self._account.resent += 1
            time.sleep(pause)
            pause = min(pause * 2, 2.0)


def _problem(response: httpx.Response) -> Json:
    try:
        problem: Json = response.json()
    except ValueError:
        return {"detail": response.text[:200]}
    return problem
