"""Letters up and receipts down: sustained, at half the load, and after an outage."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from bench.callers import MeasurementError
from bench.figures import Figure, Goal, at_least, at_most, percentile
from bench.relay.sides import Ends, cpu_seconds, ends

_MB = 1024 * 1024
_BURST = 500


@dataclass(frozen=True, slots=True)
class Sustained:
    """What two relays did."""

    letters: float
    envelopes: float
    figures: tuple[Figure, ...]


def sustained(count: int, floor: float) -> Sustained:
    """Posts as fast as it goes; every letter makes two envelopes, itself and its receipt."""
    with ends() as pair:
        pair.start()
        pair.post(1)
        pair.settle(time.monotonic() + 60)
        before = cpu_seconds(pair.child), cpu_seconds(pair.hub)
        began = time.monotonic()
        for _ in range(0, count, _BURST):
            pair.post(min(_BURST, count))
        pair.lags(began + 600)
        arrived = time.monotonic() - began
        pair.settle(began + 900)
        whole = time.monotonic() - began
        cpu = cpu_seconds(pair.child) - before[0], cpu_seconds(pair.hub) - before[1]
        _require_right(pair)
        posted = len(pair.ids) - 1
        rate = 2 * posted / whole
        details = {
            "letters_per_s": round(posted / arrived),
            "child_cpu_ms_per_letter": round(cpu[0] * 1000 / posted, 2),
            "hub_cpu_ms_per_letter": round(cpu[1] * 1000 / posted, 2),
        }
        return Sustained(
            posted / arrived,
            rate,
            (
                Figure(
                    "relay.sustained",
                    "envelopes between two sites, from bus to bus, with the receipts of all letters",
                    rate,
                    "/s",
                    at_least(1000),
                    details=details,
                ),
                Figure("relay.floor_ratio", "of the floor's envelopes", rate / floor),
            ),
        )


def lag(rate: float, seconds: float) -> Figure:
    """How late letters are told at the other end, posted evenly at this rate."""
    with ends() as pair:
        pair.start()
        pair.post(1)
        pair.settle(time.monotonic() + 60)
        stop = time.monotonic() + seconds

        def post() -> None:
            every = 0.02
            owed = 0.0
            due = time.monotonic()
            while due < stop:
                owed += rate * every
                if owed >= 1:
                    pair.post(int(owed))
                    owed -= int(owed)
                due += every
                time.sleep(max(0.0, due - time.monotonic()))

        poster = threading.Thread(target=post)
        poster.start()
        lags: list[float] = []
        while poster.is_alive():
            lags += pair.lags(time.monotonic() + 120)
            time.sleep(0.001)
        lags += pair.lags(time.monotonic() + 120)
        _require_right(pair)
        spread = {f"p{each}_ms": round(percentile(lags, each) * 1000, 1) for each in (50, 95)}
        return Figure(
            "relay.lag",
            f"lag from posting to being told at the other end, p99, at {rate:.0f} letters/s",
            percentile(lags, 99),
            "s",
            at_most(1),
            details=spread,
        )


def drain(count: int) -> tuple[Figure, ...]:
    """A backlog grows while the other end is gone, and is drained when it is back."""
    with ends() as pair:
        pair.child.start()
        pair.child.ready()
        pair.post(_BURST)
        _wait_posted(pair)
        early = pair.child.memory()
        for _ in range(_BURST, count, _BURST):
            pair.post(_BURST)
        _wait_posted(pair)
        late = pair.child.memory()
        pair.hub.start()
        pair.hub.ready()
        began = time.monotonic()
        pair.lags(began + 3600)
        rate = len(pair.ids) / (time.monotonic() - began)
        pair.settle(began + 3600)
        after = pair.child.memory()
        lost, twice = pair.lost_and_twice()
        _require_right(pair)
        zero: Goal = at_most(0)
        return (
            Figure("relay.drain", f"a backlog of {len(pair.ids)} letters after an outage", rate, "letters/s"),
            Figure("relay.lost", "letters lost", lost, "", zero),
            Figure("relay.twice", "letters twice", twice, "", zero),
            Figure(
                "relay.memory",
                "memory that the sender's relay gains while the backlog grows",
                (late - early) / _MB,
                "MB",
                at_most(10),
                details={"early_mb": early // _MB, "late_mb": late // _MB, "after_mb": after // _MB},
            ),
        )


def _wait_posted(pair: Ends) -> None:
    """Until the relay has taken all letters into its lane."""
    end = time.monotonic() + 3600
    while pair.child.bus.lag("relay.letters", ["tongban.federation.v1"]):
        if time.monotonic() > end:
            raise MeasurementError("the relay doesn't take the letters")
        time.sleep(0.02)


def _require_right(pair: Ends) -> None:
    lost, twice = pair.lost_and_twice()
    if lost or twice or not pair.in_order():
        raise MeasurementError(f"{lost} letters lost, {twice} twice, in order: {pair.in_order()}")
