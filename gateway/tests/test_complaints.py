"""A complaint joins a visit that its sender can show, and no other; no code goes on to where staff read."""

import pytest
from flask.testing import FlaskClient

from gateway.testing import FakeSite
from kit.errors import Forbidden
from tongban.intake.v1 import messages_pb2 as intake
from tongban.intake.v1 import service_pb2 as intake_service
from tongban.queuing.v1 import messages_pb2 as queuing
from tongban.queuing.v1 import service_pb2 as queuing_service

ID = "01930b2e-5f00-7abc-8def-0123456789ab"
CODE = "3k9h2m7x4q8w1z5t6v0y2b4c8d"
COMPLAINTS = "/api/v1/centers/610902/complaints"


@pytest.fixture(autouse=True)
def _visit(site: FakeSite) -> None:
    ticket = queuing.Ticket(id=ID, code=CODE, journey="j-1")
    application = intake.Application(id=ID, code=CODE, journey="j-1")
    site.answers("GetTicket", queuing_service.GetTicketResponse(ticket=ticket))
    site.answers("GetApplication", intake_service.GetApplicationResponse(application=application))


@pytest.mark.parametrize("by", ["ticket_id", "case_id"])
def test_a_visit_is_shown_by_its_code_which_goes_no_further(site: FakeSite, client: FlaskClient, by: str) -> None:
    assert client.post(COMPLAINTS, json={"text": "等候过久", by: CODE}).status_code == 201
    filed = site.last.request
    assert (getattr(filed, by), filed.journey) == (ID, "j-1")
    assert CODE not in str(filed)


def test_an_id_shows_nothing_that_the_services_do_not_let_its_sender_see(site: FakeSite, client: FlaskClient) -> None:
    site.answers("GetTicket", Forbidden("code_required", "请扫描号票上的二维码查询。"))
    response = client.post(COMPLAINTS, json={"text": "等候过久", "ticket_id": ID})
    assert (response.status_code, response.get_json()["code"]) == (403, "code_required")
    assert not site.asked_of("FileComplaint")


@pytest.mark.parametrize("about", [{"journey": "j-2"}, {"journey": "j-2", "ticket_id": CODE}])
def test_a_journey_alone_joins_nothing(site: FakeSite, client: FlaskClient, about: dict[str, str]) -> None:
    response = client.post(COMPLAINTS, json={"text": "等候过久", **about})
    assert (response.status_code, response.get_json()["code"]) == (422, "link_invalid")
    assert not site.asked_of("FileComplaint")


def test_a_complaint_about_no_visit_asks_for_none(site: FakeSite, client: FlaskClient) -> None:
    assert client.post(COMPLAINTS, json={"text": "希望增加座椅"}).status_code == 201
    assert [each.method.rpartition("/")[2] for each in site.asked] == ["FileComplaint"]
