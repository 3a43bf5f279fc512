"""One case on the pages of two sites: handed in at the county's window, decided at the city's desks, its result where the
citizen is."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from cli.demo.desk import SAMPLE_PDF
from tests.e2e.conftest import People
from tests.e2e.elsewhere import agree
from tests.e2e.running_site import CITY, RunningSite, until
from tests.e2e.sample_day import APPLICANT
from tests.e2e.steps import press

#: 社会保障卡补换: two materials, decided at once by the chief of department 12.
CARD = "社会保障卡补换"
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
    above.locator("input[type=file]").set_input_files(
        {"name": "社会保障卡.pdf", "mimeType": "application/pdf", "buffer": RESULT}
    )
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
    clerk.get_by_label(f"{material} 扫描件").set_input_files(
        {"name": f"{material}.pdf", "mimeType": "application/pdf", "buffer": content}
    )
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
