"""Whatever a partner sends is taken as it was meant or refused by name: seeded, bounded, over JSON, protobuf and HTTP."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import schemathesis
from google.protobuf.message import DecodeError
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import CheckFunction
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi import checks
from urllib3 import HTTPResponse

from kit.errors import TongbanError
from services.relay.domain.chain import require_well_formed
from services.relay.domain.envelope import Envelope
from services.relay.domain.letter import Attachment, Letter
from services.relay.partner.document import OPENAPI
from services.relay.partner.wire import FieldMalformed, encode_json, envelope_json, read_envelope, read_envelopes
from services.relay.protos import envelope_message, parse_envelope
from services.relay.tests.partner_office import BASE, LINK, PEER, SITE, MemoryOffice, Partner, Reply, chain, sha256
from tongban.relay.v1 import link_pb2

SEED = 20261122
BOUNDED = settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
_TIMES = st.integers(0, 4_000_000_000_000).map(lambda ms: datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms))
_SHA256 = st.binary(min_size=32, max_size=32).map(bytes.hex)
_NUMBER = st.integers(1, (1 << 53) - 1)
ATTACHMENTS = st.builds(
    Attachment, _SHA256, _NUMBER, _TEXT, _TEXT, sealed_key=st.binary(max_size=80), plain_sha256=st.just("") | _SHA256
)
LETTERS = st.builds(
    Letter, _TEXT, _TEXT, _TEXT, _TEXT, st.integers(0, (1 << 31) - 1), _TEXT, _TIMES, st.binary(max_size=200),
    expires_at=st.none() | _TIMES, in_reply_to=_TEXT, attachments=st.lists(ATTACHMENTS, max_size=3).map(tuple),
    key_id=_TEXT, signature=st.binary(max_size=80),
)  # fmt: skip
ENVELOPES = st.builds(
    Envelope, LETTERS, _TEXT, _TEXT, _TEXT, _NUMBER, st.binary(min_size=32, max_size=32), _TEXT, st.binary(max_size=80)
)
_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield at
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(inner, (*at, key))


def replaced(value: Any, place: tuple[Any, ...], junk: Any) -> Any:
    if not place:
        return junk
    changed = copy.deepcopy(value)
    inner = changed
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = junk
    return changed


class TestEnvelopes:
    @seed(SEED)
    @BOUNDED
    @given(ENVELOPES)
    def test_what_goes_out_as_json_comes_in_the_same_to_the_byte(self, envelope: Envelope) -> None:
        again = read_envelope(json.loads(encode_json(envelope_json(envelope))), "")
        assert again == envelope
        assert again.canonical() == envelope.canonical()

    @seed(SEED)
    @BOUNDED
    @given(st.data())
    def test_one_wrong_value_anywhere_is_refused_or_makes_another_envelope(self, data: st.DataObject) -> None:
        right = {"envelopes": [envelope_json(each) for each in chain(2)]}
        place = data.draw(st.sampled_from(sorted(places(right), key=str)))
        wrong = replaced(right, place, data.draw(_JUNK))
        with suppress(ValueError):  # NaN and Infinity are no JSON
            text = json.dumps(wrong, allow_nan=False).encode("utf-8", "surrogatepass")
            try:
                found = read_envelopes(text)
            except FieldMalformed:
                return
            for each in found:
                each.canonical()
                with suppress(TongbanError):
                    require_well_formed(each)

    @seed(SEED)
    @BOUNDED
    @given(st.binary(max_size=300))
    def test_bytes_are_refused_by_name(self, content: bytes) -> None:
        with pytest.raises(FieldMalformed):
            read_envelopes(content)

    @seed(SEED)
    @BOUNDED
    @given(st.data())
    def test_a_changed_byte_of_a_protobuf_envelope_is_refused_or_seen_in_its_form(self, data: st.DataObject) -> None:
        envelope = chain(1)[0]
        message = bytearray(envelope_message(envelope).SerializeToString(deterministic=True))
        for _ in range(data.draw(st.integers(1, 3))):
            at = data.draw(st.integers(0, len(message) - 1))
            message[at] = data.draw(st.integers(0, 255))
        cut = data.draw(st.integers(0, len(message)))
        for each in (bytes(message), bytes(message[:cut])):
            with suppress(TongbanError):
                found = parse_envelope(each)
                assert (found.canonical(), found.signature) == (
                    envelope.canonical(),
                    envelope.signature,
                ) or found != envelope

    @seed(SEED)
    @BOUNDED
    @given(st.binary(max_size=200))
    def test_a_frame_of_junk_is_no_accident(self, content: bytes) -> None:
        with suppress(DecodeError, TongbanError):
            frame = link_pb2.Frame.FromString(content)
            for each in frame.envelopes.envelopes:
                parse_envelope(each.SerializeToString())


CHECKS: list[CheckFunction] = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
#: Requests for each operation that fit the document, and that don't.
FITTING, UNFITTING = 25, 15


@pytest.fixture
def partner() -> Partner:
    office = MemoryOffice()
    office.outgoing = chain(3, SITE, PEER)
    office.files = {sha256(b"abc"): b"abc"}
    office.wants = {sha256(b"0123456789"): 10}
    return Partner(office, waits=0)


def operations() -> list[Any]:
    schema = schemathesis.openapi.from_dict(copy.deepcopy(OPENAPI))
    schema.config.update(base_url=BASE)
    found: list[Any] = list(schema.get_all_operations())
    return [each.ok() for each in found]


@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("operation", operations(), ids=lambda each: each.definition.raw["operationId"])
def test_the_api_keeps_to_its_document(partner: Partner, operation: Any, mode: GenerationMode) -> None:
    """Whatever the document lets a partner sign and send, and whatever it doesn't."""
    broken: list[BaseException] = []

    @seed(SEED)
    @settings(
        max_examples=FITTING if mode is GenerationMode.POSITIVE else UNFITTING,
        deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), aimed=st.booleans())
    def send(case: Case[Any], aimed: bool) -> None:
        if broken:
            return
        if aimed and mode is GenerationMode.POSITIVE and "link" in case.path_parameters:
            case.path_parameters["link"] = LINK
            if "sha256" in case.path_parameters:
                case.path_parameters["sha256"] = sha256(b"abc" if case.method == "GET" else b"0123456789")
        try:
            _ask(partner, case)
        except (Exception, FailureGroup) as error:
            broken.append(error)

    with suppress(Unsatisfiable):  # what takes nothing can't be asked wrongly
        send()
    if broken:
        raise broken[0]
    assert len(partner.office.came) == 0


