"""Fully online in a browser: a citizen on a phone finds the item, signs in, fills in, uploads, confirms, gets a number."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from cli.demo.desk import SAMPLE_PDF
from tests.e2e.conftest import People
from tests.e2e.sample_day import APPLICANT, SampleDay
from tests.e2e.steps import press, refused, sign_in_citizen


def test_a_citizen_applies_online_for_what_another_place_decides(people: People, day: SampleDay) -> None:
    people.refusals_expected = True
    phone = people.citizen(390, 844)
    phone.goto("/centers/610902")
    phone.get_by_role("link", name="异地事项网上办").click()
    phone.get_by_role("link", name="食品经营许可（新办）").first.click()
    expect(phone.get_by_text("安康市政务服务中心").first).to_be_visible()
    expect(phone.get_by_text("A4，本人签字")).to_be_visible()
    phone.get_by_role("link", name="登录并申请").click()
    sign_in_citizen(phone, APPLICANT)

    expect(phone.get_by_label(re.compile("^申请人"))).to_have_value(APPLICANT["name"])
    expect(phone.get_by_label(re.compile("^证件号码"))).to_have_value(APPLICANT["id_number"])
    phone.get_by_label("邮政寄递").check()
    phone.get_by_label("情况说明").fill("请尽快。")
    phone.get_by_role("button", name="保存，去上传材料").click()
    refused(phone, "收件地址")
    phone.get_by_label("收件地址").fill("样例街 1 号")
    press(phone, "保存，去上传材料", "申请已登记")
    expect(phone.get_by_text("请尽快。")).to_be_visible()

    phone.get_by_label("申请书 扫描件").set_input_files(
        {"name": "申请书.pdf", "mimeType": "application/pdf", "buffer": SAMPLE_PDF}
    )
    press(phone, "上传", "文件已上传", exact=True)
    phone.get_by_role("button", name="提交给安康市政务服务中心").click()
    refused(phone, "勾选确认")
    phone.get_by_label(re.compile("真实、完整")).check()
    press(phone, "提交给安康市政务服务中心", "申请已提交")
    number = re.search(r"KY610902-\d{4}-\d{6}", phone.locator("main").inner_text())
    assert number

    phone.get_by_role("link", name="我的申请", exact=True).click()
    expect(phone.get_by_role("link", name=number.group())).to_be_visible()
    phone.get_by_role("button", name="退出").click()
    expect(phone.locator(".notice")).to_contain_text("安全退出")
