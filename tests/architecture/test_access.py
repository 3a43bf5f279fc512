"""Who may do what: every RPC of every service, and every route of the API, with every role (convention 12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from io import BytesIO
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, empty_pb2
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from gateway.clients import HOSTS, SERVICES
from gateway.document import PREFIX, Document
from gateway.testing import FakeSite, bearer, client_of, fake_app, signs_in, staff
from kit.actor import Actor, TokenSigner, TokenVerifier
from kit.clock import SystemClock
from kit.errors import Forbidden, TongbanError, Unauthenticated
from kit.rpc.access import allowed_roles, role_name, service_descriptor
from kit.rpc.client import connect
from kit.rpc.server import RpcServer, Servicer
from kit.rpc.status import from_rpc_error
from kit.signing import generate_key
from tests.architecture.routeless import BY_NO_ROUTE
from tests.architecture.tree import rpcs
from tests.integration.operations import Operation, fitting, operations
from tests.integration.people import Town
from tests.integration.site import LiveSite, live_site
from tests.integration.visits import CENTER
from tongban.access.v1 import access_pb2

#: Every role that an actor may have; the public is nobody's role.
ROLES = [role_name(number) for number in access_pb2.Role.values() if number and role_name(number) != "public"]
#: A sample account of each role that staff may have.
ACCOUNTS = {role: f"hb-{role}-01" for role in ROLES if role not in ("citizen", "service")}

#: Routes that ask no service, with the reason.
ASKS_NOBODY = {
    "citizen_code": "the demo form of citizens' sign-in is the gateway's own",
    "citizen_sign_in": "the same",
    "current_session": "answers from the session itself",
}
#: Open to everybody by the code on a holder's slip, and without it to these only.
WITHOUT_CODE = {"ReturnTicket": {"clerk", "chief", "manager"}, "ReopenComplaint": {"supervisor", "manager"}}
CODE = "a" * 26
#: Asks before it knows what the session is; every route may.
SESSION = "GetSession"


def methods() -> list[MethodDescriptor]:
    """Every RPC of every service."""
    return [method for name in SERVICES.values() for method in service_descriptor(name).methods]


# ── The rule beside each RPC ─────────────────────────────────────────────────────────────────────────────────────


def test_every_rpc_of_the_protos_is_walked_and_says_who_may_call_it() -> None:
    assert {method.name for method in methods()} == {declared.name for declared in rpcs()}
    assert len({method.name for method in methods()}) == len(methods()), "an RPC's name is its own"
    assert not [method.full_name for method in methods() if not allowed_roles(method)]


@pytest.fixture
def lawless() -> Iterator[tuple[grpc.Channel, TokenSigner]]:
    """A running service whose one RPC has no rule beside it."""
    file = descriptor_pb2.FileDescriptorProto(
        name="lawless.proto", package="lawless.v1", syntax="proto3", dependency=["google/protobuf/empty.proto"]
    )
    service = file.service.add(name="LawlessService")
    service.method.add(name="Do", input_type=".google.protobuf.Empty", output_type=".google.protobuf.Empty")
    descriptor_pool.Default().Add(file)
    private, public = generate_key()

    def add(_: object, server: grpc.Server) -> None:
        do = grpc.unary_unary_rpc_method_handler(
            lambda request, context: request, empty_pb2.Empty.FromString, empty_pb2.Empty.SerializeToString
        )
        server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("lawless.v1.LawlessService", {"Do": do}),)
        )

    servicer = Servicer("lawless.v1.LawlessService", add, None)
    listen = "unix-abstract:tongban-test-lawless"
    server = RpcServer([servicer], TokenVerifier(public), SystemClock(), listen=listen, workers=1)
    server.start()
    with grpc.insecure_channel(listen) as channel:
        yield channel, TokenSigner(private)
    server.stop(0)


def test_an_rpc_without_a_rule_is_refused_to_everybody(lawless: tuple[grpc.Channel, TokenSigner]) -> None:
    channel, signer = lawless
    method = service_descriptor("lawless.v1.LawlessService").methods_by_name["Do"]
    for role in (None, *ROLES):
        token = signer.sign(Actor("somebody", roles=frozenset({role}))) if role else ""
        assert _refused(_call(channel, method, token)), role


# ── Every RPC and every route with every role, on the real services ──────────────────────────────────────────────


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_every_rpc_and_route_opens_to_its_roles_and_to_nobody_else() -> None:
    with live_site() as site:
        wrong = [*_wrong_rpcs(site), *_wrong_routes(site)]
    assert not wrong, "\n".join(wrong)


def _wrong_rpcs(site: LiveSite) -> Iterator[str]:
    """Asks every RPC over gRPC in every role, with tokens that the site's own key signs."""
    signer = TokenSigner(site.files.private_key_file.read_text())
    stranger = TokenSigner(generate_key()[0])
    for name, full_name in SERVICES.items():
        with connect(site.files.address_of(HOSTS.get(name, name)), full_name) as channel:
            for method in service_descriptor(full_name).methods:
                allowed = allowed_roles(method)
                for role in (None, *ROLES):
                    token = signer.sign(_actor(role)) if role else ""
                    answer = _call(channel, method, token, CODE)
                    may = "public" in allowed or role in allowed
                    if _refused(answer) is may:
                        yield f"{method.full_name} as {role or 'nobody'}: {answer or 'granted'}"
                    if method.name in WITHOUT_CODE:
                        answer = _call(channel, method, token)
                        if _refused(answer) is (role in WITHOUT_CODE[method.name]):
                            yield f"{method.full_name} as {role or 'nobody'} without a code: {answer or 'granted'}"
                forged = _call(channel, method, stranger.sign(_actor("manager")))
                if not isinstance(forged, Unauthenticated) or forged.code != "token_invalid":
                    yield f"{method.full_name} takes a foreign token: {forged}"


