"""Every act is a plain form: with scripts switched off, the visit goes on."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.e2e.conftest import People
from tests.e2e.steps import press, take_ticket


def test_a_ticket_is_taken_called_and_served_without_scripts(people: People) -> None:
    kiosk = people.citizen(scripts=False)
    kiosk.goto("/kiosk/610902")
    kiosk.get_by_label("按名称或关键词查找").fill("不动产")
    kiosk.get_by_role("button", name="查找").click()
    item = kiosk.locator("#choice .wide a").first.inner_text().split("\n")[0]
    code, number = take_ticket(kiosk, item)
    clerk = people.staff("hb-clerk-15", scripts=False)
    clerk.goto("/counter/610902-15")
    press(clerk, "开放窗口", "窗口已开放")
    press(clerk, "叫下一位", "已叫号")
    expect(clerk.locator(".current .number")).to_contain_text(number)
    kiosk.goto(f"/t/{code}")
    expect(kiosk.get_by_text("15", exact=True)).to_be_visible()
    press(clerk, "开始办理", "已开始办理")
    press(clerk, "办理结束", "本次办理已结束")
    kiosk.reload()
    expect(kiosk.get_by_text("本次办理已结束")).to_be_visible()
