"""gRPC as this house speaks it, over a real socket: actors, roles, typed errors, retries of safe calls only."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor_pb2 import MethodOptions
from grpc._cython import cygrpc  # type: ignore[attr-defined]  # the stubs know nothing of it
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from kit import errors
from kit.actor import Actor, TokenSigner, TokenVerifier
from kit.call import current_call
from kit.clock import FixedClock
from kit.rpc import client, server
from kit.rpc.access import access_table, is_safe, service_descriptor
from kit.rpc.client import connect, invoke
from kit.rpc.server import OVERTAKEN_RETRIES, RpcServer, Servicer
from kit.settings import ServiceSettings
from kit.signing import generate_key
from kit.testing import MONDAY
from tongban.complaint.v1 import messages_pb2, service_pb2, service_pb2_grpc
from tongban.intake.v1 import service_pb2 as intake_pb2

NAME = "tongban.complaint.v1.ComplaintService"
PRIVATE, PUBLIC_KEY = generate_key()


class Complaints(service_pb2_grpc.ComplaintServiceServicer):
    """Does what the test put into ``answer``."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.answer: Any = None

    def GetComplaint(self, request: Any, context: Any) -> Any:  # noqa: N802
        return self._do(request)

    def CloseComplaint(self, request: Any, context: Any) -> Any:  # noqa: N802
        return self._do(request)

    def FileComplaint(self, request: Any, context: Any) -> Any:  # noqa: N802
        return self._do(request)

    def _do(self, request: Any) -> Any:
        self.calls.append(type(request).__name__)
        return self.answer(request)


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()  # type: ignore[abstract]


@pytest.fixture
def stub(complaints: Complaints) -> Iterator[service_pb2_grpc.ComplaintServiceStub]:
    with tempfile.TemporaryDirectory(prefix="tongban-") as folder:
        server = RpcServer(
            [Servicer(NAME, service_pb2_grpc.add_ComplaintServiceServicer_to_server, complaints)],
            TokenVerifier(PUBLIC_KEY),
            FixedClock(MONDAY),
            listen=f"unix:{folder}/s",
            workers=4,
        )
        server.start()
        server.ready()
        with connect(f"unix:{folder}/s", NAME) as channel:
            yield service_pb2_grpc.ComplaintServiceStub(channel)
        server.stop(0)


def token(*roles: str, **given: Any) -> str:
    return TokenSigner(PRIVATE, **given).sign(Actor("staff-1", "王某", frozenset(roles), frozenset({"610902"})))


@pytest.mark.parametrize("option", [name for name, _ in [*client._EVERYWHERE, *client._NETWORK, *server._NETWORK]])
def test_an_option_is_one_that_grpc_knows(option: str) -> None:
    """It passes over others without a word."""
    assert cygrpc.__file__
    assert option.encode() + b"\0" in Path(cygrpc.__file__).read_bytes()


def test_a_use_case_is_told_who_asks_and_when(stub: Any, complaints: Complaints) -> None:
    def answer(_: Any) -> Any:
        call = current_call()
        assert call.now == MONDAY
        assert call.actor == Actor("staff-1", "王某", frozenset({"supervisor"}), frozenset({"610902"}))
        return service_pb2.CloseComplaintResponse()

    complaints.answer = answer
    invoke(stub.CloseComplaint, service_pb2.CloseComplaintRequest(), token=token("supervisor"))
    with pytest.raises(LookupError):
        current_call()


@pytest.mark.parametrize("roles", [(), ("clerk",), ("public",), ("manager", "admin")])
def test_a_role_that_the_proto_does_not_allow_is_refused(
    stub: Any, complaints: Complaints, roles: tuple[str, ...]
) -> None:
    with pytest.raises(errors.Forbidden) as refused:
        invoke(stub.CloseComplaint, service_pb2.CloseComplaintRequest(), token=token(*roles) if roles else "")
    assert refused.value.code == "role_not_allowed"
    assert complaints.calls == []


