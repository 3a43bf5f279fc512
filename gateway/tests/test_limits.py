"""Nobody takes more than their share, and nobody finds a code by trying."""

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from gateway.limits import Limits, RateLimited, TokenBuckets
from gateway.pages import register_pages
from gateway.settings import GatewaySettings
from gateway.testing import FakeSite, bearer, client_of, fake_app, signs_in, staff
from kit.errors import NotFound

PLACE = "/api/v1/centers/610902"


class Watch:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def taken(buckets: TokenBuckets, key: str, times: int) -> int:
    count = 0
    for _ in range(times):
        try:
            buckets.take(key)
        except RateLimited:
            break
        count += 1
    return count


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    watch = Watch()
    buckets = TokenBuckets(60, watch)
    assert taken(buckets, "a", 100) == 15
    watch.now += 1.0
    assert taken(buckets, "a", 100) == 1
    watch.now += 3600
    assert taken(buckets, "a", 100) == 15


def test_one_key_never_empties_anothers_bucket() -> None:
    buckets = TokenBuckets(60, Watch())
    taken(buckets, "a", 100)
    assert taken(buckets, "b", 100) == 15


def test_after_the_time_that_it_names_there_is_room_again() -> None:
    watch = Watch()
    buckets = TokenBuckets(7, watch)
    taken(buckets, "a", 100)
    with pytest.raises(RateLimited) as refused:
        buckets.take("a")
    watch.now += refused.value.retry_after
    buckets.take("a")


def test_no_limit_is_no_limit() -> None:
    assert taken(TokenBuckets(0), "a", 10_000) == 10_000


@given(st.integers(1, 600), st.lists(st.floats(0, 5), max_size=60))
def test_never_more_than_the_burst_and_the_rate_allow(per_minute: int, pauses: list[float]) -> None:
    watch = Watch()
    buckets = TokenBuckets(per_minute, watch)
    got = 0
    for pause in pauses:
        watch.now += pause
        got += taken(buckets, "a", 5)
    assert got <= max(per_minute / 4, 1) + watch.now * per_minute / 60 + 1e-6


def test_an_exempt_network_is_counted_neither_by_address_nor_by_ticket() -> None:
    limits = Limits(GatewaySettings(rate_address=4, rate_tickets=4, rate_sign_in=4, rate_exempt=("10.1.0.0/16",)))
    for _ in range(50):
        limits.request("10.1.2.3", "")
        limits.ticket("10.1.2.3")
    limits.sign_in("10.1.2.3")
    with pytest.raises(RateLimited):
        limits.sign_in("10.1.2.3")


def test_too_many_requests_are_told_when_to_come_back(site: FakeSite) -> None:
    client = client_of(fake_app(site, rate_address=8))
    assert [client.get(PLACE).status_code for _ in range(3)] == [200, 200, 429]
    refused = client.get(PLACE)
    assert refused.get_json(force=True)["code"] == "rate_limited"
    assert int(refused.headers["Retry-After"]) >= 1


def test_whoever_is_signed_in_is_counted_by_session_not_by_address(site: FakeSite) -> None:
    signs_in(site, "t-1", staff("clerk"))
    client = client_of(fake_app(site, rate_address=4, rate_session=4000))
    client.get(PLACE)
    assert client.get(PLACE).status_code == 429
    assert client.get(PLACE, headers=bearer("t-1")).status_code == 200


def test_tickets_are_limited_apart(site: FakeSite) -> None:
    client = client_of(fake_app(site, rate_tickets=4))
    take = {"item_id": "x"}
    assert client.post(f"{PLACE}/tickets", json=take).status_code == 201
    assert client.post(f"{PLACE}/tickets", json=take).status_code == 429
    assert client.get(PLACE).status_code == 200


def test_complaints_from_the_page_count_as_those_by_rest(site: FakeSite) -> None:
    client = client_of(fake_app(site, [register_pages], rate_tickets=4))
    said = {"topic": "1", "text": "等候过久", "anonymous": "on"}
    assert client.post("/complaint/610902", data=said).status_code == 303
    assert client.post("/complaint/610902", data=said).status_code == 429
    assert len(site.asked_of("FileComplaint")) == 1


def test_passwords_are_not_to_be_found_by_trying(site: FakeSite) -> None:
    client = client_of(fake_app(site, rate_sign_in=4))
    account = {"username": "liming", "password": "guess"}
    client.post("/api/v1/sessions", json=account)
    assert client.post("/api/v1/sessions", json=account).status_code == 429
    assert len(site.asked_of("SignIn")) == 1


def test_codes_are_not_to_be_found_by_trying(site: FakeSite) -> None:
    site.answers("GetTicket", NotFound("ticket_unknown", "没有这张号票，请核对。"))
    client = client_of(fake_app(site, rate_misses=12))
    found = [client.get(f"/api/v1/tickets/code{number}").status_code for number in range(5)]
    assert found == [404, 404, 404, 429, 429]
    assert len(site.asked_of("GetTicket")) == 3


def test_tokens_are_not_to_be_found_by_trying(site: FakeSite) -> None:
    signs_in(site, "t-1", staff("clerk"))
    client = client_of(fake_app(site, rate_misses=12))
    found = [client.get(PLACE, headers=bearer(f"guess-{number}")).status_code for number in range(4)]
    assert found == [401, 401, 401, 429]


def test_who_tries_codes_shuts_out_neither_the_kiosk_nor_the_desks_beside_them(site: FakeSite) -> None:
    site.answers("GetTicket", NotFound("ticket_unknown", "没有这张号票，请核对。"))
    signs_in(site, "t-1", staff("clerk"))
    client = client_of(fake_app(site, rate_misses=4))
    assert [client.get("/api/v1/tickets/guess").status_code for _ in range(3)] == [404, 429, 429]
    assert client.get(PLACE).status_code == 200
    assert client.post(f"{PLACE}/tickets", json={"item_id": "x"}).status_code == 201
    assert client.post("/api/v1/windows/w-1/call-next", headers=bearer("t-1")).status_code == 200


def test_behind_a_proxy_the_address_is_the_one_it_names(site: FakeSite) -> None:
    client = client_of(fake_app(site, rate_address=4, trusted_proxies=1))
    assert client.get(PLACE, headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 200
    assert client.get(PLACE, headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 429
    assert client.get(PLACE, headers={"X-Forwarded-For": "192.0.2.2"}).status_code == 200


def test_without_a_proxy_nobody_names_their_own_address(site: FakeSite) -> None:
    client: FlaskClient = client_of(fake_app(site, rate_address=4))
    client.get(PLACE, headers={"X-Forwarded-For": "192.0.2.1"})
    assert client.get(PLACE, headers={"X-Forwarded-For": "192.0.2.2"}).status_code == 429


def test_one_address_may_open_so_many_boards(site: FakeSite) -> None:
    client = client_of(fake_app(site, boards_per_address=1))
    with client.get(f"{PLACE}/board/events", buffered=False) as first:
        assert first.status_code == 200
        refused = client.get(f"{PLACE}/board/events", buffered=False)
        assert (refused.status_code, refused.get_json()["code"]) == (429, "too_many_boards_of_address")
    assert client.get(f"{PLACE}/board/events", buffered=False).status_code == 200
    exempt = client_of(fake_app(site, boards_per_address=1, rate_exempt=("127.0.0.0/8",)))
    assert [exempt.get(f"{PLACE}/board/events", buffered=False).status_code for _ in range(3)] == [200] * 3
