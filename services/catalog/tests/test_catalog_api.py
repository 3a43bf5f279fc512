from collections.abc import Callable
from typing import Any

import pytest

from kit.actor import PUBLIC, Actor
from kit.call import Call, enter_call, leave_call
from kit.errors import Conflict, Invalid
from kit.testing import MONDAY
from reference.policies import ALL
from services.catalog.domain.items import ItemState, ItemVersion
from services.catalog.events.messages import item_message
from services.catalog.grpc_api import CatalogApi
from services.catalog.tests.conftest import ADMIN, CITY, COUNTY, MANAGER, TOWN, World, guide
from tongban.catalog.v1 import messages_pb2 as pb
from tongban.catalog.v1 import service_pb2 as rpc

Ask = Callable[..., Any]


@pytest.fixture
def ask(federation: World) -> Ask:
    """Calls an RPC's implementation as somebody; the request is named after it."""
    api = CatalogApi(federation.catalog)

    def ask(name: str, who: Actor = MANAGER, **request: Any) -> Any:
        token = enter_call(Call(who, MONDAY))
        try:
            return getattr(api, name)(getattr(rpc, f"{name}Request")(**request), None)
        finally:
            leave_call(token)

    return ask


def message(**changes: Any) -> pb.ServiceItem:
    """The sample guide as a department sends it."""
    full = item_message("", COUNTY, ItemVersion(0, ItemState.DRAFT, guide()), 0)
    for name, value in changes.items():
        setattr(full, name, value)
    full.ClearField("state")
    return full


def test_centers_are_read_by_anybody_and_put_by_an_administrator(ask: Ask) -> None:
    listed = ask("ListCenters", PUBLIC).centers
    assert [one.id for one in listed] == [CITY, COUNTY, TOWN]
    one = ask("GetCenter", PUBLIC, center_id=COUNTY).center
    assert one == listed[1]
    assert [window.id for window in one.windows] == [f"{COUNTY}-01", f"{COUNTY}-02"]
    one.name = "改名政务服务中心"
    put = ask("PutCenter", ADMIN, center=one, expected_version=one.version).center
    assert (put.name, put.version) == ("改名政务服务中心", 2)
    assert ask("GetCenter", PUBLIC, center_id=COUNTY).center == put


def test_a_center_of_no_known_level_or_kind_of_window_is_refused(ask: Ask) -> None:
    one = ask("GetCenter", center_id=COUNTY).center
    one.windows[0].kind = pb.WINDOW_KIND_UNSPECIFIED
    with pytest.raises(Invalid, match="enum_unknown"):
        ask("PutCenter", ADMIN, center=one, expected_version=1)


