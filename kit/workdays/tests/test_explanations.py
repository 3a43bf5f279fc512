"""What a deadline says of each day, word for word: citizens read it on the case page and on papers."""

from __future__ import annotations

from datetime import date

from kit.workdays import (
    DayKind,
    Deadline,
    Extension,
    Limit,
    Outcome,
    Overrides,
    Pause,
    SpecialDay,
    Unit,
    WeeklyHours,
    day_hours,
    due,
    local_instant,
    merge,
    shipped_calendar,
)

CALENDAR = shipped_calendar(WeeklyHours.weekdays("09:00-12:00", "13:00-17:00"))
TEN, FIVE_PM = 10 * 60, 17 * 60


def day(text: str) -> date:
    return date.fromisoformat(text)


def working_days(start: str, amount: int, *, minute: int = TEN) -> Deadline:
    return due(local_instant(day(start), minute), Limit(amount, Unit.WORKING_DAY), CALENDAR)


def test_the_explanation_of_twenty_days_over_the_new_year_says_which_days_are_provisional() -> None:
    lines = working_days("2026-12-04", 20).explain()

    assert lines[0].text == "2026-12-04 星期五：起算当天不计入，自次日开始计算"
    assert lines[1].text == "2026-12-05 星期六：周末，不计入"
    assert lines[3].text == "2026-12-07 星期一 第 1 天：工作日"
    assert lines[-4].text == "2027-01-01 星期五：元旦（法定节假日），不计入（暂定）"
    assert lines[-1].text == "2027-01-04 星期一 第 20 天：工作日，期限至当日 23:59 届满（暂定）"
    assert [line.on.year for line in lines if line.provisional] == [2027] * 4


def test_the_explanation_names_holidays_and_make_up_days() -> None:
    texts = [line.text for line in working_days("2026-09-30", 5).explain()]

    assert texts[1] == "2026-10-01 星期四：国庆节假期，不计入"
    assert "2026-10-10 星期六 第 3 天：国庆节调休上班" in texts


def test_an_open_pause_is_explained_up_to_its_first_day() -> None:
    pause = Pause(local_instant(day("2026-03-05"), TEN), None, "检验", "送检样品")
    deadline = due(local_instant(day("2026-03-02"), TEN), Limit(10, Unit.WORKING_DAY), CALENDAR, [pause])

    lines = deadline.explain()

    assert [line.outcome for line in lines] == [Outcome.START, Outcome.COUNTED, Outcome.COUNTED, Outcome.PAUSED]
    assert lines[-1].text == "2026-03-05 星期四：自 2026-03-05 10:00 起暂停计时：检验（送检样品），恢复后继续计算"
    assert deadline.summary() == "自 2026-03-02 起 10 个工作日，现暂停计时（检验），恢复后确定到期时间。"


def test_an_extension_adds_to_the_limit_and_says_so_on_each_day() -> None:
    extension = Extension(10, Unit.WORKING_DAY, "案情复杂", "行政许可法第四十二条")
    deadline = due(local_instant(day("2026-03-02"), TEN), Limit(20, Unit.WORKING_DAY), CALENDAR, extensions=[extension])

    assert deadline.due_on == day("2026-04-14")  # 20 days to 3-30, 清明 4–6 off, ten more
    lines = deadline.explain()
    assert [line.number for line in lines if "延期" in line.reason] == list(range(21, 31))
    assert lines[-1].reason == "工作日（延期第 10 天：案情复杂），期限至当日 23:59 届满"
    assert deadline.summary() == "自 2026-03-02 起 20 个工作日，延期 10 个工作日：案情复杂，于 2026-04-14 23:59 到期。"


def test_an_immediate_case_says_why_it_moved() -> None:
    deadline = due(local_instant(day("2026-11-20"), FIVE_PM), Limit.same_day(), CALENDAR)

    assert [line.text for line in deadline.explain()] == [
        "2026-11-20 星期五：收到时当天服务时间已结束，自下一个工作日起",
        "2026-11-21 星期六：周末，不计入",
        "2026-11-22 星期日：周末，不计入",
        "2026-11-23 星期一：工作日，收到后的首个工作日，当天办结，期限至当日 23:59 届满",
    ]
    assert deadline.summary() == "2026-11-20 收到，当日办结，于 2026-11-23 23:59 到期。"


def test_the_reasons_of_a_centers_own_days_reach_the_explanation() -> None:
    calendar = merge(
        CALENDAR,
        Overrides(
            2,
            days=(
                SpecialDay(day("2026-08-04"), DayKind.CLOSURE, "台风"),
                SpecialDay(day("2026-08-05"), DayKind.SPECIAL_HOURS, "培训", day_hours("09:00-12:00")),
                SpecialDay(day("2026-08-06"), DayKind.HOLIDAY, "古尔邦节"),
                SpecialDay(day("2026-08-08"), DayKind.MAKE_UP, "古尔邦节"),
            ),
        ),
    )
    lines = due(local_instant(day("2026-08-03"), TEN), Limit(3, Unit.WORKING_DAY), calendar).explain()

    assert [line.reason for line in lines[1:]] == [
        "中心闭馆：台风，不计入",
        "工作日（培训，服务时间 09:00–12:00）",
        "古尔邦节放假，不计入",
        "工作日",
        "古尔邦节调休上班，期限至当日 23:59 届满",
    ]


