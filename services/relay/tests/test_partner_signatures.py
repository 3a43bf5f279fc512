"""Signatures of HTTP messages: the RFC's own examples, another implementation's opinion, and what is refused."""

import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import http_message_signatures as other
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import algorithms
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from kit.testing import actor, call, store
from services.relay.partner.components import BadSignature, Component, Request, Response, base
from services.relay.partner.digests import BadDigest, digest_field, require_digest
from services.relay.partner.replay import NONCES, Replays, nonces_rule
from services.relay.partner.signatures import TAG, read_signature, sign_input, signature_fields
from tests.contract.memory_store import MemoryStore

# RFC 9421, appendix B.
KEY = SigningKey(base64.urlsafe_b64decode("n4Ni-HpISpVObnQMW0wOhCKROaIKqKtW_2ZYb2p9KcU="))
FIELDS = {
    "host": "example.com",
    "date": "Tue, 20 Apr 2021 02:07:55 GMT",
    "content-type": "application/json",
    "content-digest": "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:",
    "content-length": "18",
}
REQUEST = Request("POST", "https://example.com/foo?param=Value&Pet=dog", FIELDS)
B26 = (
    '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;'
    'keyid="test-key-ed25519"'
)
B26_SIGNATURE = "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECONDS = int(NOW.timestamp())
SKEW = timedelta(seconds=60)


def covered(*names: str) -> list[tuple[str, Component]]:
    return [(str(each), each) for each in (Component(name) for name in names)]


def signed(request: Request, *names: str, **other_params: object) -> Request:
    params = {"key_id": "ed25519:k", "created": SECONDS, "expires": SECONDS + 60, "nonce": "n" * 22, **other_params}
    signature = sign_input([Component(name) for name in names], **params)  # type: ignore[arg-type]
    value = KEY.sign(signature.base(request)).signature
    fields = {name.lower(): text for name, text in signature_fields(signature, value).items()}
    return Request(request.method, request.target_uri, {**request.fields, **fields})


def with_fields(**fields: str) -> Request:
    return Request("GET", "https://hub.example/x", {name.replace("_", "-"): text for name, text in fields.items()})


def refusal(request: Request) -> str:
    with pytest.raises(BadSignature) as caught:
        read_signature(request).base(request)
    return caught.value.code


class TestTheRfcsExamples:
    def test_the_base_of_b26_is_the_rfcs_byte_by_byte(self) -> None:
        names = ("date", "@method", "@path", "@authority", "content-type", "content-length")
        assert base(REQUEST, covered(*names), B26).decode() == (
            '"date": Tue, 20 Apr 2021 02:07:55 GMT\n'
            '"@method": POST\n'
            '"@path": /foo\n'
            '"@authority": example.com\n'
            '"content-type": application/json\n'
            '"content-length": 18\n'
            f'"@signature-params": {B26}'
        )

    def test_our_key_makes_the_signature_of_b26(self) -> None:
        names = ("date", "@method", "@path", "@authority", "content-type", "content-length")
        made = KEY.sign(base(REQUEST, covered(*names), B26)).signature
        assert base64.b64encode(made).decode() == B26_SIGNATURE

    def test_an_answer_covers_parts_of_its_request(self) -> None:
        fields = {"content-type": "application/json", "content-length": "62"}
        parts = [Component("@status"), Component("content-length"), Component("@method", req=True)]
        parts += [Component("@path", req=True), Component("content-digest", req=True)]
        text = base(Response(503, fields, REQUEST), [(str(each), each) for each in parts], "()").decode()
        assert text.split("\n")[:4] == [
            '"@status": 503',
            '"content-length": 62',
            '"@method";req: POST',
            '"@path";req: /foo',
        ]

    def test_derived_parts_are_those_of_section_2_2(self) -> None:
        request = Request("GET", "https://WWW.example.com:443/path?param=value", {})
        names = ("@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query")
        assert base(request, covered(*names), "()").decode().split("\n")[:-1] == [
            '"@target-uri": https://WWW.example.com:443/path?param=value',
            '"@authority": www.example.com',
            '"@scheme": https',
            '"@request-target": /path?param=value',
            '"@path": /path',
            '"@query": ?param=value',
        ]

    def test_a_member_of_a_dictionary_is_written_anew(self) -> None:
        request = with_fields(example_dict="a=1,   b=2;x=1;y=2, c=(a   b    c), d")
        parts = [Component("example-dict", key=key) for key in "abcd"]
        lines = base(request, [(str(each), each) for each in parts], "()").decode().split("\n")[:4]
        assert lines == [
            '"example-dict";key="a": 1',
            '"example-dict";key="b": 2;x=1;y=2',
            '"example-dict";key="c": (a b c)',
            '"example-dict";key="d": ?1',
        ]

    def test_digests_are_those_of_rfc_9530(self) -> None:
        content = b'{"hello": "world"}\n'
        assert digest_field(content) == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"
        require_digest(FIELDS["content-digest"], b'{"hello": "world"}')


