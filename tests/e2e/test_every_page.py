"""Every page: axe finds no serious fault, nothing is cut off at any width, nobody's data stands open."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import People
from tests.e2e.running_site import RunningSite
from tests.e2e.sample_day import APPLICANT, SampleDay

Path = Callable[[SampleDay], str]

CITIZEN, SIGNED_IN = "", "a citizen"
CLERK, OTHER_CLERK = "hb-clerk-07", "hb-clerk-08"
IDLE_CLERK = "hb-clerk-15"
REVIEWER, APPROVER, CHIEF = "hb-reviewer-21", "hb-approver-21", "hb-chief-21"
SUPERVISOR, MANAGER, ADMIN = "hb-supervisor-01", "hb-manager-01", "hb-admin-01"
ROOT_MANAGER = "ak-manager-01"

#: What is to be seen, by whom, where.
PAGES: dict[str, tuple[str, Path]] = {
    "front": (CITIZEN, lambda day: "/"),
    "center": (CITIZEN, lambda day: "/centers/610902"),
    "items": (CITIZEN, lambda day: "/centers/610902/items?query=许可"),
    "guide": (CITIZEN, lambda day: f"/centers/610902/items/{day.item}"),
    "kiosk": (CITIZEN, lambda day: "/kiosk/610902"),
    "kiosk items": (CITIZEN, lambda day: "/kiosk/610902?department=gongan"),
    "kiosk item": (CITIZEN, lambda day: f"/kiosk/610902/items/{day.item}"),
    "slip": (CITIZEN, lambda day: f"/slips/{day.waiting}"),
    "ticket waiting": (CITIZEN, lambda day: f"/t/{day.waiting}"),
    "ticket called": (CITIZEN, lambda day: f"/t/{day.called}"),
    "ticket missed": (CITIZEN, lambda day: f"/t/{day.missed}"),
    "ticket finished": (CITIZEN, lambda day: f"/t/{day.invited}"),
    "board": (CITIZEN, lambda day: "/board/610902"),
    "progress form": (CITIZEN, lambda day: "/progress"),
    "progress received": (CITIZEN, lambda day: f"/c/{day.application}"),
    "progress supplement": (CITIZEN, lambda day: f"/c/{day.supplement}"),
    "progress refused": (CITIZEN, lambda day: f"/c/{day.refused}"),
    "progress granted": (CITIZEN, lambda day: f"/c/{day.granted}"),
    "progress denied": (CITIZEN, lambda day: f"/c/{day.denied}"),
    "verify a paper": (CITIZEN, lambda day: "/verify"),
    "a genuine paper": (CITIZEN, lambda day: f"/verify/{day.verify_code}"),
    "printed papers": (CLERK, lambda day: f"/applications/{day.granted_id}/printed"),
    "case granted": (APPROVER, lambda day: f"/approval/cases/{day.granted_id}"),
    "evaluation": (CITIZEN, lambda day: f"/e/{day.invited}"),
    "evaluation done": (CITIZEN, lambda day: f"/e/{day.evaluated}"),
    "complaint form": (CITIZEN, lambda day: f"/complaint/610902?ticket={day.invited}"),
    "complaint filed": (CITIZEN, lambda day: f"/complaint/p/{day.complaint}"),
    "complaint closed": (CITIZEN, lambda day: f"/complaint/p/{day.closed_complaint}"),
    "sign-in": (CITIZEN, lambda day: "/signin"),
    "no such page": (CITIZEN, lambda day: "/nowhere"),
    "windows": (IDLE_CLERK, lambda day: "/counter/windows"),
    "counter idle": (IDLE_CLERK, lambda day: "/counter/610902-15"),
    "counter called": (OTHER_CLERK, lambda day: "/counter/610902-08"),
    "counter serving": (CLERK, lambda day: "/counter/610902-07"),
    "applications": (CLERK, lambda day: "/applications"),
    "application with supplement": (CLERK, lambda day: f"/applications/{day.supplement_id}"),
    "results": (CLERK, lambda day: "/results?state=approved"),
    "results denied": (CLERK, lambda day: "/results?state=denied"),
    "cases claimable": (REVIEWER, lambda day: "/approval"),
    "cases mine": (REVIEWER, lambda day: "/approval?scope=mine"),
    "case open": (REVIEWER, lambda day: f"/approval/cases/{day.open_id}"),
    "case claimed": (REVIEWER, lambda day: f"/approval/cases/{day.claimed_id}"),
    "case denied": (APPROVER, lambda day: f"/approval/cases/{day.denied_id}"),
    "case history": (REVIEWER, lambda day: f"/approval/cases/{day.claimed_id}/history"),
    "questions": (REVIEWER, lambda day: "/questions"),
    "covers": (CHIEF, lambda day: "/covers"),
    "covers of a year": (CHIEF, lambda day: "/covers/year"),
    "rectifications": (CHIEF, lambda day: "/rectifications"),
    "rectification": (CHIEF, lambda day: f"/rectifications/{day.rectification_id}"),
    "supervision": (SUPERVISOR, lambda day: "/supervision"),
    "supervision board": (SUPERVISOR, lambda day: "/supervision/board?by=item"),
    "supervision due": (SUPERVISOR, lambda day: "/supervision/board/due"),
    "supervision cards": (CHIEF, lambda day: "/supervision/cards"),
    "supervision orders": (CHIEF, lambda day: "/supervision/orders?state=all"),
    "supervision's rules": (CHIEF, lambda day: "/supervision/rules"),
    "supervision's points": (CHIEF, lambda day: "/supervision/points"),
    "measures": (SUPERVISOR, lambda day: "/supervision/measures"),
    "supervision's rules to change": (SUPERVISOR, lambda day: "/supervision/rules/change"),
    "supervision's order": (SUPERVISOR, lambda day: f"/supervision/watches/case-{day.open_id}/order"),
    "rectification watched": (SUPERVISOR, lambda day: f"/rectifications/{day.rectification_id}"),
    "complaints": (SUPERVISOR, lambda day: "/complaints"),
    "complaint case": (SUPERVISOR, lambda day: f"/complaints/{day.complaint_id}"),
    "journey": (SUPERVISOR, lambda day: f"/journeys/{day.journey}"),
    "licences": (CLERK, lambda day: "/licences"),
    "licences to be renewed": (SUPERVISOR, lambda day: "/licences?state=due"),
    "archive": (CLERK, lambda day: "/archive"),
    "archive hand-overs": (CLERK, lambda day: "/archive/hand-overs"),
    "archive destructions": (MANAGER, lambda day: "/archive/destructions"),
    "lists of papers": (CLERK, lambda day: "/paper-lists"),
    "left papers": (CLERK, lambda day: "/left-papers"),
    "papers of a case": (CLERK, lambda day: f"/left-papers/{day.open_id}"),
    "manage": (MANAGER, lambda day: "/manage"),
    "manage staff": (MANAGER, lambda day: "/manage/staff"),
    "manage items": (MANAGER, lambda day: "/manage/items?state=published"),
    "manage item": (MANAGER, lambda day: f"/manage/items/{day.item}/1"),
    "manage item's steps": (MANAGER, lambda day: f"/manage/items/{day.item}/1/steps"),
    "seals": (MANAGER, lambda day: "/seals"),
    "seal": (MANAGER, lambda day: f"/seals/{day.seal_id}"),
    "reports on a case": (APPROVER, lambda day: f"/denials?application={day.open_id}"),
    "relay": (MANAGER, lambda day: "/relay"),
    "relay aside": (ADMIN, lambda day: "/relay/aside"),
    "collecting": (CLERK, lambda day: "/collecting"),
    "came from elsewhere": (CLERK, lambda day: "/collecting?side=handling"),
    "collecting begins": (CLERK, lambda day: f"/collecting/new/{day.agreement_id}"),
    "crossing with its checklist": (CLERK, lambda day: f"/collecting/{day.crossing_id}"),
    "progress of a crossing": (CITIZEN, lambda day: f"/c/{day.crossing}"),
    "manage agreements": (MANAGER, lambda day: "/manage/agreements"),
    "manage agreement": (MANAGER, lambda day: f"/manage/agreements/{day.agreement_id}"),
    "manage new agreement": (MANAGER, lambda day: "/manage/agreements/new"),
    "manage new agreement to collect": (MANAGER, lambda day: "/manage/agreements/new?side=collecting"),
    "manage next edition": (MANAGER, lambda day: f"/manage/agreements/{day.agreement_id}/edition"),
    "citizen's sign-in": (CITIZEN, lambda day: "/citizen/signin"),
    "online items": (CITIZEN, lambda day: "/online/610902"),
    "online item": (CITIZEN, lambda day: f"/online/610902/{day.agreement_id}"),
    "online form": (SIGNED_IN, lambda day: f"/online/610902/{day.agreement_id}"),
    "apply": (CITIZEN, lambda day: f"/apply/610902/{day.with_form}"),
    "apply in a situation": (SIGNED_IN, lambda day: f"/apply/610902/{day.with_form}?q-place=let"),
    "upload materials": (SIGNED_IN, lambda day: f"/my/applications/{day.application}"),
    "my applications": (SIGNED_IN, lambda day: "/my"),
    "my certificates": (SIGNED_IN, lambda day: "/my/holdings"),
    "my application": (SIGNED_IN, lambda day: f"/my/{day.online}"),
    "assisted online": (CLERK, lambda day: f"/collecting/new/{day.agreement_id}?mode=fully_online"),
    "parts": (CHIEF, lambda day: "/cooperation?kind=joint"),
    "joint cases": (CHIEF, lambda day: "/cooperation/joints"),
    "new joint case": (CLERK, lambda day: "/cooperation/joints/new"),
    "joint case of an application": (CLERK, lambda day: f"/cooperation/joints/new?application={day.granted_id}"),
    "joint case": (CHIEF, lambda day: f"/cooperation/joints/{day.joint_id}"),
    "part of a joint case": (CHIEF, lambda day: f"/cooperation/parts/{day.part_id}"),
    "urgings": (CHIEF, lambda day: "/cooperation/urgings"),
    "feedback": (CHIEF, lambda day: "/cooperation/feedback"),
    "standards": (ROOT_MANAGER, lambda day: "/cooperation/standards?kind=policy"),
    "new standard": (ROOT_MANAGER, lambda day: "/cooperation/standards/new?kind=policy"),
    "figures": (ROOT_MANAGER, lambda day: "/cooperation/figures"),
    "password": (MANAGER, lambda day: "/password"),
    "no right": (REVIEWER, lambda day: "/manage"),
}

#: Widths and heights in CSS pixels; 640 is what a 1280 screen has at 200 % zoom.
SIZES = {"phone": (360, 740), "200 % zoom": (640, 450), "kiosk and board": (1080, 1920), "desk": (1440, 900)}


@pytest.fixture(scope="module")
def visitors(site: RunningSite, browser: Browser) -> Iterator[Callable[[str], tuple[Page, People]]]:
    """One browser a person for all pages."""
    crowd = People(site, browser, refusals_expected=True)
    pages: dict[str, Page] = {}

    def visitor(username: str) -> tuple[Page, People]:
        if username not in pages:
            if username == SIGNED_IN:
                pages[username] = crowd.signed_in(APPLICANT)
            else:
                pages[username] = crowd.staff(username) if username else crowd.citizen()
        return pages[username], crowd

    yield visitor
    crowd.leave()


@pytest.mark.parametrize("name", PAGES)
def test_page_can_be_used_by_everybody(
    name: str, day: SampleDay, visitors: Callable[[str], tuple[Page, People]]
) -> None:
    username, path = PAGES[name]
    page, crowd = visitors(username)
    crowd.complaints.clear()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(path(day))
    page.evaluate("for (const each of document.querySelectorAll('details:not(.drop)')) each.open = true")

    found = Axe().run(page).response["violations"]
    serious = {each["id"]: [node["html"] for node in each["nodes"]] for each in found if each["impact"] in GRAVE}
    assert not serious

    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.locator("h1").count() == 1
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{size}: {overflow} px are cut off"

    shown = page.locator("body").inner_text()
    assert APPLICANT["id_number"] not in shown
    assert APPLICANT["phone"] not in shown
    assert not crowd.complaints


GRAVE = ("serious", "critical")


def test_axe_would_find_a_fault(site: RunningSite, people: People) -> None:
    """The check above can fail."""
    page = people.citizen()
    page.goto("/signin")
    page.evaluate("document.querySelector('label[for=username]').remove()")
    assert "label" in {each["id"] for each in Axe().run(page).response["violations"]}
