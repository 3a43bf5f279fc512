"""A citizen applies online for an item of the center: situation, form, files (rules C11, C14, C15)."""

from __future__ import annotations

from playwright.sync_api import expect

from cli.demo.desk import SAMPLE_PDF
from tests.e2e.conftest import People
from tests.e2e.sample_day import APPLICANT, SampleDay
from tests.e2e.steps import press, settled


def test_a_citizen_chooses_the_situation_fills_the_form_and_uploads(people: People, day: SampleDay) -> None:
    people.refusals_expected = True
    page = people.signed_in(APPLICANT)
    page.goto(f"/apply/610902/{day.with_form}")
    expect(page.get_by_label("经营场所是")).to_be_visible()
    assert page.get_by_text("提交申请").count() == 0
    page.get_by_label("经营场所是").select_option("own")
    page.get_by_role("button", name="确定情形").click()
    needed = page.locator("section[aria-labelledby=needed]")
    expect(needed).to_contain_text("申请书")
    expect(needed).not_to_contain_text("租赁合同")
    expect(page.get_by_role("button", name="提交申请")).to_be_visible()
    settled(page)

    page.get_by_label("姓名或单位名称").fill(APPLICANT["name"])
    page.get_by_label("证件号码", exact=False).first.fill(APPLICANT["id_number"])
    page.get_by_label("店铺名称").fill("样例茶铺")
    page.get_by_label("经营方式").select_option("chain")
    page.get_by_label("姓名", exact=True).first.fill("例知远")
    page.locator('[name="form.owners.0.id_number"]').fill(APPLICANT["id_number"])
    page.get_by_role("button", name="提交申请").click()
    expect(page.get_by_role("alert").first).to_contain_text("“总部信用代码”必填")
    settled(page)
    expect(page.get_by_label("店铺名称")).to_have_value("样例茶铺")
    people.photograph("applying")

    page.get_by_label("总部信用代码").fill("91110000600037341L")
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator("h1")).to_have_text("样例饮品店备案：上传材料")
    settled(page)
    page.get_by_label("申请书 文件").set_input_files(
        {"name": "申请书.pdf", "mimeType": "application/pdf", "buffer": SAMPLE_PDF}
    )
    press(page, "上传", "文件已上传")
    expect(page.locator("ul.materials")).to_contain_text("申请书.pdf")
