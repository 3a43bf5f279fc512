"""What goes to and fro between the pages of two sites: a case that the county collects for the city, from the window to
the result where the citizen is; a joint case with its files; an agreement."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import FilePayload, Locator, Page, expect

from cli.demo.desk import SAMPLE_PDF
from tests.e2e.conftest import People
from tests.e2e.elsewhere import agree
from tests.e2e.running_site import CITY, RunningSite, until
from tests.e2e.sample_day import APPLICANT
from tests.e2e.steps import press

#: 社会保障卡补换: two materials, decided at once by the chief of department 12.
CARD = "社会保障卡补换"
#: 灵活就业人员参保登记: what the county asks the city to let it collect.
REGISTRATION = "灵活就业人员参保登记"
RESULT = SAMPLE_PDF + b"% the result"


def test_what_a_county_collects_is_decided_by_the_city_and_its_result_is_read_in_the_county(
    site: RunningSite, city: RunningSite, people: People, people_above: People, tmp_path: Path
) -> None:
    people.refusals_expected = True
    agree(site, city, CARD, materials=guide(city), modes=["collect_for"])
    clerk = people.staff("hb-clerk-07")
    number = hand_in(clerk)

    above = people_above.staff("ak-clerk-07")
    above.goto("/collecting?side=handling")
    reload_until(above, above.get_by_role("link", name=number))
    above.get_by_role("link", name=number).click()
    above.get_by_role("link", name="办理此件").click()
    address = above.url
    first = above.locator(".materials > li").first
    expect(first.get_by_role("link", name="身份证.pdf")).to_be_visible()
    first.get_by_text("修改或上传").click()
    first.get_by_label("不齐全").check()
    first.get_by_label("问题和补正要求").fill("缺少背面，请补齐。")
    first.get_by_role("button", name="更新").click()
    expect(above.locator(".notice")).to_contain_text("材料状态已更新")
    above.get_by_text("一次性告知（").click()
    press(above, "出具一次性告知书", "已出具一次性告知书")

    reload_until(clerk, clerk.get_by_role("heading", name="办理地一次性告知补正"))
    expect(clerk.get_by_text("缺少背面，请补齐。").first).to_be_visible()
    scan(clerk, "身份证", SAMPLE_PDF + b"% both sides")
    press(clerk, "发出补正材料", "补正材料已发往办理地")

    above.goto(address)
    reload_until(above, above.get_by_role("button", name="受理", exact=True))
    expect(above.get_by_text("一次性告知（")).to_have_count(0)
    press(above, "受理", "已受理", exact=True)
    case = above.locator("dd.code").first.inner_text()
    decide(people_above.staff("ak-chief-12"), case)
    above.goto("/results")
    press(above, f"制作结果文书 {case}", "结果文书已制作")
    above.goto("/collecting?side=handling")
    above.get_by_role("link", name=number).click()
    above.locator("input[type=file]").set_input_files(pdf("社会保障卡", RESULT))
    press(above, "上传结果文件", "结果文件已上传")

    reload_until(clerk, clerk.get_by_role("link", name=re.compile("下载结果文件")))
    assert downloaded(clerk, "下载结果文件", tmp_path) == RESULT
    press(clerk, "结果已到达本中心", "结果已登记到达")
    clerk.get_by_label(re.compile("^领取人姓名")).fill(APPLICANT["name"])
    press(clerk, "登记发放", "结果已发放")

    phone = people.signed_in(APPLICANT)
    phone.goto("/my")
    phone.get_by_role("link", name=number).click()
    assert downloaded(phone, "下载办理结果", tmp_path) == RESULT
    reload_until(phone, phone.get_by_text("送达", exact=False).last)
    above.reload()
    reload_until(above, above.locator("h1 .tag.delivered"))


def test_a_joint_case_on_paper_goes_to_the_city_with_its_files_and_its_answer_is_merged(
    site: RunningSite, city: RunningSite, people: People, people_above: People, tmp_path: Path
) -> None:
    chief = people.staff("hb-chief-21")
    chief.goto("/cooperation/joints")
    chief.get_by_role("link", name="发起多地联办").click()
    for label, text in (("办件编号", "纸质-1"), ("事项名称", "开办餐馆"), ("申请人", "例知远"), ("整件时限", "10")):
        chief.get_by_label(re.compile(f"^{label}")).fill(text)
    chief.get_by_label("请对方办什么").first.fill("消防核查")
    chief.get_by_label("办理时限（工作日）").first.fill("5")
    if chief.get_by_label("站点", exact=True).first.is_hidden():
        chief.locator("summary", has_text="不在其中，或指定部门").first.click()
    chief.get_by_label("站点", exact=True).first.select_option(city.made.id)
    chief.get_by_label("中心代码").first.fill(CITY)
    chief.get_by_role("button", name="再加一个环节").click()
    expect(chief.get_by_text("第 3 个环节", exact=True)).to_be_visible()
    expect(chief.get_by_label("请对方办什么").first).to_have_value("消防核查")
    chief.locator("input[type=file]").set_input_files(pdf("平面图", SAMPLE_PDF))
    press(chief, "发往各地", "联办件已发起")
    reload_until(chief, chief.get_by_text("待对方接收"))

    above = people_above.staff("ak-chief-12")
    above.goto("/cooperation?kind=joint")
    reload_until(above, above.get_by_role("link", name="纸质-1"))
    above.get_by_role("link", name="纸质-1").click()
    expect(above.get_by_text(f"{site.made.name}（{site.made.id}）").first).to_be_visible()
    assert downloaded(above, "平面图", tmp_path) == SAMPLE_PDF
    press(above, "接收办理", "已接收办理")
    above.get_by_label("同意", exact=True).check()
    above.get_by_label(re.compile("^办理意见")).fill("符合条件。")
    above.get_by_label("结果文件").set_input_files(pdf("核查报告", RESULT))
    press(above, "提交答复", "答复已发出")

    reload_until(chief, chief.get_by_role("button", name="合并答复"))
    joint = chief.url
    chief.get_by_role("link", name="消防核查").click()
    assert downloaded(chief, "核查报告", tmp_path) == RESULT
    chief.goto(joint)
    chief.get_by_label("同意", exact=True).check()
    chief.get_by_label(re.compile("^统一答复")).fill("可以开办。")
    press(chief, "合并答复", "合并答复已作出")


def test_an_agreement_that_the_collecting_side_proposes_is_confirmed_by_the_handling_side(
    site: RunningSite, city: RunningSite, people: People, people_above: People
) -> None:
    found = city.public().get(f"/centers/{CITY}/items", query=REGISTRATION)["items"]
    manager = people.staff("hb-manager-01")
    manager.goto("/manage/agreements/new?side=collecting")
    for label, text in (
        ("事项名称", REGISTRATION),
        ("对方的事项编号", found[0]["id"]),
        ("材料", "身份证｜原件"),
        ("对方中心代码", CITY),
        ("对方中心名称", "安康市政务服务中心"),
        ("办理单位", "安康市人力资源和社会保障局"),
        ("办理地联系人", "样办理"),
        ("办理地联系电话", "0915-0000002"),
        ("收件地联系人", "样代收"),
        ("收件地联系电话", "0915-0000001"),
        ("生效日期", "2026-01-01"),
    ):
        manager.get_by_label(re.compile(f"^{label}")).fill(text)
    manager.get_by_label("对方站点", exact=True).select_option(city.made.id)
    manager.get_by_label("异地代收代办").check()
    manager.get_by_label("收件地窗口领取").check()
    press(manager, "提出", "已向对方站点提出", exact=True)

    above = people_above.staff("ak-manager-01")
    above.goto("/manage/agreements")
    reload_until(above, above.get_by_role("link", name=REGISTRATION))
    above.get_by_role("link", name=REGISTRATION).click()
    expect(above.get_by_text("材料与本中心办事指南不一致")).to_be_visible()
    press(above, "确认", "答复已发往对方站点", exact=True)
    reload_until(manager, manager.get_by_text("执行中"))


def pdf(name: str, content: bytes) -> FilePayload:
    """A file as a browser takes it."""
    return {"name": f"{name}.pdf", "mimeType": "application/pdf", "buffer": content}


def guide(city: RunningSite) -> list[dict[str, object]]:
    """The item's materials as the city's guide has them."""
    found = city.public().get(f"/centers/{CITY}/items", query=CARD)["items"]
    item = city.public().get(f"/items/{next(each['id'] for each in found if each['name'] == CARD)}")
    return [{name: each.get(name, "") for name in ("key", "name", "main", "form")} for each in item["materials"]]


def hand_in(clerk: Page) -> str:
    """The clerk collects it at the window and sends it; its number in the county."""
    clerk.goto("/collecting")
    clerk.get_by_role("link", name=f"代收：{CARD}").first.click()
    clerk.get_by_label(re.compile("^申请人")).fill(APPLICANT["name"])
    clerk.get_by_label(re.compile("^证件号码")).fill(APPLICANT["id_number"])
    clerk.get_by_label(re.compile("核对的证件")).fill("居民身份证原件")
    clerk.get_by_label("收件地窗口领取").check()
    press(clerk, "登记并开始扫描", "已登记")
    for name in ("身份证", "社会保障卡申领登记表"):
        scan(clerk, name, SAMPLE_PDF)
    press(clerk, "发往办理地", "已发往办理地")
    return clerk.locator("dd.code").first.inner_text()


def scan(clerk: Page, material: str, content: bytes) -> None:
    """Scans a material and compares it with its original."""
    clerk.get_by_label(f"{material} 扫描件").set_input_files(pdf(material, content))
    clerk.locator(".materials > li", has_text=material).get_by_role("button", name="上传").click()
    expect(clerk.locator(".notice")).to_contain_text("扫描件已上传")
    clerk.get_by_role("button", name=re.compile(f"与原件及形式标准一致.*：{material}$")).click()
    expect(clerk.locator(".notice")).to_contain_text("材料核对情况已登记")


def decide(chief: Page, case: str) -> None:
    """The department's chief representative decides at once."""
    chief.goto("/approval")
    reload_until(chief, chief.get_by_role("link", name=case))
    chief.get_by_role("link", name=case).click()
    press(chief, "领取此环节", "已领取")
    chief.get_by_label("准予", exact=True).check()
    press(chief, "作出决定", "决定已作出")


def downloaded(page: Page, link: str, folder: Path) -> bytes:
    """What a link brings."""
    with page.expect_download() as coming:
        page.get_by_role("link", name=re.compile(link)).click()
    target = folder / "downloaded"
    coming.value.save_as(target)
    return target.read_bytes()


def reload_until(page: Page, shown: Locator) -> None:
    """Looks again until the letter is there."""

    def looked() -> bool:
        page.reload()
        return shown.count() > 0

    until(looked, str(shown))
