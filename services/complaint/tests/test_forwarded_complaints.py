"""Complaints that were made at another site: filed here once, and what came of them told back (rules R04, R05)."""

from typing import TYPE_CHECKING

from kit.actor import service_actor
from kit.call import Call
from kit.consumer import Delivery
from kit.events import Event, event_type
from kit.store.port import AlreadyApplied
from services.complaint.domain import Complaint, ComplaintState, Source
from services.complaint.events import subscription
from tongban.complaint.v1 import events_pb2
from tongban.federation.v1 import feedback_events_pb2 as federation
from tongban.federation.v1 import urging_pb2 as urging

if TYPE_CHECKING:
    from services.complaint.tests.conftest import Bench


def hear(bench: "Bench", *, kind: urging.FeedbackKind.ValueType, named: bool = True, id: str = "e-1") -> None:
    said = urging.Feedback(
        id="f-1", kind=kind, text="材料被要求交两次", contact="13800005678", named=named, journey="j-1", about="case-1"
    )
    said.given_at.site = "610902.county"
    said.concerns.center_id = "610902"
    message = federation.FeedbackHandedOn(feedback=said, center_id="610902")
    group = subscription(bench.room)
    type = event_type("federation", "FeedbackHandedOn")
    event = Event(id, type, "x", "f-1", "j-1", bench.clock.now(), message.SerializeToString())
    try:
        group.handlers[type](Delivery(event, group.group, Call(service_actor("complaint"), bench.clock.now())))
    except AlreadyApplied:
        return


def filed(bench: "Bench") -> list[Complaint]:
    states = tuple(state.value for state in ComplaintState)
    return list(bench.room.complaints.find("by_center", center_id="610902", state=states).items)


def test_it_is_filed_once_with_a_promise_and_the_journey_of_the_case(bench: "Bench") -> None:
    for id in ("e-1", "e-1", "e-2"):
        hear(bench, kind=urging.FEEDBACK_KIND_COMPLAINT, id=id)
    (complaint,) = filed(bench)
    assert (complaint.source, complaint.from_site, complaint.text) == (
        Source.ELSEWHERE,
        "610902.county",
        "材料被要求交两次",
    )
    assert (complaint.subject.journey, complaint.subject.case_id) == ("j-1", "case-1")
    assert complaint.promise.due_at > bench.clock.now()
    assert complaint.complainant is not None
    assert complaint.complainant.phone == "13800005678"


def test_an_evaluation_is_no_complaint_and_who_stays_unknown_is_anonymous(bench: "Bench") -> None:
    hear(bench, kind=urging.FEEDBACK_KIND_EVALUATION)
    assert filed(bench) == []
    hear(bench, kind=urging.FEEDBACK_KIND_COMPLAINT, named=False)
    assert filed(bench)[0].complainant is None


def test_what_came_of_it_is_told_when_it_is_closed_and_of_no_other_complaint(bench: "Bench") -> None:
    hear(bench, kind=urging.FEEDBACK_KIND_COMPLAINT)
    for complaint in (filed(bench)[0], bench.file(anonymous=True)):
        bench.assign(complaint)
        bench.investigate(complaint)
        bench.answer(complaint)
        if complaint.complainant:
            bench.call_back(complaint)
        bench.close(complaint)
    type = event_type("complaint", "ForwardedComplaintClosed")
    (event,) = [each.event for each in bench.store.pending(100) if each.event.type == type]
    told = events_pb2.ForwardedComplaintClosed.FromString(event.data)
    assert (told.feedback_id, told.findings, told.measures) == ("f-1", "叫号机故障未报修", "已修复并致歉")
    assert told.callback_note == "满意。已电话回访"
