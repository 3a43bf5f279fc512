"""From sessions to the actors that the services see."""

import pytest
from flask.testing import FlaskClient

from gateway.auth import COOKIE, CSRF_HEADER, SESSION_CACHE_SECONDS, Authenticator
from gateway.citizens import CitizenDesk
from gateway.testing import (
    PRIVATE_KEY,
    SECRET,
    FakeSite,
    actor_of,
    bearer,
    client_of,
    fake_app,
    fake_gateway,
    signs_in,
    staff,
)
from kit.actor import TokenSigner
from kit.errors import Unauthenticated, Unavailable

PLACE = "/api/v1/centers/610902/tickets"


def code(response: object) -> str:
    return str(response.get_json(force=True)["code"])  # type: ignore[attr-defined]


def test_nobody_in_particular_acts_as_the_public_without_a_token(site: FakeSite, client: FlaskClient) -> None:
    assert client.get(PLACE).status_code == 200
    assert site.last.token == ""


def test_a_bearer_acts_with_all_that_workforce_says_of_them(site: FakeSite, client: FlaskClient) -> None:
    signs_in(site, "t-1", staff("clerk", "chief"))
    client.get(PLACE, headers=bearer("t-1"))
    actor = actor_of(site.last)
    assert actor.id == "staff-1"
    assert actor.name == "李明"
    assert actor.roles == {"clerk", "chief", "public"}
    assert actor.centers == {"610902"}
    assert (actor.department, actor.window) == ("gaj", "610902-w01")


def test_who_is_on_leave_is_known_as_such_and_who_ends_it_at_once_no_more(site: FakeSite, client: FlaskClient) -> None:
    away = staff("clerk")
    away.away, away.stand_in_name = True, "样二"
    signs_in(site, "t-1", away)
    client.get(PLACE, headers=bearer("t-1"))
    assert (actor_of(site.last).away, actor_of(site.last).stand_in) == (True, "样二")
    signs_in(site, "t-1", staff("clerk"))
    headers = {**bearer("t-1"), "If-Match": '"1"'}
    assert client.post("/api/v1/covers/c-1/end", headers=headers).status_code == 200
    client.get(PLACE, headers=bearer("t-1"))
    assert (actor_of(site.last).away, actor_of(site.last).stand_in) == (False, "")


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Basic dTpw", "t-1"])
def test_a_header_that_is_no_bearer_is_refused(site: FakeSite, client: FlaskClient, header: str) -> None:
    response = client.get(PLACE, headers={"Authorization": header})
    assert (response.status_code, code(response)) == (401, "token_invalid")
    assert not site.asked


def test_an_unknown_bearer_is_refused_and_never_taken_for_the_public(site: FakeSite, client: FlaskClient) -> None:
    signs_in(site, "t-1", staff("clerk"))
    response = client.get(PLACE, headers=bearer("forged"))
    assert (response.status_code, code(response)) == (401, "session_invalid")
    assert not site.asked_of("ListTickets")


def test_a_token_signed_for_the_services_is_no_session(site: FakeSite, client: FlaskClient) -> None:
    signs_in(site, "t-1", staff("clerk"))
    client.get(PLACE, headers=bearer("t-1"))
    assert client.get(PLACE, headers=bearer(site.last.token)).status_code == 401


def test_a_cookie_that_is_over_counts_as_none(site: FakeSite, client: FlaskClient) -> None:
    signs_in(site, "t-1", staff("clerk"))
    client.set_cookie(COOKIE, "old")
    assert client.get(PLACE).status_code == 200
    assert site.last.token == ""


def test_when_workforce_is_away_nobody_is_taken_for_somebody_else(site: FakeSite, client: FlaskClient) -> None:
    site.answers("GetSession", Unavailable("service_unavailable", "服务暂时不可用，请稍后重试。"))
    assert client.get(PLACE, headers=bearer("t-1")).status_code == 503
    client.set_cookie(COOKIE, "t-1")
    assert client.get(PLACE).status_code == 503


def test_workforce_is_asked_once_in_a_while_not_with_every_request(site: FakeSite) -> None:
    now = [0.0]
    gateway = fake_gateway(site)
    signs_in(site, "t-1", staff("clerk"))
    signer = TokenSigner(PRIVATE_KEY)
    authenticator = Authenticator(
        gateway.clients.workforce, signer, SECRET, gateway.citizens.actor, monotonic=lambda: now[0]
    )
    for _ in range(5):
        authenticator.identify("t-1")
    assert len(site.asked_of("GetSession")) == 1
    now[0] += SESSION_CACHE_SECONDS
    site.answers("GetSession", Unauthenticated("session_expired", "登录已过期，请重新登录。"))
    with pytest.raises(Unauthenticated):
        authenticator.identify("t-1")


