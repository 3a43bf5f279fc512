"""Resources: ETag and If-Match, Idempotency-Key, paging, ids and codes, files."""

import io

import pytest
from flask.testing import FlaskClient
from google.protobuf.message import Message

from gateway.testing import FakeSite, client_of, fake_app
from kit.errors import Forbidden, Stale
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.catalog.v1 import service_pb2 as catalog_service
from tongban.intake.v1 import messages_pb2 as intake
from tongban.intake.v1 import service_pb2 as intake_service
from tongban.queuing.v1 import messages_pb2 as queuing
from tongban.queuing.v1 import service_pb2 as queuing_service

ID = "01930b2e-5f00-7abc-8def-0123456789ab"
CODE = "3k9h2m7x4q8w1z5t6v0y2b4c8d"
TICKETS = "/api/v1/centers/610902/tickets"


def test_a_ticket_comes_flat_with_its_position_beside(site: FakeSite, client: FlaskClient) -> None:
    ticket = queuing.Ticket(id=ID, number="A012", code=CODE, state=queuing.TICKET_STATE_WAITING, version=1)
    position = queuing.Position(ahead=3, expected_wait_seconds=540)
    site.answers("TakeTicket", queuing_service.TakeTicketResponse(ticket=ticket, position=position))
    response = client.post(TICKETS, json={"item_id": "item-1"})
    assert response.status_code == 201
    assert response.headers["Location"] == f"/api/v1/tickets/{CODE}"
    taken = response.get_json()
    assert (taken["number"], taken["state"], taken["called_at"]) == ("A012", "waiting", None)
    assert taken["position"]["ahead"] == 3
    assert site.last.request.center_id == "610902"
    assert site.last.request.item_id == "item-1"


def test_whoever_has_a_code_asks_by_it_and_staff_by_id(site: FakeSite, client: FlaskClient) -> None:
    client.get(f"/api/v1/tickets/{CODE}")
    assert (site.last.request.ticket_id, site.last.request.code) == ("", CODE)
    client.get(f"/api/v1/tickets/{ID}")
    assert (site.last.request.ticket_id, site.last.request.code) == (ID, "")


def test_nobody_waiting_is_an_answer(site: FakeSite, client: FlaskClient, clerk: dict[str, str]) -> None:
    site.answers("CallNext", queuing_service.CallNextResponse(waiting=0))
    response = client.post("/api/v1/windows/w-1/call-next", headers=clerk)
    assert (response.status_code, response.get_json()) == (200, {"ticket": None, "waiting": 0})


def test_the_version_goes_out_as_etag_and_comes_back_as_if_match(site: FakeSite, client: FlaskClient) -> None:
    ticket = queuing.Ticket(id=ID, version=7)
    site.answers("FinishTicket", queuing_service.FinishTicketResponse(ticket=ticket))
    response = client.post(f"/api/v1/tickets/{ID}/finish", headers={"If-Match": '"6"'})
    assert site.last.request.expected_version == 6
    assert response.headers["ETag"] == '"7"'


@pytest.mark.parametrize("headers", [{}, {"If-Match": "*"}])
def test_without_a_version_any_will_do(site: FakeSite, client: FlaskClient, headers: dict[str, str]) -> None:
    client.post(f"/api/v1/tickets/{ID}/finish", headers=headers)
    assert site.last.request.expected_version == 0


def test_a_stale_version_is_412(site: FakeSite, client: FlaskClient) -> None:
    site.answers("FinishTicket", Stale("version_stale", "内容已被他人修改，请刷新后重试。"))
    assert client.post(f"/api/v1/tickets/{ID}/finish", headers={"If-Match": '"6"'}).status_code == 412


def test_the_idempotency_key_travels_with_what_creates(site: FakeSite, client: FlaskClient) -> None:
    client.post(TICKETS, json={"item_id": "x"}, headers={"Idempotency-Key": "k-1"})
    assert site.last.idempotency_key == "k-1"
    client.post(TICKETS, json={"item_id": "x"})
    assert site.last.idempotency_key == ""


def test_a_page_names_the_next_one(site: FakeSite, client: FlaskClient) -> None:
    tickets = [queuing.Ticket(id=ID), queuing.Ticket(id=ID)]
    site.answers("ListTickets", queuing_service.ListTicketsResponse(tickets=tickets, next_cursor="c&2"))
    response = client.get(f"{TICKETS}?limit=2&state=waiting")
    assert (site.last.request.limit, site.last.request.state) == (2, queuing.TICKET_STATE_WAITING)
    assert [each["id"] for each in response.get_json()["items"]] == [ID, ID]
    assert response.get_json()["next_cursor"] == "c&2"
    (link,) = response.headers.getlist("Link")
    target = link.removeprefix("<").removesuffix('>; rel="next"')
    client.get(target)
    assert (site.last.request.limit, site.last.request.cursor) == (2, "c&2")


def test_the_last_page_names_none(site: FakeSite, client: FlaskClient) -> None:
    site.answers("ListTickets", queuing_service.ListTicketsResponse())
    response = client.get(TICKETS)
    assert response.get_json() == {"items": [], "next_cursor": None}
    assert "Link" not in response.headers
    assert site.last.request.limit == 50


def test_a_deadline_is_asked_in_days_from_a_local_day_or_a_time(site: FakeSite, client: FlaskClient) -> None:
    url = "/api/v1/centers/610902/deadline"
    client.get(f"{url}?from=2026-11-23&days=5")
    request = site.last.request
    assert request.start_at.ToJsonString() == "2026-11-22T16:00:00Z"
    assert (request.limit.amount, request.limit.unit) == (5, catalog.LIMIT_UNIT_WORKING_DAY)
    client.get(f"{url}?from=2026-11-23T02:00:00Z&days=3&unit=calendar_day")
    assert site.last.request.start_at.ToJsonString() == "2026-11-23T02:00:00Z"
    assert site.last.request.limit.unit == catalog.LIMIT_UNIT_CALENDAR_DAY


