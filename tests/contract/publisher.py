"""Publishes events and prints each acknowledged id, until it is killed.

``python -m tests.contract.publisher sqlite FOLDER TOPIC``
"""

from __future__ import annotations

import sys
from pathlib import Path

from kit.bus.port import Bus
from kit.bus.sqlite import SqliteBus
from tests.contract.bus_contract import event


def main(adapter: str, place: str, topic: str) -> None:
    """A line is printed only after the bus has answered."""
    if adapter != "sqlite":
        raise SystemExit(f"no such adapter: {adapter}")
    bus: Bus = SqliteBus(Path(place) / "bus.db", Path(place))
    for number in range(1_000_000):
        bus.publish(topic, [event(number, str(number % 9))])
        sys.stdout.write(f"e{number:06}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