class TestWhatIsRead:
    def test_a_signature_of_ours_is_read_as_it_was_made(self) -> None:
        request = signed(REQUEST, "@method", "@target-uri", "content-digest")
        found = read_signature(request)
        KEY.verify_key.verify(found.base(request), found.value)
        assert (found.key_id, found.created, found.nonce) == ("ed25519:k", SECONDS, "n" * 22)

    def test_signatures_for_others_are_passed_over(self) -> None:
        request = signed(REQUEST, "@method", "@target-uri")
        fields = dict(request.fields)
        fields["signature-input"] = f'proxy=("forwarded");created=1, {fields["signature-input"]}'
        fields["signature"] = f"proxy=:AAAA:, {fields['signature']}"
        assert read_signature(Request("POST", REQUEST.target_uri, fields)).label == "tongban"

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({}, "signature_missing"),
            ({"signature_input": "a=("}, "signature_malformed"),
            ({"signature_input": 'a="x"'}, "signature_malformed"),
            ({"signature_input": 'a=("@method");tag="other"'}, "signature_missing"),
            ({"signature_input": f'a=("@method");tag="{TAG}"'}, "signature_malformed"),
            ({"signature_input": f'a=();tag="{TAG}", a=();tag="{TAG}"'}, "signature_malformed"),
            ({"signature_input": f'a=();tag="{TAG}", b=();tag="{TAG}"'}, "signature_ambiguous"),
            ({"signature_input": f'a=();tag="{TAG}"', "signature": 'a="text"'}, "signature_malformed"),
            ({"signature_input": f'a=();tag="{TAG}"', "signature": "a=:AA==:"}, "signature_malformed"),
            ({"signature_input": f'a=();tag="{TAG}";keyid="k"', "signature": "a=:AA==:"}, "signature_nonce"),
            ({"signature_input": "a=中"}, "signature_malformed"),
        ],
    )
    def test_what_is_no_signature_of_ours_is_refused(self, fields: dict[str, str], code: str) -> None:
        if code == "signature_nonce":
            fields = {**fields, "signature_input": fields["signature_input"] + ';nonce="short"'}
        assert refusal(with_fields(**fields)) == code

    @pytest.mark.parametrize(
        ("items", "code"),
        [
            ('"@method" "@method"', "signature_malformed"),
            ('"Content-Type"', "signature_malformed"),
            ('"@query-param";name="a"', "signature_component_unknown"),
            ('"content-type";bs', "signature_component_unknown"),
            ('"@method";req', "signature_component_unknown"),
            ('"@status"', "signature_component_unknown"),
            ('"@nothing"', "signature_component_unknown"),
            ('"x-absent"', "signature_component_absent"),
            ("token", "signature_malformed"),
            ("1", "signature_malformed"),
        ],
    )
    def test_what_cannot_be_covered_is_refused(self, items: str, code: str) -> None:
        params = f';created=1;expires=2;keyid="k";nonce="{"n" * 22}";tag="{TAG}"'
        assert refusal(with_fields(signature_input=f"a=({items}){params}", signature="a=:AA==:")) == code

    def test_a_body_that_is_not_covered_is_refused(self) -> None:
        found = read_signature(signed(REQUEST, "@method", "@target-uri"))
        with pytest.raises(BadSignature) as caught:
            found.require(["@method", "content-digest"])
        assert (caught.value.code, caught.value.details["missing"]) == ("signature_incomplete", "content-digest")

    @given(st.text(max_size=80), st.text(max_size=40))
    def test_no_text_does_more_than_be_refused(self, inputs: str, values: str) -> None:
        for text in (inputs, f'a=({inputs});tag="{TAG}"', f'a=();tag="{TAG}";{inputs}'):
            try:
                read_signature(with_fields(signature_input=text, signature=values))
            except BadSignature:
                continue


class TestTime:
    def judged(self, created: int, expires: int) -> str:
        found = read_signature(signed(REQUEST, "@method", created=SECONDS + created, expires=SECONDS + expires))
        try:
            found.require_timely(NOW, SKEW)
        except BadSignature as error:
            return error.code
        return "taken"

    @pytest.mark.parametrize(
        ("created", "expires", "outcome"),
        [
            (0, 60, "taken"),
            (60, 120, "taken"),
            (61, 120, "signature_from_future"),
            (-359, -59, "taken"),
            (-360, -60, "signature_expired"),
            (0, 300, "taken"),
            (0, 301, "signature_too_long"),
            (0, 0, "signature_too_long"),
            (10, 0, "signature_too_long"),
        ],
    )
    def test_a_signature_is_good_in_its_time_give_or_take_the_skew(
        self, created: int, expires: int, outcome: str
    ) -> None:
        assert self.judged(created, expires) == outcome


