"""What was handed in at another place: taken in once, judged as any application, its files with relay (rules P01–P04)."""

from __future__ import annotations

from typing import Any

import pytest
from google.protobuf.message import Message

from kit.actor import service_actor
from kit.call import Call
from kit.consumer import Delivery
from kit.errors import Conflict, NotFound
from kit.events import Event, event_type
from kit.store.port import AlreadyApplied
from reference.testing import CENTER_ID, ITEM_ID
from services.intake.domain.application import ApplicationState, Channel
from services.intake.domain.material import Declared, MaterialState
from services.intake.events import subscriptions
from services.intake.handlers.judge import accept_application
from services.intake.handlers.show import download_material
from services.intake.handlers.supplement import request_supplement
from services.intake.tests.intake_hall import RESIDENT_ID, Hall, MakeHall, ScanTable
from tongban.federation.v1 import events_pb2, messages_pb2

CODE = "abcdefghjkmnpqrstvwxyz0123"
SCAN = messages_pb2.Scan(sha256="a" * 64, filename="申请书.pdf", media_type="application/pdf", size=3)


def crossing(**changes: Any) -> messages_pb2.Crossing:
    made = messages_pb2.Crossing(
        id="crossing-1",
        center_id=CENTER_ID,
        item_id=ITEM_ID,
        journey="journey-1",
        code=CODE,
        peer_site="511602.guangan",
        collecting_center_name="广安区政务服务中心",
        delivery="window",
        materials=[messages_pb2.CollectedMaterial(key="application-form", scans=[SCAN], originals=1)],
    )
    made.MergeFrom(messages_pb2.Crossing(**changes))
    return made


def arrival(**changes: Any) -> events_pb2.CrossingArrived:
    applicant = messages_pb2.CrossingApplicant(
        name="张三丰", id_type="resident_id", id_number=RESIDENT_ID, phone="13800005678"
    )
    return events_pb2.CrossingArrived(crossing=crossing(**changes), applicant=applicant)


def hear(hall: Hall, name: str, message: Message, id: str = "event-1") -> None:
    """An event of federation, perhaps again."""
    type = event_type("federation", name)
    event = Event(id, type, "x/federation", "crossing-1", "journey-1", hall.clock.now(), message.SerializeToString())
    group = next(each for each in subscriptions(hall.desk) if type in each.handlers)
    delivery = Delivery(event, group.group, Call(service_actor("intake"), hall.clock.now()))
    try:
        group.handlers[type](delivery)
    except AlreadyApplied:
        return


def test_it_gets_a_number_of_its_own_and_keeps_the_citizens_code_and_journey(make_hall: MakeHall) -> None:
    hall = make_hall()
    hear(hall, "CrossingArrived", arrival())
    (application,) = hall.desk.applications.find("by_center", center_id=CENTER_ID).items
    assert application.state is ApplicationState.RECEIVED
    assert application.channel is Channel.ELSEWHERE
    assert (application.code, application.journey, application.crossing_id) == (CODE, "journey-1", "crossing-1")
    assert application.number
    assert application.collected_by == "广安区政务服务中心（511602.guangan）"
    assert application.materials[0].state is MaterialState.HANDED_IN
    assert application.notice_due_at is not None, "the law's clock for the notice runs from here (许可法 32)"
    assert application.accepted_at is None, "the legal clock starts at acceptance (facts 6)"


def test_it_is_taken_in_once_however_often_it_is_told(make_hall: MakeHall) -> None:
    hall = make_hall()
    hear(hall, "CrossingArrived", arrival())
    hear(hall, "CrossingArrived", arrival())
    hear(hall, "CrossingArrived", arrival(), id="event-2")
    assert len(hall.desk.applications.find("by_center", center_id=CENTER_ID).items) == 1


def test_a_code_that_opens_another_application_here_is_no_way_in(make_hall: MakeHall) -> None:
    hall = make_hall()
    hear(hall, "CrossingArrived", arrival())
    with pytest.raises(Conflict):
        hear(hall, "CrossingArrived", arrival(id="crossing-2"), id="event-2")


def test_a_supplement_from_there_brings_it_back_to_be_judged(make_hall: MakeHall) -> None:
    hall = make_hall()
    hear(hall, "CrossingArrived", arrival())
    (application,) = hall.desk.applications.find("by_center", center_id=CENTER_ID).items
    request_supplement(
        desk=hall.desk,
        call=hall.by(),
        application_id=application.id,
        wants=[Declared("application-form", MaterialState.INCOMPLETE, "缺少签字")],
        expected_version=0,
    )
    more = messages_pb2.Scan(sha256="b" * 64, filename="签字页.pdf", media_type="application/pdf", size=3)
    brought = messages_pb2.CollectedMaterial(key="application-form", scans=[SCAN, more], originals=2)
    hear(
        hall,
        "CrossingSupplementArrived",
        events_pb2.CrossingSupplementArrived(crossing=crossing(), materials=[brought]),
        id="event-2",
    )
    after = hall.desk.applications.get(application.id)
    assert after.state is ApplicationState.RECEIVED
    assert [upload.filename for upload in after.materials[0].uploads] == ["申请书.pdf", "签字页.pdf"]
    accepted = accept_application(desk=hall.desk, call=hall.by(), application_id=application.id, expected_version=0)
    assert accepted.state is ApplicationState.ACCEPTED


def test_a_supplement_that_nobody_waits_for_is_said_to_be_not_taken(make_hall: MakeHall) -> None:
    hall = make_hall()
    hear(hall, "CrossingArrived", arrival())
    brought = messages_pb2.CollectedMaterial(key="application-form", scans=[SCAN])
    event = events_pb2.CrossingSupplementArrived(crossing=crossing(), materials=[brought])
    hear(hall, "CrossingSupplementArrived", event, id="event-2")
    told = [each.event.type for each in hall.store.pending(100)]
    assert told[-1] == event_type("intake", "SupplementNotTaken")


def test_it_is_taken_back_from_there_until_it_is_judged(make_hall: MakeHall) -> None:
    hall = make_hall()
    hear(hall, "CrossingArrived", arrival())
    event = events_pb2.CrossingWithdrawalArrived(crossing=crossing(), reason="不办了")
    hear(hall, "CrossingWithdrawalArrived", event, id="event-2")
    (application,) = hall.desk.applications.find("by_center", center_id=CENTER_ID).items
    assert (application.state, application.withdrawal_reason) == (ApplicationState.WITHDRAWN, "不办了")


def test_its_files_are_read_from_relay_on_the_record(make_hall: MakeHall) -> None:
    hall = make_hall()
    hear(hall, "CrossingArrived", arrival())
    (application,) = hall.desk.applications.find("by_center", center_id=CENTER_ID).items
    _, gone = download_material(desk=hall.desk, call=hall.by(), application_id=application.id, sha256=SCAN.sha256)
    with pytest.raises(NotFound, match="upload_discarded"):
        next(gone)
    scans = hall.desk.scans
    assert isinstance(scans, ScanTable)
    scans.files[SCAN.sha256] = b"pdf"
    upload, chunks = download_material(
        desk=hall.desk, call=hall.by(), application_id=application.id, sha256=SCAN.sha256
    )
    assert (upload.filename, b"".join(chunks)) == ("申请书.pdf", b"pdf")
    assert hall.desk.showings.count("by_application", limit=10, application_id=application.id) == 2
