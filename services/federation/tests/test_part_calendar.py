"""A calendar that changes moves the clocks that run here, and the other sites hear of it; and what counts for a day."""

from datetime import date, timedelta
from pathlib import Path

from kit.consumer import Delivery
from kit.events import Event, event_type
from kit.testing import MONDAY
from reference.testing import change_calendar, closed_on
from services.federation.domain.figures import figures_id
from services.federation.domain.parts import Applicant, Place
from services.federation.events import counting, room_incoming
from services.federation.handlers import joints, part_calendar, parts
from services.federation.handlers.parts import OpenedCase
from services.federation.tests.joined_rooms import CITY, COUNTY, PARTNER, Joined
from tongban.approval_routing.v1 import events_pb2 as approval
from tongban.approval_routing.v1 import messages_pb2 as approval_messages
from tongban.queuing.v1 import events_pb2 as queuing
from tongban.queuing.v1 import messages_pb2 as queuing_messages


def test_a_closure_moves_the_part_that_is_handled_here_at_every_site(tmp_path: Path) -> None:
    joined = Joined(tmp_path, COUNTY, CITY, PARTNER)
    case = OpenedCase("case-1", "LB-1", "开办运输企业", "j-1", Applicant("张三"), ())
    joint = joints.open_joint(
        room=joined[CITY].room, call=joined.call(CITY), place=Place("", "610900"), case=case, days=20,
        planned=[("现场核查", Place(COUNTY, "610902"), 3)],
    )  # fmt: skip
    joined.settle()
    (part_id,) = (each.part_id for each in joint.parts)
    county = joined[COUNTY]
    taken = parts.answer_offer(
        room=county.room, call=joined.call(COUNTY), part_id=part_id, accepted=True, department_key="", reason="",
        expected_version=0,
    )  # fmt: skip
    joined.settle()
    subscription = part_calendar.recounting(county.room).subscription()
    change_calendar(county.store, county.room.desk.reference, subscription, closed_on(date(2026, 11, 24)))
    joined.settle()
    moved = county.room.parts.get(part_id).clock
    assert taken.clock is not None
    assert moved is not None
    assert (moved.due_at - taken.clock.due_at).days == 1
    assert joined[CITY].room.parts.get(part_id).clock == moved
    assert joined[CITY].room.joints.get(joint.id).parts[0].due_at == moved.due_at


def test_what_happens_in_a_center_counts_for_its_day_once(tmp_path: Path) -> None:
    joined = Joined(tmp_path, COUNTY)
    room = joined[COUNTY].room
    decision = approval_messages.Decision(outcome=approval_messages.OUTCOME_DENIED)
    happened = {
        "e1": ("queuing", queuing.TicketFinished(ticket=queuing_messages.Ticket(center_id="610902"))),
        "e2": ("approval_routing", approval.CaseDecided(
            case=approval_messages.Case(center_id="610902", decision=decision))),
    }  # fmt: skip
    handlers = counting.subscription(room).handlers
    for id, (service, message) in [*happened.items()] * 2:
        type = event_type(service, message.DESCRIPTOR.name)
        event = Event(id, type, f"x/{service}", id, "j", MONDAY, message.SerializeToString())
        handlers[type](Delivery(event, "federation.figures", joined.system()))
    joined.clock.advance(timedelta(days=1))
    joined.sweep(COUNTY)
    assert room.figures.get(figures_id(COUNTY, "610902", "2026-11-23")).counts == {"denied": 1, "visits": 1}


def test_every_type_of_letter_has_somebody_who_takes_it(tmp_path: Path) -> None:
    room = Joined(tmp_path, COUNTY)[COUNTY].room
    assert {type.partition(".")[0] for type in room_incoming.takers(room)} == {
        "part", "urging", "feedback", "standard", "figures",
    }  # fmt: skip