def _actor(role: str) -> Actor:
    id = {"citizen": f"citizen:{'0' * 32}", "service": "service:intake"}.get(role, "somebody")
    return Actor(id, name="样某", roles=frozenset({role}), centers=frozenset({CENTER}), department="minzheng")


def _call(channel: grpc.Channel, method: MethodDescriptor, token: str, code: str = "") -> TongbanError | None:
    """What an RPC says to the least of requests; ``None``: it answers."""
    request_class: type[Message] = GetMessageClass(method.input_type)
    fields = request_class.DESCRIPTOR.fields_by_name
    request = request_class(
        **{name: value for name, value in {"center_id": CENTER, "code": code}.items() if name in fields}
    )
    path = f"/{method.containing_service.full_name}/{method.name}"
    metadata = (("authorization", f"Bearer {token}"),) if token else ()
    serialize, deserialize = request_class.SerializeToString, GetMessageClass(method.output_type).FromString
    try:
        if method.client_streaming:
            call = channel.stream_unary(path, serialize, deserialize)
            call(iter([request]), timeout=20, metadata=metadata)
        elif method.server_streaming:
            list(channel.unary_stream(path, serialize, deserialize)(request, timeout=20, metadata=metadata))
        else:
            channel.unary_unary(path, serialize, deserialize)(request, timeout=20, metadata=metadata)
    except grpc.RpcError as error:
        return from_rpc_error(error)
    return None


def _refused(answer: TongbanError | None) -> bool:
    return isinstance(answer, Forbidden) and answer.code == "role_not_allowed"


