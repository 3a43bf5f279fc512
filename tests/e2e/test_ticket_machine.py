"""The ticket machine: a slip of 80 mm, and nobody's number left on the screen."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.e2e.conftest import People
from tests.e2e.running_site import CENTER, RunningSite
from tests.e2e.sample_day import ALLOWANCE, SampleDay, item_id

POINTS_PER_MM = 72 / 25.4


def test_a_slip_is_one_page_of_80_mm(people: People, day: SampleDay, tmp_path: Path) -> None:
    page = people.citizen(1080, 1920)
    page.goto(f"/slips/{day.waiting}")
    printed = page.pdf(path=tmp_path / "slip.pdf", prefer_css_page_size=True)
    sizes = re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) [\d.]+\]", printed)
    assert len(sizes) == 1
    assert abs(float(sizes[0]) / POINTS_PER_MM - 80) < 1


def test_a_machine_left_alone_asks_and_then_forgets(site: RunningSite, people: People) -> None:
    page = people.citizen(1080, 1920)
    page.clock.install()
    page.goto(f"/kiosk/{CENTER}?machine=1")
    item = f"/kiosk/{CENTER}/items/{item_id(site.public(), ALLOWANCE)}"
    page.goto(item)
    page.get_by_label("身份证号码").fill("990101")
    page.clock.fast_forward(61_000)
    page.get_by_role("button", name="继续办理").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_label("身份证号码")).to_have_value("990101")
    page.clock.fast_forward(61_000)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.clock.fast_forward(31_000)
    page.wait_for_url(f"**/kiosk/{CENTER}")


def test_a_phone_keeps_its_slip(people: People, day: SampleDay) -> None:
    page = people.citizen(360, 740)
    page.clock.install()
    page.goto(f"/slips/{day.waiting}")
    page.clock.fast_forward(600_000)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator(".slip")).to_be_visible()
