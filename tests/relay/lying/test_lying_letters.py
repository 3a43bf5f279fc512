"""A peer that lies in a letter or of a file: the letter is in the chain, set aside and answered, and the next one follows."""

from __future__ import annotations

import hashlib
import zlib
from datetime import timedelta

import pytest

from kit.clock import SystemClock
from services.relay.protos import head_message
from tests.relay.liar import STRANGER, Liar, arrives, logged
from tongban.relay.v1 import link_pb2

pytestmark = pytest.mark.fault


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "unheard.of"}, "letter_type_not_allowed"),
        ({"payload": b"x" * 70_000}, "letter_too_large"),
        ({"expires_at": SystemClock().now() - timedelta(hours=1)}, "letter_expired"),
        ({"origin": STRANGER}, "site_unknown"),
        ({"signature": b"s" * 64}, "signature_wrong"),
        ({"key_id": "ed25519:0123456789abcdef"}, "key_unknown"),
        ({"destination": STRANGER}, "no_route"),
        ({"type": "relay.unheard_of"}, "letter_type_unknown"),
    ],
)
def test_a_letter_that_cannot_be_delivered_is_set_aside_and_the_next_one_follows(
    well: Liar, changes: dict[str, object], code: str
) -> None:
    liar = well
    before = len(liar.towards.look().arrived)
    with liar.greeted() as line:
        line.send(liar.follow(liar.envelope(liar.letter(**changes))))
        assert line.hear("acknowledged").head == head_message(liar.head)
    logged(liar, code)
    arrives(liar)
    assert len(liar.towards.look().arrived) == before + 1


def test_a_letter_beyond_every_limit_is_no_envelope(well: Liar) -> None:
    liar = well
    with liar.greeted() as line:
        line.send(liar.envelope(liar.letter(payload=b"x" * (600 * 1024))))
        assert line.code() == "letter_malformed"
    arrives(liar)


def test_a_compressed_bomb_is_bytes_like_others(well: Liar) -> None:
    """Nothing on a line is unpacked: what is small stays small, and its type's reader has limits of its own."""
    liar = well
    memory = liar.towards.memory()
    bomb = zlib.compress(bytes(3_000_000), 9)
    assert len(bomb) < 4096
    with liar.greeted() as line:
        line.send(liar.follow(liar.envelope(liar.letter(payload=bomb))))
        assert line.hear("acknowledged").head == head_message(liar.head)
    arrives(liar)
    assert liar.towards.memory() < memory + 20_000_000


def test_a_frame_that_is_too_large_ends_the_line_only(well: Liar) -> None:
    liar = well
    with liar.greeted() as line:
        line.say(ping=link_pb2.Ping(number=1)).say(
            attachment_chunk=link_pb2.AttachmentChunk(sha256="0" * 64, data=bytes(9 * 1024 * 1024))
        )
        assert line.code() == ""
    arrives(liar)


# ── Files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_that_nobody_asked_for_is_refused(well: Liar) -> None:
    liar = well
    with liar.greeted() as line:
        line.say(attachment_chunk=link_pb2.AttachmentChunk(sha256="0" * 64, data=b"x"))
        assert line.code() == "attachment_not_wanted"
    arrives(liar)


def test_a_file_of_another_letter_cannot_be_fetched(well: Liar) -> None:
    liar = well
    sha256 = liar.towards.keep(b"%PDF of somebody else").sha256
    with liar.greeted() as line:
        line.say(attachment_wanted=link_pb2.AttachmentWanted(sha256=sha256))
        assert line.hear("attachment_missing").sha256 == sha256
    arrives(liar)


def test_another_file_than_the_letter_says_is_asked_for_again_and_then_the_letter_is_set_aside(liar: Liar) -> None:
    content, other = b"%PDF as it is signed", b"%PDF as it is not!!!"
    sha256 = hashlib.sha256(content).hexdigest()
    letter = liar.letter(attachments=(liar.attachment(sha256, len(content)),))
    with liar.greeted() as line:
        line.send(liar.follow(liar.envelope(letter)))
        for _ in range(3):
            wanted = line.hear("attachment_wanted")
            assert (wanted.sha256, wanted.offset) == (sha256, 0)
            line.say(attachment_chunk=link_pb2.AttachmentChunk(sha256=sha256, data=other))
        logged(liar, "attachment_damaged")
    arrives(liar)
    assert letter.id not in [each.id for each in liar.towards.look().arrived]


def test_more_of_a_file_than_the_letter_says_is_refused(liar: Liar) -> None:
    content = b"%PDF as it is signed"
    sha256 = hashlib.sha256(content).hexdigest()
    with liar.greeted() as line:
        line.send(liar.follow(liar.envelope(liar.letter(attachments=(liar.attachment(sha256, len(content)),)))))
        assert line.hear("attachment_wanted").sha256 == sha256
        line.say(attachment_chunk=link_pb2.AttachmentChunk(sha256=sha256, data=content + b"!"))
        assert line.code() == "attachment_too_large"
    arrives(liar)


def test_a_letter_whose_file_is_beyond_the_links_limit_is_set_aside_without_asking_for_it(liar: Liar) -> None:
    letter = liar.letter(attachments=(liar.attachment("0" * 64, 200_000),))
    with liar.greeted() as line:
        line.send(liar.follow(liar.envelope(letter)))
        assert line.hear("acknowledged", "attachment_wanted") == link_pb2.Acknowledged(head=head_message(liar.head))
    logged(liar, "attachment_too_large")
    arrives(liar)
