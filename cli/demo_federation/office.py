"""What the staff of the demo's sites do: collecting at one place, judging and deciding at another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from cli.demo.desk import SAMPLE_PDF
from cli.demo.rest import Json, Refused, Rest
from cli.demo_federation.sites import DemoSite, everybody, until
from cli.sample.people import Citizen, Role

_STEP_ROLES: Final = {"reviewer": Role.REVIEWER, "chief": Role.CHIEF, "approver": Role.APPROVER}


@dataclass
class Agreed:
    """An agreement in force, as its collecting site knows it."""

    id: str
    item: Json
    collecting: DemoSite
    handling: DemoSite


@dataclass
class Sent:
    """A crossing of the demo, as its collecting site last told it."""

    id: str
    code: str
    number: str
    agreed: Agreed
    mode: str
    fate: str
    person: Citizen
    #: What both ends showed at the end.
    seen: dict[str, Json] = field(default_factory=dict)


def agree(collecting: DemoSite, handling: DemoSite, item_name: str, modes: list[str]) -> Agreed:
    """One side proposes, the other confirms by letter, and both have it in force."""
    item = _item(handling, item_name)
    asked = {
        "handling_site": handling.id,
        "handling_center_id": handling.center,
        "handling_center_name": f"{handling.name}政务服务中心",
        "collecting_site": collecting.id,
        "collecting_center_id": collecting.center,
        "collecting_center_name": f"{collecting.name}政务服务中心",
        "item_id": item["id"],
        "item_name": item["name"],
        "modes": modes,
        "handling_unit": "样例办理单位",
        "materials": [
            {"key": each["key"], "name": each["name"], "main": each["main"], "form": each["form"]}
            for each in item["materials"]
        ]
        or [{"key": "id-card", "name": "身份证件"}],
        "deliveries": ["window", "post", "electronic"],
        "days": {"collection": 1, "transit": 1, "hand_back": 3},
        "handling_contact": {"name": "样例联系人", "phone": "0915-0020001"},
        "collecting_contact": {"name": "样例联系人", "phone": "0915-0020002"},
        "effective_from": "2026-01-01",
    }
    proposed = handling.staff("manager").post("agreements", {"terms": asked}, creates="agreements")
    manager = collecting.staff("manager")
    waiting = until(lambda: _found(manager, f"agreements/{proposed['id']}"), f"the proposal to reach {collecting.id}")
    edition = waiting["editions"][0]["id"]
    manager.post(f"agreements/{proposed['id']}/answer", {"edition_id": edition, "confirmed": True}, does="confirmed")
    until(
        lambda: handling.staff("manager").get(f"agreements/{proposed['id']}")["edition_in_force"],
        f"the confirmation to reach {handling.id}",
    )
    return Agreed(proposed["id"], item, collecting, handling)


def collect(agreed: Agreed, person: Citizen, mode: str, fate: str) -> Sent:
    """Takes an application in for the other place and sends it: at a window, or by the citizen online."""
    site = agreed.collecting
    online = mode == "fully_online"
    who = site.api.as_citizen(person.id_number, person.name) if online else site.staff("clerk")
    body: dict[str, Any] = {
        "agreement_id": agreed.id,
        "mode": mode,
        "applicant": {
            "name": person.name,
            "id_type": "resident_id",
            "id_number": person.id_number,
            "phone": person.phone,
        },
        "delivery": "electronic" if online else "window",
    }
    if not online:
        body["identity_note"] = "居民身份证原件"
    opened = who.post(f"centers/{site.center}/crossings", body, creates="crossings")
    sent = Sent(opened["id"], opened["code"], opened["number"], agreed, mode, fate, person)
    scan(sent, who, [each["key"] for each in opened["materials"]])
    who.post(f"crossings/{sent.code if online else sent.id}/send", does="sent")
    return sent


def scan(sent: Sent, who: Rest, keys: list[str], more: bytes = b"") -> None:
    """Scans materials, and compares each with its original where that is at a window."""
    online = sent.mode == "fully_online"
    ref = sent.code if online else sent.id
    for key in keys:
        content = SAMPLE_PDF + f"% {sent.number} {key} ".encode() + more
        who.upload(f"crossings/{ref}/materials/{key}/scans", f"{key}.pdf", content, "application/pdf")
        if not online:
            who.put(f"crossings/{sent.id}/materials/{key}/check", {"checked": True, "originals": 1})


def mirror(sent: Sent) -> Json:
    """What the collecting place shows."""
    return sent.agreed.collecting.api.get(f"crossings/{sent.code}")


def owned(sent: Sent) -> Json | None:
    """What the handling place shows, once it has it."""
    return _found(sent.agreed.handling.api, f"crossings/{sent.code}")


def arrived(sent: Sent) -> str:
    """The application's id at the handling place, once its intake has it."""
    return str((owned(sent) or {}).get("application_id") or "")


