from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OKPKey

from kit.settings import SettingsError
from kit.signing import BadSignature, BadToken, RawSigner, Signer, Verifier, generate_key, verify_raw

CLAIMS = {"sub": "staff-1", "name": "王某", "roles": ["clerk"]}
PRIVATE, PUBLIC = generate_key()
TOKEN = Signer(PRIVATE).sign(CLAIMS)


def test_what_is_signed_is_read_back() -> None:
    assert Verifier(PUBLIC).verify(TOKEN) == CLAIMS


def test_another_library_reads_our_tokens_and_our_keys() -> None:
    decoded = jwt.decode(TOKEN, OKPKey.import_key(PUBLIC), algorithms=["Ed25519"])
    assert decoded.claims == CLAIMS
    assert isinstance(load_pem_private_key(PRIVATE.encode(), None), ed25519.Ed25519PrivateKey)


def test_a_key_made_elsewhere_serves() -> None:
    made = ed25519.Ed25519PrivateKey.generate()
    private = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    public = made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert Verifier(public).verify(Signer(private).sign(CLAIMS)) == CLAIMS


def test_two_public_keys_overlap_and_a_third_is_foreign() -> None:
    next_private, next_public = generate_key()
    both = Verifier(PUBLIC + next_public)
    assert both.verify(TOKEN) == both.verify(Signer(next_private).sign(CLAIMS)) == CLAIMS
    with pytest.raises(BadToken, match="another key"):
        both.verify(Signer(generate_key()[0]).sign(CLAIMS))


@given(place=st.integers(0, len(TOKEN) - 1), by=st.sampled_from("Az09-_.=+/ é"))
def test_a_changed_token_is_never_read(place: int, by: str) -> None:
    changed = TOKEN[:place] + by + TOKEN[place + 1 :]
    if changed == TOKEN:
        return
    try:
        claims = Verifier(PUBLIC).verify(changed)
    except BadToken:
        return
    # The last character of a signature has bits to spare; the claims are what was signed all the same.
    assert claims == CLAIMS
    assert place == len(TOKEN) - 1


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "a.b.c", "a.b.c.d", "é.é.é", "{}=", "{}.{}", "{} "])
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(BadToken):
        Verifier(PUBLIC).verify(text.format(TOKEN, TOKEN))


def test_an_unsigned_token_is_refused() -> None:
    with pytest.raises(BadToken):
        Verifier(PUBLIC).verify("eyJhbGciOiJub25lIn0." + TOKEN.split(".")[1] + "." + TOKEN.split(".")[2])


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", PRIVATE, PUBLIC[:60], PUBLIC.replace("MCow", "MCox")],
    ids=["empty", "nonsense", "private", "cut", "another kind"],
)
def test_a_file_without_a_public_key_stops_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="Ed25519"):
        Verifier(text)


@pytest.mark.parametrize("text", ["", PUBLIC, PRIVATE + PRIVATE], ids=["empty", "public", "two"])
def test_a_file_without_one_private_key_stops_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="Ed25519"):
        Signer(text)


def test_a_key_of_another_kind_is_no_key() -> None:
    other = x25519.X25519PrivateKey.generate()
    with pytest.raises(SettingsError):
        Signer(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


# ── Raw bytes ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_signed_bytes_are_verified_here_and_by_another_library() -> None:
    signer = RawSigner(PRIVATE)
    signature = signer.sign(b"letter")
    verify_raw(signer.public, b"letter", signature)
    ed25519.Ed25519PublicKey.from_public_bytes(signer.public).verify(signature, b"letter")


@pytest.mark.parametrize(
    ("public", "data", "signature"),
    [
        (RawSigner(PRIVATE).public, b"another", RawSigner(PRIVATE).sign(b"letter")),
        (RawSigner(generate_key()[0]).public, b"letter", RawSigner(PRIVATE).sign(b"letter")),
        (RawSigner(PRIVATE).public, b"letter", b""),
        (RawSigner(PRIVATE).public, b"letter", bytes(64)),
        (b"short", b"letter", RawSigner(PRIVATE).sign(b"letter")),
        (bytes(32), b"letter", bytes(64)),
    ],
    ids=["other-bytes", "other-key", "no-signature", "zeros", "short-key", "key-of-zeros"],
)
def test_bytes_that_a_key_did_not_sign_are_refused(public: bytes, data: bytes, signature: bytes) -> None:
    with pytest.raises(BadSignature):
        verify_raw(public, data, signature)
