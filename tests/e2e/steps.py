"""What people do on the pages again and again."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect


def press(page: Page, button: str, notice: str, *, exact: bool = False) -> None:
    """Presses a button and waits until the page says that it is done."""
    page.get_by_role("button", name=button, exact=exact).first.click()
    expect(page.locator(".notice")).to_contain_text(notice)
    settled(page)


def refused(page: Page, text: str = "") -> None:
    """Waits until the page says what is wrong."""
    expect(page.get_by_role("alert")).to_contain_text(text)
    settled(page)


def settled(page: Page) -> None:
    """Waits until what was swapped in has its own values: before that, a field may get them while it is typed into."""
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def take_ticket(page: Page, item: str, *, id_number: str = "") -> tuple[str, str]:
    """Takes a number at the kiosk; its code and the number on the slip."""
    page.goto("/kiosk/610902")
    page.get_by_label("按名称或关键词查找").fill(item)
    page.get_by_role("button", name="查找").click()
    page.get_by_role("link", name=item).click()
    if id_number:
        page.get_by_label("身份证号码").fill(id_number)
    page.get_by_role("button", name="取 号").click()
    page.wait_for_url("**/slips/*")
    number = page.locator(".slip h1").inner_text().split()[-1]
    return page.url.rsplit("/", 1)[1], number


def hand_in_everything(page: Page) -> None:
    """The clerk's one press for the case in which nothing is missing."""
    page.get_by_role("button", name="全部标为已提交").click()


def sign_in_citizen(page: Page, who: dict[str, str]) -> None:
    """Fills in the citizens' sign-in that the page shows, with the code that it then shows."""
    page.get_by_label("姓名").fill(who["name"])
    page.get_by_label("身份证号码").fill(who["id_number"])
    page.get_by_role("button", name="获取验证码", exact=True).click()
    code = page.locator(".hint .code").inner_text()
    page.get_by_label("验证码").fill(code)
    page.get_by_role("button", name="登录", exact=True).click()


def sign(page: Page, pad: Locator) -> None:
    """Draws a line on the pad for signatures."""
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 20, box["y"] + box["height"] - 20, steps=5)
    page.mouse.up()
