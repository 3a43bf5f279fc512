"""The partner API over a relay in memory: who is admitted, what is taken, and that every answer is signed and as documented."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from services.relay.domain.envelope import Head
from services.relay.partner.components import Request, Response
from services.relay.partner.digests import digest_field, require_digest
from services.relay.partner.document import DOCUMENT, OPENAPI
from services.relay.partner.signatures import read_signature
from services.relay.partner.wire import envelope_json
from services.relay.tests.partner_office import (
    BASE,
    LINK,
    OUR_KEY,
    PEER,
    SITE,
    MemoryOffice,
    Partner,
    Reply,
    chain,
    sha256,
)

ROOT = f"/partner/v1/links/{LINK}"
GOLDEN = Path(__file__).parents[3] / "docs/relay/partner-api.json"


@pytest.fixture
def office() -> MemoryOffice:
    return MemoryOffice()


@pytest.fixture
def partner(office: MemoryOffice) -> Partner:
    return Partner(office)


def schema_of(name: str) -> Any:
    return {"$ref": f"#/components/schemas/{name}", "components": OPENAPI["components"]}


def require_like(reply: Reply, name: str) -> None:
    jsonschema.Draft202012Validator(schema_of(name)).validate(reply.json)


class TestWhoIsAdmitted:
    def test_the_document_is_for_everybody(self, partner: Partner) -> None:
        reply = partner.ask("GET", "/partner/v1/openapi.json", signed=False)
        assert (reply.status, reply.content) == (200, DOCUMENT)

    def test_nobody_gets_anything_else_without_a_signature(self, partner: Partner) -> None:
        for method, path in (("GET", ROOT), ("GET", f"{ROOT}/envelopes"), ("GET", f"{ROOT}/attachments/{'0' * 64}")):
            assert partner.ask(method, path, signed=False).code == "signature_missing"
        assert partner.refused == [(LINK, "signature_missing")] * 3
        assert not partner.office.heard_at

    @pytest.mark.parametrize(
        ("more", "code"),
        [
            ({"key_id": "ed25519:" + "c" * 16}, "key_unknown"),
            ({"covered": ["@method"]}, "signature_incomplete"),
            ({"nonce": "short"}, "signature_nonce"),
            ({"created": 1, "expires": 100}, "signature_expired"),
            ({"created": 4102444800, "expires": 4102444900}, "signature_from_future"),
            ({"created": 1, "expires": 4102444800}, "signature_too_long"),
        ],
    )
    def test_a_signature_that_does_not_hold_is_refused(self, partner: Partner, more: dict[str, Any], code: str) -> None:
        reply = partner.ask("GET", ROOT, **more)
        assert (reply.status, reply.code) == (401, code)
        require_like(reply, "Problem")

    def test_another_address_than_the_signed_one_is_refused(self, partner: Partner) -> None:
        fields = partner.signed("GET", f"{ROOT}/envelopes?after=5", {})
        assert partner.send("GET", f"{ROOT}/envelopes?after=0", b"", fields).code == "signature_wrong"

    def test_another_body_than_the_signed_one_is_refused(self, partner: Partner) -> None:
        fields = {"content-type": "application/json", "content-digest": digest_field(b"{}")}
        fields = partner.signed("POST", f"{ROOT}/envelopes", fields)
        assert partner.send("POST", f"{ROOT}/envelopes", b'{"envelopes":[]}', fields).code == "digest_wrong"

    def test_a_request_is_taken_once(self, partner: Partner) -> None:
        fields = partner.signed("GET", ROOT, {})
        assert partner.send("GET", ROOT, b"", fields).status == 200
        assert partner.send("GET", ROOT, b"", fields).code == "signature_replayed"

    def test_an_algorithm_other_than_the_keys_is_refused(self, partner: Partner) -> None:
        fields = partner.signed("GET", ROOT, {})
        fields["signature-input"] += ';alg="rsa-pss-sha512"'
        assert partner.send("GET", ROOT, b"", fields).code == "signature_algorithm"

    def test_an_unknown_link_is_no_link(self, partner: Partner) -> None:
        assert partner.ask("GET", ROOT[:-1] + "2").code == "link_not_found"

    def test_too_many_requests_wait(self, office: MemoryOffice) -> None:
        partner = Partner(office, rate=4)
        assert partner.ask("GET", ROOT).status == 200
        reply = partner.ask("GET", ROOT)
        assert (reply.status, reply.code) == (429, "too_many_requests")
        assert int(reply.fields["retry-after"]) >= 1

    def test_a_suspended_link_only_tells_how_it_stands(self, partner: Partner, office: MemoryOffice) -> None:
        office.active = False
        assert partner.ask("GET", ROOT).json["state"] == "suspended"
        assert partner.post(chain(1)).code == "link_not_active"
        assert partner.ask("GET", f"{ROOT}/envelopes").code == "link_not_active"
        assert not office.came


class TestEnvelopes:
    def test_posted_envelopes_are_taken_as_they_were_sent(self, partner: Partner, office: MemoryOffice) -> None:
        envelopes = chain(3)
        reply = partner.post(envelopes)
        require_like(reply, "Received")
        assert reply.json["received"] == {"sequence": 3, "hash": envelopes[-1].head().digest.hex()}
        assert office.came == envelopes

    def test_what_is_posted_again_has_no_second_effect(self, partner: Partner, office: MemoryOffice) -> None:
        partner.post(chain(2))
        assert partner.post(chain(3)).json["received"]["sequence"] == 3
        assert office.came == chain(3)

    def test_a_gap_says_how_far_we_are(self, partner: Partner) -> None:
        reply = partner.post([chain(1)[0], chain(3)[2]])
        require_like(reply, "Problem")
        assert (reply.code, reply.json["received"]["sequence"]) == ("envelope_gap", 1)
        assert reply.json["details"]["expected"] == "2"

    def test_a_poll_gives_what_follows(self, partner: Partner, office: MemoryOffice) -> None:
        office.outgoing = chain(5, SITE, PEER)
        reply = partner.ask("GET", f"{ROOT}/envelopes?after=2&limit=2")
        require_like(reply, "Envelopes")
        assert reply.json["envelopes"] == [envelope_json(each) for each in office.outgoing[2:4]]

    def test_a_poll_waits_for_what_comes(self, partner: Partner, office: MemoryOffice) -> None:
        came: list[Reply] = []
        asking = threading.Thread(target=lambda: came.append(partner.ask("GET", f"{ROOT}/envelopes?wait=20")))
        asking.start()
        office.outgoing = chain(1, SITE, PEER)
        partner.waits.nudge()
        asking.join(10)
        assert len(came[0].json["envelopes"]) == 1

    def test_a_poll_that_finds_no_place_is_answered_at_once(self, office: MemoryOffice) -> None:
        partner = Partner(office, waits=0)
        assert partner.ask("GET", f"{ROOT}/envelopes?wait=30").json == {"envelopes": []}

    def test_an_end_sends_those_home_who_wait(self, partner: Partner) -> None:
        partner.waits.stop()
        assert partner.ask("GET", f"{ROOT}/envelopes?wait=30").json == {"envelopes": []}

    def test_an_acknowledgement_is_noted(self, partner: Partner, office: MemoryOffice) -> None:
        office.outgoing = chain(3, SITE, PEER)
        body = json.dumps({"sequence": 2, "hash": office.outgoing[1].head().digest.hex()}).encode()
        reply = partner.ask("POST", f"{ROOT}/acknowledgements", body)
        require_like(reply, "Acknowledged")
        assert reply.json == {"acknowledged": 2}

    def test_both_ends_see_where_they_stand(self, partner: Partner, office: MemoryOffice) -> None:
        office.outgoing = chain(2, SITE, PEER)
        office.wants = {"a" * 64: 10}
        partner.post(chain(1))
        reply = partner.ask("GET", ROOT)
        require_like(reply, "Stand")
        assert reply.json["received"]["sequence"] == 1
        assert reply.json["sent"]["sequence"] == 2
        assert reply.json["wanted"] == [{"sha256": "a" * 64, "offset": 0, "size": 10}]

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"sequence": 0}, "envelopes[0].sequence"),
            ({"sequence": "1"}, "envelopes[0].sequence"),
            ({"sequence": 1.0}, "envelopes[0].sequence"),
            ({"sequence": True}, "envelopes[0].sequence"),
            ({"sequence": 1 << 53}, "envelopes[0].sequence"),
            ({"previous_hash": "00"}, "envelopes[0].previous_hash"),
            ({"previous_hash": "G" * 64}, "envelopes[0].previous_hash"),
            ({"signature": "a"}, "envelopes[0].signature"),
            ({"signature": None}, "envelopes[0].signature"),
            ({"surplus": 1}, "envelopes[0].surplus"),
            ({"letter": []}, "envelopes[0].letter"),
            ({"letter": {}}, "envelopes[0].letter.id"),
        ],
    )
    def test_a_malformed_envelope_is_refused_by_name(
        self, partner: Partner, office: MemoryOffice, change: dict[str, Any], field: str
    ) -> None:
        body = json.dumps({"envelopes": [{**envelope_json(chain(1)[0]), **change}]}).encode()
        reply = partner.ask("POST", f"{ROOT}/envelopes", body)
        assert (reply.status, reply.code, reply.json["details"]["field"]) == (422, "field_malformed", field)
        assert not office.came

    @pytest.mark.parametrize(
        "time", ["2026-11-22", "2026-11-22T08:00:00+08:00", "2026-13-01T00:00:00Z", 5, "2026-11-22T08:00:00.1234Z"]
    )
    def test_a_time_is_in_utc_and_milliseconds(self, partner: Partner, time: object) -> None:
        value = envelope_json(chain(1)[0])
        value["letter"]["created_at"] = time
        reply = partner.ask("POST", f"{ROOT}/envelopes", json.dumps({"envelopes": [value]}).encode())
        assert reply.json["details"]["field"] == "envelopes[0].letter.created_at"

    @pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"envelopes":[]}', b"[" * 100_000, b'{"a":1}'])
    def test_a_body_that_is_none_is_refused(self, partner: Partner, body: bytes) -> None:
        assert partner.ask("POST", f"{ROOT}/envelopes", body).code == "field_malformed"


class TestFiles:
    def test_a_file_comes_part_by_part_and_says_where_to_go_on(self, partner: Partner, office: MemoryOffice) -> None:
        data = b"0123456789"
        office.wants = {sha256(data): 10}
        path = f"{ROOT}/attachments/{sha256(data)}"

        def bring(first: int, last: int) -> Reply:
            fields = {"content-type": "application/octet-stream", "content-range": f"bytes {first}-{last}/10"}
            return partner.ask("PUT", path, data[first : last + 1], headers=fields)

        require_like(bring(0, 3), "Part")
        assert bring(0, 3).json == {"sha256": sha256(data), "offset": 4, "size": 10, "complete": False}
        assert bring(6, 9).json["offset"] == 4
        assert bring(4, 9).json["complete"]
        assert office.pieces[sha256(data)] == data
        assert bring(4, 9).code == "attachment_not_wanted"

    @pytest.mark.parametrize(
        ("range", "code"),
        [
            ("", "content_range_malformed"),
            ("bytes */10", "content_range_malformed"),
            ("bytes 0-5/10", "content_range_wrong"),
            ("bytes 3-2/10", "content_range_wrong"),
            ("bytes 8-11/10", "content_range_wrong"),
        ],
    )
    def test_a_part_that_is_not_where_it_says_is_refused(self, partner: Partner, range: str, code: str) -> None:
        fields = {"content-type": "application/octet-stream", "content-range": range}
        assert partner.ask("PUT", f"{ROOT}/attachments/{'a' * 64}", b"1234", headers=fields).code == code

    def test_a_file_is_fetched_whole_or_in_parts(self, partner: Partner, office: MemoryOffice) -> None:
        data = bytes(range(256)) * 5000
        office.files = {sha256(data): data}
        path = f"{ROOT}/attachments/{sha256(data)}"
        got = b""
        while len(got) < len(data):
            reply = partner.ask("GET", path, headers={"range": f"bytes={len(got)}-"})
            assert reply.fields["content-range"].startswith(f"bytes {len(got)}-")
            got += reply.content
        assert got == data
        assert partner.ask("GET", path, headers={"range": "bytes=1-3"}).content == data[1:4]
        assert partner.ask("GET", path).status == 206
        office.files = {sha256(b"abc"): b"abc"}
        assert partner.ask("GET", f"{ROOT}/attachments/{sha256(b'abc')}").status == 200

    @pytest.mark.parametrize("range", ["bytes=3-", "bytes=5-9", "bytes=-1", "bytes=0-1,2-2", "items=0-1", "bytes=2-1"])
    def test_a_range_that_is_none_is_refused(self, partner: Partner, office: MemoryOffice, range: str) -> None:
        office.files = {sha256(b"abc"): b"abc"}
        assert partner.ask("GET", f"{ROOT}/attachments/{sha256(b'abc')}", headers={"range": range}).status == 416

    def test_nobody_fetches_what_no_letter_of_theirs_named(self, partner: Partner) -> None:
        assert partner.ask("GET", f"{ROOT}/attachments/{'a' * 64}").code == "attachment_not_offered"


class TestAnswers:
    def signed_by_us(self, partner: Partner, reply: Reply, request: Request) -> list[str]:
        require_digest(reply.fields["content-digest"], reply.content)
        response = Response(reply.status, reply.fields, request)
        found = read_signature(response)
        assert found.key_id == OUR_KEY
        partner.office.ours.verify_key.verify(found.base(response), found.value)
        return [identifier for identifier, _ in found.covered]

    def test_every_answer_is_signed_and_tied_to_its_request(self, partner: Partner) -> None:
        fields = partner.signed("GET", ROOT, {})
        reply = partner.send("GET", ROOT, b"", fields)
        assert self.signed_by_us(partner, reply, Request("GET", BASE + ROOT, fields)) == [
            '"@status"', '"content-type"', '"content-digest"', '"@method";req', '"@target-uri";req',
            '"signature";req;key="tongban"',
        ]  # fmt: skip

    def test_refusals_too(self, partner: Partner) -> None:
        fields = partner.signed("GET", ROOT, {}, key_id="ed25519:" + "c" * 16)
        reply = partner.send("GET", ROOT, b"", fields)
        assert reply.status == 401
        assert '"signature";req;key="tongban"' in self.signed_by_us(partner, reply, Request("GET", BASE + ROOT, fields))

    def test_a_part_of_a_file_with_its_place(self, partner: Partner, office: MemoryOffice) -> None:
        office.files = {sha256(b"abc"): b"abc"}
        path = f"{ROOT}/attachments/{sha256(b'abc')}"
        fields = partner.signed("GET", path, {"range": "bytes=1-"})
        reply = partner.send("GET", path, b"", fields)
        covered = self.signed_by_us(partner, reply, Request("GET", BASE + path, fields))
        assert {'"content-range"', '"repr-digest"'} <= set(covered)

    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/", 404, "route_unknown"),
            ("GET", f"{ROOT}/", 404, "route_unknown"),
            ("GET", "/partner/v1/links/x", 404, "route_unknown"),
            ("DELETE", ROOT, 405, "method_not_allowed"),
            ("GET", f"{ROOT}?a=1", 400, "query_malformed"),
            ("GET", f"{ROOT}/envelopes?after=-1", 400, "query_malformed"),
            ("GET", f"{ROOT}/envelopes?after=1&after=2", 400, "query_malformed"),
            ("GET", f"{ROOT}/envelopes?limit=0", 400, "query_malformed"),
            ("GET", f"{ROOT}/envelopes?wait=31", 400, "query_malformed"),
            ("GET", f"{ROOT}/envelopes?wait=%D9%A3", 400, "query_malformed"),
        ],
    )
    def test_what_is_not_there_is_a_problem(
        self, partner: Partner, method: str, path: str, status: int, code: str
    ) -> None:
        reply = partner.ask(method, path)
        assert (reply.status, reply.code) == (status, code)
        require_like(reply, "Problem")

    def test_compressed_and_oversized_bodies_are_not_opened(self, office: MemoryOffice) -> None:
        partner = Partner(office, max_body=1000)
        fields = {"content-encoding": "gzip"}
        assert partner.ask("POST", f"{ROOT}/envelopes", b"{}", headers=fields).code == "content_encoding_unsupported"
        assert partner.ask("POST", f"{ROOT}/envelopes", b"x" * 1001).code == "body_too_large"
        assert partner.send("POST", f"{ROOT}/envelopes", b"x" * 1001, {"content-length": "5"}).code == "body_too_large"

    def test_an_accident_says_nothing_of_itself(
        self, partner: Partner, office: MemoryOffice, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(_line: object) -> None:
            raise RuntimeError("the inside")

        monkeypatch.setattr(office, "heads", fail)
        reply = partner.ask("GET", ROOT)
        assert (reply.status, reply.code) == (500, "internal")
        assert b"inside" not in reply.content


class TestTheDocument:
    def test_it_stands_in_the_docs_as_it_is_served(self) -> None:
        """`python -m services.relay.partner.document` writes it anew."""
        assert json.loads(GOLDEN.read_text()) == OPENAPI

    def test_it_is_an_openapi_document_whose_schemas_are_schemas(self) -> None:
        for schema in OPENAPI["components"]["schemas"].values():
            jsonschema.Draft202012Validator.check_schema(schema)

    def test_every_address_of_it_is_served_and_none_besides(self, partner: Partner) -> None:
        said = {
            (path, method.upper())
            for path, acts in OPENAPI["paths"].items()
            for method in acts
            if method != "parameters"
        }
        for path, method in said:
            where = path.replace("{link}", LINK).replace("{sha256}", "a" * 64)
            assert partner.ask(method, where, signed=False).code != "route_unknown"
            assert partner.ask("DELETE", where, signed=False).code == "method_not_allowed"
        served = sum(len(route.acts) for route in partner.app._routes)
        assert len(said) == served

    def test_an_envelope_is_written_as_it_says(self) -> None:
        jsonschema.Draft202012Validator(schema_of("Envelope")).validate(envelope_json(chain(1)[0]))

    def test_heads_are_written_as_it_says(self) -> None:
        value = {"sequence": 0, "hash": Head().digest.hex()}
        jsonschema.Draft202012Validator(schema_of("Head")).validate(value)
