"""One whole visit through the pages: ticket, call, papers, approval, result, evaluation, complaint."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import People
from tests.e2e.sample_day import APPLICANT
from tests.e2e.steps import hand_in_everything, press, sign, take_ticket

IDENTITY_CARD = "居民身份证换补领"


def reload_until(page: Page, text: str) -> None:
    """A page of something that follows by an event shows it a moment later."""
    for _ in range(40):
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(250)
        page.reload()
    raise AssertionError(f"{page.url} never shows {text}")


def test_a_visit_from_the_ticket_to_the_complaint(people: People) -> None:
    kiosk = people.citizen(1080, 1920)
    code, number = take_ticket(kiosk, IDENTITY_CARD, id_number=APPLICANT["id_number"])
    phone = people.citizen(360, 740)
    phone.goto(f"/t/{code}")
    expect(phone.get_by_text("前面还有 0 人")).to_be_visible()
    board = people.citizen(1080, 1920)
    board.goto("/board/610902")
    expect(board.get_by_text("实时更新中")).to_be_visible()

    clerk = people.staff("hb-clerk-12")
    clerk.goto("/counter/610902-12")
    press(clerk, "开放窗口", "窗口已开放")
    press(clerk, "叫下一位", "已叫号")
    expect(clerk.locator(".current .number")).to_contain_text(number)
    # Both hear of it without being asked to look.
    expect(board.locator(".call").first).to_contain_text(number)
    expect(board.locator(".call").first).to_contain_text("12")
    expect(phone.get_by_text(re.compile(r"请到\s*12\s*号窗口"))).to_be_visible()

    press(clerk, "开始办理", "已开始办理")
    clerk.get_by_label("姓名或单位名称").fill(APPLICANT["name"])
    clerk.get_by_label("证件号码").fill(APPLICANT["id_number"])
    clerk.get_by_label("联系电话").fill(APPLICANT["phone"])
    hand_in_everything(clerk)
    press(clerk, "收件并出具凭证", "已收件")
    press(clerk, "受理", "已受理", exact=True)
    for paper in ("收件凭证", "受理通知书"):
        link = clerk.get_by_role("link", name=re.compile(paper))
        answer = clerk.request.get(str(link.get_attribute("href")))
        assert answer.ok
        assert answer.body().startswith(b"%PDF")
    body = clerk.locator("#desk").inner_text()
    assert APPLICANT["id_number"] not in body
    assert "990101********0015" in body
    case_number = clerk.locator("dd.code").first.inner_text()
    press(clerk, "办理结束", "本次办理已结束")

    reviewer = people.staff("hb-reviewer-16")
    reviewer.goto("/approval")
    reload_until(reviewer, case_number)
    reviewer.get_by_role("link", name=case_number).click()
    press(reviewer, "领取此环节", "已领取")
    expect(reviewer.locator("body")).not_to_contain_text(APPLICANT["id_number"])
    reviewer.get_by_text("显示完整信息").first.click()
    reviewer.get_by_label("查看用途").fill("核对申请人身份")
    reviewer.get_by_role("button", name="显示完整信息").click()
    expect(reviewer.locator(".revealed")).to_contain_text(APPLICANT["id_number"])
    reviewer.get_by_label("审查意见").fill("材料齐全，符合条件。")
    press(reviewer, "通过，转下一环节", "本环节已通过")

    approver = people.staff("hb-approver-16")
    approver.goto("/approval")
    reload_until(approver, case_number)
    approver.get_by_role("link", name=case_number).click()
    press(approver, "领取此环节", "已领取")
    approver.get_by_label("准予", exact=True).check()
    press(approver, "作出决定", "决定已作出")

    chief = people.staff("hb-chief-16")
    chief.goto("/fees")
    reload_until(chief, case_number)
    chief.get_by_role("link", name=case_number).click()
    for fee, count in (("换领", "1"), ("补领", "0"), ("临时身份证", "0")):
        chief.get_by_label(re.compile(fee)).fill(count)
    press(chief, "核算", "金额已核算")

    clerk.goto("/results")
    press(clerk, f"制作结果文书 {case_number}", "结果文书已制作")
    clerk.goto("/fees")
    clerk.get_by_role("link", name=case_number).click()
    clerk.get_by_label("银行").fill("样例银行")
    clerk.get_by_label(re.compile("^回执号")).fill("样例回执一")
    clerk.get_by_label(re.compile("^金额（元）")).fill("20.00")
    clerk.get_by_label("缴费日期").fill(people.site.today())
    press(clerk, "登记", "缴费已登记", exact=True)
    clerk.goto("/results?state=issued")
    made = clerk.get_by_role("listitem").filter(has_text=case_number)
    clerk.get_by_text(f"登记送达 {case_number}").click()
    made.get_by_label("领取人姓名").fill(APPLICANT["name"])
    made.get_by_label("证件号码").fill(APPLICANT["id_number"])
    made.get_by_label("核验方式").select_option(index=1)
    sign(clerk, made.get_by_label("签名板"))
    made.get_by_role("button", name="登记送达").click()
    expect(clerk.get_by_text("已登记送达")).to_be_visible()

    reload_until(phone, "评价本次服务")
    phone.get_by_role("link", name="评价本次服务").click()
    phone.get_by_label("非常满意").check()
    phone.get_by_role("button", name="提交评价").click()
    expect(phone.get_by_role("heading", name="感谢您的评价")).to_be_visible()
    phone.get_by_role("link", name="投诉或建议").click()
    phone.get_by_label("反映的问题").select_option(label="办事效率")
    phone.get_by_label("具体情况").fill("希望增加窗口。")
    phone.get_by_label("您的姓名").fill("例云帆")
    phone.get_by_label("联系电话").fill(APPLICANT["phone"])
    phone.get_by_role("button", name="提交").click()
    expect(phone.get_by_text("投诉已登记")).to_be_visible()
    complaint_number = phone.locator(".code").first.inner_text()

    supervisor = people.staff("hb-supervisor-01")
    supervisor.goto("/complaints")
    supervisor.get_by_role("link", name=complaint_number).click()
    expect(supervisor.locator("body")).not_to_contain_text(APPLICANT["phone"])
    supervisor.get_by_label("承办部门").select_option(label="安康市公安局汉滨分局")
    press(supervisor, "交办", "已交办", exact=True)
    supervisor.get_by_label("调查情况").fill("高峰时段等候较长。")
    supervisor.get_by_label("责任划分").select_option("center")
    press(supervisor, "登记", "调查情况已登记", exact=True)
    supervisor.get_by_label("答复内容").fill("已增开一个窗口。")
    press(supervisor, "答复", "答复已登记", exact=True)
    supervisor.get_by_label("满意", exact=True).check()
    supervisor.get_by_label("回访记录").fill("来电回访，表示认可。")
    press(supervisor, "登记回访", "回访已登记")
    press(supervisor, "办结投诉", "投诉已办结")
    phone.reload()
    expect(phone.get_by_text("已增开一个窗口。")).to_be_visible()
    expect(phone.get_by_text("已办结", exact=True)).to_be_visible()
    # What staff wrote for themselves stays with them.
    expect(phone.locator("body")).not_to_contain_text("高峰时段等候较长")

    supervisor.get_by_role("link", name="相关服务全过程").click()
    lines = supervisor.locator(".journey li")
    expect(lines.first).to_be_visible()
    assert lines.count() >= 10
