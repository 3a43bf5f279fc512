"""Every page renders whatever the services answer, keeps the content policy, and protects its forms."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from gateway.pages import register_pages
from gateway.pages.rendering import HERE
from gateway.pages.tests.visitor import Visitor
from gateway.testing import FakeSite, fake_app

#: Answers that are no page.
NO_PAGE = {
    "assets.our_static",
    "assets.vendor_static",
    "board.events",
    "counter.queue",
    "seals_desk.picture",
    "ticket.status",
}
FOR_CITIZENS = "/my"
ALL_ROLES = ("clerk", "chief", "reviewer", "approver", "supervisor", "manager", "admin")


def page_addresses(app: Flask) -> list[str]:
    """Every page with something in each part of its address."""
    found = []
    for rule in app.url_map.iter_rules():
        is_page = "GET" in (rule.methods or ()) and not rule.rule.startswith(
            ("/api/", "/healthz", "/readyz", "/metrics")
        )
        if (
            is_page
            and rule.endpoint not in NO_PAGE
            and not rule.rule.endswith((".pdf", ".csv"))
            and "openapi" not in rule.endpoint
        ):
            found.append(re.sub(r"<int[^:]*:\w+>", "3", re.sub(r"<\w+>", "样例", rule.rule)))
    return sorted(set(found))


ADDRESSES = page_addresses(fake_app(FakeSite(), [register_pages]))


def test_there_are_pages() -> None:
    assert len(ADDRESSES) >= 30


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_page_keeps_to_the_policy(visitor: Visitor, address: str) -> None:
    if address.startswith(FOR_CITIZENS):
        visitor.sign_in_as_citizen()
    else:
        visitor.sign_in(*ALL_ROLES)
    status, text = visitor.get(address)
    assert status in (200, 303), text
    if status == 303:
        return
    assert '<html lang="zh-CN"' in text
    assert text.count("<h1") == 1
    assert not re.findall(r"<[^>]+\sstyle=", text)
    assert not re.findall(r"<[^>]+\son\w+=", text)
    assert not re.findall(r"<script(?![^>]*\ssrc=)", text)
    assert "<style" not in text
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", text, re.DOTALL):
        assert 'name="csrf_token"' in form


@pytest.mark.parametrize("path", sorted(str(path.relative_to(HERE)) for path in HERE.rglob("*.html")))
def test_a_template_never_trusts_what_it_is_given(path: str) -> None:
    text = (HERE / path).read_text()
    assert "|safe" not in text.replace(" ", "")
    assert "autoescape false" not in text


def test_what_people_wrote_is_escaped(visitor: Visitor, site: FakeSite) -> None:
    from tongban.complaint.v1.messages_pb2 import Complaint
    from tongban.complaint.v1.service_pb2 import GetComplaintResponse

    site.answers("GetComplaint", GetComplaintResponse(complaint=Complaint(text="<script>alert(1)</script>", code="c")))
    _, text = visitor.get("/complaint/p/c")
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
