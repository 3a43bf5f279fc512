"""The test vectors of docs/relay/canonical.md. ``python -m services.relay.tests.vectors`` writes them anew."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kit.clock import to_ms
from kit.signing import RawSigner
from services.relay.domain.chain import ranges
from services.relay.domain.envelope import NOTHING, Envelope, Head
from services.relay.domain.hello import Hello, proof
from services.relay.domain.keys import SiteKey, key_id
from services.relay.domain.letter import Attachment, Letter
from services.relay.domain.succession import FormerRoot, steps, succeeded

FILE = Path(__file__).parents[3] / "docs" / "relay" / "vectors.json"

# Keys of nobody: anybody can sign with them.
_SEEDS = {"610902.hanbin": bytes(range(32)), "610900.ankang": bytes(range(32, 64))}
_LINK = "01920000-0000-7000-8000-00000000000a"
_AT = datetime(2026, 11, 23, 2, 0, 0, 123000, tzinfo=UTC)


#: Root keys of the first of them, each of which follows the one before it a day later.
_ROOTS = tuple(bytes(range(at, at + 32)) for at in (64, 96, 128))


def signer(site: str) -> RawSigner:
    """A site's key."""
    return _signer(_SEEDS[site])


def _signer(seed: bytes) -> RawSigner:
    """A key from the 32 bytes that RFC 8410 puts into a PEM file."""
    der = bytes.fromhex("302e020100300506032b657004220420") + seed
    return RawSigner(f"-----BEGIN PRIVATE KEY-----\n{b64encode(der).decode()}\n-----END PRIVATE KEY-----\n")


def _id(site: str) -> str:
    return key_id("ed25519", signer(site).public)


def letters() -> list[Letter]:
    """One with everything, and one with as little as may be."""
    county, hub = "610902.hanbin", "610900.ankang"
    file = Attachment("ab" * 32, 2048, "application/pdf", "身份证.pdf", b"\x01\x02\x03", "cd" * 32)
    full = Letter(
        id="01920000-0000-7000-8000-000000000001",
        origin=county,
        destination=hub,
        type="crossing.submitted",
        type_version=1,
        journey="j-2026-1",
        created_at=_AT,
        payload="申请材料".encode(),
        expires_at=datetime(2026, 12, 31, 16, 0, tzinfo=UTC),
        in_reply_to="01920000-0000-7000-8000-000000000000",
        attachments=(file, Attachment("ef" * 32, 1, "", "")),
        key_id=_id(county),
    )
    bare = Letter(
        "01920000-0000-7000-8000-000000000002", county, hub, "urging.sent", 2, "", _AT, b"", key_id=_id(county)
    )
    return [replace(each, signature=signer(county).sign(each.canonical())) for each in (full, bare)]


def envelopes() -> list[Envelope]:
    """Both letters on one link."""
    found: list[Envelope] = []
    head = Head()
    for letter in letters():
        envelope = Envelope(
            letter, _LINK, letter.origin, letter.destination, head.sequence + 1, head.digest, _id(letter.origin)
        )
        found.append(replace(envelope, signature=signer(letter.origin).sign(envelope.canonical())))
        head = found[-1].head()
    return found


def _successions() -> list[dict[str, Any]]:
    """The steps from the first root key to the last."""
    site, signers = "610902.hanbin", [_signer(seed) for seed in _ROOTS]
    keys = [
        SiteKey(key_id("ed25519", each.public), each.public, _AT + timedelta(days=at))
        for at, each in enumerate(signers)
    ]
    former: tuple[FormerRoot, ...] = ()
    for at in range(1, len(keys)):
        former = succeeded(site, former, keys[at - 1], keys[at], signers[at - 1].sign, signers[at].sign)
    return [
        {
            "site": site,
            "number": number,
            "former": _key(each.key),
            "successor": _key(successor),
            "canonical": data.hex(),
            "signature": each.signature.hex(),
            "accepted": each.accepted.hex(),
        }
        for number, (each, successor, data) in enumerate(steps(site, former, keys[-1]), 1)
    ]


def _key(key: SiteKey) -> dict[str, Any]:
    return {"id": key.id, "public": key.public.hex(), "valid_from_ms": to_ms(key.valid_from)}


def _letter(letter: Letter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "origin": letter.origin,
        "destination": letter.destination,
        "type": letter.type,
        "type_version": letter.type_version,
        "journey": letter.journey,
        "in_reply_to": letter.in_reply_to,
        "created_at_ms": to_ms(letter.created_at),
        "expires_at_ms": None if letter.expires_at is None else to_ms(letter.expires_at),
        "payload": letter.payload.hex(),
        "attachments": [
            {
                "sha256": each.sha256,
                "size": each.size,
                "media_type": each.media_type,
                "filename": each.filename,
                "sealed_key": each.sealed_key.hex(),
                "plain_sha256": each.plain_sha256,
            }
            for each in letter.attachments
        ],
        "key_id": letter.key_id,
        "canonical": letter.canonical().hex(),
        "signature": letter.signature.hex(),
    }


def _envelope(envelope: Envelope) -> dict[str, Any]:
    return {
        "letter": envelope.letter.id,
        "link": envelope.link,
        "from_site": envelope.from_site,
        "to_site": envelope.to_site,
        "sequence": envelope.sequence,
        "previous": envelope.previous.hex(),
        "key_id": envelope.key_id,
        "canonical": envelope.canonical().hex(),
        "signature": envelope.signature.hex(),
        "digest": envelope.head().digest.hex(),
    }


def vectors() -> dict[str, Any]:
    """Everything that another implementation has to come to as well."""
    chain = envelopes()
    dialling = Hello("610902.hanbin", _LINK, Head(), _AT, bytes(range(32)))
    listening = Hello("610900.ankang", _LINK, chain[-1].head(), _AT, bytes(range(32, 64)))
    said = proof(dialling, listening, "610902.hanbin", _id("610902.hanbin"))
    rows = [(each.letter.type, each.sequence, each.head().digest) for each in chain]
    return {
        "keys": {
            site: {"seed": seed.hex(), "public": signer(site).public.hex(), "key_id": _id(site)}
            for site, seed in _SEEDS.items()
        },
        "letters": [_letter(each) for each in letters()],
        "envelopes": [_envelope(each) for each in chain],
        "first_previous": NOTHING.hex(),
        "hellos": {
            name: {
                "protocol": each.protocol,
                "site": each.site,
                "link": each.link,
                "received": [each.received.sequence, each.received.digest.hex()],
                "now_ms": to_ms(each.now),
                "nonce": each.nonce.hex(),
            }
            for name, each in (("dialling", dialling), ("listening", listening))
        },
        "proof": {
            "signer": "610902.hanbin",
            "key_id": _id("610902.hanbin"),
            "canonical": said.hex(),
            "signature": signer("610902.hanbin").sign(said).hex(),
        },
        "root_successions": _successions(),
        "ranges": [{"type": each.type, "count": each.count, "hash": each.hash.hex()} for each in ranges(rows)],
    }


def text() -> str:
    """The file."""
    return json.dumps(vectors(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
