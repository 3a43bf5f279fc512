"""A center's template of a paper from its draft to a paper that somebody gets, and who may do none of that."""

from __future__ import annotations

from datetime import datetime, timedelta

from kit.workdays import local_date
from reference.papers.testing import words
from tests.integration.checks import problem
from tests.integration.people import Json, Town
from tests.integration.site import until
from tests.integration.visits import CENTER, TOWNSHIP, UNEMPLOYMENT, Visit

TEMPLATE = f"centers/{TOWNSHIP}/paper-templates/receipt"
BODY: Json = {
    "wording": {"note": "恒口镇便民热线已开通。"},
    "layout": {"letterhead_colour": "black", "labels": {"handled_by": "窗口人员"}, "copies": ["送达联", "存根联"]},
}


def receipt_of(town: Town) -> tuple[str, int]:
    """What a receipt that is issued now says, and its edition."""
    visit = Visit(town, UNEMPLOYMENT)
    visit.begin()
    visit.hand_in()
    path = f"applications/{visit.application['id']}"
    [paper] = [each for each in visit.application["papers"] if each["kind"] == "receipt"]
    pdf = visit.clerk.ask("GET", f"{path}/papers/{paper['id']}").content
    [printed] = visit.clerk.get(f"{path}/printed-papers")["items"]
    visit.finish()
    return words(pdf), printed["edition"]


def test_a_template_is_edited_looked_at_published_for_a_day_and_then_on_the_paper(monday: datetime, town: Town) -> None:
    manager = town.staff("hk-manager-01")
    draft = manager.put(f"{TEMPLATE}/draft", BODY)
    assert (draft["number"], draft["effective_from"]) == (1, None)
    sample = words(manager.ask("POST", f"{TEMPLATE}/preview", json=BODY).content)
    for said in ("样张SAMPLE", "恒口镇便民热线已开通。", "窗口人员", "存根联"):
        assert said in sample
    text, edition = receipt_of(town)
    assert ("恒口镇便民热线已开通。" in text, edition) == (False, 0), "a draft is on no paper"

    publish = f"{TEMPLATE}/editions/1/publish"
    tomorrow = (local_date(monday) + timedelta(days=1)).isoformat()
    body = {"effective_on": tomorrow, "reason": "统一格式"}
    problem(town.staff("hk-clerk-02").ask("POST", publish, json=body), 403, "role_not_allowed")
    elsewhere = publish.replace(TOWNSHIP, CENTER)
    problem(manager.ask("POST", elsewhere, json=body), 403, "center_not_allowed")
    problem(manager.ask("PUT", f"{TEMPLATE}/draft".replace(TOWNSHIP, CENTER), json=BODY), 403, "center_not_allowed")
    late: Json = {"effective_on": (local_date(monday) - timedelta(days=1)).isoformat(), "reason": "统一格式"}
    problem(manager.ask("POST", publish, json=late), 422, "edition_backdated")
    unknown = {**BODY, "layout": {"logo": "x"}}
    problem(manager.ask("PUT", f"{TEMPLATE}/draft", json=unknown), 422, "layout_field_unknown")

    manager.post(publish, {"effective_on": local_date(monday).isoformat(), "reason": "统一格式"})
    again = manager.ask("POST", publish, json={"effective_on": tomorrow, "reason": "再发一次"})
    problem(again, 409, "edition_published")

    def new_receipt() -> str | None:
        text, edition = receipt_of(town)
        return text if edition == 1 else None

    text = until(new_receipt, "a receipt of the new edition")
    for said in ("恒口镇便民热线已开通。", "窗口人员", "存根联"):
        assert said in text
    assert "样张" not in text
