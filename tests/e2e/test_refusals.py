"""What goes wrong is told where it belongs, and nothing happens twice."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import People
from tests.e2e.running_site import CENTER, RunningSite
from tests.e2e.sample_day import ALLOWANCE, SampleDay, item_id
from tests.e2e.steps import press, refused


@pytest.fixture(autouse=True)
def _refusals_expected(people: People) -> None:
    people.refusals_expected = True


def test_a_wrong_id_number_is_told_beside_its_field_and_kept(site: RunningSite, people: People) -> None:
    page = people.citizen()
    page.goto(f"/kiosk/{CENTER}/items/{item_id(site.public(), ALLOWANCE)}")
    page.get_by_label("身份证号码").fill("990101199003070012")
    page.get_by_role("button", name="取 号").click()
    refused(page, "身份证号码")
    expect(page.get_by_label("身份证号码")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("身份证号码")).to_have_value("990101199003070012")


def test_the_keys_on_the_screen_write_the_number(site: RunningSite, people: People) -> None:
    page = people.citizen(1080, 1920)
    page.goto(f"/kiosk/{CENTER}/items/{item_id(site.public(), ALLOWANCE)}")
    for key in "10X":
        page.locator(f"[data-key='{key}']").click()
    page.locator("[data-key='delete']").click()
    expect(page.get_by_label("身份证号码")).to_have_value("10")


def test_a_form_sent_twice_gives_one_ticket(site: RunningSite, people: People) -> None:
    page = people.citizen()
    address = f"/kiosk/{CENTER}/items/{item_id(site.public(), ALLOWANCE)}"
    page.goto(address)
    form: dict[str, str | float | bool] = {
        "idempotency_key": str(page.locator("[name=idempotency_key]").get_attribute("value"))
    }
    first, second = (page.request.post(address, form=form) for _ in range(2))
    assert first.ok
    assert first.url == second.url


def test_a_form_of_a_foreign_page_is_refused(site: RunningSite, people: People) -> None:
    page = people.citizen()
    address = f"/kiosk/{CENTER}/items/{item_id(site.public(), ALLOWANCE)}"
    answer = page.request.post(address, form={}, headers={"Origin": "https://elsewhere.example"})
    assert answer.status == 403
    assert "请求来自其他网站" in answer.text()


def test_a_form_of_staff_without_its_token_is_refused(people: People) -> None:
    page = people.staff("hb-clerk-13")
    answer = page.request.post("/counter/610902-13/open", form={})
    assert answer.status == 403
    assert "页面已失效" in answer.text()


def test_an_act_on_what_has_changed_shows_the_newest_and_asks_again(
    site: RunningSite, people: People, day: SampleDay
) -> None:
    page = people.staff("hb-reviewer-21")
    page.goto(f"/approval/cases/{day.stale_id}")
    press(page, "领取此环节", "已领取")
    page.get_by_label("审查意见").fill("材料齐全。")
    site.person("hb-reviewer-21").post(f"/cases/{day.stale_id}/release")
    page.get_by_role("button", name="通过，转下一环节").click()
    refused(page, "刚刚在别处有更新")
    expect(page.get_by_role("button", name="领取此环节")).to_be_visible()


def test_a_call_with_nobody_waiting_says_so(people: People) -> None:
    page = people.staff("hb-clerk-13")
    page.goto("/counter/610902-15")
    press(page, "开放窗口", "窗口已开放")
    press(page, "叫下一位", "没有等候的群众")
    page.get_by_text("关闭", exact=True).click()
    page.get_by_label(re.compile("关闭原因")).fill("测试结束")
    press(page, "关闭窗口", "窗口已关闭")


@pytest.mark.parametrize("path", ["/t/{code}", "/c/{code}", "/e/{code}", "/complaint/p/{code}", "/slips/{code}"])
def test_a_wrong_code_opens_nothing_and_says_what_to_do(people: People, path: str) -> None:
    page = people.citizen()
    answer = page.goto(path.format(code="0" * 26))
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_text("核对地址是否完整")).to_be_visible()


def test_staff_pages_ask_for_a_sign_in_and_come_back(people: People) -> None:
    page = people.citizen()
    page.goto("/approval?scope=mine")
    expect(page).to_have_url(re.compile(r"/signin\?next="))
    page.get_by_label("用户名").fill("hb-reviewer-21")
    page.get_by_label("密码").fill("wrong-password-1")
    page.get_by_role("button", name="登录", exact=True).click()
    refused(page)
    page.get_by_label("密码").fill("Tongban-2026")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(re.compile(r"/approval\?scope=mine"))


def test_a_sign_in_never_leads_to_another_site(people: People) -> None:
    page = people.citizen()
    page.goto("/signin?next=//elsewhere.example/")
    page.get_by_label("用户名").fill("hb-clerk-13")
    page.get_by_label("密码").fill("Tongban-2026")
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page).to_have_url(re.compile(r"/counter"))


def test_what_people_write_stays_text(site: RunningSite, people: People) -> None:
    written = '<img src=x onerror="document.title=1">{{ 7*7 }}'
    filed = site.public().post(f"/centers/{CENTER}/complaints", topic="other", text=written, anonymous=True)
    page = people.citizen()
    page.goto(f"/complaint/p/{filed['code']}")
    expect(page.locator(".prose")).to_have_text(written)
    staff = people.staff("hb-supervisor-01")
    staff.goto(f"/complaints/{filed['id']}")
    expect(staff.locator(".prose").first).to_have_text(written)
