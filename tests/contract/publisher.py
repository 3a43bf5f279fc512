"""Publishes events and prints each acknowledged id, until it is killed.

``python -m tests.contract.publisher sqlite FOLDER TOPIC`` or ``… kafka HOST:PORT TOPIC``
"""

from __future__ import annotations

import sys
from pathlib import Path

from kit.bus.port import Bus
from kit.bus.sqlite import SqliteBus
from tests.contract.bus_contract import event


def main(adapter: str, place: str, topic: str) -> None:
    """A line is printed only after the bus has answered."""
    bus = _opened(adapter, place, topic)
    for number in range(1_000_000):
        bus.publish(topic, [event(number, str(number % 9))])
        sys.stdout.write(f"e{number:06}\n")
        sys.stdout.flush()


def _opened(adapter: str, place: str, topic: str) -> Bus:
    if adapter == "sqlite":
        return SqliteBus(Path(place) / "bus.db", Path(place))
    if adapter == "kafka":
        from kit.bus.kafka.bus import KafkaBus
        from tests.kafka.broker import settings_for, topics_of

        return KafkaBus(settings_for(place), topics_of(topic))
    raise SystemExit(f"no such adapter: {adapter}")


if __name__ == "__main__":
    main(*sys.argv[1:])
