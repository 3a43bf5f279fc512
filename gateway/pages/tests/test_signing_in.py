"""Who may open which page, and where a sign-in leads."""

from __future__ import annotations

import pytest

from gateway.auth import COOKIE
from gateway.pages.access import local_path
from gateway.pages.tests.visitor import TOKEN, Visitor
from gateway.testing import FakeSite, signs_in, staff
from kit.errors import Unauthenticated
from tongban.workforce.v1.messages_pb2 import Principal

STAFF_PAGES = ("/counter", "/approval", "/supervision", "/complaints", "/rectifications", "/manage", "/results")


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_a_staff_page_asks_for_a_sign_in_and_remembers_the_way_back(visitor: Visitor, path: str) -> None:
    response = visitor.client.get(f"{path}?a=b", headers={"Accept": "text/html"})
    assert response.status_code == 303
    assert response.headers["Location"].startswith("/signin?next=")


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_htmx_is_led_to_the_sign_in_as_a_whole_page(visitor: Visitor, path: str) -> None:
    response = visitor.client.get(path, headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == "/signin"


@pytest.mark.parametrize(
    ("role", "path"),
    [("clerk", "/approval"), ("reviewer", "/manage"), ("manager", "/counter"), ("approver", "/complaints")],
)
def test_a_page_of_another_role_is_refused(visitor: Visitor, role: str, path: str) -> None:
    visitor.sign_in(role)
    status, text = visitor.get(path)
    assert status == 403
    assert "您可以" in text


@pytest.mark.parametrize(
    ("role", "home"),
    [
        ("clerk", "/counter"),
        ("reviewer", "/approval"),
        ("supervisor", "/supervision"),
        ("manager", "/supervision"),
        ("admin", "/relay"),
    ],
)
def test_everybody_is_led_to_their_own_desk(visitor: Visitor, role: str, home: str) -> None:
    visitor.sign_in(role)
    assert visitor.client.get("/home").headers["Location"].partition("?")[0] == home


@pytest.mark.parametrize(
    ("target", "followed"),
    [
        ("/approval?scope=mine", "/approval?scope=mine"),
        ("//elsewhere.example/", ""),
        ("https://elsewhere.example/", ""),
        ("/\\elsewhere.example", ""),
        ("/a\nb", ""),
        ("", ""),
    ],
)
def test_a_sign_in_leads_only_within_the_site(target: str, followed: str) -> None:
    assert local_path(target) == followed


def test_a_sign_in_sets_a_cookie_that_scripts_cannot_read(visitor: Visitor, site: FakeSite) -> None:
    signs_in(site, TOKEN, staff("clerk"))
    response = visitor.client.post("/signin", data={"username": "u", "password": " p "})
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith(f"{COOKIE}={TOKEN}")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert site.asked_of("SignIn")[0].request.password == " p "


def test_a_wrong_password_is_told_and_never_repeated(visitor: Visitor, site: FakeSite) -> None:
    site.answers("SignIn", Unauthenticated("sign_in_wrong", "用户名或密码错误。"))
    response = visitor.client.post("/signin", data={"username": "u", "password": "secret-1"})
    text = response.get_data(as_text=True)
    assert response.status_code == 401
    assert "用户名或密码错误" in text
    assert "secret-1" not in text


def test_a_newcomer_changes_the_password_before_anything_else(visitor: Visitor, site: FakeSite) -> None:
    principal = Principal()
    principal.CopyFrom(staff("clerk"))
    principal.must_change_password = True
    signs_in(site, TOKEN, principal)
    response = visitor.client.post("/signin", data={"username": "u", "password": "p", "next": "/counter"})
    assert response.headers["Location"] == "/password"
    assert visitor.get("/counter")[0] == 403
    assert visitor.get("/password")[0] == 200


def test_a_new_password_must_be_repeated(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    status, text = visitor.post("/password", old_password="a", new_password="b", repeated="c")
    assert status == 422
    assert "两次输入的新密码不一致" in text
    assert not site.asked_of("ChangePassword")


def test_signing_out_ends_the_session(visitor: Visitor, site: FakeSite) -> None:
    visitor.sign_in("clerk")
    assert visitor.post("/signout")[1] == "/signin?done=signed_out"
    assert site.asked_of("SignOut")[0].request.session_token == TOKEN
    assert visitor.client.get_cookie(COOKIE) is None


def test_a_notice_is_one_of_ours_or_none(visitor: Visitor) -> None:
    assert "您已安全退出" in visitor.get("/signin?done=signed_out")[1]
    assert "请转账" not in visitor.get("/signin?done=请转账")[1]
