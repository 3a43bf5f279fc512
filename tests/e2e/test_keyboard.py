"""What a citizen does can be done by the keyboard alone, with the focus to be seen at every step."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.conftest import People
from tests.e2e.sample_day import ALLOWANCE, SampleDay

FOCUSED = """() => {
    const at = document.activeElement;
    const shown = at.closest("label") && getComputedStyle(at).opacity === "0" ? at.closest("label") : at;
    const style = getComputedStyle(shown);
    return {
        name: (at.getAttribute("aria-label") || at.innerText || at.labels?.[0]?.innerText || at.name || "").trim(),
        outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    };
}"""


def tab_to(page: Page, name: str, most: int = 60) -> None:
    """Presses Tab until something of this name has the focus; on the way each stop must be visible."""
    for _ in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        assert at["outlined"], f"the focus on {at['name']!r} can't be seen"
        if name in at["name"]:
            return
    raise AssertionError(f"{name} can't be reached by Tab on {page.url}")


def test_the_skip_link_comes_first_and_leads_to_the_content(people: People) -> None:
    page = people.citizen()
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到主要内容")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_ticket_is_taken_by_keyboard(people: People) -> None:
    page = people.citizen()
    page.goto("/kiosk/610902")
    tab_to(page, "按名称或关键词查找")
    page.keyboard.type(ALLOWANCE)
    page.get_by_role("link", name=ALLOWANCE).wait_for()
    tab_to(page, ALLOWANCE)
    page.keyboard.press("Enter")
    page.wait_for_url("**/items/*")
    tab_to(page, "残疾人")
    page.keyboard.press("Space")
    tab_to(page, "取 号")
    page.keyboard.press("Enter")
    page.wait_for_url("**/slips/*")
    expect(page.get_by_text("残疾优先")).to_be_visible()


def test_a_visit_is_evaluated_by_keyboard(people: People, day: SampleDay) -> None:
    page = people.citizen(360, 740)
    page.goto(f"/e/{day.invited_too}")
    tab_to(page, "非常满意")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("满意", exact=True)).to_be_checked()
    tab_to(page, "服务态度")
    page.keyboard.press("Space")
    tab_to(page, "想说的话")
    page.keyboard.type("很好。")
    tab_to(page, "提交评价")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="感谢您的评价")).to_be_visible()
    expect(page.get_by_text("您的评价：满意")).to_be_visible()


def test_an_error_takes_the_focus_to_its_summary(people: People) -> None:
    people.refusals_expected = True
    page = people.citizen()
    page.goto("/progress")
    tab_to(page, "查询码")
    page.keyboard.type("abc")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("查询码")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("查询码")).to_have_accessible_description(
        "26 位字母和数字，不分大小写 没有找到该查询码，请核对凭证上的 26 位字母和数字。"
    )
