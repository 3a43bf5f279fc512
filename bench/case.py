"""A case of five steps, from its acceptance to the decision, by REST."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from bench.callers import Answer, MeasurementError, Request, Script, Times, once, run
from bench.site import RunningSite
from cli.sample.load import load_federation
from cli.sample.people import Role, citizens, staff_of

STEPS = 5
#: Between two looks for the case that an accepted application becomes, in seconds.
_LOOK = 0.02
_BASIS = {"outcome": "approved", "reason": "", "basis": ""}


@dataclass
class Office:
    """Who works on cases of one item, and how many looks for a case came too early."""

    site: RunningSite
    center: str
    #: The item as the API gives it.
    item: Mapping[str, Any]
    clerk: str
    #: Sessions by role.
    officers: Mapping[str, str]
    early_looks: int = 0

    def receive(self, number: int) -> list[dict[str, Any]]:
        """So many applications, handed in online and not yet accepted."""
        person = citizens(1, seed=5, today=date(2026, 11, 23))[0]
        who = {"id_number": person.id_number, "name": person.name}
        code = self._post("citizen/codes", who)["code"]
        token = self._post("citizen/sessions", {**who, "code": code})["token"]
        applicant = {**who, "id_type": "resident_id", "phone": person.phone}
        materials = [{"key": each["key"], "state": "handed_in", "originals": 1} for each in self.item["materials"]]
        body = {"item_id": self.item["id"], "applicant": applicant, "materials": materials}
        received: list[dict[str, Any]] = []

        def script() -> Script:
            for _ in range(number):
                answer = yield Request("", "POST", f"centers/{self.center}/applications", body, token)
                received.append(answer.json())

        run(self.site.address, [script()])
        return received

    def work(self, applications: Sequence[dict[str, Any]], callers: int) -> Times:
        """Brings all to their decision, so many at a time; filed as ``case`` is the time of each whole case."""
        waiting, times = list(applications), []

        def script() -> Script:
            while waiting:
                application = waiting.pop()
                began = time.perf_counter()
                yield from self._through(application["id"])
                times.append(time.perf_counter() - began)

        done = run(self.site.address, [script() for _ in range(callers)])
        done.by_name["case"] = times
        return done

    def _through(self, id: str) -> Script:
        yield Request("accept", "POST", f"applications/{id}/accept", token=self.clerk)
        case = (yield from self._opened(id)).json()
        if len(case["steps"]) != STEPS:
            raise MeasurementError(f"the item has {len(case['steps'])} steps, not {STEPS}")
        *steps, last = case["steps"]
        for step in steps:
            officer = self.officers[step["role"]]
            yield Request("claim", "POST", f"cases/{id}/claim", token=officer)
            yield Request("pass", "POST", f"cases/{id}/pass", {"opinion": "材料齐全，符合条件"}, officer)
        officer = self.officers[last["role"]]
        yield Request("claim", "POST", f"cases/{id}/claim", token=officer)
        yield Request("decide", "POST", f"cases/{id}/decide", _BASIS, officer)

    def _opened(self, id: str) -> Generator[Request, Answer, Answer]:
        """The case, as soon as its event has come through: its id is the application's."""
        while True:
            answer = yield Request("", "GET", f"cases/{id}", token=self.clerk, may_fail=True, after=_LOOK)
            if answer.ok:
                return answer
            self.early_looks += 1

    def _post(self, path: str, body: dict[str, str]) -> Any:
        return once(self.site.address, Request("", "POST", path, body)).json()


def office(site: RunningSite, center: str) -> Office:
    """The office of the first item of five steps. Raises ``MeasurementError`` when the sample has none."""
    item = next(
        (each for each in site.get(f"centers/{center}/items?limit=200")["items"] if len(each["steps"]) == STEPS), None
    )
    if item is None:
        raise MeasurementError(f"{center} has no item of {STEPS} steps")
    staff = [one for one in staff_of(load_federation()) if one.center == center]
    clerk = next(one.username for one in staff if Role.CLERK in one.roles)
    officers = {
        role.value: site.token(one.username)
        for one in staff
        if one.department == item["department_key"]
        for role in one.roles
    }
    return Office(site, center, item, site.token(clerk), officers)
