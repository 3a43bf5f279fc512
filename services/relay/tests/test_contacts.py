"""Contacts: written when they say something new, never taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from services.relay.domain.contact import EVERY, Contact

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SEEN = Contact("l", NOW, "stream", 5, NOW, version=3)


def test_an_acknowledgement_never_goes_back() -> None:
    heard = SEEN.heard(NOW + timedelta(seconds=1), "stream", acknowledged=3)
    assert (heard.acknowledged, heard.acknowledged_at) == (5, NOW)


def test_a_further_one_is_noted_with_its_time() -> None:
    heard = SEEN.heard(NOW + timedelta(seconds=1), "partner", acknowledged=9, skew_ms=-40)
    assert (heard.acknowledged, heard.acknowledged_at, heard.skew_ms) == (9, NOW + timedelta(seconds=1), -40)


def test_a_late_message_does_not_make_the_contact_older() -> None:
    assert SEEN.heard(NOW - timedelta(minutes=1), "stream").at == NOW


def test_the_same_again_is_not_worth_a_write_until_later() -> None:
    assert not SEEN.heard(NOW + EVERY / 2, "stream").is_worth_writing(SEEN)
    assert SEEN.heard(NOW + EVERY, "stream").is_worth_writing(SEEN)
    assert SEEN.heard(NOW, "bundle").is_worth_writing(SEEN)
    assert SEEN.heard(NOW, "stream", acknowledged=6).is_worth_writing(SEEN)
