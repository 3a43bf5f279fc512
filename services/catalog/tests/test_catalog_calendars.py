from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kit.errors import Forbidden, Invalid, NotFound, Stale
from kit.testing import MONDAY
from kit.workdays import Calendar, Limit, Unit, due, shipped_calendar, shipped_years
from services.catalog import queries
from services.catalog.handlers import put_calendar, refresh, set_policy
from services.catalog.tests.conftest import CITY, COUNTY, TOWN, World, actor, names
from tongban.catalog.v1 import events_pb2

SUMMER = {"mon": ["08:30-12:00", "14:30-18:00"], "make_up": ["08:30-12:00"]}
STORM = {"days": {"2026-12-01": {"kind": "closure", "name": "暴雪"}}}


def put(world: World, center_id: str, own: dict[str, Any], **more: Any) -> None:
    put_calendar(catalog=world.catalog, call=world.call(), center_id=center_id, own=own, **more)


def holds(world: World, center_id: str) -> Calendar:
    return queries.get_calendar(catalog=world.catalog, center_id=center_id)[1]


def opening(calendar: Calendar, on: date) -> list[str]:
    return [slot.form for slot in calendar.opening_intervals(on)]


def test_a_new_center_has_the_shipped_years_and_the_policys_hours(federation: World) -> None:
    calendar = holds(federation, TOWN)
    assert [year.year for year in calendar.years] == [year.year for year in shipped_years()]
    assert opening(calendar, date(2026, 11, 23)) == ["09:00-12:00", "13:00-17:00"]
    assert federation.reference.calendar(TOWN).to_data() == calendar.to_data()


def test_a_closure_reaches_every_center_below_at_once_and_by_events(federation: World) -> None:
    put(federation, CITY, STORM)
    for center_id in (CITY, COUNTY, TOWN):
        assert not holds(federation, center_id).day_status(date(2026, 12, 1)).working
    told = federation.settle()
    assert [event.subject for event in told] == [CITY, COUNTY, TOWN]
    assert set(names(told)) == {"calendar_changed"}
    assert "暴雪" in federation.reference.calendar(TOWN).day_status(date(2026, 12, 1)).reason


def test_each_center_is_told_who_changed_it_and_what_is_different(federation: World) -> None:
    put(federation, CITY, STORM)
    federation.settle()
    put(federation, CITY, {"days": {}, "hours": SUMMER})
    told = [events_pb2.CalendarChanged.FromString(event.data) for event in federation.settle()]
    assert [(each.calendar.center_id, each.changed_by) for each in told] == [
        (center_id, federation.call().actor.name) for center_id in (CITY, COUNTY, TOWN)
    ]
    assert {each.difference for each in told} == {"2026-12-01 工作日；每周服务时间调整"}


def test_a_lower_center_takes_back_what_it_does_not_share(federation: World) -> None:
    put(federation, CITY, STORM)
    put(federation, TOWN, {"days": {"2026-12-01": {"kind": "regular", "name": "照常办公"}}})
    assert holds(federation, TOWN).day_status(date(2026, 12, 1)).working
    assert not holds(federation, COUNTY).day_status(date(2026, 12, 1)).working


def test_the_nearest_hours_win_be_they_a_calendars_or_a_policys(federation: World) -> None:
    def day_opens(center_id: str) -> str:
        return opening(holds(federation, center_id), date(2026, 11, 23))[0]

    def policy(center_id: str, value: Any) -> None:
        set_policy(
            catalog=federation.catalog, call=federation.call(), center_id=center_id, key="work_calendar", value=value
        )

    policy(CITY, {"mon": ["10:00-12:00"], "make_up": []})
    assert day_opens(TOWN) == "10:00-12:00"
    put(federation, COUNTY, {"hours": SUMMER})
    assert day_opens(TOWN) == "08:30-12:00"
    assert day_opens(CITY) == "10:00-12:00"
    policy(TOWN, {"mon": ["07:00-08:00"], "make_up": []})
    assert day_opens(TOWN) == "07:00-08:00"
    put(federation, TOWN, {"hours": SUMMER})
    assert day_opens(TOWN) == "08:30-12:00"
    federation.settle()
    for center_id in (CITY, COUNTY, TOWN):
        assert federation.reference.calendar(center_id).to_data() == holds(federation, center_id).to_data()


