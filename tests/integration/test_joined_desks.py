"""What two whole sites do beside crossings: urging, standards, what is sent up, a route through the other, figures."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest

from cli.demo.desk import SAMPLE_PDF
from cli.demo.rest import Json, Refused
from cli.demo_federation import routed
from cli.demo_federation.command import Stage
from cli.demo_federation.sites import DemoSite, until
from cli.demo_federation.together import DEPARTMENT
from cli.sample.people import Citizen
from kit.workdays import local_date
from tests.integration.hostile import HOSTILE


def place(site: DemoSite, department: str = "") -> Json:
    return {"site": site.id, "center_id": site.center, "department_key": department}


def setting(site: DemoSite, key: str) -> object:
    settings = site.staff("manager").get(f"centers/{site.center}/policy")["settings"]
    return next(each["value"] for each in settings if each["key"] == key)


def test_an_urging_is_answered_at_the_other_end_and_both_show_it(stage: Stage) -> None:
    city, county = stage.city, stage.county
    asked = city.staff("supervisor").post(
        "urgings",
        {
            "kind": "supervise",
            "title": HOSTILE,
            "center_id": city.center,
            "asked_of": place(county),
            "text": HOSTILE,
        },
    )

    def there() -> Json | None:
        listed = county.staff("supervisor").get(f"centers/{county.center}/urgings")["items"]
        return next((each for each in listed if each["id"] == asked["id"]), None)

    arrived = until(there, "the urging to arrive")
    assert arrived["clock"]["due_at"]
    assert (arrived["title"], arrived["turns"][0]["text"]) == (HOSTILE, HOSTILE), "as it was typed"
    county.staff("supervisor").post(f"urgings/{asked['id']}/answer", {"text": HOSTILE})

    def answered() -> bool:
        listed = city.staff("supervisor").get(f"centers/{city.center}/urgings")["items"]
        return any(each["id"] == asked["id"] and each["state"] == "answered" for each in listed)

    until(answered, "the answer to come back")
    city.staff("supervisor").post(f"urgings/{asked['id']}/review", {"accepted": True})
    until(lambda: (there() or {}).get("state") == "closed", "the review to arrive")


def test_a_standard_of_the_city_holds_in_the_countys_catalog_and_is_not_undone_there(stage: Stage) -> None:
    city, county = stage.city, stage.county
    manager = county.staff("manager")
    manager.put(f"centers/{county.center}/policy/pause_max_min", {"value": 25})
    city.staff("manager").post(
        "standards",
        {
            "center_id": city.center,
            "kind": "policy",
            "key": "hall",
            "title": "大厅服务参数",
            "content": {"pause_max_min": 10},
            "sites": [county.id],
        },
    )
    until(lambda: setting(county, "pause_max_min") == 10, "the standard to hold")
    with pytest.raises(Refused) as refused:
        manager.put(f"centers/{county.center}/policy/pause_max_min", {"value": 30})
    assert "上级统一规定" in str(refused.value)


def test_what_is_sent_up_while_everything_breaks_is_declined_once_and_owned_once(stage: Stage) -> None:
    city, county = stage.city, stage.county
    chief, decider = county.chief_of(DEPARTMENT), city.chief_of(DEPARTMENT)
    opened = chief.post(
        "parts",
        {
            "center_id": county.center,
            "department_key": DEPARTMENT,
            "case_id": uuid.uuid4().hex,
            "number": "上报-断线-1",
            "item_name": "样例跨层级事项",
            "journey": uuid.uuid4().hex,
            "applicant": {"name": "张三"},
        },
    )
    with stage.county_line.broken():
        chief.post(f"parts/{opened['id']}/send-up", {"place": place(city, DEPARTMENT), "opinion": "建议准予"})
        for site in stage.sites:
            for name in ("relay", "federation"):
                site.kill(name)

    def seen(site: DemoSite) -> Json:
        try:
            found: Json = site.chief_of(DEPARTMENT).get(f"parts/{opened['id']}")["part"]
        except Refused:
            return {}
        return found

    until(lambda: seen(city).get("state") == "offered", "the part to arrive")
    decider.post(f"parts/{opened['id']}/offer-answer", {"accepted": False, "reason": "不属本级"})
    until(lambda: seen(county).get("state") == "returned", "it to come back")
    until(lambda: seen(city).get("ownership") == seen(county).get("ownership"), "both to agree")
    assert (seen(county)["ownership"]["owner"], seen(county)["reason"]) == (county.id, "不属本级")


def test_a_case_goes_up_by_its_own_route_and_the_decision_above_stands_in_it(stage: Stage, person: Citizen) -> None:
    city, county = stage.city, stage.county
    id = routed.begin(county, routed.sent_up_item(county, city, HOSTILE), person)
    with stage.county_line.broken():
        routed.examine(county, id, HOSTILE)
        waiting = (routed.case_of(county, id) or {})["steps"][1]
        assert (waiting["state"], waiting["elsewhere"]["places"][0]["title"]) == ("elsewhere", HOSTILE)
        for site in stage.sites:
            site.kill("federation")
    part = until(lambda: routed.part_above(city, id), "the part to arrive above")
    assert (part["state"], part["review"]["opinion"]) == ("offered", HOSTILE)
    scan = next(each for each in part["materials"] if each["sha256"])
    above = city.chief_of(DEPARTMENT)
    assert above.get_bytes(f"parts/{part['id']}/files/{scan['sha256']}") == SAMPLE_PDF, "nobody is asked for it again"
    paper = routed.answer_above(city, part)
    step = routed.finish(county, id)["steps"][1]
    assert (step["state"], step["answer"]["site"], step["answer"]["number"]) == ("passed", city.id, "市准1号")
    until(
        lambda: (routed.part_above(city, id) or {}).get("state") == "closed",
        "the owner to hear that its answer was used",
    )
    file = county.chief_of(DEPARTMENT).get_bytes(f"parts/{part['id']}/files/{paper['sha256']}")
    assert file == routed.DECISION


def test_a_countys_day_stands_in_the_citys_books(stage: Stage) -> None:
    city, county = stage.city, stage.county
    manager = county.staff("manager")
    manager.put(f"centers/{county.center}/policy/figures_report_to", {"value": city.id})
    county.api.post(f"centers/{county.center}/complaints", {"text": "等候太久", "anonymous": True})
    day = local_date(datetime.now(UTC)).isoformat()

    def counted() -> Json | None:
        try:
            found: Json = manager.post(f"centers/{county.center}/figures/{day}")
        except Refused:
            return None
        return found if any(each["name"] == "complaints" for each in found["counts"]) else None

    told = until(counted, "the complaint to count")

    def reported() -> bool:
        books = city.staff("manager").get(f"centers/{city.center}/figures/{day}")["figures"]
        return any(each["site"] == county.id and each["number"] == told["number"] for each in books)

    until(reported, "the day to reach the city")