def test_hours_of_a_case_received_after_closing_begin_the_next_working_day() -> None:
    lines = due(local_instant(day("2026-11-20"), FIVE_PM), Limit(8, Unit.HOUR), CALENDAR).explain()

    assert [line.text for line in lines] == [
        "2026-11-20 星期五：收到时当天服务时间已结束",
        "2026-11-21 星期六：周末，不计入",
        "2026-11-22 星期日：周末，不计入",
        "2026-11-23 星期一：工作日，计 7 小时，累计 7 小时",
        "2026-11-24 星期二：工作日，计 1 小时，累计 8 小时，期限至当日 10:00 届满",
    ]


def test_calendar_days_explain_why_the_last_one_moved() -> None:
    lines = due(local_instant(day("2026-09-19"), TEN), Limit(6, Unit.CALENDAR_DAY), CALENDAR).explain()

    assert [line.text for line in lines] == [
        "2026-09-19 星期六：起算当天不计入，自次日开始计算",
        "2026-09-20 星期日 第 1 天：自然日",
        "2026-09-21 星期一 第 2 天：自然日",
        "2026-09-22 星期二 第 3 天：自然日",
        "2026-09-23 星期三 第 4 天：自然日",
        "2026-09-24 星期四 第 5 天：自然日",
        "2026-09-25 星期五 第 6 天：自然日，适逢中秋节假期，期限顺延",
        "2026-09-26 星期六：中秋节假期，继续顺延",
        "2026-09-27 星期日：中秋节假期，继续顺延",
        "2026-09-28 星期一：工作日，休息日后顺延至本日，期限至当日 23:59 届满",
    ]


def test_calendar_days_that_need_not_move_say_nothing_of_it() -> None:
    lines = due(local_instant(day("2026-11-20"), TEN), Limit(3, Unit.CALENDAR_DAY), CALENDAR).explain()

    assert [line.reason for line in lines[1:]] == ["自然日", "自然日", "自然日，期限至当日 23:59 届满"]


def test_only_the_open_one_of_two_pauses_is_told_as_going_on() -> None:
    pauses = [
        Pause(local_instant(day("2026-03-04"), TEN), local_instant(day("2026-03-04"), FIVE_PM), "检验"),
        Pause(local_instant(day("2026-03-06"), TEN), None, "专家评审"),
    ]
    deadline = due(local_instant(day("2026-03-02"), TEN), Limit(10, Unit.WORKING_DAY), CALENDAR, pauses)

    assert [line.reason for line in deadline.explain()[2:]] == [
        "暂停计时：检验",
        "工作日",
        "自 2026-03-06 10:00 起暂停计时：专家评审，恢复后继续计算",
    ]


def test_hours_used_up_before_a_pause_on_the_same_day_say_nothing_of_it() -> None:
    pause = Pause(local_instant(day("2026-11-23"), 14 * 60), None, "检验")
    limit = Limit(2, Unit.HOUR)

    [line] = due(local_instant(day("2026-11-23"), TEN), limit, CALENDAR, [pause]).explain()
    assert line.reason == "工作日，计 2 小时，累计 2 小时，期限至当日 12:00 届满"
    [line] = due(local_instant(day("2026-11-23"), 13 * 60 + 30), limit, CALENDAR, [pause]).explain()
    assert line.reason == ("工作日，计 30 分，累计 30 分；自 2026-11-23 14:00 起暂停计时：检验，恢复后继续计算")


def test_a_paper_tells_days_of_one_kind_together() -> None:
    assert working_days("2026-09-30", 5).spans() == [
        "2026-09-30：起算当天不计入，自次日开始计算",
        "2026-10-01 至 2026-10-07：国庆节假期，不计入",
        "2026-10-08 至 2026-10-09 计入第 1 至 2 日：工作日",
        "2026-10-10 计入第 3 日：国庆节调休上班",
        "2026-10-11：周末，不计入",
        "2026-10-12 计入第 4 日：工作日",
        "2026-10-13 计入第 5 日：工作日，期限至当日 23:59 届满",
    ]


def test_the_days_of_an_extension_are_told_together_too() -> None:
    extended = due(
        local_instant(day("2026-11-23"), TEN),
        Limit(2, Unit.WORKING_DAY),
        CALENDAR,
        extensions=[Extension(2, Unit.WORKING_DAY, "案情复杂")],
    )
    assert extended.spans()[2:] == [
        "2026-11-26 计入第 3 日：工作日（延期：案情复杂）",
        "2026-11-27 计入第 4 日：工作日（延期：案情复杂），期限至当日 23:59 届满",
    ]
