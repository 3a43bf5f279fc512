"""RPCs of reconciling and of routes, on the desk of a county."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kit.actor import Actor
from kit.call import Call, enter_call, leave_call
from kit.errors import Invalid, Stale
from services.relay.grpc_api.reconciling import ReconcileRpcs
from services.relay.handlers.outgoing import NoRoute, require_route
from services.relay.handlers.reconciling import Reconciling
from services.relay.tests.test_reconciling import Nights
from services.relay.tests.world import HUB, PARTNER, TOWN
from tongban.relay.v1 import events_pb2, reconcile_pb2, service_pb2


class Api(ReconcileRpcs):
    """The RPCs of one site of a world."""

    def __init__(self, world: Nights) -> None:
        self._reconciling: Reconciling = world.reconciling(world.child)
        self._desk = world.child.office.desk
        self._registry = self  # type: ignore[assignment]
        self._ids = world.child.office.ids

    def new_id(self, now: object) -> str:
        return self._ids.new_id(now)  # type: ignore[arg-type]


@pytest.fixture
def world() -> Nights:
    return Nights()


@pytest.fixture
def api(world: Nights) -> Iterator[Api]:
    actor = Actor("ops-1", "李运维", frozenset({"admin"}))
    token = enter_call(Call(actor, world.clock.now()))
    yield Api(world)
    leave_call(token)


def test_a_reconciling_is_asked_for_and_its_report_is_listed(world: Nights, api: Api) -> None:
    world.say_something()
    asked = api.ReconcileLink(service_pb2.ReconcileLinkRequest(link_id=world.wire.link, reason="例行"), None).report
    assert (asked.asked_by, asked.reason, asked.HasField("finished_at")) == ("李运维", "例行", False)
    request = service_pb2.ListReconcileReportsRequest(link_id=world.wire.link)
    world.talk(lambda: api.ListReconcileReports(request, None).reports[0].HasField("finished_at"))
    (report,) = api.ListReconcileReports(request, None).reports
    assert report.agrees
    assert [(each.way, each.last, each.differing) for each in report.directions] == [
        (reconcile_pb2.RECONCILE_WAY_OUT, 6, 0),
        (reconcile_pb2.RECONCILE_WAY_IN, 6, 0),
    ]


def test_routes_are_set_listed_and_taken_away(world: Nights, api: Api) -> None:
    office = world.child.office
    set_ = service_pb2.SetRouteRequest(pattern="51*", link_id=world.wire.link, approved_by="李处长", reason="协议")
    assert api.SetRoute(set_, None).route.version == 1
    assert [each.pattern for each in api.ListRoutes(service_pb2.ListRoutesRequest(), None).routes] == ["51*"]
    assert require_route(office.desk, PARTNER).peer == HUB
    with pytest.raises(Stale):
        api.SetRoute(service_pb2.SetRouteRequest(pattern="51*", expected_version=7, approved_by="李处长"), None)
    api.SetRoute(service_pb2.SetRouteRequest(pattern="51*", approved_by="李处长"), None)
    assert not api.ListRoutes(service_pb2.ListRoutesRequest(), None).routes
    with pytest.raises(Invalid, match="approver_missing"):
        api.SetRoute(service_pb2.SetRouteRequest(pattern="51*", link_id=world.wire.link), None)
    told = [events_pb2.RouteChanged.FromString(each.data) for each in office.told() if "route" in each.type]
    assert [(each.link_id, each.former_link_id, each.by.name, each.by.reason) for each in told] == [
        (world.wire.link, "", "李处长", "协议"),
        ("", world.wire.link, "李处长", ""),
    ]


@pytest.mark.parametrize("pattern", ["", "*", "6109", "not a site", "61*09"])
def test_a_route_to_no_place_is_refused(world: Nights, api: Api, pattern: str) -> None:
    with pytest.raises(Invalid):
        api.SetRoute(service_pb2.SetRouteRequest(pattern=pattern, link_id=world.wire.link, approved_by="李处长"), None)


def test_the_nearest_route_is_taken(world: Nights, api: Api) -> None:
    office = world.child.office
    parent = office.link_to(HUB)
    assert require_route(office.desk, TOWN) == parent, "to the parent where no route says otherwise"
    with pytest.raises(NoRoute):
        require_route(office.desk, TOWN, came_over=parent.id)
