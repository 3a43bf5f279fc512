"""The RPCs: what is said on the wire, and to whom."""

from typing import TYPE_CHECKING

import pytest

from kit.actor import PUBLIC
from kit.errors import Invalid
from kit.testing import MONDAY, actor
from kit.timestamps import to_timestamp
from services.supervision.grpc_api import SupervisionApi
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.queuing.v1 import events_pb2 as queuing_events
from tongban.queuing.v1 import messages_pb2 as queuing
from tongban.supervision.v1 import messages_pb2, service_pb2

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench


@pytest.fixture
def api(bench: "Bench") -> SupervisionApi:
    ticket = queuing.Ticket(center_id="610902", number="A001", code="code-1", miss_reason="叫号三次未到")
    bench.deliver("queuing", queuing_events.TicketMissed(ticket=ticket))
    case = approval.Case(
        id="c-1",
        number="610902-1",
        center_id="610902",
        state=approval.CASE_STATE_PAUSED,
        accepted_at=to_timestamp(MONDAY),
        journey="j-1",
    )
    bench.deliver("approval_routing", approval_events.CasePaused(case=case))
    return SupervisionApi(bench.tower)


def test_the_holder_sees_neither_notes_nor_staff_ids(bench: "Bench", api: SupervisionApi) -> None:
    with bench.by(PUBLIC):
        journey = api.GetJourney(service_pb2.GetJourneyRequest(code="code-1"), None).journey
    assert [line.title for line in journey.lines] == ["过号 A001", "计时暂停"]
    assert {line.actor_id for line in journey.lines} == {""}
    assert {line.actor_name for line in journey.lines} == {"王工"}
    assert (journey.id, journey.center_id, journey.truncated) == ("j-1", "610902", False)


def test_staff_see_both(bench: "Bench", api: SupervisionApi) -> None:
    with bench.by(actor("clerk")):
        journey = api.GetJourney(service_pb2.GetJourneyRequest(journey_id="j-1"), None).journey
    assert journey.lines[0].title == "过号 A001（叫号三次未到）"
    assert journey.lines[0].actor_id == "staff-9"


def test_a_paused_watch_has_no_due_date(bench: "Bench", api: SupervisionApi) -> None:
    with bench.by(actor("supervisor")):
        running = api.ListWatches(service_pb2.ListWatchesRequest(center_id="610902"), None)
        paused = api.ListWatches(service_pb2.ListWatchesRequest(center_id="610902", state="paused"), None)
    assert list(running.watches) == []
    assert [(watch.id, watch.HasField("due_at"), watch.colour) for watch in paused.watches] == [
        ("case-c-1", False, messages_pb2.CARD_COLOUR_UNSPECIFIED)
    ]


def test_an_unknown_state_of_watches_is_refused(bench: "Bench", api: SupervisionApi) -> None:
    with bench.by(actor("supervisor")), pytest.raises(Invalid, match="watch_state_unknown"):
        api.ListWatches(service_pb2.ListWatchesRequest(center_id="610902", state="sleeping"), None)


def test_the_tally_is_told_by_type(bench: "Bench", api: SupervisionApi) -> None:
    with bench.by(actor("supervisor")):
        tallies = api.GetTally(service_pb2.GetTallyRequest(center_id="610902"), None).tallies
    assert {tally.type: tally.events for tally in tallies} == {
        "tongban.approval_routing.case_paused.v1": 1,
        "tongban.queuing.ticket_missed.v1": 1,
    }
