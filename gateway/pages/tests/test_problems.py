"""Errors as pages, and the files that every page needs."""

from __future__ import annotations

import pytest

from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite
from kit.errors import NotFound, TongbanError, Unavailable


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        (NotFound("center_unknown", "没有找到该中心。"), 404, "没有找到该中心。"),
        (Unavailable("service_unavailable", "服务暂时不可用。"), 503, "重新尝试"),
        (TongbanError("internal", "秘密"), 500, "追踪编号"),
    ],
)
def test_a_problem_is_a_page_that_says_what_to_do(
    visitor: Visitor, site: FakeSite, error: TongbanError, status: int, told: str
) -> None:
    site.answers("ListCenters", error)
    found, text = visitor.get("/")
    assert found == status
    assert told in text
    assert "您可以" in text
    assert "秘密" not in text


def test_an_address_that_is_none_is_told_as_a_page(visitor: Visitor) -> None:
    status, text = visitor.get("/nowhere")
    assert status == 404
    assert "<h1>未找到</h1>" in text


def test_who_is_signed_in_is_shown_as_signed_in_where_there_is_no_page(visitor: Visitor) -> None:
    out = visitor.get("/nowhere")[1]
    assert "退出" not in out
    visitor.sign_in("clerk")
    status, text = visitor.get("/nowhere")
    assert status == 404
    assert "退出" in text


def test_programs_still_get_problem_documents(visitor: Visitor) -> None:
    response = visitor.client.get("/api/v1/nowhere", headers={"Accept": "text/html"})
    assert response.content_type == "application/problem+json"


@pytest.mark.parametrize("path", ["/static/tongban.css", "/static/board.js", "/assets/js/htmx.min.js"])
def test_files_are_kept_by_browsers(visitor: Visitor, path: str) -> None:
    response = visitor.client.get(f"{path}?v=1")
    assert response.status_code == 200
    assert "max-age=31536000" in response.headers["Cache-Control"]
    response.close()


@pytest.mark.parametrize(
    "path", ["/static/../rendering.py", "/static/%2e%2e/rendering.py", "/assets/../../pyproject.toml"]
)
def test_no_other_file_can_be_had(visitor: Visitor, path: str) -> None:
    assert visitor.client.get(path).status_code == 404


def test_pages_are_kept_by_no_cache(visitor: Visitor) -> None:
    assert visitor.client.get("/t/c").headers["Cache-Control"] == "no-store"


def test_the_board_s_events_are_its_inside_as_html(visitor: Visitor) -> None:
    response = visitor.client.get("/board/610902/events", buffered=False)
    text = next(response.iter_encoded()).decode()
    response.close()
    assert response.content_type.startswith("text/event-stream")
    assert text.startswith("event: board\n")
    assert "正在叫号" in text
    assert "<html" not in text


def test_a_part_that_cannot_be_had_leaves_what_is_shown(visitor: Visitor, site: FakeSite) -> None:
    site.answers("GetTicket", Unavailable("service_unavailable", "服务暂时不可用。"))
    part = visitor.client.get("/t/c/status", headers={"Accept": "*/*", "HX-Request": "true"})
    assert part.headers["HX-Reswap"] == "none"
    desk = visitor.client.get("/t/c/status", headers={"Accept": "*/*", "HX-Request": "true", "HX-Boosted": "true"})
    assert "HX-Reswap" not in desk.headers
    assert 'id="desk"' in desk.get_data(as_text=True)
