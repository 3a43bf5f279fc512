"""A morning at the sample center, prepared through the REST API, so that every page has something to show."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import partial
from typing import Any

from reference.papers.testing import sample_png
from tests.e2e.elsewhere import collect_something, cooperate
from tests.e2e.running_site import CENTER, Rest, RunningSite, until
from tests.e2e.with_form import item_with_form

#: 出版物零售经营许可: three materials; a reviewer, then an approver of department 21; called to windows 07 and 08.
PUBLISHING = "出版物零售经营许可"
#: 出生登记: immediate, decided by the chief of department 16; called to window 12.
BIRTH = "出生登记"
#: 高龄津贴: nobody calls its lane, so its tickets keep waiting.
ALLOWANCE = "高龄津贴"
#: 林木采伐许可: a lane of its own, window 14.
FELLING = "林木采伐许可"

APPLICANT = {
    "name": "例云帆",
    "id_type": "resident_id",
    "id_number": "990101199003070015",
    "phone": "15400000001",
}


@dataclass(frozen=True)
class SampleDay:
    """What a morning left behind: codes of citizens' pages, ids of staff's."""

    item: str
    with_form: str
    waiting: str
    called: str
    missed: str
    serving: str
    application: str
    supplement: str
    supplement_id: str
    refused: str
    claimed_id: str
    open_id: str
    granted: str
    granted_id: str
    verify_code: str
    denied: str
    denied_id: str
    invited: str
    invited_too: str
    stale_id: str
    evaluated: str
    rectification_id: str
    complaint: str
    complaint_id: str
    closed_complaint: str
    journey: str
    agreement_id: str
    crossing_id: str
    crossing: str
    online: str
    joint_id: str
    part_id: str
    seal_id: str


def prepare(site: RunningSite, city: RunningSite) -> SampleDay:
    """Fills the morning."""
    return _Morning(site, city).fill()


class _Morning:
    def __init__(self, site: RunningSite, city: RunningSite) -> None:
        self.site = site
        self.city = city
        self.public = site.public()
        self.clerk = site.person("hb-clerk-07")
        self.other_clerk = site.person("hb-clerk-08")
        self.reviewer = site.person("hb-reviewer-21")
        self.approver = site.person("hb-approver-21")
        self.supervisor = site.person("hb-supervisor-01")

    def fill(self) -> SampleDay:
        item = item_id(self.public, PUBLISHING)
        self.clerk.post("/windows/610902-07/open")
        waiting = take(self.public, ALLOWANCE)["code"]

        granted_visit, granted = self.visit(accept=True)
        denied_visit, denied = self.visit(accept=True)
        claimed_visit, claimed = self.visit(accept=True)
        _, open_case = self.visit(accept=True)
        _, stale = self.visit(accept=True)
        _, supplement = self.visit()
        wanted = [{"key": key, "state": "incomplete", "problem": "缺少签字，请补签。"} for key in keys(supplement)[:1]]
        self.clerk.post(f"/applications/{supplement['id']}/supplement-request", wanted=wanted)
        _, refused = self.visit()
        self.clerk.post(
            f"/applications/{refused['id']}/refuse", reason="不属于本中心职权。", basis="行政许可法第三十二条"
        )
        self.reviewer.post(f"/cases/{self.case(claimed)}/claim")
        self.decide(granted, outcome="approved")
        self.decide(denied, outcome="denied", reason="经营场所不符合要求。", basis="出版物市场管理规定第九条")

        invited = granted_visit["code"]
        until(lambda: self.public.find(f"/evaluations/{invited}"), "the invitation of a finished visit")
        evaluated = denied_visit["code"]
        for code in (evaluated, claimed_visit["code"]):
            until(partial(self.public.find, f"/evaluations/{code}"), "the invitation of a finished visit")
        self.public.post(f"/evaluations/{evaluated}", level="dissatisfied", comment="等候时间太长。")
        complaint = self.public.post(
            f"/centers/{CENTER}/complaints", topic="attitude", text="态度生硬。", name="例知远", phone="15400000002"
        )
        serving = take(self.public, PUBLISHING)
        self.serve(serving)
        received = self.receive(serving)
        missed = take(self.public, PUBLISHING)
        self.other_clerk.post("/windows/610902-08/open")
        gone = self.other_clerk.post("/windows/610902-08/call-next")["ticket"]
        assert gone["id"] == missed["id"]
        self.other_clerk.post(f"/tickets/{gone['id']}/miss", reason="多次呼叫未到")
        called = take(self.public, PUBLISHING)
        self.other_clerk.post("/windows/610902-08/call-next")
        return SampleDay(
            item=item,
            with_form=item_with_form(self.site),
            waiting=waiting,
            called=called["code"],
            missed=missed["code"],
            serving=serving["code"],
            application=received["code"],
            supplement=supplement["code"],
            supplement_id=supplement["id"],
            refused=refused["code"],
            claimed_id=claimed["id"],
            open_id=open_case["id"],
            granted=granted["code"],
            granted_id=granted["id"],
            verify_code=self.printed(granted["id"]),
            denied=denied["code"],
            denied_id=denied["id"],
            invited=invited,
            invited_too=claimed_visit["code"],
            stale_id=self.case(stale),
            evaluated=evaluated,
            rectification_id=until(self.rectification, "the rectification of a negative evaluation"),
            complaint=complaint["code"],
            complaint_id=complaint["id"],
            closed_complaint=self.closed_complaint(),
            journey=claimed_visit["journey"],
            seal_id=self.seal(),
            **collect_something(self.site, self.city, APPLICANT),
            **cooperate(self.site, self.city),
        )

    def seal(self) -> str:
        """A seal for papers that nobody issues this morning."""
        picture = base64.b64encode(sample_png()).decode()
        right = {"kinds": ["correction", "breach"], "roles": ["reviewer"]}
        manager = self.site.person("hb-manager-01")
        return str(manager.post(f"/centers/{CENTER}/seals", name="业务专用章", image=picture, **right)["id"])

    def visit(self, *, accept: bool = False) -> tuple[Any, Any]:
        """One served visit at window 07 with its application."""
        ticket = take(self.public, PUBLISHING)
        self.serve(ticket)
        application = self.receive(ticket)
        if accept:
            self.clerk.post(f"/applications/{application['id']}/accept")
        self.clerk.post(f"/tickets/{ticket['id']}/finish")
        return ticket, application

    def serve(self, ticket: Any) -> None:
        called = self.clerk.post("/windows/610902-07/call-next")["ticket"]
        assert called["id"] == ticket["id"]
        self.clerk.post(f"/tickets/{ticket['id']}/start")

    def receive(self, ticket: Any) -> Any:
        materials = self.public.get(f"/items/{ticket['item_id']}")["materials"]
        handed_in = [{"key": each["key"], "state": "handed_in", "originals": 1} for each in materials]
        return self.clerk.post(
            f"/centers/{CENTER}/applications",
            item_id=ticket["item_id"],
            ticket_id=ticket["id"],
            applicant=APPLICANT,
            materials=handed_in,
        )

    def case(self, application: Any) -> str:
        """The id of an application's case, which comes a moment after acceptance."""
        case_id: str = application["id"]
        until(lambda: self.reviewer.find(f"/cases/{case_id}"), "the case of an accepted application")
        return case_id

    def printed(self, case_id: str) -> str:
        """The verification code of a case's decision, which a clerk prints."""
        self.clerk.client.get(f"cases/{case_id}/decision-paper").raise_for_status()
        code: str = self.clerk.get(f"cases/{case_id}/printed-papers")["items"][0]["verify_code"]
        return code

    def decide(self, application: Any, **decision: str) -> None:
        case_id = self.case(application)
        self.reviewer.post(f"/cases/{case_id}/claim")
        self.reviewer.post(f"/cases/{case_id}/pass", opinion="材料齐全，符合条件。")
        self.approver.post(f"/cases/{case_id}/claim")
        self.approver.post(f"/cases/{case_id}/decide", **decision)

    def rectification(self) -> str | None:
        found = self.supervisor.get(f"/centers/{CENTER}/rectifications")["items"]
        return found[0]["id"] if found else None

    def closed_complaint(self) -> str:
        filed = self.public.post(f"/centers/{CENTER}/complaints", topic="fee", text="收费依据不清。", anonymous=True)
        at = f"/complaints/{filed['id']}"
        self.supervisor.post(f"{at}/assign", department_key="xinwen-chuban")
        self.supervisor.post(f"{at}/investigate", findings="收费依据已公示。", liability="none")
        self.supervisor.post(f"{at}/answer", answer="收费依据见办事指南。")
        self.supervisor.post(f"{at}/close")
        code: str = filed["code"]
        return code


def item_id(public: Rest, name: str) -> str:
    """The id of an item of the center by its name."""
    found = public.get(f"/centers/{CENTER}/items", query=name)["items"]
    return next(str(each["id"]) for each in found if each["name"] == name)


def take(public: Rest, name: str) -> Any:
    """A ticket for an item."""
    answer = public.post(f"/centers/{CENTER}/tickets", item_id=item_id(public, name))
    return answer.get("ticket", answer)


def keys(application: Any) -> list[str]:
    """The materials of an application."""
    return [each["key"] for each in application["materials"]]