def test_only_so_many_sessions_are_remembered(site: FakeSite) -> None:
    gateway = fake_gateway(site)
    signer = TokenSigner(PRIVATE_KEY)
    authenticator = Authenticator(gateway.clients.workforce, signer, SECRET, gateway.citizens.actor, remembered=2)
    for token in ("a", "b", "c", "a"):
        authenticator.identify(token)
    assert len(site.asked_of("GetSession")) == 4


def test_staff_sign_in_and_out_by_rest(site: FakeSite, client: FlaskClient) -> None:
    signs_in(site, "t-1", staff("clerk"))
    answer = client.post("/api/v1/sessions", json={"username": "liming", "password": "secret"})
    assert answer.status_code == 201
    session = answer.get_json()
    assert session["token"] == "t-1"
    assert session["roles"] == ["clerk", "public"]
    assert "Set-Cookie" not in answer.headers
    current = client.get("/api/v1/sessions/current", headers=bearer("t-1"))
    assert current.get_json()["actor_id"] == "staff-1"
    assert client.delete("/api/v1/sessions/current", headers=bearer("t-1")).status_code == 204
    assert site.last.request.session_token == "t-1"
    site.answers("GetSession", Unauthenticated("session_expired", "登录已过期，请重新登录。"))
    assert client.get("/api/v1/sessions/current", headers=bearer("t-1")).status_code == 401


def test_nobody_has_no_current_session(client: FlaskClient) -> None:
    assert code(client.get("/api/v1/sessions/current")) == "sign_in_required"
    assert code(client.delete("/api/v1/sessions/current")) == "sign_in_required"


def test_whoever_must_change_their_password_can_do_nothing_else(site: FakeSite, client: FlaskClient) -> None:
    principal = staff("clerk")
    principal.must_change_password = True
    signs_in(site, "t-1", principal)
    assert code(client.get(PLACE, headers=bearer("t-1"))) == "password_change_required"
    change = {"old_password": "old", "new_password": "new"}
    assert client.post("/api/v1/sessions/current/password", json=change, headers=bearer("t-1")).status_code == 204
    signs_in(site, "t-1", staff("clerk"))
    assert client.get(PLACE, headers=bearer("t-1")).status_code == 200


# ── Browsers ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_cookie_alone_changes_nothing(site: FakeSite, client: FlaskClient) -> None:
    signs_in(site, "t-1", staff("clerk"))
    client.set_cookie(COOKIE, "t-1")
    response = client.post("/api/v1/tickets/t-1/finish")
    assert (response.status_code, code(response)) == (403, "csrf_failed")
    assert not site.asked_of("FinishTicket")


def test_a_cookie_with_its_csrf_token_does(site: FakeSite, client: FlaskClient) -> None:
    signs_in(site, "t-1", staff("clerk"))
    client.set_cookie(COOKIE, "t-1")
    token = client.get("/api/v1/sessions/current").get_json()["csrf_token"]
    assert client.post("/api/v1/tickets/t-1/finish", headers={CSRF_HEADER: token}).status_code == 200
    assert actor_of(site.last).id == "staff-1"


def test_the_csrf_token_of_another_session_does_not(site: FakeSite, client: FlaskClient) -> None:
    signs_in(site, "t-1", staff("clerk", session_id="s-1"))
    client.set_cookie(COOKIE, "t-1")
    token = client.get("/api/v1/sessions/current").get_json()["csrf_token"]
    signs_in(site, "t-2", staff("clerk", session_id="s-2"))
    client.set_cookie(COOKIE, "t-2")
    response = client.post("/api/v1/tickets/t-1/finish", headers={CSRF_HEADER: token})
    assert code(response) == "csrf_failed"


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
def test_what_another_sites_page_sends_is_refused(site: FakeSite, client: FlaskClient, headers: dict[str, str]) -> None:
    response = client.post(PLACE, json={"item_id": "x"}, headers=headers)
    assert (response.status_code, code(response)) == (403, "cross_site_request")
    assert not site.asked


def test_what_our_own_page_sends_is_taken(site: FakeSite, client: FlaskClient) -> None:
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.post(PLACE, json={"item_id": "x"}, headers=headers).status_code == 201


