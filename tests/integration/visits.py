"""What people do at a sample center: the hall, the receiving desk, the steps behind it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from cli.demo.desk import SAMPLE_PDF, taken_by
from cli.sample.people import Citizen
from tests.integration.people import Json, Person, Town
from tests.integration.site import until

CENTER = "610902"
TOWNSHIP = "610902107"
#: How the accounts of a center begin.
ACCOUNTS = {"610900": "ak", CENTER: "hb", TOWNSHIP: "hk"}


@dataclass(frozen=True)
class Item:
    """A sample item: its name, its center, and the number of the window and clerk that serve its lane."""

    name: str
    window: str
    center: str = CENTER


#: Promised, three steps (reviewer, chief, approver), 14 working days.
HYGIENE = Item("公共场所卫生许可（新办）", "13")
#: Promised, two steps, 5 working days.
NURSE = Item("护士执业注册", "13")
#: Promised, four steps, 7 working days; an appraisal stops its clock.
DISABILITY = Item("残疾人证办理", "13")
#: Promised; its limit may be extended, by 15 working days.
ALLOWANCE = Item("最低生活保障审核确认", "13")
#: Immediate, one step of the chief.
MARRIAGE = Item("结婚登记", "13")
#: Promised; at windows that stay occupied while a test looks at who is there.
#: 120 yuan, wherever one applies.
PASSPORT = Item("普通护照签发", "12")
RURAL = Item("林木采伐许可", "14")
#: Immediate, at the township, whose day may be ended without closing the others'.
UNEMPLOYMENT = Item("失业登记", "02", TOWNSHIP)


def at(text: str) -> datetime:
    """A time of the API."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@dataclass