def test_forged_foreign_and_expired_tokens_are_refused(stub: Any, complaints: Complaints) -> None:
    foreign = TokenSigner(generate_key()[0]).sign(Actor("x", roles=frozenset({"supervisor"})))
    expired = token("supervisor", now=lambda: 1_000_000_000.0)
    good = token("supervisor")
    forged = good[:-4] + ("aaaa" if good[-4:] != "aaaa" else "bbbb")
    for bad, code in (
        (foreign, "token_invalid"),
        (expired, "token_expired"),
        (forged, "token_invalid"),
        ("x", "token_invalid"),
    ):
        with pytest.raises(errors.Unauthenticated) as refused:
            invoke(stub.GetComplaint, service_pb2.GetComplaintRequest(), token=bad)
        assert refused.value.code in {code, "token_invalid"}
    assert complaints.calls == []


@pytest.mark.parametrize(
    "error",
    [
        errors.Invalid("text_required", "必填。", field="text"),
        errors.NotFound("complaint_not_found", "没有找到。"),
        errors.Conflict("already_reopened", "已重开过一次。"),
        errors.Forbidden("center_not_allowed", "不能。"),
        errors.Exhausted("too_many", "太多。"),
        errors.Unavailable("store_unavailable", "稍后。"),
    ],
)
def test_an_error_crosses_the_wire_whole(stub: Any, complaints: Complaints, error: errors.TongbanError) -> None:
    def answer(_: Any) -> Any:
        raise error

    complaints.answer = answer
    with pytest.raises(type(error)) as refused:
        invoke(stub.FileComplaint, service_pb2.FileComplaintRequest())
    assert type(refused.value) is type(error)
    assert (refused.value.code, refused.value.message, refused.value.details) == (
        error.code,
        error.message,
        error.details,
    )