def _wrong_routes(site: LiveSite) -> Iterator[str]:
    """Asks every route that leads to one RPC as somebody of every role, signed in as people sign in."""
    town = Town(site.address)
    asked = _reached()
    rules = {method.name: allowed_roles(method) for method in methods()}
    people = {"": town.public, "citizen": town.signed_in(town.stranger())}
    people |= {role: town.staff(account) for role, account in ACCOUNTS.items()}
    for operation in operations(town.public.get("openapi.json")):
        # Its answer has no end; and who signs out is out.
        if operation.id in ("follow_board", "sign_out") or len(asked[operation.id]) != 1:
            continue
        (rpc,) = asked[operation.id]
        for role, person in people.items():
            path = operation.path(lambda schema: CODE if schema.get("title") == "Ref" else fitting(schema))
            answer = person.ask(operation.method, path, **_least(operation))
            may = "public" in rules[rpc] or role in rules[rpc]
            code = answer.json().get("code", "") if "json" in answer.headers.get("content-type", "") else ""
            refused = code == ("role_not_allowed" if role else "sign_in_required")
            if answer.status_code >= 500 or refused is may:
                yield f"{operation.id} as {role or 'nobody'}: {answer.status_code} {code}"
    town.close()


def _least(operation: Operation) -> dict[str, Any]:
    """The least that fits, as httpx takes it."""
    sent: dict[str, Any] = {"params": operation.query(fitting)}
    if "application/json" in operation.media_types:
        sent["json"] = operation.body(fitting)
    elif "multipart/form-data" in operation.media_types:
        sent["files"] = {"file": ("a.pdf", b"%PDF-1.7", "application/pdf")}
    elif operation.media_types:
        sent |= {"content": b"x", "headers": {"Content-Type": operation.media_types[0]}}
    return sent


# ── Routes and RPCs ──────────────────────────────────────────────────────────────────────────────────────────────


@cache
def _app() -> tuple[FakeSite, Document]:
    site = FakeSite()
    signs_in(site, "token", staff("manager"))
    return site, fake_app(site)


def _operations() -> list[Operation]:
    return operations(client_of(_app()[1]).get(f"{PREFIX}/openapi.json").get_json())


@cache
def _reached() -> dict[str, frozenset[str]]:
    """The RPCs that each operation asks, found by asking the whole gateway over services that answer anything."""
    site, app = _app()
    client = client_of(app)
    reached = {}
    for operation in _operations():
        site.asked.clear()
        sent = _least(operation)
        options = {name: sent[name] for name in ("json", "headers") if name in sent} | {"query_string": sent["params"]}
        if "files" in sent:
            filename, content, media_type = sent["files"]["file"]
            options["data"] = {"file": (BytesIO(content), filename, media_type)}
        elif "content" in sent:
            options["data"] = sent["content"]
        options["headers"] = {**options.get("headers", {}), **bearer("token")}
        answer = client.open(f"{PREFIX}/{operation.path(fitting)}", method=operation.method, **options)
        answer.close()
        reached[operation.id] = frozenset(each.method for each in site.asked) - {SESSION}
    # Its stream asks by itself (gateway/boards.py).
    return reached | {"follow_board": frozenset({"GetBoard"})}


def test_every_route_is_documented_and_everything_documented_is_routed() -> None:
    own = {f"{PREFIX}/openapi.json", f"{PREFIX}/docs", f"{PREFIX}/docs/start.js", f"{PREFIX}/docs/ui/<path:filename>"}
    rules = {
        (method, rule.rule.replace("<", "{").replace(">", "}"))
        for rule in _app()[1].url_map.iter_rules()
        if rule.rule.startswith(f"{PREFIX}/") and rule.rule not in own
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert rules == {(operation.method, operation.template) for operation in _operations()}


def test_every_route_asks_one_rpc() -> None:
    """Parse, one RPC, answer: a route that asks nobody, or two, says why above."""
    odd = {id: asked for id, asked in _reached().items() if len(asked) != 1}
    assert odd == dict.fromkeys(ASKS_NOBODY, frozenset())


def test_every_rpc_is_reached_by_some_route() -> None:
    unreached = {method.name for method in methods()} - _union(_reached().values()) - {SESSION}
    assert unreached == set(BY_NO_ROUTE)


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)
