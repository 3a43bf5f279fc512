"""A key is followed by the next without a moment in which a good token is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app
from cli.site import Site
from kit.actor import Actor, TokenSigner, TokenVerifier
from kit.errors import Unauthenticated

ANNA = Actor("u1", "安娜")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.create_folders()
    made.create_keys()
    return made


def rotate(site: Site, step: str) -> Result:
    return CliRunner().invoke(app, ["rotate-key", step, "--data", str(site.data)])


def service(site: Site) -> TokenVerifier:
    """A service that starts now."""
    return TokenVerifier(site.public_key_file.read_text())


def gateway(site: Site) -> str:
    """What a gateway that starts now signs."""
    return TokenSigner(site.private_key_file.read_text()).sign(ANNA)


def test_every_service_of_every_step_takes_what_the_gateways_beside_it_sign(site: Site) -> None:
    services, tokens = [service(site)], [gateway(site)]
    assert rotate(site, "prepare").exit_code == 0
    services.append(service(site))
    assert rotate(site, "prepare").exit_code == 0, "again does no harm"
    services.append(service(site))
    # Everybody has been started anew; then the gateway signs with the other key.
    assert rotate(site, "switch").exit_code == 0
    tokens.append(gateway(site))
    for verifier in services[1:]:
        assert [verifier.verify(token) for token in tokens] == [ANNA, ANNA]
    assert tokens[0] != tokens[1]
    assert rotate(site, "finish").exit_code == 0
    assert service(site).verify(tokens[1]) == ANNA
    with pytest.raises(Unauthenticated):
        service(site).verify(tokens[0])
    assert [line.split('"action": "')[1].split('"')[0] for line in site.audit_file.read_text().splitlines()] == [
        "actor_key_prepared",
        "actor_key_prepared",
        "actor_key_switched",
        "actor_key_finished",
    ]
    assert all(path.stat().st_mode & 0o077 == 0 for path in site.secret_dir.iterdir())


def test_steps_in_another_order_are_refused_and_change_nothing(site: Site) -> None:
    before = {path.name: path.read_bytes() for path in site.secret_dir.iterdir()}
    assert "begin with" in rotate(site, "switch").output
    assert {path.name: path.read_bytes() for path in site.secret_dir.iterdir()} == before
    rotate(site, "prepare")
    assert "doesn't sign yet" in rotate(site, "finish").output
    assert service(site).verify(gateway(site)) == ANNA


def test_a_switch_that_was_cut_off_may_be_followed_by_anything(site: Site) -> None:
    rotate(site, "prepare")
    rotate(site, "switch")
    assert rotate(site, "switch").exit_code == 1
    assert rotate(site, "finish").exit_code == 0
    assert service(site).verify(gateway(site)) == ANNA


def test_a_site_without_a_key_has_none_to_follow(tmp_path: Path) -> None:
    result = rotate(Site(tmp_path), "prepare")
    assert result.exit_code == 1
    assert "there is no key" in result.output
