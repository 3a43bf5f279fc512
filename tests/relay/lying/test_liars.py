"""A peer that lies of itself or of envelopes is refused with a code, which is logged; nothing is changed, and the link is as
healthy as it deserves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from kit.clock import SystemClock
from services.relay.domain.envelope import Envelope, Head
from services.relay.protos import head_message
from tests.relay.liar import HUB, STRANGER, Liar, arrives, logged
from tests.relay.relay_site import RelaySite
from tongban.relay.v1 import link_pb2

pytestmark = pytest.mark.fault


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