def test_an_item_keeps_every_field_on_its_way_to_the_public(ask: Ask) -> None:
    drafted = ask("DraftItem", item=message()).item
    assert (drafted.state, drafted.item_version, drafted.version) == (pb.ITEM_STATE_DRAFT, 1, 1)
    ask("SubmitItem", item_id=drafted.id, item_version=1, expected_version=1)
    returned = ask("ReturnItem", item_id=drafted.id, item_version=1, reason="请核对").item
    assert (returned.state, returned.review_note) == (pb.ITEM_STATE_DRAFT, "请核对")
    ask("DraftItem", item=message(id=drafted.id), expected_version=3)
    ask("SubmitItem", item_id=drafted.id, item_version=1)
    published = ask("PublishItem", item_id=drafted.id, item_version=1).item
    shown = ask("GetItem", PUBLIC, item_id=drafted.id).item
    assert shown == published == ask("ListItems", PUBLIC, center_id=COUNTY).items[0]
    expected = message(id=drafted.id, item_version=1, state=pb.ITEM_STATE_PUBLISHED, version=shown.version)
    expected.state = pb.ITEM_STATE_PUBLISHED
    expected.published_at.FromDatetime(MONDAY)
    assert shown == expected
    retired = ask("RetireItem", item_id=drafted.id, item_version=1, reason="停办").item
    assert (retired.state, retired.review_note) == (pb.ITEM_STATE_RETIRED, "停办")
    with pytest.raises(Conflict, match="item_not_published"):
        ask("GetItem", PUBLIC, item_id=drafted.id)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (message(coding_scheme="secret"), "coding_scheme_unknown"),
        (message(kind=9), "enum_unknown"),
        (pb.ServiceItem(center_id=COUNTY, name="甲", promised_limit=pb.Limit(amount=3)), "enum_unknown"),
        (
            pb.ServiceItem(
                center_id=COUNTY, name="甲", promised_limit=pb.Limit(amount=-3, unit=pb.LIMIT_UNIT_WORKING_DAY)
            ),
            "limit_invalid",
        ),
        (
            pb.ServiceItem(
                center_id=COUNTY, name="甲", promised_limit=pb.Limit(amount=3651, unit=pb.LIMIT_UNIT_WORKING_DAY)
            ),
            "limit_invalid",
        ),
        (pb.ServiceItem(center_id=COUNTY), "text_required"),
    ],
)
def test_a_guide_that_cannot_be_read_is_refused(ask: Ask, wrong: pb.ServiceItem, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask("DraftItem", item=wrong)
    assert refused.value.code == code


def test_a_list_of_an_unknown_state_is_refused(ask: Ask) -> None:
    with pytest.raises(Invalid, match="enum_unknown"):
        ask("ListItems", center_id=COUNTY, state=17)


def test_a_file_goes_out_and_in(ask: Ask) -> None:
    ask("DraftItem", item=message())
    exported = ask("ExportItems", center_id=COUNTY, format="csv")
    assert exported.items == 1
    report = ask("ImportItems", center_id=CITY, format="csv", content=exported.content, publish=True)
    assert (report.imported, report.bad, report.applied) == (1, 0, True)
    assert (report.rows[0].outcome, report.rows[0].name) == ("added", "食品经营许可")
    assert ask("GetItem", PUBLIC, item_id=report.rows[0].item_id).item.center_id == CITY


def test_a_policy_shows_every_setting_with_its_source(ask: Ask) -> None:
    request = rpc.SetPolicyRequest()
    request.value.number_value = 20
    put = ask("SetPolicy", center_id=CITY, key="pause_max_min", value=request.value).policy
    shown = {one.key: one for one in ask("GetPolicy", center_id=TOWN).policy.settings}
    assert shown.keys() == ALL.keys()
    assert shown["pause_max_min"].value.number_value == 20
    assert shown["pause_max_min"].set_by_center == CITY
    assert shown["late_grace_min"].set_by_center == ""
    assert all(one.source and one.title for one in shown.values())
    reset = ask("SetPolicy", center_id=CITY, key="pause_max_min", expected_version=put.version).policy
    assert {one.set_by_center for one in reset.settings} == {""}


def test_a_calendar_is_read_and_put_in_one_form(ask: Ask) -> None:
    before = ask("GetCalendar", PUBLIC, center_id=COUNTY)
    own = before.own
    own.update({"days": {"2026-12-01": {"kind": "closure", "name": "暴雪"}}})
    put = ask("PutCalendar", center_id=COUNTY, own=own, expected_version=before.calendar.version).calendar
    after = ask("GetCalendar", PUBLIC, center_id=COUNTY)
    assert after.calendar == put
    assert put.version == before.calendar.version + 1
    assert after.own["days"]["2026-12-01"]["name"] == "暴雪"
    assert put.data["version"] == put.version


def deadline_request(seconds: int, amount: int = 5, unit: int = pb.LIMIT_UNIT_WORKING_DAY) -> dict[str, Any]:
    request = rpc.ComputeDeadlineRequest(limit=pb.Limit(amount=amount, unit=unit))  # type: ignore[arg-type]
    request.start_at.seconds = seconds
    return {"start_at": request.start_at, "limit": request.limit}


def test_anybody_computes_a_deadline_and_reads_why(ask: Ask) -> None:
    seconds = int(MONDAY.timestamp())
    found = ask("ComputeDeadline", PUBLIC, center_id=COUNTY, **deadline_request(seconds)).deadline
    assert found.due_at.ToJsonString() == "2026-11-30T15:59:59.999Z"
    assert [line.effect for line in found.lines][-1] == "counted"
    assert found.lines[-1].number == 5
    assert not found.provisional


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (deadline_request(2**62), "start_at_invalid"),
        (deadline_request(-(2**62)), "start_at_invalid"),
        ({"limit": pb.Limit(amount=5, unit=pb.LIMIT_UNIT_WORKING_DAY)}, "start_at_invalid"),
        (deadline_request(0, unit=0), "enum_unknown"),
        (deadline_request(0, amount=-1), "limit_invalid"),
        (deadline_request(0, amount=4000), "limit_invalid"),
    ],
)
def test_a_deadline_that_cannot_be_computed_is_refused(ask: Ask, request_: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        ask("ComputeDeadline", PUBLIC, center_id=COUNTY, **request_)
    assert refused.value.code == code