def judge(sent: Sent) -> None:
    """The handling place's window: accepts, refuses, or asks once for more."""
    application = until(lambda: arrived(sent), f"{sent.number} to arrive")
    clerk = sent.agreed.handling.staff("clerk")
    path = f"applications/{application}"
    if sent.fate == "refused":
        grounds = {"reason": "不属于本机关职权范围", "basis": "《行政许可法》第三十二条"}
        clerk.post(f"{path}/refuse", grounds, does="refused")
    elif sent.fate == "supplemented":
        key = clerk.get(path)["materials"][0]["key"]
        wanted = [{"key": key, "state": "incomplete", "problem": "缺少签字页"}]
        clerk.post(f"{path}/supplement-request", {"wanted": wanted}, does="noticed")
    else:
        clerk.post(f"{path}/accept", does="accepted")


def supplement(sent: Sent) -> None:
    """Hands in what the notice asked for, where the citizen is; the handling place then accepts."""
    seen = until(lambda: _in(sent, "supplement_requested"), f"the notice of {sent.number} to arrive")
    site = sent.agreed.collecting
    online = sent.mode == "fully_online"
    who = site.api.as_citizen(sent.person.id_number, sent.person.name) if online else site.staff("clerk")
    scan(sent, who, [each["key"] for each in seen["status"]["wanted"]], b"signed")
    who.post(f"crossings/{sent.code if online else sent.id}/supplement", does="supplemented")


def accept_after_supplement(sent: Sent) -> None:
    """The supplement is there: the handling place accepts."""
    clerk = sent.agreed.handling.staff("clerk")
    path = f"applications/{arrived(sent)}"
    until(lambda: clerk.get(path)["state"] == "received", f"the supplement of {sent.number} to arrive")
    clerk.post(f"{path}/accept", does="accepted")


def decide(sent: Sent) -> None:
    """The steps behind the window, to the result; what isn't issued at the collecting center is delivered."""
    site = sent.agreed.handling
    id = arrived(sent)
    chief = site.staff("clerk")
    until(lambda: _found(chief, f"cases/{id}"), f"the case of {sent.number}")
    while True:
        case = chief.get(f"cases/{id}")
        if not case["current_step"]:
            break
        steps = case["steps"]
        index = next(place for place, step in enumerate(steps) if step["key"] == case["current_step"])
        officer = _officer(site, steps[index], case)
        officer.post(f"cases/{id}/claim", does="claims")
        if index == len(steps) - 1:
            denied = sent.fate == "denied"
            body = {
                "outcome": "denied" if denied else "approved",
                "reason": "不符合法定条件" if denied else "",
                "basis": "《行政许可法》第三十八条" if denied else "",
            }
            officer.post(f"cases/{id}/decide", body, does="decisions")
            break
        officer.post(f"cases/{id}/pass", {"opinion": "同意"}, does="passes")
    if sent.fate != "denied":
        chief.post(f"cases/{id}/result", does="issued")
    if sent.mode == "fully_online":
        if sent.fate != "denied":
            give_result(sent)
        chief.post(
            f"cases/{id}/result/deliver", {"method": "electronic", "received_by": sent.person.name}, does="delivered"
        )


def give_result(sent: Sent) -> None:
    """The result itself, electronic; it goes to where the citizen is."""
    until(lambda: (owned(sent) or {}).get("state") == "issued", f"the result of {sent.number} to be known here")
    clerk = sent.agreed.handling.staff("clerk")
    clerk.upload(f"crossings/{sent.id}/result/file", "结果.pdf", result_of(sent), "application/pdf")


def result_of(sent: Sent) -> bytes:
    """What is in a result's file."""
    return SAMPLE_PDF + f"% result of {sent.number}".encode()


def has_result_file(sent: Sent) -> bool:
    """Whether the collecting place has heard of one."""
    return bool(sent.seen.get("collecting", {}).get("status", {}).get("result_file"))


def hand_over(sent: Sent) -> None:
    """The result at the collecting center: it arrives, and the applicant gets it."""
    state = "decided" if sent.fate == "denied" else "issued"
    until(lambda: _in(sent, state), f"the result of {sent.number} to be known")
    clerk = sent.agreed.collecting.staff("clerk")
    clerk.post(f"crossings/{sent.id}/result/arrival", does="results")
    clerk.post(f"crossings/{sent.id}/result/hand-over", {"received_by": sent.person.name}, does="handed over")


def _in(sent: Sent, state: str) -> Json | None:
    seen = mirror(sent)
    return seen if seen["state"] == state else None


def _officer(site: DemoSite, step: Json, case: Json) -> Rest:
    department = step["department_key"] or case["department_key"]
    role = _STEP_ROLES[step["role"]]
    for each in everybody():
        if each.center == site.center and role in each.roles and each.department == department:
            return site.person(each.username)
    raise LookupError(f"{site.center} has no {role} of {department}")


def _item(site: DemoSite, name: str) -> Json:
    found = site.api.get(f"centers/{site.center}/items", query=name)["items"]
    return next(each for each in found if each["name"] == name)


def _found(rest: Rest, path: str) -> Json | None:
    try:
        return rest.get(path)
    except Refused as error:
        if error.status == 404:
            return None
        raise