@pytest.mark.parametrize("value", [15, 0.3, "text", True, ["a", 1], {"a": {"b": None}}, None])
def test_a_setting_keeps_its_type_on_the_way(site: FakeSite, client: FlaskClient, value: object) -> None:
    def echo(request: catalog_service.SetPolicyRequest) -> Message:
        setting = catalog.PolicySetting(key=request.key, value=request.value)
        return catalog_service.SetPolicyResponse(policy=catalog.Policy(settings=[setting]))

    site.answers("SetPolicy", echo)
    response = client.put("/api/v1/centers/610902/policy/pause_max_min", json={"value": value})
    (setting,) = response.get_json()["settings"]
    assert setting["value"] == value
    assert type(setting["value"]) is type(value)


def test_resetting_a_setting_sends_no_value(site: FakeSite, client: FlaskClient) -> None:
    client.delete("/api/v1/centers/610902/policy/pause_max_min")
    assert not site.last.request.HasField("value")


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_upload_is_streamed_with_its_header_first(site: FakeSite, client: FlaskClient) -> None:
    content = b"%PDF-1.7\n" + b"x" * 300_000
    form = {"file": (io.BytesIO(content), "身份证.pdf", "application/pdf")}
    response = client.post(f"/api/v1/applications/{CODE}/materials/id-card/files", data=form)
    assert response.status_code == 201
    assert response.get_json()["upload"]["filename"]
    parts = site.last.request
    assert parts[0].header == intake_service.UploadHeader(
        code=CODE, material_key="id-card", filename="身份证.pdf", media_type="application/pdf"
    )
    assert b"".join(part.chunk for part in parts[1:]) == content
    assert max(len(part.chunk) for part in parts[1:]) <= 256 * 1024


def test_an_upload_without_a_file_is_refused(site: FakeSite, client: FlaskClient) -> None:
    url = f"/api/v1/applications/{ID}/materials/id-card/files"
    assert client.post(url, data={}, content_type="multipart/form-data").status_code == 422
    empty = {"file": (io.BytesIO(b""), "")}
    assert client.post(url, data=empty, content_type="multipart/form-data").status_code in {400, 422}
    text = client.post(url, data={"file": "text"}, content_type="multipart/form-data")
    assert (text.status_code, text.get_json()["code"]) == (400, "file_missing")
    assert not site.asked


UPLOADS = (
    f"applications/{ID}/materials/id-card/files",
    f"crossings/{ID}/materials/id-card/scans",
    f"crossings/{ID}/result/file",
    "centers/610902/part-files",
)


@pytest.mark.parametrize("path", UPLOADS)
def test_an_upload_has_a_limit_of_its_own(site: FakeSite, path: str) -> None:
    client = client_of(fake_app(site, max_body=1000, max_upload=10_000))
    url = f"/api/v1/{path}"
    assert client.post(url, data={"file": (io.BytesIO(b"x" * 9_000), "a.pdf")}).status_code == 201
    assert client.post(url, data={"file": (io.BytesIO(b"x" * 200_000), "a.pdf")}).status_code == 413


def test_a_download_is_kept_never_shown_in_place(site: FakeSite, client: FlaskClient) -> None:
    upload = intake.Upload(sha256="a" * 64, filename='页"面.html', media_type="text/html", size=0)
    site.answers("DownloadMaterial", intake_service.DownloadMaterialResponse(upload=upload))
    response = client.get(f"/api/v1/applications/{ID}/files/{'a' * 64}")
    assert response.status_code == 200
    assert response.content_type == "application/octet-stream"
    assert response.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''%E9%A1%B5%22")
    assert "sandbox" in response.headers["Content-Security-Policy"]


def test_a_download_that_is_refused_is_a_problem(site: FakeSite, client: FlaskClient) -> None:
    site.answers("DownloadMaterial", Forbidden("center_not_allowed", "您不能办理其他中心的业务。"))
    assert client.get(f"/api/v1/applications/{ID}/files/{'a' * 64}").status_code == 403


@pytest.mark.parametrize(
    ("rpc", "path"),
    [
        ("GetPaper", f"applications/{ID}/papers/p-1"),
        ("DownloadMaterial", f"applications/{ID}/files/{'a' * 64}"),
        ("GetDecisionPaper", f"cases/{ID}/decision-paper"),
    ],
)
def test_what_shows_full_data_comes_with_a_new_key_each_time_so_that_it_is_recorded_once(
    site: FakeSite, client: FlaskClient, clerk: dict[str, str], rpc: str, path: str
) -> None:
    for _ in range(2):
        assert client.get(f"/api/v1/{path}", headers=clerk).status_code == 200
    first, second = (each.idempotency_key for each in site.asked_of(rpc))
    assert len(first) > 20
    assert first != second


def test_a_paper_is_a_pdf_that_the_browser_may_show(site: FakeSite, client: FlaskClient) -> None:
    paper = intake.Paper(title="受理通知书", number="受〔2026〕1 号")
    site.answers("GetPaper", intake_service.GetPaperResponse(paper=paper, pdf=b"%PDF-1.7"))
    response = client.get(f"/api/v1/applications/{CODE}/papers/p-1")
    assert (response.mimetype, response.data) == ("application/pdf", b"%PDF-1.7")
    assert response.headers["Content-Disposition"].startswith("inline")
    assert site.last.request.code == CODE
