"""Rounds a little apart where many share them, and at once for who is alone."""

from __future__ import annotations

import pytest

from services.relay.transports.pacing import APART, Pacing


class Time:
    """Goes on only where somebody sleeps or works."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.now += seconds

    def rounds(self, pacing: Pacing, sizes: list[int], *, work: float = 0.001) -> None:
        for size in sizes:
            pacing.wait()
            pacing.took(size)
            self.now += work


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def pacing(time: Time) -> Pacing:
    return Pacing(lambda: time.now, time.sleep)


def test_who_is_alone_never_waits(pacing: Pacing, time: Time) -> None:
    time.rounds(pacing, [1] * 50)
    assert time.slept == 0


def test_where_many_share_a_round_the_next_one_waits_for_more(pacing: Pacing, time: Time) -> None:
    time.rounds(pacing, [9] * 10)
    assert time.slept == pytest.approx(9 * (APART - 0.001))


def test_a_round_that_took_its_time_is_followed_at_once(pacing: Pacing, time: Time) -> None:
    time.rounds(pacing, [9] * 10, work=APART)
    assert time.slept == 0


def test_it_waits_no_more_once_the_crowd_is_gone(pacing: Pacing, time: Time) -> None:
    time.rounds(pacing, [40, *[1] * 20])
    before = time.slept
    time.rounds(pacing, [1] * 20)
    assert time.slept == before