def test_how_a_center_counts_is_a_setting_that_its_calendar_tells(federation: World) -> None:
    set_policy(
        catalog=federation.catalog,
        call=federation.call(),
        center_id=CITY,
        key="limit_day_end",
        value="close_of_business",
    )
    told = [event for event in federation.settle() if "calendar" in event.type]
    assert [event.subject for event in told] == [CITY, COUNTY, TOWN]
    assert "期限届满时点" in events_pb2.CalendarChanged.FromString(told[-1].data).difference
    found = due(MONDAY, Limit(1, Unit.WORKING_DAY), federation.reference.calendar(TOWN))
    assert found.due_at == datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_a_center_may_have_what_comes_after_hours_count_as_of_the_next_working_day(federation: World) -> None:
    set_policy(
        catalog=federation.catalog,
        call=federation.call(),
        center_id=CITY,
        key="after_hours_start",
        value="next_working_day",
    )
    federation.settle()
    calendar = federation.reference.calendar(TOWN)
    within, behind = (due(MONDAY + timedelta(hours=each), Limit(1, Unit.WORKING_DAY), calendar) for each in (0, 9))
    assert (within.due_on, behind.due_on) == (date(2026, 11, 24), date(2026, 11, 25))
    assert "视为下一个工作日收到" in behind.explain()[0].reason


def test_a_policy_that_leaves_the_hours_alone_changes_no_calendar(federation: World) -> None:
    set_policy(catalog=federation.catalog, call=federation.call(), center_id=CITY, key="pause_max_min", value=20)
    assert set(names(federation.settle())) == {"policy_changed"}


def test_a_year_that_a_center_enters_settles_what_was_provisional(federation: World) -> None:
    on = date(2028, 3, 1)
    assert holds(federation, COUNTY).day_status(on).provisional
    put(
        federation,
        CITY,
        {"years": [{"year": 2028, "source": "样例通知", "off": {"2028-01-01": "元旦"}, "make_up": {}}]},
    )
    assert not holds(federation, COUNTY).day_status(on).provisional


