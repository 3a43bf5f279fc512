"""Cases that come to a step of other sites: the papers that are here go along, nobody is asked for them again (许可法 43)."""

import pytest

from kit.actor import service_actor
from kit.call import Call
from kit.consumer import Delivery
from kit.errors import Forbidden
from kit.events import Event, event_type
from kit.store.port import AlreadyApplied
from kit.testing import actor
from services.intake.events import subscriptions
from services.intake.handlers.handing_on import carry_files
from services.intake.handlers.materials import upload_material
from services.intake.tests.intake_hall import APPLICANT, CLERK, MakeHall, ScanTable
from tongban.approval_routing.v1 import events_pb2 as approval
from tongban.intake.v1 import events_pb2

PDF = b"%PDF-1.7 sample"


def test_its_files_are_given_to_relay_by_who_works_on_it_and_by_nobody_else(make_hall: MakeHall) -> None:
    hall = make_hall()
    application = hall.received()
    upload_material(
        desk=hall.desk, call=hall.by(), application_id=application.id, code="", material_key="application-form",
        filename="申请书.pdf", media_type="application/pdf", chunks=[PDF],
    )  # fmt: skip
    with pytest.raises(Forbidden):
        carry_files(
            desk=hall.desk, call=hall.by(actor("reviewer", department="elsewhere")), application_id=application.id
        )
    scans = hall.desk.scans
    assert isinstance(scans, ScanTable)
    assert not scans.files
    for _ in range(2):
        carry_files(desk=hall.desk, call=hall.by(CLERK), application_id=application.id)
    assert list(scans.files.values()) == [PDF]


def test_federation_is_told_once_who_applies_and_what_was_handed_in(make_hall: MakeHall) -> None:
    hall = make_hall()
    application = hall.received()
    said = approval.StepSentElsewhere(step_key="there")
    said.case.id = application.id
    type = event_type("approval_routing", "StepSentElsewhere")
    event = Event("e-1", type, "x", application.id, "j", hall.clock.now(), said.SerializeToString())
    group = next(each for each in subscriptions(hall.desk) if type in each.handlers)
    delivery = Delivery(event, group.group, Call(service_actor("intake"), hall.clock.now()))
    group.handlers[type](delivery)
    with pytest.raises(AlreadyApplied):
        group.handlers[type](delivery)
    assert hall.told().count("application_handed_on") == 1
    told = events_pb2.ApplicationHandedOn.FromString(hall.events[-1].data)
    assert (told.applicant.name, told.sent.step_key) == (APPLICANT.name, "there")
    assert APPLICANT.name not in str(told.application)
