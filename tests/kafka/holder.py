"""A member of a group in a process of its own: takes events, says their ids, and commits the last when it is told to.

``python -m tests.kafka.holder HOST:PORT TOPIC GROUP``; a line on its standard input is the telling.
"""

from __future__ import annotations

import sys

from kit.bus.kafka.bus import KafkaBus
from tests.kafka.broker import IMPATIENT, settings_for, topics_of


def main(address: str, topic: str, group: str) -> None:
    """Says ``True`` or ``False`` for the commit."""
    bus = KafkaBus(settings_for(address, **IMPATIENT), topics_of(topic))
    member = bus.consumer(group, [topic])
    last = None
    while last is None:
        for last in member.poll(1.0):
            _say(last.headers["ce_id"])
    sys.stdin.readline()
    _say(str(member.commit(last)))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
