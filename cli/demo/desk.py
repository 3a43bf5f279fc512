"""The receiving desk, the steps behind it, and what the citizen does afterwards, visit by visit."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cli.demo.cast import Center, World
from cli.demo.paying import settle_bill
from cli.demo.plan import Fate, Visit
from cli.demo.rest import Json, Refused, Rest
from cli.sample.people import Role

_BASIS: Final = "《行政许可法》第三十八条及该事项的法定条件"
_LEVELS: Final = ("", "very_satisfied", "satisfied", "fairly_satisfied", "dissatisfied", "very_dissatisfied")
#: How long the demo waits for what an event brings about, in seconds of real time.
_PATIENCE: Final = 30.0
_STEP_ROLES: Final = {"reviewer": Role.REVIEWER, "chief": Role.CHIEF, "approver": Role.APPROVER}
#: A PDF of nine lines that says what it is.
SAMPLE_PDF: Final = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<<>>>>endobj\n"
    b"4 0 obj<</Length 0>>stream\n\nendstream endobj\ntrailer<</Root 1 0 R>>\n%%EOF synthetic sample\n"
)
#: A picture of one point in Base64: what somebody signs with here.
SAMPLE_SIGNATURE: Final = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC"


def taken_by(name: str, id_number: str) -> Json:
    """A result taken at a window by whoever shows their document and signs."""
    taker = {"id_type": "resident_id", "id_number": id_number, "check": "seen", "signature": SAMPLE_SIGNATURE}
    return {"method": "window", "received_by": name, "taker": taker}


@dataclass
class Desk:
    """Keeps what it was told of each visit, for the accounts."""

    world: World
    rng: random.Random
    #: Applications by visit, as last acknowledged.
    applications: dict[int, Json] = field(default_factory=dict)
    #: What opens the citizen's pages; only the receipt tells it.
    codes: dict[int, str] = field(default_factory=dict)
    tickets: dict[int, Json] = field(default_factory=dict)
    evaluations: dict[int, str] = field(default_factory=dict)
    complaints: dict[int, Json] = field(default_factory=dict)

    # ── Taking in ────────────────────────────────────────────────────────────────────────────────────────────

    def hand_in(self, center: Center, clerk: Rest, visit: Visit, ticket: Json) -> None:
        """Papers over the counter: receipt, and what the clerk makes of them."""
        item = center.items[visit.item]
        body = self._application(item, visit, missing=visit.fate is Fate.SUPPLEMENTED)
        body["ticket_id"] = ticket["id"]
        application = clerk.post(f"centers/{center.id}/applications", body, creates="applications")
        self._received(visit, application)
        if visit.number % 10 == 0 and item["materials"]:
            key = item["materials"][0]["key"]
            clerk.upload(
                f"applications/{application['id']}/materials/{key}/files", "样例材料.pdf", SAMPLE_PDF, "application/pdf"
            )
            self.world.account.add("uploads")
        self._judge_papers(center, clerk, visit, application)

    def hand_in_online(self, center: Center, visit: Visit) -> None:
        """The same from home (全程网办); a clerk accepts it the same hour."""
        citizen = self.world.rest.as_citizen(visit.person.id_number, visit.person.name)
        body = self._application(center.items[visit.item], visit, missing=False)
        application = citizen.post(f"centers/{center.id}/applications", body, creates="applications")
        self._received(visit, application)
        clerk = center.one(Role.CLERK)
        self.world.timeline.after(30, lambda: self._judge_papers(center, clerk, visit, application))

    def _received(self, visit: Visit, application: Json) -> None:
        self.applications[visit.number] = application
        self.codes[visit.number] = application["code"]

    def _application(self, item: Json, visit: Visit, *, missing: bool) -> Json:
        person = visit.person
        states = ["handed_in"] * len(item["materials"])
        if missing and states:
            states[0] = "incomplete"
        return {
            **({"commitment": "declined"} if item.get("commitment") else {}),
            "item_id": item["id"],
            "applicant": {
                "name": person.name,
                "id_type": "resident_id",
                "id_number": person.id_number,
                "phone": person.phone,
            },
            "materials": [
                {
                    "key": material["key"],
                    "state": state,
                    "originals": 1,
                    "problem": "" if state == "handed_in" else "缺少签字页，请补齐",
                }
                for material, state in zip(item["materials"], states, strict=True)
            ],
            "delivery": "window",
        }

    def _judge_papers(self, center: Center, clerk: Rest, visit: Visit, application: Json) -> None:
        path = f"applications/{application['id']}"
        if visit.fate is Fate.REFUSED:
            grounds = {
                "reason": "申请事项依法不属于本行政机关职权范围",
                "basis": "《行政许可法》第三十二条第一款第二项",
            }
            self.applications[visit.number] = clerk.post(f"{path}/refuse", grounds, does="refused")
        elif visit.fate is Fate.WITHDRAWN:
            self.applications[visit.number] = clerk.post(
                f"{path}/withdraw", {"reason": "申请人改日再办"}, does="withdrawn"
            )
        elif visit.fate is Fate.SUPPLEMENTED and any(one["state"] == "incomplete" for one in application["materials"]):
            wanted = [
                {"key": one["key"], "state": "incomplete", "problem": "缺少签字页，请补齐后提交"}
                for one in application["materials"]
                if one["state"] == "incomplete"
            ]
            self.applications[visit.number] = clerk.post(
                f"{path}/supplement-request", {"wanted": wanted}, does="noticed"
            )
            self.world.timeline.at(self.world.day_after(2, 10), lambda: self._supplement(center, clerk, visit, path))
        else:
            self._accept(center, clerk, visit, path)

    def _supplement(self, center: Center, clerk: Rest, visit: Visit, path: str) -> None:
        application = self.applications[visit.number]
        materials = [
            {"key": one["key"], "state": "handed_in", "originals": 1}
            for one in application["materials"]
            if one["state"] != "handed_in"
        ]
        citizen = self.world.rest.as_citizen(visit.person.id_number, visit.person.name)
        citizen.post(
            f"applications/{self.codes[visit.number]}/supplement", {"materials": materials}, does="supplemented"
        )
        self._accept(center, clerk, visit, path)

    def _accept(self, center: Center, clerk: Rest, visit: Visit, path: str) -> None:
        self.applications[visit.number] = clerk.post(f"{path}/accept", does="accepted")
        if center.items[visit.item]["kind"] == "immediate":
            self._work_through(center, clerk, visit)
            return
        first = self.world.day_after(1, 9 + visit.number % 3, 10 * (visit.number % 6))
        if visit.fate is Fate.OVERDUE:
            first = self._past_due(visit)
        elif visit.fate is Fate.PAUSED:
            self.world.timeline.at(self.world.day_after(1, 15), lambda: self._pause(center, visit))
            first = self.world.day_after(6, 10)
        self.world.timeline.at(max(first, self.world.timeline.now), lambda: self._work_on(center, clerk, visit))

    # ── Behind the window ────────────────────────────────────────────────────────────────────────────────────

    def _case(self, visit: Visit) -> Json:
        """The case of an accepted application, as soon as its event has arrived."""
        code = self.codes[visit.number]
        return self._wait(lambda: self.world.rest.get(f"cases/{code}"), f"the case of visit {visit.number}")

    def _past_due(self, visit: Visit) -> datetime:
        """Two days after the promised day: long enough for the red card."""
        due = datetime.fromisoformat(self._case(visit)["due_at"].replace("Z", "+00:00"))
        return due + timedelta(days=2)

    def _work_through(self, center: Center, clerk: Rest, visit: Visit) -> None:
        """An immediate case: decided, made and handed over while the citizen waits (rules F01)."""
        while self._one_step(center, visit, self._case(visit)):
            pass
        self._hand_over(center, clerk, visit)

    def _work_on(self, center: Center, clerk: Rest, visit: Visit) -> None:
        """One step now, the next some working hours later."""
        if self._one_step(center, visit, self._case(visit)):
            self.world.timeline.after(
                60 * 24 if visit.number % 2 else 60 * 2, lambda: self._work_on(center, clerk, visit)
            )
        else:
            self.world.timeline.after(60 * 3, lambda: self._hand_over(center, clerk, visit))

    def _one_step(self, center: Center, visit: Visit, case: Json) -> bool:
        """Works on the step that is open; False: decided."""
        steps = case["steps"]
        index = next(place for place, step in enumerate(steps) if step["key"] == case["current_step"])
        step, last = steps[index], index == len(steps) - 1
        officer = center.one(_STEP_ROLES[step["role"]], step["department_key"] or case["department_key"])
        path = f"cases/{case['id']}"
        officer.post(f"{path}/claim", does="claims")
        if last:
            self._decide(officer, visit, path, proposed_denial=any(one["state"] == "rejected" for one in steps))
            return False
        if visit.fate is Fate.DENIED:
            officer.post(f"{path}/reject", {"reason": "经审查，申请材料与实际情况不符"}, does="rejections")
        elif visit.fate is Fate.RETURNED_ONCE and index == 1 and not steps[0]["returns"]:
            officer.post(f"{path}/return", {"reason": "审查意见缺少现场照片，请补充"}, does="step_returns")
        else:
            officer.post(f"{path}/pass", {"opinion": "材料齐全，符合条件，建议通过"}, does="passes")
        return True

    def _decide(self, officer: Rest, visit: Visit, path: str, *, proposed_denial: bool) -> None:
        if visit.fate is Fate.DENIED or proposed_denial:
            body = {"outcome": "denied", "reason": "经审查，不符合法定条件", "basis": _BASIS}
        else:
            body = {"outcome": "approved", "reason": "", "basis": ""}
        officer.post(f"{path}/decide", body, does="decisions")

    def _hand_over(self, center: Center, clerk: Rest, visit: Visit) -> None:
        case = self._case(visit)
        if case["state"] == "approved":
            clerk.post(f"cases/{case['id']}/result", does="results")
            if any(fee.price_fen for fee in self.world.federation.item(visit.item).fees):
                self._pay(center, clerk, visit, case)
        body = taken_by(visit.person.name, visit.person.id_number)
        path = f"cases/{case['id']}/result/deliver"
        self._wait(lambda: clerk.post(path, body, does="deliveries"), f"the money of {case['number']}", 409)

    def _pay(self, center: Center, clerk: Rest, visit: Visit, case: Json) -> None:
        settle_bill(
            public=self.world.rest,
            clerk=clerk,
            chief=center.one(Role.CHIEF, case["department_key"]),
            case=case,
            code=self.codes[visit.number],
            now=self.world.timeline.now,
            wait=self._wait,
        )

    def _pause(self, center: Center, visit: Visit) -> None:
        case = self._case(visit)
        # Only what the law leaves out of the limit stops the clock (rules E02).
        kinds = [one.kind for one in self.world.federation.item(visit.item).special_procedures if one.excluded]
        if not kinds:
            return
        officer = center.one(Role.CHIEF, case["department_key"])
        body = {"kind": kinds[0], "expected_days": 3, "reason": "依法需要进行特别程序"}
        officer.post(f"cases/{case['id']}/pause", body, does="pauses")

        def resume() -> None:
            officer.post(f"cases/{case['id']}/resume", does="case_resumes")

        self.world.timeline.at(self.world.day_after(4, 15), resume)

    # ── Afterwards ───────────────────────────────────────────────────────────────────────────────────────────

    def judge_visit(self, center: Center, visit: Visit, ticket: Json) -> None:
        """The citizen evaluates, or doesn't; a negative one is mended; some complain."""
        self.tickets[visit.number] = ticket
        if not visit.level:
            return
        path = f"evaluations/{ticket['code']}"
        self._wait(lambda: self.world.rest.get(path), f"the invitation of visit {visit.number}")
        comment = "等候时间太长" if visit.level >= 4 else ""
        evaluation = self.world.rest.post(path, {"level": _LEVELS[visit.level], "comment": comment}, does="evaluated")
        self.evaluations[visit.number] = evaluation["level"]
        if visit.level >= 4:
            self.world.timeline.at(self.world.day_after(1, 11), lambda: self._rectify(center, ticket))
        if visit.complains:
            self.world.timeline.after(40, lambda: self._complain(center, visit, ticket))

    def _rectify(self, center: Center, ticket: Json) -> None:
        supervisor = self.world.supervisors[center.id]
        found = [
            one
            for one in supervisor.pages(f"centers/{center.id}/rectifications")
            if one["journey"] == ticket["journey"] and one["state"] == "open"
        ]
        for one in found:
            owner = center.one(Role.CHIEF, one["owner_department"])
            answer = {
                "findings": "窗口当日人手不足，等候偏长",
                "measures": "高峰时段增开一个窗口",
                "callback_note": "已回访，群众表示理解",
            }
            owner.post(f"rectifications/{one['id']}/answer", answer, does="rectification_answers")
            supervisor.post(
                f"rectifications/{one['id']}/review",
                {"accepted": True, "note": "措施已落实"},
                does="rectifications_closed",
            )

    def _complain(self, center: Center, visit: Visit, ticket: Json) -> None:
        body = {
            "source": "page",
            "topic": "efficiency",
            "text": "等候时间过长，希望改进。",
            "name": visit.person.name,
            "phone": visit.person.phone,
            "ticket_id": ticket["code"],
            "journey": ticket["journey"],
        }
        complaint = self.world.rest.post(f"centers/{center.id}/complaints", body, creates="complaints")
        self.complaints[visit.number] = complaint
        self.world.timeline.at(self.world.day_after(1, 14), lambda: self._settle(center, visit, complaint))

    def _settle(self, center: Center, visit: Visit, complaint: Json) -> None:
        supervisor = self.world.supervisors[center.id]
        path = f"complaints/{complaint['id']}"
        department = center.items[visit.item]["department_key"]
        rounds = 2 if len(self.complaints) % 2 == 0 else 1
        for round in range(rounds):
            if round:
                self.world.rest.post(
                    f"complaints/{complaint['code']}/reopen", {"reason": "仍需说明改进时间"}, does="reopened"
                )
            supervisor.post(f"{path}/assign", {"department_key": department})
            supervisor.post(f"{path}/investigate", {"findings": "情况属实", "liability": "center"})
            supervisor.post(f"{path}/answer", {"answer": "已增开窗口，感谢您的监督。"})
            supervisor.post(f"{path}/call-back", {"satisfied": True, "note": "电话回访，表示满意"})
            supervisor.post(f"{path}/close", does="complaints_closed")

    def _wait(self, read: Callable[[], Json], what: str, until: int = 404) -> Json:
        end = time.monotonic() + _PATIENCE
        while True:
            try:
                return read()
            except Refused as refused:
                if refused.status != until or time.monotonic() > end:
                    raise LookupError(f"{what} did not appear within {_PATIENCE:.0f} s") from refused
            time.sleep(0.02)
