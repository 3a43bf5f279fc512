"""What tests of routes and pages stand on: the whole gateway over services that answer what a test wants.

The services' side is a channel that speaks the real stubs' language, with the errors as they really travel; no socket
is opened.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import grpc
from flask.testing import FlaskClient
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from gateway.app import Extension, create_app
from gateway.auth import Authenticator
from gateway.boards import BoardHub
from gateway.citizens import CitizenDesk
from gateway.clients import SERVICES, Clients
from gateway.context import Gateway, hang
from gateway.document import Document
from gateway.limits import Limits
from gateway.settings import GatewaySettings
from kit.actor import TokenSigner, TokenVerifier
from kit.bus.port import Received
from kit.errors import TongbanError, Unauthenticated
from kit.rpc.client import invoke
from kit.rpc.status import to_status
from kit.signing import generate_key
from tongban.access.v1.access_pb2 import Role
from tongban.queuing.v1.service_pb2 import GetBoardRequest, GetBoardResponse
from tongban.workforce.v1.messages_pb2 import Principal
from tongban.workforce.v1.service_pb2 import GetSessionRequest, GetSessionResponse, SignInResponse

Answer = Message | TongbanError | Callable[[Any], Message]

SECRET = b"a secret that only tests have"
PRIVATE_KEY, PUBLIC_KEY = generate_key()


class _Failed(grpc.RpcError, grpc.Call):
    """An error as it comes out of a channel: a call that is over."""

    def __init__(self, status: grpc.Status) -> None:
        super().__init__()
        self._status = status

    def code(self) -> grpc.StatusCode:
        return self._status.code

    def details(self) -> str:
        return self._status.details

    def trailing_metadata(self) -> tuple[Any, ...]:
        return tuple(self._status.trailing_metadata)

    def initial_metadata(self) -> tuple[Any, ...]:
        return ()

    def is_active(self) -> bool:
        return False

    def time_remaining(self) -> float:
        return 0.0

    def cancel(self) -> bool:
        return False

    def add_callback(self, callback: Callable[[], None]) -> bool:
        return False


@dataclass(frozen=True)
class Asked:
    """One call as a service got it."""

    method: str
    request: Any
    metadata: dict[str, str]

    @property
    def token(self) -> str:
        """The actor token; empty for the public."""
        return self.metadata.get("authorization", "").removeprefix("Bearer ")

    @property
    def idempotency_key(self) -> str:
        """The key that the caller chose."""
        return self.metadata.get("idempotency-key", "")


@dataclass
class FakeSite:
    """All services at once: remembers what it was asked, answers what a test says, or a sample of the right kind."""

    asked: list[Asked] = field(default_factory=list)
    _answers: dict[str, Answer] = field(default_factory=dict)

    def answers(self, method: str, answer: Answer) -> None:
        """From now on this RPC answers so."""
        self._answers[method] = answer

    @property
    def last(self) -> Asked:
        """The newest call."""
        return self.asked[-1]

    def asked_of(self, method: str) -> list[Asked]:
        """All calls of an RPC."""
        return [each for each in self.asked if each.method == method]

    def channel(self) -> grpc.Channel:
        """What the stubs are made over."""
        return cast(grpc.Channel, _Channel(self))

    def reply(self, method: str, request: Any, metadata: Iterable[tuple[str, str]], cls: type[Message]) -> Message:
        """Answers one call."""
        self.asked.append(Asked(method, request, dict(metadata)))
        answer = self._answers.get(method)
        if isinstance(answer, TongbanError):
            raise _Failed(to_status(answer))
        if callable(answer):
            return answer(request)
        return answer if answer is not None else sample(cls)


class _Channel:
    def __init__(self, site: FakeSite) -> None:
        self._site = site

    def unary_unary(self, method: str, request_serializer: Any, response_deserializer: Any, **_: Any) -> Any:
        return lambda request, **options: self._reply(method, request, options, response_deserializer)

    def stream_unary(self, method: str, request_serializer: Any, response_deserializer: Any, **_: Any) -> Any:
        return lambda parts, **options: self._reply(method, list(parts), options, response_deserializer)

    def unary_stream(self, method: str, request_serializer: Any, response_deserializer: Any, **_: Any) -> Any:
        def stream(request: Any, **options: Any) -> Iterator[Message]:
            yield self._reply(method, request, options, response_deserializer)

        return stream

    def _reply(self, method: str, request: Any, options: dict[str, Any], deserializer: Any) -> Message:
        cls = cast(type[Message], type(deserializer(b"")))
        name = method.rpartition("/")[2]
        try:
            return self._site.reply(name, request, options.get("metadata") or (), cls)
        except Unauthenticated as error:  # raised by a test's own function
            raise _Failed(to_status(error)) from error

    def close(self) -> None:
        """Nothing to let go of."""


class FakeTail:
    """A tail of the bus that gives what a test publishes."""

    def __init__(self, batches: Sequence[Sequence[Received]] = ()) -> None:
        self._batches = list(batches)

    def poll(self, timeout: float) -> Sequence[Received]:
        """The next batch; nothing when there is none."""
        return self._batches.pop(0) if self._batches else ()

    def close(self) -> None:
        """Nothing to let go of."""


def fake_gateway(site: FakeSite, **settings: Any) -> Gateway:
    """The parts of the gateway over a fake site."""
    chosen = GatewaySettings(**{"citizen_demo": True, **settings})
    clients = Clients.over({name: site.channel() for name in SERVICES})
    citizens = CitizenDesk(SECRET, embedded=chosen.embedded and chosen.citizen_demo)

    def read_board(center_id: str) -> GetBoardResponse:
        return invoke(clients.queuing.GetBoard, GetBoardRequest(center_id=center_id))

    return Gateway(
        settings=chosen,
        clients=clients,
        authenticator=Authenticator(clients.workforce, TokenSigner(PRIVATE_KEY), SECRET, citizens.actor),
        citizens=citizens,
        limits=Limits(chosen),
        boards=BoardHub(read_board, FakeTail, max_listeners=chosen.max_boards),
    )


def fake_app(site: FakeSite, extensions: Sequence[Extension] = (), **settings: Any) -> Document:
    """The whole app over a fake site."""
    return create_app(fake_gateway(site, **settings), extensions)


def visit_app(site: FakeSite, *extensions: Extension, **settings: Any) -> Document:
    """The app over a fake site, for one test at a time: its routes and compiled templates are those of the test before.

    Building them anew costs more than most tests do. Limits, sessions and services are this test's own.
    """
    app = _built_once(extensions, tuple(sorted(settings.items())))
    hang(app, fake_gateway(site, **settings))
    return app


@functools.cache
def _built_once(extensions: tuple[Extension, ...], settings: tuple[tuple[str, Any], ...]) -> Document:
    return fake_app(FakeSite(), extensions, **dict(settings))


def staff(*roles: str, center: str = "610902", staff_id: str = "staff-1", session_id: str = "s-1") -> Principal:
    """Somebody who may sign in."""
    return Principal(
        staff_id=staff_id,
        name="李明",
        center_id=center,
        centers=[center],
        department_key="gaj",
        roles=[Role.Value(f"ROLE_{role.upper()}") for role in roles],
        session_expires_at=Timestamp(seconds=1_900_000_000),
        window_id=f"{center}-w01",
        session_id=session_id,
    )


def signs_in(site: FakeSite, token: str, principal: Principal) -> None:
    """Lets a session token be this person's; any other is refused."""

    def session(request: GetSessionRequest) -> GetSessionResponse:
        if request.session_token != token:
            raise Unauthenticated("session_invalid", "登录状态无效，请重新登录。")
        return GetSessionResponse(principal=principal)

    site.answers("GetSession", session)
    site.answers("SignIn", SignInResponse(session_token=token, principal=principal))


