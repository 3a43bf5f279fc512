"""The desks for what sites do together: a visit for elsewhere, a round of an agreement, a joint case, what came up and down."""

from __future__ import annotations

import json
import re

from playwright.sync_api import expect

from tests.e2e.conftest import People
from tests.e2e.elsewhere import propose
from tests.e2e.running_site import CENTER, CITY, RunningSite, until
from tests.e2e.sample_day import APPLICANT, SampleDay
from tests.e2e.steps import press, refused

#: What the city proposes that the county collects.
LICENCE = "护士执业注册"


def test_a_visit_at_the_window_turns_out_to_be_for_another_place(people: People, day: SampleDay) -> None:
    clerk = people.staff("hb-clerk-07")
    clerk.goto("/counter/610902-07")
    clerk.get_by_role("link", name="异地事项").click()
    expect(clerk.get_by_text("同一次办事")).to_be_visible()
    clerk.get_by_role("link", name=re.compile("^协助网办")).first.click()
    clerk.get_by_label(re.compile("^申请人")).fill(APPLICANT["name"])
    clerk.get_by_label(re.compile("^证件号码")).fill(APPLICANT["id_number"])
    clerk.get_by_label(re.compile("核对的证件")).fill("居民身份证原件")
    clerk.get_by_label("电子送达").check()
    press(clerk, "登记并开始扫描", "已登记")
    expect(clerk.get_by_text("全程网办", exact=True)).to_be_visible()


def test_an_agreement_goes_round_by_editions(site: RunningSite, city: RunningSite, people: People) -> None:
    agreement = propose(site, city, LICENCE)
    manager = people.staff("hb-manager-01")
    manager.goto("/manage/agreements")
    manager.get_by_role("link", name=LICENCE).click()
    press(manager, "确认", "答复已发往对方站点", exact=True)
    propose(site, city, LICENCE, agreement, handling_unit="安康市行政审批局", effective_from="2027-01-01")
    manager.reload()
    differences = manager.get_by_role("region", name="第 2 版的变化")
    expect(differences).to_contain_text("安康市行政审批局")
    manager.get_by_text("不同意", exact=True).first.click()
    manager.get_by_label(re.compile("理由")).fill("单位名称有误。")
    press(manager, "不同意", "答复已发往对方站点", exact=True)

    manager.get_by_role("link", name="提出新版本").click()
    manager.get_by_label("转递（工作日）").fill("2")
    manager.get_by_label(re.compile("^生效日期")).fill("2027-01-01")
    press(manager, "向对方提出", "已向对方站点提出")
    expect(manager.get_by_role("region", name="第 3 版的变化")).to_contain_text("2 个工作日")


def test_a_lead_urges_and_answers_what_others_want(people: People, day: SampleDay) -> None:
    chief = people.staff("hb-chief-21")
    chief.goto("/cooperation")
    chief.get_by_role("link", name="多地联办").click()
    chief.get_by_role("link", name="LB610902-000001").click()
    chief.get_by_text("催办、督办或会商").click()
    chief.get_by_label(re.compile("^内容")).fill("请尽快核查。")
    press(chief, "发出", "等待答复", exact=True)
    expect(chief.get_by_text("还有 1 个环节没有答复")).to_be_visible()

    chief.goto("/cooperation/urgings")
    expect(chief.get_by_text("请尽快核查。")).to_be_visible()
    chief.get_by_label(re.compile("^答复")).first.fill("今天寄出。")
    press(chief, "答复", "答复已发往对方站点", exact=True)

    chief.get_by_role("link", name="异地评价、投诉").click()
    chief.get_by_text("查看回访电话").click()
    chief.get_by_label(re.compile("^查看目的")).fill("回访")
    chief.get_by_role("button", name="查看", exact=True).click()
    expect(chief.locator(".revealed")).to_have_text("15400000009")
    chief.get_by_text("核实处理完毕").click()
    chief.get_by_label(re.compile("^核实情况")).fill("属实。")
    chief.get_by_label(re.compile("^回访记录")).fill("已电话说明。")
    press(chief, "办结并答复", "已办结")


def test_what_came_down_is_localised(people: People, day: SampleDay) -> None:
    people.refusals_expected = True
    manager = people.staff("ak-manager-01")
    manager.goto("/cooperation/standards?kind=policy")
    card = manager.locator("section", has_text="站点间答复时限").first
    expect(card.get_by_role("row", name=re.compile("complaint_days"))).to_contain_text("不可")
    card.get_by_text("本地化").click()
    local = card.get_by_label(re.compile("答复其他站点"))
    local.fill("三天")
    card.get_by_role("button", name="保存").click()
    refused(manager, "格式不一致")
    local.fill("2")
    press(manager, "保存", "本地化内容已保存")
    expect(card.get_by_role("row", name=re.compile("urging_answer_days"))).to_contain_text("2")


def test_what_a_county_corrects_is_summed_in_the_citys_books(
    site: RunningSite, city: RunningSite, people_above: People, day: SampleDay
) -> None:
    reporter = site.person("hb-manager-01")
    reporter.put(f"/centers/{CENTER}/policy/figures_report_to", value=city.made.id)
    books = f"/centers/{CENTER}/figures/{site.today()}"
    reporter.post(books)
    site.public().post(f"/centers/{CENTER}/complaints", topic="fee", text="收费依据不清。", anonymous=True)
    until(lambda: reporter.post(books)["number"] > 1, "the complaint to count")
    above = city.person("ak-manager-01")
    counted = f"/centers/{CITY}/figures/{site.today()}"
    until(lambda: [each for each in above.get(counted)["figures"] if each["number"] > 1], "the day to reach the city")
    manager = people_above.staff("ak-manager-01")
    manager.goto(f"/cooperation/figures?day={site.today()}")
    expect(manager.get_by_role("row", name=re.compile(site.made.id))).to_contain_text("更正")
    expect(manager.get_by_role("row", name=re.compile("合计"))).to_be_visible()


def test_an_operator_sees_that_nothing_waits_and_says_where_a_line_goes_on(
    site: RunningSite, city: RunningSite, people: People, day: SampleDay
) -> None:
    admin = people.staff("hb-admin-01")
    admin.get_by_role("link", name="站点互联").click()
    admin.get_by_role("link", name=city.made.name).click()
    admin.get_by_role("link", name="重新衔接与留存的证据").click()
    expect(admin.get_by_text("没有停止的方向")).to_be_visible()
    word = admin.locator("form", has=admin.get_by_role("button", name="下载衔接文件"))
    word.get_by_label("谁写的函件").select_option(label=f"本站（{site.made.id}）")
    word.get_by_label("双方一致的最后一封").fill("0")
    word.get_by_label("本站批准人").fill("王主任")
    word.get_by_label("理由").fill("演练")
    with admin.expect_download() as got:
        word.get_by_role("button").click()
    assert json.loads(got.value.path().read_text(encoding="utf-8"))["link_anchor"]["from_site"] == site.made.id
    admin.goto("/relay")
    admin.get_by_role("link", name="搁置的函件").click()
    expect(admin.get_by_role("heading", level=1)).to_be_visible()
    admin.get_by_role("link", name="标准与日报").click()
    expect(admin.get_by_role("link", name="参数标准")).to_be_visible()
