"""Two sites know nothing of each other: what one has signed opens nothing at the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from kit.actor import Actor, TokenSigner
from kit.errors import NotFound, TongbanError, Unauthenticated
from kit.privacy import person_key
from kit.rpc.client import connect, invoke
from tests.integration.checks import problem
from tests.integration.people import Person, Town
from tests.integration.site import LiveSite, live_site
from tests.integration.visits import CENTER
from tongban.catalog.v1.service_pb2 import GetPolicyRequest
from tongban.catalog.v1.service_pb2_grpc import CatalogServiceStub

MANAGER = Actor("somebody", name="样某", roles=frozenset({"manager"}), centers=frozenset({CENTER}))


@pytest.fixture(scope="module")
def other() -> Iterator[LiveSite]:
    """Another site."""
    with live_site(sample=False) as started:
        yield started


def test_a_session_of_one_site_opens_nothing_at_the_other(town: Town, other: LiveSite) -> None:
    citizen = town.stranger()
    with closing(Town(other.address)) as elsewhere:
        staff = Person(elsewhere.public.client, town.staff("hb-manager-01").token)
        problem(staff.ask("GET", f"centers/{CENTER}/policy"), 401, "session_expired")
        at_home = Person(elsewhere.public.client, town.signed_in(citizen).token)
        problem(at_home.ask("GET", f"centers/{CENTER}/applications"), 401, "session_invalid")


def ask_catalog(site: LiveSite, token: str) -> TongbanError | None:
    """What the catalog of a site says to a manager with this token; ``None``: it answers."""
    with connect(site.files.address_of("catalog"), "tongban.catalog.v1.CatalogService") as channel:
        try:
            invoke(CatalogServiceStub(channel).GetPolicy, GetPolicyRequest(center_id=CENTER), token=token)
        except TongbanError as error:
            return error
    return None


def test_an_actor_signed_by_one_site_is_nobody_at_the_other(site: LiveSite, other: LiveSite) -> None:
    signer, foreign = (TokenSigner(each.files.private_key_file.read_text()) for each in (site, other))
    assert ask_catalog(site, signer.sign(MANAGER)) is None
    assert isinstance(ask_catalog(other, foreign.sign(MANAGER)), NotFound), "its own signature is believed there"
    for refused in (ask_catalog(site, foreign.sign(MANAGER)), ask_catalog(other, signer.sign(MANAGER))):
        assert isinstance(refused, Unauthenticated)
        assert refused.code == "token_invalid"


def test_an_actor_is_believed_for_as_long_as_was_signed_and_no_longer(site: LiveSite) -> None:
    signer = TokenSigner(site.files.private_key_file.read_text())
    refused = ask_catalog(site, signer.sign(MANAGER, lifetime=-1))
    assert isinstance(refused, Unauthenticated)
    assert refused.code == "token_expired"


def test_a_person_is_known_by_another_key_at_each_site(town: Town, site: LiveSite, other: LiveSite) -> None:
    number = town.stranger().id_number
    keys = {person_key(each.files.site_secret_file.read_bytes().strip(), number) for each in (site, other)}
    assert len(keys) == 2
