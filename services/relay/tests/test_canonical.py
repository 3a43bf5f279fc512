"""The canonical form, byte by byte: the document's vectors, made anew from its words alone, and by our code."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import VerifyKey

from services.relay.domain.canonical import form
from services.relay.protos import envelope_message, envelope_of
from services.relay.tests import vectors
from tests.architecture.tree import ROOT
from tongban.relay.v1 import messages_pb2

GIVEN: dict[str, Any] = json.loads(vectors.FILE.read_text(encoding="utf-8"))
LETTERS = {each["id"]: each for each in GIVEN["letters"]}


# Written from docs/relay/canonical.md, without the code that it is about.
def field(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def text(value: str) -> bytes:
    return field(value.encode("utf-8"))


def number(value: int) -> bytes:
    return field(value.to_bytes(8, "big"))


def time(value: int | None) -> bytes:
    return field(b"") if value is None else number(value)


def letter_form(letter: dict[str, Any]) -> bytes:
    said = b"TONGBAN-LETTER-1\n" + text(letter["id"]) + text(letter["origin"]) + text(letter["destination"])
    said += (
        text(letter["type"]) + number(letter["type_version"]) + text(letter["journey"]) + text(letter["in_reply_to"])
    )
    said += time(letter["created_at_ms"]) + time(letter["expires_at_ms"]) + field(bytes.fromhex(letter["payload"]))
    said += number(len(letter["attachments"]))
    for each in letter["attachments"]:
        said += text(each["sha256"]) + number(each["size"]) + text(each["media_type"]) + text(each["filename"])
        said += field(bytes.fromhex(each["sealed_key"])) + text(each["plain_sha256"])
    return said + text(letter["key_id"])


def envelope_form(envelope: dict[str, Any]) -> bytes:
    letter = LETTERS[envelope["letter"]]
    said = b"TONGBAN-ENVELOPE-1\n" + field(letter_form(letter)) + field(bytes.fromhex(letter["signature"]))
    said += text(envelope["link"]) + text(envelope["from_site"]) + text(envelope["to_site"])
    return said + number(envelope["sequence"]) + field(bytes.fromhex(envelope["previous"])) + text(envelope["key_id"])


def hello_fields(hello: dict[str, Any]) -> bytes:
    sequence, digest = hello["received"]
    said = number(hello["protocol"]) + text(hello["site"]) + text(hello["link"]) + number(sequence)
    return said + field(bytes.fromhex(digest)) + time(hello["now_ms"]) + field(bytes.fromhex(hello["nonce"]))


def verify(site: str, said: bytes, signature: str) -> None:
    VerifyKey(bytes.fromhex(GIVEN["keys"][site]["public"])).verify(said, bytes.fromhex(signature))


def test_our_code_comes_to_the_vectors_of_the_document() -> None:
    """`python -m services.relay.tests.vectors` writes them; who changes them breaks every partner."""
    assert vectors.FILE.read_text(encoding="utf-8") == vectors.text()


@pytest.mark.parametrize("letter", GIVEN["letters"], ids=lambda letter: letter["type"])
def test_a_letter_is_signed_as_the_document_says(letter: dict[str, Any]) -> None:
    assert letter_form(letter).hex() == letter["canonical"]
    verify(letter["origin"], letter_form(letter), letter["signature"])


def test_envelopes_are_chained_and_signed_as_the_document_says() -> None:
    previous = "00" * 32
    for envelope in GIVEN["envelopes"]:
        said = envelope_form(envelope)
        assert said.hex() == envelope["canonical"]
        assert envelope["previous"] == previous
        previous = hashlib.sha256(said).hexdigest()
        assert envelope["digest"] == previous
        verify(envelope["from_site"], said, envelope["signature"])


def test_a_proof_covers_both_hellos_as_the_document_says() -> None:
    hellos, given = GIVEN["hellos"], GIVEN["proof"]
    said = b"TONGBAN-PROOF-1\n" + hello_fields(hellos["dialling"]) + hello_fields(hellos["listening"])
    said += text(given["signer"]) + text(given["key_id"])
    assert said.hex() == given["canonical"]
    verify(given["signer"], said, given["signature"])


def test_root_keys_follow_each_other_as_the_document_says() -> None:
    before = None
    for number_, each in enumerate(GIVEN["root_successions"], 1):
        former, successor = each["former"], each["successor"]
        assert before in (None, former)
        before = successor
        said = b"TONGBAN-ROOT-SUCCESSION-1\n" + text(each["site"]) + number(number_)
        for key in (former, successor):
            said += text(key["id"]) + field(bytes.fromhex(key["public"])) + time(key["valid_from_ms"])
        assert said.hex() == each["canonical"]
        for key, signature in ((former, each["signature"]), (successor, each["accepted"])):
            VerifyKey(bytes.fromhex(key["public"])).verify(said, bytes.fromhex(signature))


def test_ranges_are_hashed_as_the_document_says() -> None:
    for each in GIVEN["ranges"]:
        rows = [one for one in GIVEN["envelopes"] if LETTERS[one["letter"]]["type"] == each["type"]]
        said = b"".join(one["sequence"].to_bytes(8, "big") + bytes.fromhex(one["digest"]) for one in rows)
        assert (each["count"], each["hash"]) == (len(rows), hashlib.sha256(said).hexdigest())


def test_the_document_shows_what_the_vectors_hold() -> None:
    page = (ROOT / "docs/relay/canonical.md").read_text(encoding="utf-8")
    for shown in (GIVEN["letters"][1]["canonical"], GIVEN["letters"][1]["signature"], GIVEN["envelopes"][1]["digest"]):
        assert shown in page.replace("\n", "").replace(" ", "")


def test_what_travels_as_a_message_comes_back_with_the_same_form() -> None:
    for envelope in vectors.envelopes():
        data = envelope_message(envelope).SerializeToString()
        again = envelope_of(messages_pb2.Envelope.FromString(data))
        assert (again, again.canonical()) == (envelope, envelope.canonical())


fields = st.lists(st.one_of(st.text(), st.binary(), st.integers(0, 2**63), st.none()), max_size=6)


@given(fields, fields)
def test_different_fields_have_different_forms(one: list[Any], other: list[Any]) -> None:
    def plain(values: list[Any]) -> list[bytes]:
        return [form("X", [value])[6:] for value in values]

    assert (form("X", one) == form("X", other)) == (plain(one) == plain(other))


@pytest.mark.parametrize("wrong", [-1, 2**64, datetime(1969, 12, 31, tzinfo=UTC)])
def test_what_eight_bytes_do_not_hold_has_no_form(wrong: int | datetime) -> None:
    with pytest.raises(ValueError, match="can't be a number"):
        form("X", [wrong])