def bearer(token: str) -> dict[str, str]:
    """Headers that carry a session."""
    return {"Authorization": f"Bearer {token}"}


def actor_of(asked: Asked) -> Any:
    """Who a service sees behind a call."""
    return TokenVerifier(PUBLIC_KEY).verify(asked.token)


def sample(cls: type[Message], depth: int = 0) -> Message:
    """A message with something in every field, so that every part of a response is seen."""
    message = cls()
    for each in cls.DESCRIPTOR.fields:
        if each.containing_oneof is not None and each.containing_oneof.fields[0] is not each:
            continue
        value = _sample_value(each, depth)
        if value is None:
            continue
        if each.is_repeated:
            getattr(message, each.name).extend([value])
        elif each.message_type is not None:
            getattr(message, each.name).CopyFrom(value)
        else:
            setattr(message, each.name, value)
    return message


def _sample_value(each: Any, depth: int) -> Any:
    if each.message_type is not None:
        if each.message_type.full_name == "google.protobuf.Timestamp":
            return Timestamp(seconds=int(datetime(2026, 11, 23, 2, tzinfo=UTC).timestamp()), nanos=7_000_000)
        if depth > 4 or not each.message_type.full_name.startswith("tongban."):
            return None
        return sample(each.message_type._concrete_class, depth + 1)
    if each.enum_type is not None:
        return each.enum_type.values[-1].number
    kinds: dict[int, Any] = {each.CPPTYPE_STRING: "样例", each.CPPTYPE_BOOL: True}
    if each.type == each.TYPE_BYTES:
        return b"%PDF-1.7"
    return kinds.get(each.cpp_type, 3)


def client_of(app: Document) -> FlaskClient:
    """A browser or program that talks to the app."""
    return app.test_client()