class TestReplays:
    def test_a_nonce_is_taken_once_a_site(self) -> None:
        replays = Replays(MemoryStore([NONCES]))
        replays.take("a", "n", 100)
        replays.take("b", "n", 100)
        with pytest.raises(BadSignature) as caught:
            replays.take("a", "n", 200)
        assert caught.value.code == "signature_replayed"

    def test_replicas_and_whoever_starts_anew_know_what_one_has_seen(self, tmp_path: Path) -> None:
        Replays(store(tmp_path, [NONCES])).take("a", "n", 100)
        with pytest.raises(BadSignature):
            Replays(store(tmp_path, [NONCES])).take("a", "n", 100)

    def test_those_of_expired_signatures_are_taken_away(self) -> None:
        kept = MemoryStore([NONCES])
        replays = Replays(kept)
        now = NOW.timestamp()
        replays.take("a", "old", now - 1)
        replays.take("a", "young", now + 1)
        nonces_rule(lambda: NOW).take_away(kept, call(actor()))
        replays.take("a", "old", now + 60)
        with pytest.raises(BadSignature):
            replays.take("a", "young", now + 60)


class TestDigests:
    @pytest.mark.parametrize(
        ("field", "code"),
        [
            (None, "digest_missing"),
            ("", "digest_missing"),
            ("md5=:AAAA:", "digest_missing"),
            ("sha-256=:AAAA:", "digest_wrong"),
            (f"{digest_field(b'x')}, sha-512=:AAAA:", "digest_wrong"),
            (f"{digest_field(b'x')}, {digest_field(b'x')}", "digest_malformed"),
            ('sha-256="x"', "digest_malformed"),
            ("sha-256=(", "digest_malformed"),
            ("中", "digest_malformed"),
        ],
    )
    def test_a_body_without_its_digest_is_refused(self, field: str | None, code: str) -> None:
        with pytest.raises(BadDigest) as caught:
            require_digest(field, b"x")
        assert caught.value.code == code


class _Keys(other.HTTPSignatureKeyResolver):
    """The other implementation's view of the same key."""

    def resolve_private_key(self, key_id: str) -> object:
        return Ed25519PrivateKey.from_private_bytes(bytes(KEY))

    def resolve_public_key(self, key_id: str) -> object:
        return Ed25519PrivateKey.from_private_bytes(bytes(KEY)).public_key()


class _Message:
    """A request in the shape that the other implementation reads."""

    def __init__(self, request: Request) -> None:
        self.method, self.url = request.method, request.target_uri
        self.headers = {name.title(): value for name, value in request.fields.items()}


_PATHS = st.text("abcXYZ019-._~%2F中 ", max_size=12).map(lambda text: "/" + quote(text))
_QUERIES = st.one_of(
    st.just(""), st.text("ab=&1%20", min_size=1, max_size=12).map(lambda text: "?" + quote(text, "=&"))
)


class TestAnotherImplementation:
    @given(st.sampled_from(["GET", "POST", "PUT"]), _PATHS, _QUERIES)
    def test_reads_what_we_sign(self, method: str, path: str, query: str) -> None:
        now = int(datetime.now(UTC).timestamp())
        request = Request(method, f"https://hub.example.cn:8443{path}{query}", FIELDS)
        names = ("@method", "@target-uri", "@path", "@query", "@authority", "content-digest")
        made = signed(request, *names, created=now, expires=now + 300)
        verifier = other.HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=_Keys())
        results = verifier.verify(_Message(made), expect_tag=TAG)
        assert set(results[0].covered_components) > {'"@method"', '"@target-uri"', '"content-digest"'}

    @given(st.sampled_from(["GET", "POST", "PUT"]), _PATHS, _QUERIES)
    def test_signs_what_we_read(self, method: str, path: str, query: str) -> None:
        message = _Message(Request(method, f"https://hub.example.cn{path}{query}", FIELDS))
        signer = other.HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Keys())
        names = ("@method", "@target-uri", "@path", "@query", "content-digest", "content-type")
        now = datetime.now(UTC)
        later = now + timedelta(minutes=5)
        signer.sign(
            message, key_id="k", created=now, expires=later, nonce="n" * 22, tag=TAG, covered_component_ids=names,
            use_existing_digest=True,
        )  # fmt: skip
        fields = {name.lower(): str(value) for name, value in message.headers.items()}
        request = Request(method, message.url, fields)
        found = read_signature(request)
        KEY.verify_key.verify(found.base(request), found.value)
        found.require_timely(now, SKEW)
