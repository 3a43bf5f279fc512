"""Cases whose own route passes through the site above: examined below, decided above, finished below (rules F01; 许可法 43)."""

from __future__ import annotations

from functools import partial
from typing import Final

from cli.demo.desk import SAMPLE_PDF
from cli.demo.rest import Json, Refused
from cli.demo_federation.sites import DemoSite, until
from cli.demo_federation.together import DEPARTMENT, Shared
from cli.sample.people import Citizen

#: What a draft takes over from the version before it.
_KEPT: Final = (
    "name", "basic_code", "implementation_code", "coding_scheme", "type_code", "kind", "cooperation", "statutory_limit",
    "promised_limit", "department_key", "lane", "materials", "fees", "special_procedures", "results", "audience",
    "keywords", "fee_note",
)  # fmt: skip
#: What comes down with the decision.
DECISION: Final = SAMPLE_PDF + b"% the decision"


def sent_up_item(site: DemoSite, upper: DemoSite, title: str = "") -> Json:
    """A promised item of the site whose second step its parent does; ``title`` is what the parent is asked for."""
    manager = site.staff("manager")
    manager.put(f"centers/{site.center}/policy/parent_site", {"value": upper.id})
    listed = manager.get(f"centers/{site.center}/items", department=DEPARTMENT)["items"]
    item = manager.get(f"items/{next(each['id'] for each in listed if each['kind'] == 'promised')}")
    above = {"kind": "sent_up", "places": [{"site": "parent", "title": title}]}
    body = {key: item[key] for key in _KEPT if item.get(key)}
    body["steps"] = [
        {"key": "examine", "name": "审查", "role": "chief"},
        {"key": "above", "name": "上级审批", "role": "", "elsewhere": above},
        {"key": "decide", "name": "办结", "role": "chief"},
    ]
    draft = manager.put(f"centers/{site.center}/items/{item['id']}/draft", body)
    path = f"items/{item['id']}/versions/{draft['item_version']}"
    manager.post(f"{path}/submit", does="submits")
    manager.post(f"{path}/publish", does="publishes")
    checklist = f"centers/{site.center}/items/{item['id']}/checklist"
    clerk = site.staff("clerk")
    until(
        lambda: clerk.get(checklist)["item_version"] == draft["item_version"], "the windows to know of the new version"
    )
    return draft


def begin(site: DemoSite, item: Json, person: Citizen) -> str:
    """The citizen applies with a scan, the window accepts, and the case is open; its id."""
    citizen = site.api.as_citizen(person.id_number, person.name)
    keys = [each["key"] for each in item["materials"]]
    body = {
        "item_id": item["id"],
        "applicant": {
            "name": person.name,
            "id_type": "resident_id",
            "id_number": person.id_number,
            "phone": person.phone,
        },
        "materials": [{"key": key, "state": "handed_in", "originals": 1} for key in keys],
        "delivery": "window",
    }
    application = citizen.post(f"centers/{site.center}/applications", body, creates="applications")
    path = f"applications/{application['code']}/materials/{keys[0]}/files"
    citizen.upload(path, "样例.pdf", SAMPLE_PDF, "application/pdf")
    id: str = application["id"]
    site.staff("clerk").post(f"applications/{id}/accept", does="accepted")
    until(partial(case_of, site, id), "the case to open")
    return id


def examine(site: DemoSite, id: str, opinion: str) -> None:
    """The first step is passed; the next is the parent's."""
    chief = site.chief_of(DEPARTMENT)
    chief.post(f"cases/{id}/claim", does="claims")
    chief.post(f"cases/{id}/pass", {"opinion": opinion}, does="passes")


def part_above(upper: DemoSite, id: str) -> Json | None:
    """The step as the parent has it; ``None`` while the letter is on its way."""
    listed = upper.chief_of(DEPARTMENT).get(f"centers/{upper.center}/parts")["items"]
    return next((each for each in listed if each["case_id"] == id), None)


def answer_above(upper: DemoSite, part: Json) -> Json:
    """The parent takes the step and decides, with a file; the paper that goes down."""
    chief = upper.chief_of(DEPARTMENT)
    chief.post(f"parts/{part['id']}/offer-answer", {"accepted": True, "department_key": DEPARTMENT}, does="taken")
    paper = chief.upload(f"centers/{upper.center}/part-files", "决定书.pdf", DECISION, "application/pdf")
    file = {**paper, "key": "decision", "name": "决定书"}
    said = {"outcome": "agreed", "opinion": "准予", "number": "市准1号", "files": [file]}
    chief.post(f"parts/{part['id']}/answer", said, does="answered")
    return paper


def finish(site: DemoSite, id: str) -> Json:
    """The decision is down, and the case is decided by it; the case before that."""

    def down() -> Json | None:
        found = case_of(site, id)
        return found if found and found["current_step"] == "decide" else None

    decided = until(down, "the decision to come down")
    chief = site.chief_of(DEPARTMENT)
    chief.post(f"cases/{id}/claim", does="claims")
    chief.post(f"cases/{id}/decide", {"outcome": "approved"}, does="decisions")
    return decided


def case_of(site: DemoSite, id: str) -> Json | None:
    """A case as its chief sees it; ``None`` while there is none."""
    try:
        found: Json = site.chief_of(DEPARTMENT).get(f"cases/{id}")
    except Refused:
        return None
    return found


def go_up(lower: DemoSite, upper: DemoSite, item: Json, person: Citizen) -> Shared:
    """A whole case by such a route; its step as both sites have it."""
    id = begin(lower, item, person)
    examine(lower, id, "经审查符合条件")
    part = until(partial(part_above, upper, id), "the step to reach the parent")
    answer_above(upper, part)
    finish(lower, id)
    until(lambda: (part_above(upper, id) or {}).get("state") == "closed", "the parent to hear that it was used")
    return Shared(part["id"], (lower, upper), "routed")