def test_our_own_page_is_ours_also_behind_a_proxy_that_renames_us(site: FakeSite) -> None:
    client = client_of(fake_app(site, base_url="https://zw.example.cn"))
    take = {"item_id": "x"}
    assert client.post(PLACE, json=take, headers={"Origin": "https://zw.example.cn"}).status_code == 201
    assert client.post(PLACE, json=take, headers={"Origin": "https://zw.example.cn.evil.example"}).status_code == 403


def test_a_program_with_a_bearer_needs_no_csrf_token(site: FakeSite, client: FlaskClient) -> None:
    signs_in(site, "t-1", staff("clerk"))
    assert client.post("/api/v1/tickets/t-1/finish", headers=bearer("t-1")).status_code == 200


# ── Citizens ─────────────────────────────────────────────────────────────────────────────────────────────────────

PERSON = {"id_number": "990101199003070015", "name": "张三丰"}


def citizen_token(client: FlaskClient) -> str:
    shown = client.post("/api/v1/citizen/codes", json=PERSON)
    assert shown.status_code == 201
    assert "演示" in shown.get_json()["notice"]
    signed_in = client.post("/api/v1/citizen/sessions", json={**PERSON, "code": shown.get_json()["code"]})
    assert signed_in.status_code == 201
    return str(signed_in.get_json()["token"])


def test_a_citizen_signs_in_with_the_code_that_is_shown(site: FakeSite, client: FlaskClient) -> None:
    client.get(PLACE, headers=bearer(citizen_token(client)))
    actor = actor_of(site.last)
    assert actor.id.startswith("citizen:")
    assert actor.roles == {"citizen", "public"}
    assert actor.name == "张**"
    assert not actor.centers


def test_what_a_citizen_signed_in_with_is_read_by_the_site_alone(client: FlaskClient) -> None:
    token = citizen_token(client)
    person = CitizenDesk(SECRET, embedded=True).person(token)
    assert person is not None
    assert (person.name, person.id_number) == (PERSON["name"], PERSON["id_number"])
    assert CitizenDesk(b"another site's secret", embedded=True).person(token) is None


def test_a_citizens_token_holds_no_number(client: FlaskClient) -> None:
    token = citizen_token(client)
    assert "990101199003070015" not in token
    assert citizen_token(client) != token


def test_a_wrong_code_opens_nothing(client: FlaskClient) -> None:
    shown = client.post("/api/v1/citizen/codes", json=PERSON).get_json()["code"]
    wrong = f"{(int(shown) + 1) % 1_000_000:06d}"
    response = client.post("/api/v1/citizen/sessions", json={**PERSON, "code": wrong})
    assert (response.status_code, code(response)) == (401, "citizen_code_wrong")


def test_a_code_is_for_one_person(client: FlaskClient) -> None:
    shown = client.post("/api/v1/citizen/codes", json=PERSON).get_json()["code"]
    other = {"id_number": "990101199003070023", "name": "张三丰", "code": shown}
    assert code(client.post("/api/v1/citizen/sessions", json=other)) == "citizen_code_wrong"


@pytest.mark.parametrize(
    "number", ["990101199003070016", "990101199013070015", "99010119900307001X", "990101299901010012"]
)
def test_a_number_with_a_wrong_check_digit_or_date_is_refused(client: FlaskClient, number: str) -> None:
    response = client.post("/api/v1/citizen/codes", json={"id_number": number, "name": "张三丰"})
    assert (response.status_code, code(response)) == (422, "id_number_invalid")


def test_a_forged_citizen_is_refused(client: FlaskClient) -> None:
    token = citizen_token(client)
    for forged in (token[:-2], token + "x", "citizen.", "citizen.x.y.z"):
        assert client.get(PLACE, headers=bearer(forged)).status_code == 401


def test_outside_a_demonstration_there_is_no_demo_sign_in(site: FakeSite, client: FlaskClient) -> None:
    token = citizen_token(client)
    for app in (fake_app(site, embedded=False), fake_app(site, citizen_demo=False)):
        real = client_of(app)
        assert code(real.post("/api/v1/citizen/codes", json=PERSON)) == "citizen_sign_in_unavailable"
        assert real.get(PLACE, headers=bearer(token)).status_code == 401


def test_who_changes_their_password_stays_signed_in_where_they_are(site: FakeSite, client: FlaskClient) -> None:
    signs_in(site, "t-1", staff("clerk"))
    change = {"old_password": "Old-12345678", "new_password": "New-12345678"}
    assert client.post("/api/v1/sessions/current/password", json=change, headers=bearer("t-1")).status_code == 204
    assert site.asked_of("ChangePassword")[-1].request.session_token == "t-1"