def test_a_year_that_a_new_release_ships_reaches_every_center(
    federation: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_the_year_before(hours: Any) -> Calendar:
        calendar = shipped_calendar(hours)
        return Calendar(1, calendar.hours, calendar.years[:-1])

    with monkeypatch.context() as patch:
        patch.setattr("services.catalog.handlers.effective.shipped_calendar", of_the_year_before)
        refresh(catalog=federation.catalog, call=federation.call())
        assert len(federation.settle()) == 3
        assert not federation.reference.calendar(TOWN).is_published(2026)
    refresh(catalog=federation.catalog, call=federation.call())
    assert [event.subject for event in federation.settle()] == [CITY, COUNTY, TOWN]
    assert federation.reference.calendar(TOWN).is_published(2026)
    refresh(catalog=federation.catalog, call=federation.call())
    assert federation.settle() == []


MAKE_UP = {"kind": "make_up", "name": "集中办理"}
A_YEAR_OF_400_DAYS = {(date(2028, 1, 1) + timedelta(days=n)).isoformat(): "假期" for n in range(400)}


def notice(off: dict[str, str], make_up: dict[str, str] | None = None) -> dict[str, Any]:
    return {"year": 2028, "source": "国办发明电", "off": off, "make_up": make_up or {}}


@pytest.mark.parametrize(
    ("own", "code"),
    [
        ({"form": 2}, "calendar_form_unknown"),
        ({"weeks": []}, "calendar_field_unknown"),
        ({"days": {"2026-02-30": {"kind": "closure", "name": "无此日"}}}, "calendar_date_invalid"),
        ({"days": {"2026-12-01": {"kind": "party", "name": "聚会"}}}, "calendar_value_invalid"),
        ({"hours": {"mon": ["9-12"], "make_up": []}}, "calendar_hours_invalid"),
        ({"years": [notice({})]}, "calendar_year_empty"),
        ({"years": [notice(A_YEAR_OF_400_DAYS)]}, "calendar_value_invalid"),
        ({"years": [notice({"2030-01-01": "元旦"})]}, "calendar_date_conflict"),
        ({"years": [notice({"2028-01-01": "元旦"}), notice({"2028-01-03": "元旦"})]}, "calendar_date_conflict"),
        ({"years": [notice({"2028-01-01": "元旦"}, {"2028-01-01": "元旦"})]}, "calendar_date_conflict"),
        ({"years": [notice({"2028-01-01": "元旦"}, {"2028-01-04": "元旦"})]}, "calendar_date_conflict"),
        ({"days": {"2026-10-01": MAKE_UP}}, "calendar_make_up_on_holiday"),
        ({"days": {"2026-10-07": MAKE_UP}}, "calendar_make_up_on_holiday"),
        ({"days": {"2029-05-01": MAKE_UP}}, "calendar_make_up_on_holiday"),
    ],
)
def test_each_wrong_part_has_its_error_and_changes_nothing(federation: World, own: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        put(federation, COUNTY, own)
    assert refused.value.code == code
    assert federation.settle() == []


def test_a_center_may_work_on_a_weekend_and_open_on_a_holiday(federation: World) -> None:
    own = {
        "days": {"2026-12-05": MAKE_UP, "2027-01-01": {**MAKE_UP, "kind": "special_hours", "hours": ["09:00-12:00"]}}
    }
    put(federation, COUNTY, own)
    calendar = holds(federation, COUNTY)
    assert calendar.day_status(date(2026, 12, 5)).working
    assert calendar.opening_intervals(date(2027, 1, 1))
    assert not calendar.day_status(date(2027, 1, 1)).working


def test_a_year_between_two_published_ones_is_computed_and_says_so(federation: World) -> None:
    put(federation, CITY, {"years": [notice({"2028-01-01": "元旦"})]})
    calendar = holds(federation, CITY)
    gap, after = calendar.day_status(date(2027, 6, 1)), calendar.day_status(date(2028, 6, 1))
    assert (gap.provisional, after.provisional) == (True, False)
    assert due(MONDAY, Limit(300, Unit.WORKING_DAY), calendar).provisional


def test_strangers_and_stale_readers_are_refused(federation: World) -> None:
    with pytest.raises(NotFound, match="center_unknown"):
        put(federation, "999999", STORM)
    for who in (actor("clerk"), actor("manager", centers=(CITY,))):
        with pytest.raises(Forbidden):
            put_calendar(catalog=federation.catalog, call=federation.call(who), center_id=COUNTY, own=STORM)
    put(federation, COUNTY, STORM, expected_version=1)
    with pytest.raises(Stale):
        put(federation, COUNTY, {}, expected_version=1)


def test_the_same_part_again_changes_nothing(federation: World) -> None:
    put(federation, COUNTY, STORM)
    federation.settle()
    put(federation, COUNTY, STORM)
    assert federation.settle() == []


def deadline(world: World, start_at: datetime, limit: Limit, center_id: str = COUNTY) -> tuple[str, bool, list[str]]:
    found = queries.compute_deadline(catalog=world.catalog, center_id=center_id, start_at=start_at, limit=limit)
    assert found.due_on is not None
    return found.due_on.isoformat(), found.provisional, [line.outcome.value for line in found.explain()]


def test_a_deadline_counts_by_the_centers_calendar_and_explains_each_day(federation: World) -> None:
    due, provisional, lines = deadline(federation, MONDAY, Limit(5, Unit.WORKING_DAY))
    assert (due, provisional) == ("2026-11-30", False)
    assert lines == ["start", *["counted"] * 4, "skipped", "skipped", "counted"]
    put(federation, CITY, {"days": {"2026-11-25": {"kind": "closure", "name": "停电"}}})
    assert deadline(federation, MONDAY, Limit(5, Unit.WORKING_DAY))[0] == "2026-12-01"


def test_a_deadline_in_a_year_that_is_not_published_is_provisional(federation: World) -> None:
    due, provisional, _ = deadline(federation, MONDAY, Limit(40, Unit.WORKING_DAY))
    assert due.startswith("2027-01")
    assert provisional


def test_a_deadline_of_an_unknown_center_or_past_all_years_is_refused(federation: World) -> None:
    with pytest.raises(NotFound, match="center_unknown"):
        deadline(federation, MONDAY, Limit(5, Unit.WORKING_DAY), "999999")
    with pytest.raises(Invalid, match="date_out_of_range"):
        deadline(federation, datetime(9999, 12, 30, tzinfo=UTC), Limit(5, Unit.WORKING_DAY))