def test_an_accident_shows_nothing_of_itself(
    stub: Any, complaints: Complaints, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(_: Any) -> Any:
        raise ValueError("secret")

    complaints.answer = answer
    with pytest.raises(errors.TongbanError) as refused:
        invoke(stub.FileComplaint, service_pb2.FileComplaintRequest())
    assert refused.value.code == "internal"
    assert "secret" not in refused.value.message
    assert "secret" in caplog.text


def test_an_overtaken_use_case_is_run_again_and_in_the_end_refused(stub: Any, complaints: Complaints) -> None:
    outcomes = iter([errors.Stale("stale_version", "…")] * 2)

    def answer(_: Any) -> Any:
        error = next(outcomes, None)
        if error is not None:
            raise error
        return service_pb2.FileComplaintResponse(complaint=messages_pb2.Complaint(id="c1"))

    complaints.answer = answer
    assert invoke(stub.FileComplaint, service_pb2.FileComplaintRequest()).complaint.id == "c1"
    assert len(complaints.calls) == 3

    def always(_: Any) -> Any:
        raise errors.Stale("stale_version", "…")

    complaints.calls.clear()
    complaints.answer = always
    with pytest.raises(errors.Conflict) as refused:
        invoke(stub.FileComplaint, service_pb2.FileComplaintRequest())
    assert refused.value.code == "overtaken"
    assert len(complaints.calls) == OVERTAKEN_RETRIES + 1


def test_whoever_named_a_version_is_told_that_it_is_stale(stub: Any, complaints: Complaints) -> None:
    def answer(_: Any) -> Any:
        raise errors.Stale("stale_version", "…")

    complaints.answer = answer
    with pytest.raises(errors.Stale):
        invoke(stub.CloseComplaint, service_pb2.CloseComplaintRequest(expected_version=3), token=token("supervisor"))
    assert len(complaints.calls) == 1


def test_only_safe_calls_are_sent_again(stub: Any, complaints: Complaints) -> None:
    def answer(_: Any) -> Any:
        raise errors.Unavailable("store_unavailable", "…")

    complaints.answer = answer
    with pytest.raises(errors.Unavailable):
        invoke(stub.GetComplaint, service_pb2.GetComplaintRequest(code="x"))
    assert complaints.calls.count("GetComplaintRequest") > 1
    with pytest.raises(errors.Unavailable):
        invoke(stub.FileComplaint, service_pb2.FileComplaintRequest())
    assert complaints.calls.count("FileComplaintRequest") == 1


def test_a_service_that_is_gone_is_unavailable_within_the_deadline() -> None:
    with tempfile.TemporaryDirectory(prefix="tongban-") as folder, connect(f"unix:{folder}/none", NAME) as channel:
        stub = service_pb2_grpc.ComplaintServiceStub(channel)
        with pytest.raises(errors.Unavailable):
            invoke(stub.FileComplaint, service_pb2.FileComplaintRequest(), timeout=0.3)


def test_an_idempotency_key_is_joined_to_caller_and_request(stub: Any, complaints: Complaints) -> None:
    seen: list[Any] = []

    def answer(_: Any) -> Any:
        seen.append(current_call().idempotency)
        return service_pb2.FileComplaintResponse()

    complaints.answer = answer
    one = service_pb2.FileComplaintRequest(text="一")
    for request, who in ((one, "clerk"), (one, "clerk"), (service_pb2.FileComplaintRequest(text="二"), "clerk")):
        invoke(stub.FileComplaint, request, token=token(who), idempotency_key="key")
    invoke(stub.FileComplaint, one, idempotency_key="key")
    assert seen[0] == seen[1]
    assert seen[2].key == seen[0].key
    assert seen[2].fingerprint != seen[0].fingerprint
    assert seen[3].key != seen[0].key


def test_a_call_that_its_own_first_sending_overtook_is_answered_with_what_that_one_made(
    stub: Any, complaints: Complaints
) -> None:
    """A caller who hears nothing in time sends again while the first one is still at work: its key isn't there yet
    when the second looks for it, but what the first one does stands in the second one's way."""
    outcomes = iter([errors.Conflict("ticket_already_active", "…"), None])

    def answer(_: Any) -> Any:
        error = next(outcomes)
        if error is not None:
            raise error
        return service_pb2.FileComplaintResponse(complaint=messages_pb2.Complaint(id="first"))

    complaints.answer = answer
    request = service_pb2.FileComplaintRequest()
    assert invoke(stub.FileComplaint, request, idempotency_key="key").complaint.id == "first"

    def refuses(_: Any) -> Any:
        raise errors.Conflict("ticket_already_active", "…")

    complaints.answer = refuses
    for key, times in (("key", 2), ("", 1)):
        complaints.calls.clear()
        with pytest.raises(errors.Conflict) as refused:
            invoke(stub.FileComplaint, request, idempotency_key=key)
        assert refused.value.code == "ticket_already_active"
        assert len(complaints.calls) == times


def test_a_read_that_shows_full_data_may_be_sent_again_and_does_not_say_that_it_leaves_nothing() -> None:
    intake = intake_pb2.DESCRIPTOR.services_by_name["IntakeService"]
    for name in ("GetPaper", "DownloadMaterial"):
        method = intake.methods_by_name[name]
        assert is_safe(method)
        assert method.GetOptions().idempotency_level == MethodOptions.IDEMPOTENT


def test_the_protos_say_what_is_safe_and_who_may() -> None:
    service = service_descriptor(NAME)
    assert is_safe(service.methods_by_name["GetComplaint"])
    assert not is_safe(service.methods_by_name["FileComplaint"])
    assert access_table(service)[f"/{NAME}/CloseComplaint"] == {"supervisor"}


@pytest.mark.parametrize("describes_itself", [True, False])
def test_a_service_describes_itself_only_where_it_is_wanted(describes_itself: bool) -> None:
    complaints = Complaints()  # type: ignore[abstract]
    servicer = Servicer(NAME, service_pb2_grpc.add_ComplaintServiceServicer_to_server, complaints)
    listen = f"unix-abstract:tongban-test-reflection-{describes_itself}"
    verifier = TokenVerifier(generate_key()[1])
    server = RpcServer(
        [servicer], verifier, FixedClock(MONDAY), listen=listen, workers=1, describes_itself=describes_itself
    )
    server.start()
    with grpc.insecure_channel(listen) as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        asked = iter([reflection_pb2.ServerReflectionRequest(list_services="")])
        if describes_itself:
            (answer,) = stub.ServerReflectionInfo(asked, timeout=5)
            assert NAME in {each.name for each in answer.list_services_response.service}
        else:
            with pytest.raises(grpc.RpcError) as refused:
                list(stub.ServerReflectionInfo(asked, timeout=5))
            assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    server.stop(0)


def test_reflection_is_off_outside_embedded_mode_unless_it_is_set() -> None:
    assert ServiceSettings().describes_itself
    assert not ServiceSettings(embedded=False).describes_itself
    assert ServiceSettings(embedded=False, reflection=True).describes_itself
    assert not ServiceSettings(reflection=False).describes_itself
