"""The way to MongoDB over mutual TLS: both sides show a certificate of the site's authority, or nobody is heard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kit.errors import Unavailable
from kit.rpc.tls import Tls
from kit.store.mongo.settings import MongoSettings
from kit.tests.test_tls import Authority
from tests.mongo.site import MongoHarness, fresh_prefix, prepare
from tests.servers.mongo import MongoServer, given, mongod, running

pytestmark = pytest.mark.skipif(bool(given()), reason="the server of TONGBAN_TEST_MONGODB has certificates of its own")


def pem_of(tls: Tls) -> Path:
    """Certificate and key in one file, as this driver takes them."""
    pem = tls.cert_file.with_name("both.pem")
    pem.write_bytes(tls.cert_file.read_bytes() + tls.key_file.read_bytes())
    return pem


@dataclass(frozen=True)
class Guarded:
    """A server behind mutual TLS, and what a client needs for it."""

    server: MongoServer
    settings: MongoSettings


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    folder = tmp_path_factory.mktemp("certificates")
    authority = Authority.called("tongban")
    server_side, client_side = (
        authority.issue(folder / "server", "localhost"),
        authority.issue(folder / "client", "site"),
    )
    ca, mine = str(server_side.ca_file), str(pem_of(client_side))
    if mongod():
        both = str(pem_of(server_side))
        options = ["--tlsMode", "requireTLS", "--tlsCertificateKeyFile", both, "--tlsCAFile", ca]
    else:
        options = ["--tls-cert-file", str(server_side.cert_file), "--tls-key-file", str(server_side.key_file)]
        options += ["--tls-ca-file", ca, "--tls-require-client-cert"]
    client = {"tls": True, "tlsCAFile": ca, "tlsCertificateKeyFile": mine}
    with running(options, client) as server:
        settings = MongoSettings(
            mongo_hosts=(f"localhost:{server.port}",),
            mongo_direct=True,  # the server tells of itself by number, and its certificate by name
            mongo_start_seconds=1.5,
            mongo_database_prefix=fresh_prefix(),
            mongo_tls=True,
            mongo_tls_ca_file=Path(ca),
            mongo_tls_cert_file=Path(mine),
        )
        yield Guarded(server, settings)


def test_with_a_certificate_of_the_authority_the_store_works(guarded: Guarded) -> None:
    harness = MongoHarness(guarded.settings)
    store = harness.open()
    store.insert("thing", "a", {"n": 1})
    assert store.get("thing", "a") is not None
    harness.close()


@pytest.mark.parametrize("shown", ["no TLS", "no certificate", "another authority's"])
def test_without_one_nobody_is_heard(guarded: Guarded, shown: str, tmp_path: Path) -> None:
    if shown == "no TLS":
        other = replace(guarded.settings, mongo_tls=False, mongo_tls_ca_file=None, mongo_tls_cert_file=None)
    elif shown == "no certificate":
        other = replace(guarded.settings, mongo_tls_cert_file=None)
    else:
        foreign = pem_of(Authority.called("foreign").issue(tmp_path / "foreign", "site"))
        other = replace(guarded.settings, mongo_tls_cert_file=foreign)
    with pytest.raises(Unavailable) as refused:
        prepare(other)
    assert refused.value.code == "store_unreachable"


def test_a_server_of_another_authority_is_not_believed(guarded: Guarded, tmp_path: Path) -> None:
    foreign = Authority.called("foreign").issue(tmp_path / "foreign", "site")
    with pytest.raises(Unavailable) as refused:
        prepare(replace(guarded.settings, mongo_tls_ca_file=foreign.ca_file))
    assert "certificate verify failed" in refused.value.details["reason"]
