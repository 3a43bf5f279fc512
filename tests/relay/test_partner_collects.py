"""A partner that knows nothing but the guide hands in a case for another place, and hands over its result (rules P01, P03)."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from cli.demo.desk import SAMPLE_PDF
from cli.demo_federation import office, sites
from cli.demo_federation.office import Agreed, Sent
from cli.demo_federation.sites import DemoSite, free_port, until
from cli.sample.people import Citizen
from tests.relay.test_partner_client import NODE, Partner

HANDLING, PARTNER = "610902.hanbin", "510100.chengdu"
ITEM = "公司设立登记"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(NODE is None, reason="the independent partner client needs Node.js"),
]


@pytest.fixture
def folder() -> Iterator[Path]:
    found = Path(tempfile.mkdtemp(prefix="tp-"))  # short: a socket's path has 107 bytes
    yield found
    shutil.rmtree(found, ignore_errors=True)


@pytest.fixture
def site(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoSite]:
    port = free_port()
    partners = {"TONGBAN_RELAY_PARTNER_PORT": str(port), "TONGBAN_RELAY_PARTNER_URL": f"http://127.0.0.1:{port}"}
    monkeypatch.setattr(sites, "QUICK", {**sites.QUICK, **partners})
    found = DemoSite(folder / "s", HANDLING, "汉滨区", "610902", "hb")
    found.make(listens=False)
    found.start()
    try:
        found.ready()
        found.reached_at = port
        yield found
    finally:
        found.stop()


@pytest.fixture
def partner(folder: Path, site: DemoSite) -> Partner:
    """Linked with the site by both sides' operators."""
    found = Partner(folder / "p")
    fingerprint = found("init", PARTNER, "成都市政务服务中心")["fingerprint"]
    found("propose", HANDLING, "李处长", "川陕通办协议")
    acceptance = folder / "acceptance.json"
    site.tongban(
        "link", "accept", str(found.folder / "proposal.json"), "--by", "样例运维", "--fingerprint", fingerprint,
        "--out", str(acceptance),
    )  # fmt: skip
    said = re.search(r"fingerprint\s+([0-9a-f ]+)", site.tongban("site", "card"))
    assert said is not None
    found("confirm", str(acceptance), f"http://127.0.0.1:{site.reached_at}", said[1].strip())
    return found


def comes(partner: Partner, state: str) -> bool:
    """Whether the partner has heard that its case is so."""
    partner("poll", "5")
    return bool(partner("status")["state"] == state)


def test_a_partner_completes_a_case_that_it_collects_for_another_place(
    folder: Path, site: DemoSite, partner: Partner
) -> None:
    item = office._item(site, ITEM)
    terms = {
        "handling_site": HANDLING, "handling_center_id": site.center, "handling_center_name": "汉滨区政务服务中心",
        "collecting_site": PARTNER, "collecting_center_id": "510100", "collecting_center_name": "成都市政务服务中心",
        "item_id": item["id"], "item_name": item["name"], "modes": ["collect_for"], "handling_unit": "样例办理单位",
        "materials": [{name: each[name] for name in ("key", "name", "main", "form")} for each in item["materials"]]
        or [{"key": "id-card", "name": "身份证件"}],
        "deliveries": ["window"], "days": {"collection": 1, "transit": 1, "hand_back": 3},
        "handling_contact": {"name": "样例联系人", "phone": "0915-0020001"},
        "collecting_contact": {"name": "样例联系人", "phone": "028-0020002"}, "effective_from": "2026-01-01",
    }  # fmt: skip
    manager = site.staff("manager")
    agreement = manager.post("agreements", {"terms": terms}, creates="agreements")["id"]
    until(lambda: "agreement.proposed" in {each["type"] for each in partner("poll", "10")["letters"]}, "the proposal")
    partner("confirm-agreement", "李处长")
    until(lambda: manager.get(f"agreements/{agreement}")["edition_in_force"], "the agreement to be in force")

    paper = folder / "paper.pdf"
    paper.write_bytes(SAMPLE_PDF)
    handed_in = partner("submit", "张三", "61090219900307001X", "13800000000", str(paper))
    until(lambda: comes(partner, "arrived"), "the handling place to have it")
    clerk = site.staff("clerk")
    [mine] = clerk.get(f"centers/{site.center}/crossings", side="handling")["items"]
    assert mine["peer_site"] == PARTNER
    agreed = Agreed(agreement, item, site, site)
    sent = Sent(
        mine["id"],
        handed_in["code"],
        mine["number"],
        agreed,
        "collect_for",
        "granted",
        Citizen("张三", "", "", date(1990, 3, 7), False),
    )
    office.judge(sent)
    until(lambda: comes(partner, "accepted"), "the acceptance to be known")
    office.decide(sent)
    until(lambda: comes(partner, "issued"), "the result to be known")

    partner("hand-over", "张*")
    until(lambda: clerk.get(f"crossings/{sent.id}")["state"] == "delivered", "the handing over to be known")
    assert partner("status")["outcome"] == "approved"
