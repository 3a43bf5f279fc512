"""Cases that several sites handle together: sent up for a decision (上报件), and led by one with parts at others (多地联办)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from cli.demo.rest import Json, Refused
from cli.demo_federation.sites import DemoSite, until
from cli.sample.people import Citizen

#: A department that every sample center has.
DEPARTMENT: Final = "weisheng-jiankang"
#: What both sites must show alike of a part.
_ALIKE: Final = (
    "id", "kind", "case_id", "number", "title", "item_name", "asked_by", "handled_at", "journey", "state", "ownership",
    "materials", "review", "clock", "answer", "sites",
)  # fmt: skip


@dataclass
class Shared:
    """A part that two sites have, and what both showed at the end."""

    id: str
    sites: tuple[DemoSite, DemoSite]
    kind: str
    seen: dict[str, Json] = field(default_factory=dict)


def send_up(lower: DemoSite, upper: DemoSite, person: Citizen, number: int) -> Shared:
    """The lower site reviews, the upper decides; no paper is asked for twice (rules F01; 许可法 43)."""
    chief = lower.chief_of(DEPARTMENT)
    opened = chief.post("parts", _case(lower, person, f"上报-{lower.center}-{number:04d}"), creates="parts")
    sent = chief.post(
        f"parts/{opened['id']}/send-up", {"place": _place(upper), "opinion": "经审查符合条件"}, does="sent up"
    )
    shared = Shared(sent["id"], (lower, upper), "sent_up")
    _take_and_answer(shared, upper)
    until(partial(_is, shared, lower, "answered"), f"the decision on {opened['number']} to come down")
    return shared


def lead(leader: DemoSite, others: Iterable[DemoSite], person: Citizen, number: int) -> list[Shared]:
    """One site leads, others answer for their parts, and the lead speaks for all (rules P01)."""
    chief, others = leader.chief_of(DEPARTMENT), tuple(others)
    body = _case(leader, person, f"联办-{leader.center}-{number:04d}")
    body["days"] = 20
    body["parts"] = [{"title": f"{each.name}核查", "place": _place(each), "days": 5} for each in others]
    joint = chief.post("joints", body, creates="joints")
    shared = [
        Shared(part["part_id"], (leader, other), "multi_place")
        for part, other in zip(joint["parts"], others, strict=True)
    ]
    for each in shared:
        _take_and_answer(each, each.sites[1])

    def answered() -> bool:
        parts = chief.get(f"joints/{joint['id']}")["parts"]
        return all(each["state"] == "answered" for each in parts)

    until(answered, f"every part of {body['number']} to be answered")
    chief.post(f"joints/{joint['id']}/merge", {"outcome": "agreed", "opinion": "各地均同意"}, does="merged")
    for each in shared:
        until(partial(_is, each, each.sites[0], "closed"), f"the parts of {body['number']} to be closed")
        until(partial(_is, each, each.sites[1], "closed"), f"the parts of {body['number']} to be closed")
    return shared


def differences(parts: Iterable[Shared]) -> Iterator[str]:
    """Where two sites don't show the same of a part, within the time that letters take."""
    for each in parts:
        alike: Callable[[], bool] = partial(_alike, each)
        try:
            until(alike, "both to know the same", 30)
        except Exception:
            _look(each)
        ours, theirs = (each.seen[site.id] for site in each.sites)
        for name in _ALIKE:
            if ours.get(name) != theirs.get(name):
                yield f"{each.kind} {each.id}: {name} differs: {ours.get(name)!r} and {theirs.get(name)!r}"


def _take_and_answer(shared: Shared, site: DemoSite) -> None:
    chief = site.chief_of(DEPARTMENT)
    until(partial(_is, shared, site, "offered"), f"part {shared.id} to reach {site.id}")
    chief.post(f"parts/{shared.id}/offer-answer", {"accepted": True, "department_key": DEPARTMENT}, does="taken")
    chief.post(f"parts/{shared.id}/answer", {"outcome": "agreed", "opinion": "同意"}, does="answered")


def _is(shared: Shared, site: DemoSite, state: str) -> bool:
    return (_part(shared, site) or {}).get("state") == state


def _alike(shared: Shared) -> bool:
    _look(shared)
    ours, theirs = (shared.seen[site.id] for site in shared.sites)
    return all(ours.get(name) == theirs.get(name) for name in _ALIKE)


def _look(shared: Shared) -> None:
    for site in shared.sites:
        shared.seen[site.id] = _part(shared, site) or {}


def _part(shared: Shared, site: DemoSite) -> Json | None:
    try:
        found: Json = site.chief_of(DEPARTMENT).get(f"parts/{shared.id}")["part"]
    except Refused as error:
        if error.status == 404:
            return None
        raise
    return found


def _case(site: DemoSite, person: Citizen, number: str) -> Json:
    return {
        "center_id": site.center,
        "department_key": DEPARTMENT,
        "case_id": uuid.uuid4().hex,
        "number": number,
        "item_name": "样例跨层级事项",
        "journey": uuid.uuid4().hex,
        "applicant": {"name": person.name, "id_number": person.id_number, "phone": person.phone},
        "materials": [{"key": "application-form", "name": "申请书"}],
    }


def _place(site: DemoSite) -> Json:
    return {"site": site.id, "center_id": site.center, "department_key": DEPARTMENT}
