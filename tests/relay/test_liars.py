"""A peer that lies is refused with a code, which is logged; nothing is changed, and the link is as healthy as it deserves."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kit.clock import SystemClock
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.limits import Limits
from services.relay.domain.link import Direction
from services.relay.protos import head_message
from tests.relay.liar import Liar
from tests.relay.polling import until
from tests.relay.relay_site import RelaySite, link, remove, short_folder
from tongban.relay.v1 import link_pb2

pytestmark = pytest.mark.fault
HUB, CHILD, STRANGER = "610900.ankang", "610902.hanbin", "511681.huaying"


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = short_folder()
    yield made
    remove(made)


@pytest.fixture(scope="module")
def hub(folder: Path) -> Iterator[RelaySite]:
    made = RelaySite.made(folder / "hub", HUB)
    yield made
    made.close()


@pytest.fixture(scope="module")
def stranger(folder: Path) -> RelaySite:
    return RelaySite.made(folder / "stranger", STRANGER, listens=False)


@pytest.fixture(scope="module")
def liars(folder: Path, hub: RelaySite) -> Callable[[], Liar]:
    """A new site with a link to the hub for each test: a fork stops one for good."""
    sites = [RelaySite.made(folder / f"c{number}", f"610902.c{number}", listens=False) for number in range(12)]
    limits = Limits(max_letter_bytes=65_536, max_attachment_bytes=100_000, letter_types=("crossing.*",))
    made = [Liar(site, hub, link(site, hub, Direction.PARENT, limits)) for site in sites]
    hub.start()
    hub.ready()
    ready = iter(made)
    return lambda: next(ready)


@pytest.fixture
def liar(liars: Callable[[], Liar]) -> Liar:
    return liars()


@pytest.fixture(scope="module")
def well(liars: Callable[[], Liar]) -> Liar:
    """One site for all tests that leave its link well: they say so at their end."""
    return liars()


def arrives(liar: Liar, *, within: float = 20) -> None:
    """An honest letter is taken on a new line, so the link is well."""
    with liar.greeted() as line:
        honest = liar.follow(liar.envelope())
        line.send(honest)
        assert line.hear("acknowledged").head == head_message(liar.head)
    until(lambda: honest.letter.id in [each.id for each in liar.towards.look().arrived], within)


def logged(liar: Liar, code: str) -> None:
    until(lambda: code in liar.towards.log.read_text(), 5, f"{code} is logged")


# ── Who speaks ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_honest_peer_is_believed(liar: Liar) -> None:
    arrives(liar)


def test_a_site_that_nobody_knows_gets_no_line(liar: Liar, stranger: RelaySite) -> None:
    with liar.line(certificate_of=stranger) as line:
        line.hello()
        assert line.code() == ""
    arrives(liar)


def test_a_neighbour_does_not_speak_for_another(liars: Callable[[], Liar]) -> None:
    """A real neighbour's certificate, another's name and link."""
    one, other = liars(), liars()
    with one.line() as line:
        line.hello(site=other.site.site, link=other.link)
        assert line.code() == "another_site"
    logged(one, "another_site")
    arrives(one)
    arrives(other)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"link": "0193a1b2-0000-7000-8000-000000000000"}, "link_unknown"),
        ({"site": HUB}, "another_site"),
        ({"protocol": 9}, "protocol_unknown"),
        ({"nonce": b"short"}, "hello_malformed"),
        ({"now": SystemClock().now() + timedelta(hours=1)}, "clock_skew"),
        ({"now": SystemClock().now() - timedelta(hours=1)}, "clock_skew"),
    ],
)
def test_a_wrong_hello_is_refused(well: Liar, changes: dict[str, object], code: str) -> None:
    liar = well
    with liar.line() as line:
        line.hello(**changes)
        assert line.code() == code
    logged(liar, code)
    arrives(liar)


def test_a_wrong_proof_is_refused(well: Liar, stranger: RelaySite) -> None:
    liar = well
    for given, code in (
        ({"signature": b"s" * 64}, "signature_wrong"),
        ({"key_id": "ed25519:0123456789abcdef"}, "key_unknown"),
        ({"key_id": Liar(stranger, liar.towards, liar.link).key_id}, "key_unknown"),
    ):
        with liar.line() as line:
            line.greet(**given)  # type: ignore[arg-type]
            assert line.code() == code
        logged(liar, code)
    arrives(liar)


def test_clocks_may_differ_a_little(well: Liar) -> None:
    liar = well
    with liar.line() as line:
        line.greet(late=timedelta(minutes=4))
        assert line.hear("credit").envelopes > 0


def test_nothing_is_taken_before_the_greeting(well: Liar) -> None:
    liar = well
    with liar.line() as line:
        line.send(liar.envelope())
        assert line.code() == "hello_expected"
    arrives(liar)


# ── What is said of an envelope ──────────────────────────────────────────────────────────────────────────────────

Lie = Callable[[Liar], Envelope]


def _with_wrong_signature(liar: Liar) -> Envelope:
    return liar.envelope(signature=b"s" * 64)


def _with_unknown_key(liar: Liar) -> Envelope:
    return liar.envelope(key_id="ed25519:0123456789abcdef")


def _of_another_link(liar: Liar) -> Envelope:
    return liar.envelope(link="0193a1b2-0000-7000-8000-000000000000")


def _from_another_site(liar: Liar) -> Envelope:
    return liar.envelope(from_site=STRANGER)


def _to_another_site(liar: Liar) -> Envelope:
    return liar.envelope(to_site=STRANGER)


def _changed_on_its_way(liar: Liar) -> Envelope:
    envelope = liar.envelope()
    return replace(envelope, letter=replace(envelope.letter, payload=b"something else"))


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (_with_wrong_signature, "signature_wrong"),
        (_with_unknown_key, "key_unknown"),
        (_of_another_link, "envelope_of_another_link"),
        (_from_another_site, "envelope_of_another_link"),
        (_to_another_site, "envelope_of_another_link"),
        (_changed_on_its_way, "signature_wrong"),
    ],
)
def test_an_envelope_that_the_neighbour_had_no_right_to_send_changes_nothing(well: Liar, lie: Lie, code: str) -> None:
    liar = well
    before = len(liar.towards.look().arrived)
    with liar.greeted() as line:
        line.send(lie(liar))
        assert line.code() == code
    logged(liar, code)
    arrives(liar)
    assert len(liar.towards.look().arrived) == before + 1


def test_a_gap_is_asked_for_and_nothing_behind_it_is_kept(well: Liar) -> None:
    liar = well
    with liar.greeted() as line:
        line.send(liar.envelope(sequence=liar.head.sequence + 5))
        assert line.hear("resend_from").after == liar.head.sequence
    arrives(liar)


def test_a_wrong_digest_is_a_fork_and_stops_the_link_until_it_is_reconciled(liar: Liar) -> None:
    arrives(liar)
    before = len(liar.towards.look().arrived)
    with liar.greeted() as line:
        line.send(liar.envelope(previous=b"p" * 32))
        assert line.code() == "chain_forked"
    logged(liar, "chain_forked")
    with liar.greeted() as line:
        line.send(liar.envelope())
        assert line.code() == "chain_forked"
    assert len(liar.towards.look().arrived) == before


def test_the_same_number_with_something_else_is_a_fork(liar: Liar) -> None:
    other = liar.envelope()
    arrives(liar)
    with liar.greeted() as line:
        line.send(other)
        assert line.code() == "chain_forked"


def test_an_acknowledgement_of_what_was_never_sent_is_a_fork(liar: Liar) -> None:
    with liar.greeted() as line:
        line.say(acknowledged=link_pb2.Acknowledged(head=head_message(Head(7, b"h" * 32))))
        assert line.code() == "chain_forked"


def test_who_lies_on_and_on_is_hung_up_on(well: Liar) -> None:
    liar = well
    with liar.greeted() as line:
        for _ in range(30):
            line.send(_with_wrong_signature(liar))
        codes = [line.code() for _ in range(21)]
        assert set(codes[:-1]) == {"signature_wrong"}
        assert codes[-1] == "too_many_refusals"
    arrives(liar)


# ── What is said of a letter: it is in the chain, set aside, and answered ─────────────────────────────────────────


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
