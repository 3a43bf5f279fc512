"""Every error is a problem document with a stable code and a sentence in Chinese."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gateway import errors
from gateway.testing import FakeSite, client_of, fake_app
from kit.errors import (
    Conflict,
    Exhausted,
    Forbidden,
    Invalid,
    NotFound,
    Stale,
    TongbanError,
    Unauthenticated,
    Unavailable,
)

CHINESE = re.compile(r"[\u4e00-\u9fff]")


def problem(response: TestResponse) -> dict[str, object]:
    assert response.content_type == "application/problem+json"
    document = response.get_json(force=True)
    assert isinstance(document, dict)
    assert document["status"] == response.status_code
    assert document["type"] == f"urn:tongban:problem:{document['code']}"
    assert CHINESE.search(str(document["detail"]))
    assert CHINESE.search(str(document["title"]))
    return document


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Invalid("item_kind_invalid", "办件类型不正确，请重选。"), 422),
        (Unauthenticated("token_expired", "身份凭证已过期，请重新登录。"), 401),
        (Forbidden("center_not_allowed", "您不能办理其他中心的业务。"), 403),
        (NotFound("ticket_unknown", "没有这张号票。"), 404),
        (Conflict("ticket_not_waiting", "号票已被呼叫。"), 409),
        (Stale("version_stale", "内容已被他人修改，请刷新。"), 412),
        (Exhausted("too_many", "操作过于频繁，请稍后再试。"), 429),
        (Unavailable("service_unavailable", "服务暂时不可用，请稍后重试。"), 503),
    ],
)
def test_what_a_service_refuses_comes_out_whole(
    site: FakeSite, client: FlaskClient, error: TongbanError, status: int
) -> None:
    site.answers("GetCenter", error)
    response = client.get("/api/v1/centers/610902")
    assert response.status_code == status
    document = problem(response)
    assert document["code"] == error.code
    assert document["detail"] == error.message
    assert document["retryable"] is error.retryable
    assert document["instance"] == "/api/v1/centers/610902"


def test_the_field_that_a_service_names_is_listed(site: FakeSite, client: FlaskClient) -> None:
    site.answers("GetCenter", Invalid("text_too_long", "内容过长。", field="name"))
    document = problem(client.get("/api/v1/centers/610902"))
    assert document["errors"] == [{"field": "name", "code": "text_too_long", "message": "内容过长。"}]


def test_an_internal_error_shows_a_trace_and_nothing_else(site: FakeSite, client: FlaskClient) -> None:
    site.answers("GetCenter", TongbanError("internal", "secret thing at line 7"))
    response = client.get("/api/v1/centers/610902")
    assert response.status_code == 500
    document = problem(response)
    assert "secret" not in response.text
    assert re.fullmatch(r"[0-9a-f]{32}", str(document["trace_id"]))
    assert response.headers["X-Trace-Id"] == document["trace_id"]


def test_an_accident_of_our_own_shows_nothing_of_it(site: FakeSite, client: FlaskClient) -> None:
    def breaks(_request: object) -> object:
        raise ZeroDivisionError("the inside")

    site.answers("GetCenter", breaks)  # type: ignore[arg-type]
    response = client.get("/api/v1/centers/610902")
    assert response.status_code == 500
    assert problem(response)["code"] == "internal"
    assert "inside" not in response.text


def test_what_may_work_later_says_when(site: FakeSite, client: FlaskClient) -> None:
    site.answers("GetCenter", Unavailable("service_unavailable", "服务暂时不可用，请稍后重试。"))
    response = client.get("/api/v1/centers/610902")
    assert int(response.headers["Retry-After"]) >= 1


def test_why_a_service_failed_is_for_its_operators(
    site: FakeSite, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    why = "[Errno 28] No space left on device: '/srv/tongban/intake.db'"
    site.answers("GetCenter", Unavailable("store_unavailable", "数据暂时无法保存，请稍后重试。", reason=why))
    response = client.get("/api/v1/centers/610902")
    assert "/srv" not in response.get_data(as_text=True)
    assert why in caplog.text


def test_an_address_without_anything_is_unknown(client: FlaskClient) -> None:
    response = client.get("/api/v1/nothing")
    assert response.status_code == 404
    assert problem(response)["code"] == "route_unknown"


def test_a_method_that_is_not_there_names_those_that_are(client: FlaskClient) -> None:
    response = client.patch("/api/v1/centers/610902", json={})
    assert response.status_code == 405
    assert problem(response)["code"] == "method_not_allowed"
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS, PUT"


def test_somebody_unknown_is_asked_to_sign_in_where_a_role_is_wanted(site: FakeSite, client: FlaskClient) -> None:
    site.answers("ListTickets", Forbidden("role_not_allowed", "您的岗位没有此项权限。"))
    response = client.get("/api/v1/centers/610902/tickets")
    assert response.status_code == 401
    assert problem(response)["code"] == "sign_in_required"
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_somebody_known_is_told_that_the_role_is_missing(
    site: FakeSite, client: FlaskClient, clerk: dict[str, str]
) -> None:
    site.answers("ListTickets", Forbidden("role_not_allowed", "您的岗位没有此项权限。"))
    response = client.get("/api/v1/centers/610902/tickets", headers=clerk)
    assert response.status_code == 403
    assert problem(response)["code"] == "role_not_allowed"


def test_a_browser_gets_a_page_where_pages_are_shown_and_a_program_the_document(site: FakeSite) -> None:
    app = fake_app(site, [lambda app: errors.render_pages_with(app, lambda document: f"<h1>{document['code']}</h1>")])
    client = client_of(app)
    page = client.get("/nowhere", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (page.status_code, page.mimetype, page.text) == (404, "text/html", "<h1>route_unknown</h1>")
    assert client.get("/nowhere", headers={"Accept": "application/json"}).content_type == "application/problem+json"
    api = client.get("/api/v1/nowhere", headers={"Accept": "text/html"})
    assert api.content_type == "application/problem+json"


def test_errors_are_never_kept_by_a_cache(client: FlaskClient) -> None:
    assert client.get("/nowhere").headers["Cache-Control"] == "no-store"
