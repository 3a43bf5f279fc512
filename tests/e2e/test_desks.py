"""The desks beside the straight way: missed, held and sent on; a file and a one-time notice; a rectification; windows."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import People
from tests.e2e.running_site import RunningSite
from tests.e2e.sample_day import APPLICANT, SampleDay, take
from tests.e2e.steps import hand_in_everything, press

#: 失业登记: called to windows 10 and 11; immediate, two materials.
UNEMPLOYMENT = "失业登记"
SMALLEST_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


def at_window(people: People, username: str, number: str) -> Page:
    """A clerk at an open window."""
    clerk = people.staff(username)
    clerk.goto(f"/counter/610902-{number}")
    press(clerk, "开放窗口", "窗口已开放")
    return clerk


def close(clerk: Page) -> None:
    """The clerk goes home."""
    clerk.get_by_text("关闭", exact=True).click()
    clerk.get_by_label(re.compile("关闭原因")).fill("下班")
    press(clerk, "关闭窗口", "窗口已关闭")


def test_a_missed_number_comes_back_is_held_and_sent_on(site: RunningSite, people: People) -> None:
    ticket = take(site.public(), UNEMPLOYMENT)
    other = at_window(people, "hb-clerk-11", "11")
    clerk = at_window(people, "hb-clerk-10", "10")
    press(clerk, "叫下一位", "已叫号")
    press(clerk, "重新呼叫", "已重新呼叫")
    clerk.get_by_text("过号", exact=True).click()
    clerk.get_by_label(re.compile("过号原因")).select_option("多次呼叫未到")
    press(clerk, "作过号处理", "已作过号处理")

    phone = people.citizen(360, 740)
    phone.goto(f"/t/{ticket['code']}")
    expect(phone.get_by_text("多次呼叫未到")).to_be_visible()
    phone.get_by_role("button", name="恢复排队").click()
    expect(phone.get_by_text("已恢复排队")).to_be_visible()

    press(clerk, "叫下一位", "已叫号")
    press(clerk, "开始办理", "已开始办理")
    clerk.locator("summary", has_text="挂起").click()
    clerk.get_by_label(re.compile("挂起原因")).fill("去复印材料")
    clerk.get_by_role("button", name="挂起", exact=True).click()
    expect(clerk.locator(".notice")).to_contain_text("号票已挂起")
    press(clerk, f"继续办理 {ticket['number']}", "已恢复办理")

    clerk.locator("summary", has_text="转出").click()
    clerk.get_by_label(re.compile("转到")).select_option("window:610902-11")
    clerk.locator("#transfer-reason").fill("设备故障")
    clerk.get_by_role("button", name="转出", exact=True).click()
    expect(clerk.locator(".notice")).to_contain_text("号票已转出")
    close(clerk)

    press(other, "叫下一位", "已叫号")
    expect(other.locator(".current .number")).to_contain_text(ticket["number"])
    press(other, "开始办理", "已开始办理")
    press(other, "办理结束", "本次办理已结束")
    close(other)


def test_a_file_is_uploaded_and_a_one_time_notice_is_mended(site: RunningSite, people: People) -> None:
    take(site.public(), UNEMPLOYMENT)
    clerk = at_window(people, "hb-clerk-06", "06")
    press(clerk, "叫下一位", "已叫号")
    press(clerk, "开始办理", "已开始办理")
    clerk.get_by_label("姓名或单位名称").fill(APPLICANT["name"])
    clerk.get_by_label("证件号码").fill(APPLICANT["id_number"])
    hand_in_everything(clerk)
    first = clerk.locator(".checklist > li").first
    first.get_by_label("不齐全").check()
    first.get_by_label("问题和补正要求").fill("缺少第二页，请补齐。")
    press(clerk, "收件并出具凭证", "已收件")

    clerk.get_by_text("修改或上传").first.click()
    clerk.get_by_label("上传文件").first.set_input_files(
        {"name": "第一页.png", "mimeType": "image/png", "buffer": SMALLEST_PNG}
    )
    press(clerk, "上传", "文件已上传", exact=True)
    expect(clerk.get_by_role("link", name="第一页.png")).to_be_visible()

    clerk.get_by_text("一次性告知（").click()
    press(clerk, "出具一次性告知书", "已出具一次性告知书")
    number = clerk.locator("dd.code").first.inner_text()
    press(clerk, "办理结束", "本次办理已结束")

    clerk.goto("/applications?state=supplement_requested")
    clerk.get_by_role("link", name=number).click()
    expect(clerk.get_by_text("缺少第二页，请补齐。").first).to_be_visible()
    clerk.get_by_label("已提交").last.check()
    press(clerk, "登记补正材料", "补正材料已登记")
    press(clerk, "受理", "已受理", exact=True)
    expect(clerk.get_by_role("link", name=re.compile("受理通知书"))).to_be_visible()
    clerk.goto("/counter/610902-06")
    close(clerk)


def test_a_rectification_is_answered_sent_back_and_closed(people: People, day: SampleDay) -> None:
    chief = people.staff("hb-chief-21")
    supervisor = people.staff("hb-supervisor-01")
    address = f"/rectifications/{day.rectification_id}"
    for conclusion, notice in (("退回继续整改", "复查结果已登记"), ("整改到位，办结", "复查结果已登记")):
        chief.goto(address)
        chief.get_by_label("核实情况").fill("当日窗口不足。")
        chief.get_by_label("整改措施").fill("增开一个窗口。")
        chief.get_by_label("回访记录").fill("已电话回访。")
        press(chief, "提交整改情况", "整改情况已提交")
        supervisor.goto("/supervision")
        supervisor.locator("section").last.get_by_role("link").first.click()
        supervisor.get_by_label(conclusion).check()
        supervisor.get_by_label("复查意见").fill("已核对。")
        press(supervisor, "登记复查", notice)
    expect(supervisor.locator("h1")).to_contain_text("已办结")


def test_an_order_of_supervision_is_answered_and_reviewed(people: People, day: SampleDay) -> None:
    chief, supervisor = people.staff("hb-chief-21"), people.staff("hb-supervisor-01")
    supervisor.goto(f"/supervision/watches/case-{day.open_id}/order")
    supervisor.get_by_label("督办要求").fill("请说明尚未办理的原因。")
    press(supervisor, "发出督办单", "督办单已发出")
    order = supervisor.url.partition("?")[0]
    for conclusion, state in (("退回重新答复", "待答复"), ("接受答复，办结", "已办结")):
        chief.goto(order)
        chief.get_by_label("答复", exact=False).last.fill("材料今日送达，明日办结。")
        press(chief, "提交答复", "答复已提交")
        supervisor.goto(order)
        supervisor.get_by_label(conclusion).check()
        supervisor.get_by_label("审核意见").fill("已核对。")
        press(supervisor, "登记审核", "审核意见已登记")
        expect(supervisor.locator("h1")).to_contain_text(state)


def test_a_manager_says_who_sits_where_today(people: People) -> None:
    manager = people.staff("hb-manager-01")
    manager.goto("/manage")
    seat = manager.get_by_label("01 号窗口今日安排")
    seat.select_option(index=1)
    who = seat.locator("option:checked").inner_text().split()[0]
    press(manager, "保存 01 号窗口安排", "窗口安排已更新")
    expect(manager.get_by_label("01 号窗口今日安排").locator("option:checked")).to_contain_text(who)
