"""Two whole sites on a real line: what they say to each other beside cases reaches the other's catalog, staff and books."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.demo.rest import Json, Refused
from cli.demo_federation.command import Stage, raised
from cli.demo_federation.sites import DemoSite, until
from kit.workdays import local_date

DEPARTMENT = "weisheng-jiankang"


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """A city and a county, linked."""
    folder = Path(tempfile.mkdtemp(prefix="tt-"))  # short: a socket's path has 107 bytes
    try:
        with raised(folder, small=True) as up:
            yield up
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
            "title": "办件迟缓",
            "center_id": city.center,
            "asked_of": place(county),
            "text": "请核实",
        },
    )

    def there() -> Json | None:
        listed = county.staff("supervisor").get(f"centers/{county.center}/urgings")["items"]
        return next((each for each in listed if each["id"] == asked["id"]), None)

    arrived = until(there, "the urging to arrive")
    assert arrived["clock"]["due_at"]
    county.staff("supervisor").post(f"urgings/{asked['id']}/answer", {"text": "已整改"})

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
    stage.county_line.cut()
    chief.post(f"parts/{opened['id']}/send-up", {"place": place(city, DEPARTMENT), "opinion": "建议准予"})
    for site in stage.sites:
        for name in ("relay", "federation"):
            site.kill(name)
    stage.county_line.mend()

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
