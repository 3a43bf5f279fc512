"""What the city above has to do with the county, prepared at both through their REST APIs; the letters are real."""

from __future__ import annotations

from typing import Any

from cli.demo.desk import SAMPLE_PDF
from tests.e2e.running_site import CENTER, CITY, RunningSite, until

#: What the county collects for the city: 食品经营许可（新办）.
FOOD = "食品经营许可（新办）"


def collect_something(county: RunningSite, city: RunningSite, applicant: dict[str, str]) -> dict[str, Any]:
    """An agreement that the city proposed and the county confirmed, and an application that is being collected under it."""
    agreement = agree(county, city, FOOD)
    clerk = county.person("hb-clerk-07")
    opened: dict[str, Any] = clerk.post(
        f"/centers/{CENTER}/crossings",
        agreement_id=agreement,
        applicant=applicant,
        identity_note="居民身份证原件",
        delivery="window",
    )
    files = {"file": ("申请书.pdf", SAMPLE_PDF, "application/pdf")}
    clerk.client.post(f"/crossings/{opened['id']}/materials/form/scans", files=files).raise_for_status()
    online = county.citizen(applicant).post(
        f"/centers/{CENTER}/crossings",
        agreement_id=agreement,
        mode="fully_online",
        applicant=applicant,
        delivery="electronic",
    )
    return {
        "agreement_id": agreement,
        "crossing_id": opened["id"],
        "crossing": opened["code"],
        "online": online["code"],
    }


def agree(county: RunningSite, city: RunningSite, item_name: str, **changed: Any) -> str:
    """What the city proposed is confirmed by the county, and both know it; the agreement's id."""
    agreement = propose(county, city, item_name, **changed)
    manager, there = county.person("hb-manager-01"), city.person("ak-manager-01")
    edition = manager.get(f"/agreements/{agreement}")["editions"][-1]["id"]
    manager.post(f"/agreements/{agreement}/answer", edition_id=edition, confirmed=True)
    until(lambda: there.get(f"/agreements/{agreement}")["edition_in_force"], "the confirmation")
    return agreement


def propose(county: RunningSite, city: RunningSite, item_name: str, agreement: str = "", **changed: Any) -> str:
    """The city proposes an edition, of a new agreement or of this one, and the county has it; the agreement's id."""
    manager = city.person("ak-manager-01")
    found = city.public().get(f"/centers/{CITY}/items", query=item_name)["items"]
    item = next(each for each in found if each["name"] == item_name)
    said = {"terms": {**_terms(county, city), "item_id": item["id"], "item_name": item_name, **changed}}
    made = manager.post(f"/agreements/{agreement}/editions" if agreement else "/agreements", **said)
    id: str = made["id"]
    edition = made["editions"][-1]["id"]

    def there() -> bool:
        seen = county.person("hb-manager-01").find(f"/agreements/{id}")
        return seen is not None and edition in [each["id"] for each in seen["editions"]]

    until(there, "the proposal")
    return id


def cooperate(county: RunningSite, city: RunningSite) -> dict[str, Any]:
    """What both handle together: a joint case that the county leads, and what the city wants, says, sets and is told."""
    chief, root = county.person("hb-chief-21"), county.person("ak-manager-01")
    above, supervisor = city.person("ak-manager-01"), city.person("ak-supervisor-01")
    here, there = {"site": county.made.id, "center_id": CENTER}, {"site": city.made.id, "center_id": CITY}
    joint = chief.post(
        "/joints",
        center_id=CENTER,
        case_id="joint-case",
        number="LB610902-000001",
        item_name="开办餐馆",
        journey="joint-visit",
        applicant={"name": "例知远"},
        days=10,
        parts=[{"title": "消防核查", "place": there, "days": 5}],
    )
    supervisor.post(
        "/urgings",
        kind="urge",
        title="食品经营许可：转递材料",
        center_id=CITY,
        asked_of=here,
        text="请尽快寄出结果。",
    )
    supervisor.post(
        "/feedback",
        kind="evaluation",
        item_name="出版物零售经营许可",
        center_id=CITY,
        concerns=here,
        level=4,
        text="结果寄得太慢。",
        named=True,
        contact="15400000009",
    )
    above.post(
        "/standards",
        center_id=CITY,
        kind="policy",
        key="reply",
        title="站点间答复时限",
        content={"urging_answer_days": 3, "complaint_days": 5},
        open=["urging_answer_days"],
        sites=[county.made.id],
    )
    until(lambda: chief.get(f"/centers/{CENTER}/urgings")["items"], "the urging")
    until(lambda: chief.get(f"/centers/{CENTER}/feedback")["items"], "the feedback")
    until(lambda: root.get("/standards", kind="policy")["items"], "the standard")
    part = joint["parts"][0]["part_id"]
    until(lambda: chief.find(f"/parts/{part}"), "the part to be offered")
    return {"joint_id": joint["id"], "part_id": part}


def _terms(county: RunningSite, city: RunningSite) -> dict[str, Any]:
    return {
        "handling_site": city.made.id,
        "handling_center_id": CITY,
        "handling_center_name": "安康市政务服务中心",
        "collecting_site": county.made.id,
        "collecting_center_id": CENTER,
        "collecting_center_name": "汉滨区政务服务中心",
        "modes": ["collect_for", "fully_online"],
        "handling_unit": "安康市市场监管局",
        "materials": [
            {"key": "form", "name": "申请书", "main": True, "form": "original", "standard": "A4，本人签字"},
            {"key": "plan", "name": "平面图", "main": False, "form": "copy"},
        ],
        "deliveries": ["window", "post", "electronic"],
        "days": {"collection": 1, "transit": 1, "hand_back": 3},
        "handling_contact": {"name": "样办理", "phone": "0915-0000002"},
        "collecting_contact": {"name": "样代收", "phone": "0915-0000001"},
        "effective_from": "2026-01-01",
    }
