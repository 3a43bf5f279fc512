"""A sealed file is read by whom it is for, as it was, or not at all."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from kit.sealing import (
    PIECE,
    NotSealedForUs,
    SealingOpener,
    generate_sealing_key,
    new_file_key,
    seal,
    sealed_size,
    unseal,
)
from kit.settings import SettingsError
from kit.signing import generate_key

PRIVATE, PUBLIC = generate_sealing_key()
OPENER = SealingOpener(PRIVATE)


def sealed(content: bytes) -> tuple[bytes, bytes]:
    key, sealed_key = new_file_key(PUBLIC)
    return sealed_key, b"".join(seal(key, [content]))


def opened(sealed_key: bytes, data: bytes, size: int = 1000) -> bytes:
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(unseal(OPENER.open_key(sealed_key), chunks))


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7])
def test_a_file_comes_out_as_it_went_in_whatever_its_size(size: int) -> None:
    content = bytes(number % 251 for number in range(size))
    sealed_key, data = sealed(content)
    assert opened(sealed_key, data) == content
    assert len(data) == sealed_size(size)


@given(st.lists(st.binary(max_size=3000), max_size=20), st.integers(1, 5000))
def test_however_a_file_is_cut_it_is_the_same(chunks: list[bytes], size: int) -> None:
    key, sealed_key = new_file_key(PUBLIC)
    assert opened(sealed_key, b"".join(seal(key, chunks)), size) == b"".join(chunks)


CONTENT = bytes(2 * PIECE + 100)
SEALED_KEY, SEALED = sealed(CONTENT)


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_a_changed_byte_is_found_out(at: int, by: int) -> None:
    changed = bytearray(SEALED)
    changed[at] ^= by
    with pytest.raises(NotSealedForUs):
        opened(SEALED_KEY, bytes(changed), PIECE)


@pytest.mark.parametrize("length", [0, 10, 24, 24 + PIECE + 17, 24 + 2 * (PIECE + 17), len(SEALED) - 1])
def test_a_file_that_ends_too_early_is_found_out(length: int) -> None:
    with pytest.raises(NotSealedForUs):
        opened(SEALED_KEY, SEALED[:length], PIECE)


def test_pieces_that_change_places_or_come_twice_are_found_out() -> None:
    header, first, second = SEALED[:24], SEALED[24 : 24 + PIECE + 17], SEALED[24 + PIECE + 17 :]
    for data in (header + second + first, header + first + first + second, SEALED + b"x", SEALED + first):
        with pytest.raises(NotSealedForUs):
            opened(SEALED_KEY, data, PIECE)


def test_nobody_else_opens_it() -> None:
    with pytest.raises(NotSealedForUs):
        SealingOpener(generate_sealing_key()[0]).open_key(SEALED_KEY)
    for broken in (b"", b"x", SEALED_KEY[:-1], bytes(80)):
        with pytest.raises(NotSealedForUs):
            OPENER.open_key(broken)


def test_each_file_has_a_key_of_its_own() -> None:
    assert sealed(b"the same")[1] != sealed(b"the same")[1]


def test_another_librarys_key_serves_and_ours_serves_there() -> None:
    made = X25519PrivateKey.generate()
    opener = SealingOpener(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
    assert opener.public == made.public_key().public_bytes_raw()
    assert isinstance(load_pem_private_key(PRIVATE.encode(), None), X25519PrivateKey)


@pytest.mark.parametrize("text", ["", "nonsense", generate_key()[0], generate_key()[1]])
def test_what_is_no_sealing_key_is_refused(text: str) -> None:
    with pytest.raises(SettingsError):
        SealingOpener(text)


@pytest.mark.parametrize("public", [b"", b"short", bytes(31)])
def test_nothing_is_sealed_to_what_is_no_key(public: bytes) -> None:
    with pytest.raises(ValueError, match="X25519"):
        new_file_key(public)