def _ask(partner: Partner, case: Case[Any]) -> None:
    """Signs a case as a partner would, puts it to the app, and holds the answer to the document."""
    sent = requests.Request(**case.as_transport_kwargs()).prepare()
    assert sent.url is not None
    path = sent.url.removeprefix(BASE)
    body: Any = sent.body
    content: bytes | None = body.encode() if isinstance(body, str) else body
    fields = {
        name.lower(): value if isinstance(value, str) else value.decode("latin-1")
        for name, value in sent.headers.items()
    }
    fields = {name: value for name, value in fields.items() if name.isascii() and not name.startswith("signature")}
    if content and "content-type" not in fields:
        fields["content-type"] = "application/octet-stream"
    reply = partner.ask(case.method, path, content or None, headers=fields)
    case.validate_response(_response(reply, sent), checks=CHECKS)


def _response(reply: Reply, sent: Any) -> Any:
    response = requests.Response()
    response.status_code, response.raw = reply.status, HTTPResponse(headers=reply.fields)
    response._content = reply.content
    response.headers.update(reply.fields)
    response.request, response.url = sent, sent.url
    response.elapsed = timedelta(0)
    return response


def test_a_breach_of_the_document_would_be_found(partner: Partner) -> None:
    document = copy.deepcopy(OPENAPI)
    document["components"]["schemas"]["Stand"]["required"].append("no_such_field")
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=BASE)
    case = schema["/partner/v1/links/{link}"]["GET"].Case(path_parameters={"link": LINK})
    with pytest.raises(FailureGroup):
        _ask(partner, case)
