"""Mutual TLS between services: who shows no certificate of the site's authority isn't heard, and renewals are taken."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID
from grpc_health.v1 import health_pb2, health_pb2_grpc

from kit import errors
from kit.actor import TokenVerifier
from kit.clock import FixedClock
from kit.rpc.client import connect, invoke
from kit.rpc.server import RpcServer, Servicer
from kit.rpc.tls import Tls
from kit.settings import ServiceSettings, SettingsError, load
from kit.testing import MONDAY
from tongban.complaint.v1 import service_pb2, service_pb2_grpc

NAME = "tongban.complaint.v1.ComplaintService"
_BEGIN, _END = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC), datetime.datetime(2120, 1, 1, tzinfo=datetime.UTC)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _token_key() -> str:
    key = ed25519.Ed25519PrivateKey.generate().public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


@dataclass(frozen=True)
class Authority:
    """Signs certificates, as the cluster's certificate operator does."""

    key: ec.EllipticCurvePrivateKey
    name: x509.Name

    @classmethod
    def called(cls, name: str) -> Authority:
        return cls(ec.generate_private_key(ec.SECP256R1()), _name(name))

    def _signed(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: Any) -> bytes:
        return (
            x509.CertificateBuilder(self.name, subject, key.public_key(), x509.random_serial_number(), _BEGIN, _END)
            .add_extension(extension, critical=False)
            .sign(self.key, hashes.SHA256())
            .public_bytes(serialization.Encoding.PEM)
        )

    def issue(self, folder: Path, host: str) -> Tls:
        """Writes (or replaces) the three files of a process."""
        folder.mkdir(exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        tls = Tls(folder / "tls.crt", folder / "tls.key", folder / "ca.crt")
        names = x509.SubjectAlternativeName([x509.DNSName(host)])
        tls.cert_file.write_bytes(self._signed(_name(host), key, names))
        tls.key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        tls.ca_file.write_bytes(self._signed(self.name, self.key, x509.BasicConstraints(ca=True, path_length=None)))
        return tls


class Complaints(service_pb2_grpc.ComplaintServiceServicer):
    """Answers whatever it is asked."""

    def FileComplaint(self, request: Any, context: Any) -> Any:  # noqa: N802
        return service_pb2.FileComplaintResponse()


Serve = Callable[..., RpcServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[RpcServer] = []

    def start(tls: Tls | None, **given: Any) -> RpcServer:
        server = RpcServer(
            [Servicer(NAME, service_pb2_grpc.add_ComplaintServiceServicer_to_server, Complaints())],  # type: ignore[abstract]
            TokenVerifier(_token_key()),
            FixedClock(MONDAY),
            listen="127.0.0.1:0",
            workers=2,
            tls=tls,
            **given,
        )
        server.start()
        server.ready()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.stop(0)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.called("tongban")


def file_complaint(target: str, tls: Tls | None, timeout: float = 5.0) -> Any:
    with connect(target, NAME, tls) as channel:
        stub = service_pb2_grpc.ComplaintServiceStub(channel)
        return invoke(stub.FileComplaint, service_pb2.FileComplaintRequest(), timeout=timeout)


def test_two_processes_of_one_authority_hear_each_other(serve: Serve, authority: Authority, tmp_path: Path) -> None:
    server = serve(authority.issue(tmp_path / "server", "localhost"))
    client = authority.issue(tmp_path / "client", "gateway")
    assert file_complaint(f"localhost:{server.port}", client) == service_pb2.FileComplaintResponse()


@pytest.mark.parametrize("shows", ["nothing", "no TLS", "another authority's certificate"])
def test_whoever_shows_no_certificate_of_the_authority_is_not_heard(
    serve: Serve, authority: Authority, tmp_path: Path, shows: str
) -> None:
    mine = authority.issue(tmp_path / "server", "localhost")
    server = serve(mine)
    target = f"localhost:{server.port}"
    if shows == "nothing":
        credentials = grpc.ssl_channel_credentials(mine.ca_file.read_bytes())
        with grpc.secure_channel(target, credentials) as channel, pytest.raises(grpc.RpcError) as refused:
            service_pb2_grpc.ComplaintServiceStub(channel).FileComplaint(service_pb2.FileComplaintRequest(), timeout=5)
        assert refused.value.code() is grpc.StatusCode.UNAVAILABLE
        return
    client = None
    if shows == "another authority's certificate":
        foreign = Authority.called("foreign").issue(tmp_path / "client", "gateway")
        foreign.ca_file.write_bytes(mine.ca_file.read_bytes())  # it believes the server all the same
        client = foreign
    with pytest.raises(errors.Unavailable):
        file_complaint(target, client, timeout=0.5)


def test_a_server_under_another_name_is_not_believed(serve: Serve, authority: Authority, tmp_path: Path) -> None:
    server = serve(authority.issue(tmp_path / "server", "somewhere-else"))
    with pytest.raises(errors.Unavailable):
        file_complaint(f"localhost:{server.port}", authority.issue(tmp_path / "client", "gateway"), timeout=0.5)


def test_a_renewed_certificate_is_shown_without_a_restart(serve: Serve, authority: Authority, tmp_path: Path) -> None:
    folder = tmp_path / "server"
    server = serve(authority.issue(folder, "localhost"))
    target = f"localhost:{server.port}"
    old = authority.issue(tmp_path / "client", "gateway")
    file_complaint(target, old)
    new_authority = Authority.called("tongban 2")
    renewed = new_authority.issue(folder, "localhost")
    renewed.key_file.write_text("half")  # as a file is that is being replaced
    file_complaint(target, old)
    new_authority.issue(folder, "localhost")
    file_complaint(target, new_authority.issue(tmp_path / "client", "gateway"))
    with pytest.raises(errors.Unavailable):
        file_complaint(target, authority.issue(tmp_path / "late", "gateway"), timeout=0.5)


def test_health_is_told_without_tls_where_probes_ask(serve: Serve, authority: Authority, tmp_path: Path) -> None:
    at = f"unix:{tmp_path}/health"
    server = serve(authority.issue(tmp_path / "server", "localhost"), health_listen=at)

    def status() -> int:
        with grpc.insecure_channel(at) as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            return int(stub.Check(health_pb2.HealthCheckRequest(), timeout=5).status)

    assert status() == health_pb2.HealthCheckResponse.SERVING
    server.ready(False)
    assert status() == health_pb2.HealthCheckResponse.NOT_SERVING
    with grpc.insecure_channel(at) as channel, pytest.raises(grpc.RpcError) as refused:
        service_pb2_grpc.ComplaintServiceStub(channel).FileComplaint(service_pb2.FileComplaintRequest(), timeout=5)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_files_that_are_missing_or_halfway_named_stop_the_start(authority: Authority, tmp_path: Path) -> None:
    tls = authority.issue(tmp_path / "server", "localhost")
    files = {"TONGBAN_TLS_CERT_FILE": str(tls.cert_file), "TONGBAN_TLS_KEY_FILE": str(tls.key_file)}
    with pytest.raises(SettingsError, match="TONGBAN_TLS_CA_FILE: mutual TLS needs"):
        load(ServiceSettings, files)
    with pytest.raises(SettingsError, match=r"TONGBAN_TLS_CA_FILE=/nowhere: No such file"):
        Tls.of(load(ServiceSettings, files | {"TONGBAN_TLS_CA_FILE": "/nowhere"}))
    tls.key_file.write_text("half")
    with pytest.raises(SettingsError, match=r"TONGBAN_TLS_KEY_FILE=.*no PEM"):
        Tls.of(load(ServiceSettings, files | {"TONGBAN_TLS_CA_FILE": str(tls.ca_file)}))
    assert Tls.of(load(ServiceSettings, {})) is None
