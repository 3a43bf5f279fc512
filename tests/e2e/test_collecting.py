"""Collecting for another place in a browser: the form, its errors, the checklist, and the citizen's two numbers."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from cli.demo.desk import SAMPLE_PDF
from tests.e2e.conftest import People
from tests.e2e.sample_day import APPLICANT, SampleDay
from tests.e2e.steps import press, refused


def test_a_clerk_collects_scans_compares_and_sends(people: People, day: SampleDay) -> None:
    people.refusals_expected = True
    clerk = people.staff("hb-clerk-07")
    clerk.goto("/collecting")
    clerk.get_by_role("link", name="食品经营许可（新办）").first.click()
    clerk.get_by_label(re.compile("^申请人")).fill(APPLICANT["name"])
    clerk.get_by_label(re.compile("^证件号码")).fill("990101199003070016")
    clerk.get_by_label(re.compile("核对的证件")).fill("居民身份证原件")
    clerk.get_by_label("收件地窗口领取").check()
    clerk.get_by_role("button", name="登记并开始扫描").click()
    refused(clerk)
    clerk.get_by_label(re.compile("^证件号码")).fill(APPLICANT["id_number"])
    press(clerk, "登记并开始扫描", "已登记")

    clerk.get_by_role("button", name="发往办理地").click()
    refused(clerk, "申请书")
    clerk.get_by_label("申请书 扫描件").set_input_files(
        {"name": "申请书.pdf", "mimeType": "application/pdf", "buffer": SAMPLE_PDF}
    )
    press(clerk, "上传", "扫描件已上传")
    press(clerk, "与原件及形式标准一致", "材料核对情况已登记")
    press(clerk, "发往办理地", "已发往办理地")
    number = clerk.get_by_text(re.compile(r"KY610902-\d{4}-\d{6}")).first.inner_text()

    phone = people.citizen(360, 740)
    phone.goto("/progress")
    phone.get_by_label(re.compile("^编号")).fill(re.search(r"KY[\d-]+", number).group())  # type: ignore[union-attr]
    phone.get_by_label(re.compile("后 6 位")).fill(APPLICANT["id_number"][-6:])
    phone.get_by_role("button", name="按编号查询").click()
    expect(phone.get_by_role("heading", level=1)).to_contain_text("食品经营许可")
    expect(phone.get_by_text("办理地编号")).to_be_visible()