class Visit:
    """One person's visit for an item, and what they were told last of each thing."""

    town: Town
    item: Item
    person: Citizen = field(init=False)
    guide: Json = field(default_factory=dict)
    ticket: Json = field(default_factory=dict)
    application: Json = field(default_factory=dict)
    #: What stands on the visitor's slip and on their receipt, and nowhere that staff look.
    slip: str = ""
    receipt: str = ""

    def __post_init__(self) -> None:
        self.person = self.town.stranger()
        found = self.town.public.get(f"centers/{self.center}/items", query=self.item.name)["items"]
        self.guide = next(each for each in found if each["name"] == self.item.name)

    @property
    def center(self) -> str:
        """Where it is."""
        return self.item.center

    @property
    def window(self) -> str:
        """At which window."""
        return f"{self.center}-{self.item.window}"

    @property
    def clerk(self) -> Person:
        """Who serves the visitor."""
        return self.staff("clerk", self.item.window)

    def staff(self, role: str, number: str = "01") -> Person:
        """Somebody of the center, e.g. its first supervisor."""
        return self.town.staff(f"{ACCOUNTS[self.center]}-{role}-{number}")

    # ── The hall ─────────────────────────────────────────────────────────────────────────────────────────────

    def take(self) -> Json:
        """Takes a number at the kiosk."""
        body = {
            "item_id": self.guide["id"],
            "id_number": self.person.id_number,
            "holder_name": self.person.name,
            "disabled": self.person.disabled,
        }
        self.ticket = self.town.public.post(f"centers/{self.center}/tickets", body)
        self.slip = self.ticket["code"]
        self.town.given.append(self.slip)
        return self.ticket

    def be_called(self) -> Json:
        """The window calls until it is this visitor's turn; who is left over from elsewhere is missed."""
        self.clear_window()
        while True:
            called: Json | None = self.clerk.post(f"windows/{self.window}/call-next")["ticket"]
            assert called is not None, f"{self.ticket['number']} waits, and the window calls nobody"
            if called["id"] == self.ticket["id"]:
                self.ticket = called
                return called
            self.clerk.post(f"tickets/{called['id']}/miss", {"reason": "无人应答"})

    def clear_window(self) -> None:
        """Opens the window, and ends what an earlier visit left there."""
        at_window = self.clerk.post(f"windows/{self.window}/open")["ticket_id"]
        if not at_window:
            return
        if self.clerk.get(f"tickets/{at_window}")["state"] == "called":
            self.clerk.post(f"tickets/{at_window}/start")
        self.clerk.post(f"tickets/{at_window}/finish")

    def begin(self) -> Json:
        """From the kiosk to the chair at the window."""
        if not self.ticket:
            self.take()
        self.be_called()
        self.ticket = self.clerk.post(f"tickets/{self.ticket['id']}/start")
        return self.ticket

    def finish(self) -> Json:
        """Leaves the window."""
        self.ticket = self.clerk.post(f"tickets/{self.ticket['id']}/finish")
        return self.ticket

    # ── Papers ───────────────────────────────────────────────────────────────────────────────────────────────

    def papers(self, *, faulty: int = 0) -> Json:
        """An application with all materials, the first of them faulty where asked for."""
        return {
            "item_id": self.guide["id"],
            "applicant": {
                "name": self.person.name,
                "id_type": "resident_id",
                "id_number": self.person.id_number,
                "phone": self.person.phone,
            },
            "materials": [
                {"key": each["key"], "state": "incomplete", "problem": "缺少签字页，请补签"}
                if place < faulty
                else {"key": each["key"], "state": "handed_in", "originals": 1}
                for place, each in enumerate(self.guide["materials"])
            ],
            "delivery": "window",
        }

    def hand_in(self, *, faulty: int = 0) -> Json:
        """Papers over the counter."""
        if self.ticket.get("state") != "serving":
            self.begin()
        body = {**self.papers(faulty=faulty), "ticket_id": self.ticket["id"]}
        self.application = self.clerk.post(f"centers/{self.center}/applications", body)
        self.receipt = self.application["code"]
        self.town.given.append(self.receipt)
        return self.application

    def upload(self) -> Json:
        """A scan of the first material."""
        key = self.application["materials"][0]["key"]
        path = f"applications/{self.application['id']}/materials/{key}/files"
        self.application = self.clerk.upload(path, "样例材料.pdf", SAMPLE_PDF, "application/pdf")
        return self.application

    def judge(self, verb: str, body: Json | None = None) -> Json:
        """What the clerk makes of the papers."""
        self.application = self.clerk.post(f"applications/{self.application['id']}/{verb}", body)
        return self.application

    def accepted(self) -> Json:
        """A whole application, accepted; its case, as soon as that is there."""
        if not self.application:
            self.hand_in()
        self.judge("accept")
        return self.case()

    # ── The case ─────────────────────────────────────────────────────────────────────────────────────────────

    def case(self) -> Json:
        """The case, waited for: it comes by an event."""
        path = f"cases/{self.application['id']}"
        return until(lambda: self.clerk.find(path), f"the case of {self.application['number']}")

    def officer(self, case: Json) -> Person:
        """Who may take the open step."""
        step = next(each for each in case["steps"] if each["key"] == case["current_step"])
        department = step["department_key"] or case["department_key"]
        return self.town.officer(self.center, step["role"], department)

    def work(self, verb: str, body: Json | None = None, *, claim: bool = True) -> Json:
        """Claims the open step and does something with it."""
        case = self.case()
        officer = self.officer(case)
        if claim:
            officer.post(f"cases/{case['id']}/claim")
        return officer.post(f"cases/{case['id']}/{verb}", body)

    def pass_to_the_last_step(self) -> Json:
        """Every step but the deciding one."""
        case = self.case()
        while case["current_step"] != case["steps"][-1]["key"]:
            case = self.work("pass", {"opinion": "材料齐全，符合条件"})
        return case

    def decide(self, outcome: str, reason: str = "", basis: str = "") -> Json:
        """Decides at the last step."""
        self.pass_to_the_last_step()
        return self.work("decide", {"outcome": outcome, "reason": reason, "basis": basis})

    def hand_over(self) -> Json:
        """Makes the result, where there is one, and gives it to the applicant."""
        case = self.case()
        if case["state"] == "approved":
            self.clerk.post(f"cases/{case['id']}/result")
        body = taken_by(self.person.name, self.person.id_number)
        return self.clerk.post(f"cases/{case['id']}/result/deliver", body)

    # ── Afterwards ───────────────────────────────────────────────────────────────────────────────────────────

    def evaluate(self, level: str, comment: str = "") -> Json:
        """Judges the service, once the invitation is there."""
        path = f"evaluations/{self.slip}"
        until(lambda: self.town.public.find(path), "the invitation")
        return self.town.public.post(path, {"level": level, "comment": comment})

    @property
    def journey(self) -> str:
        """What joins all of it."""
        journey: str = (self.ticket or self.application)["journey"]
        return journey

    def lines(self, *types: str) -> list[Json]:
        """The lines of the journey as staff see them, once there are as many of these types.

        The archive and the library of certificates follow in their own time: their lines are there only where they
        are asked for.
        """
        wanted = Counter(types)
        late = {"archive", "certificates"} - {each.partition(".")[0] for each in types}

        def complete() -> list[Json] | None:
            found = self.staff("supervisor").find(f"journeys/{self.journey}")
            lines = [each for each in found["lines"] if each["service"] not in late] if found else []
            return lines if wanted <= Counter(short(line["type"]) for line in lines) else None

        return until(complete, f"the journey's {', '.join(types)}")


def short(type: str) -> str:
    """``queuing.ticket_taken`` of an event's whole type."""
    return type.removeprefix("tongban.").removesuffix(".v1")
