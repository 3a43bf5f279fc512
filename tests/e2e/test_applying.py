"""A citizen applies online for an item of the center: situation, form, files (rules C11, C14, C15)."""

from __future__ import annotations

from tests.e2e.conftest import People
from tests.e2e.sample_day import APPLICANT, SampleDay


def test_a_citizen_chooses_the_situation_fills_the_form_and_uploads(people: People, day: SampleDay) -> None:
    people.refusals_expected = True
    page = people.signed_in(APPLICANT)
    page.goto(f"/apply/610902/{day.with_form}")
    assert page.get_by_text("提交申请").count() == 0
    page.get_by_label("经营场所是").select_option("own")
    page.get_by_role("button", name="确定情形").click()
    needed = page.locator("section[aria-labelledby=needed]").inner_text()
    assert "申请书" in needed
    assert "租赁合同" not in needed

    page.get_by_label("姓名或单位名称").fill(APPLICANT["name"])
    page.get_by_label("证件号码", exact=False).first.fill(APPLICANT["id_number"])
    page.get_by_label("店铺名称").fill("样例茶铺")
    page.get_by_label("经营方式").select_option("chain")
    page.get_by_label("姓名", exact=True).first.fill("例知远")
    page.locator('[name="form.owners.0.id_number"]').fill(APPLICANT["id_number"])
    page.get_by_role("button", name="提交申请").click()
    assert "“总部信用代码”必填" in page.get_by_role("alert").first.inner_text()
    assert page.get_by_label("店铺名称").input_value() == "样例茶铺"
    people.photograph("applying")

    page.get_by_label("总部信用代码").fill("91110000600037341L")
    page.get_by_role("button", name="提交申请").click()
    assert page.locator("h1").inner_text() == "样例饮品店备案：上传材料"
    file = {"name": "申请书.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"}
    page.get_by_label("申请书 文件").set_input_files([file])  # type: ignore[list-item]
    page.get_by_role("button", name="上传").first.click()
    assert "申请书.pdf" in page.locator("ul.materials").inner_text()
