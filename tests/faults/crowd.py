"""A crowd at every window while a test does harm to the site."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.faults.load import PATIENCE, WINDOWS, Ledger, Worker
from tests.integration.people import Town
from tests.integration.site import until

#: How long a killed process may take to be back on a busy machine, and the books to be drawn up, in seconds.
RECOVERY = 120.0


@contextmanager
def under_load(towns: Sequence[Town], ledger: Ledger, rng: random.Random) -> Iterator[None]:
    """Visits go on at every window, through the gateways of these towns in turn; at the end each is finished."""
    leaving = threading.Event()
    workers = [
        Worker(number, towns[number % len(towns)], ledger, leaving, rng.randrange(2**32))
        for number in range(len(WINDOWS))
    ]
    for worker in workers:
        worker.start()
    try:
        progress(ledger)
        yield
        progress(ledger)
    except AssertionError as error:
        # Who gave up says more than that nothing goes on.
        raise AssertionError("\n".join([str(error), *_failures(workers)])) from error
    finally:
        leaving.set()
        for worker in workers:
            worker.join(PATIENCE + RECOVERY)
    assert not _failures(workers), "\n".join(_failures(workers))
    assert not any(worker.is_alive() for worker in workers)


def _failures(workers: Sequence[Worker]) -> list[str]:
    return [f"{worker.name}: {worker.failure!r}" for worker in workers if worker.failure]


def progress(ledger: Ledger, steps: int = 12) -> None:
    """Waits until some more was acknowledged."""
    goal = ledger.done + steps
    until(lambda: ledger.done >= goal, f"{steps} more answers", RECOVERY)


def pause(rng: random.Random, longest: float = 0.4) -> None:
    """Lets the load go on for a moment that the seed chooses, so that each kill meets another one."""
    threading.Event().wait(rng.uniform(0.0, longest))
