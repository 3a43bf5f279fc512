"""``tongban init``: makes the topics and indexes that a site needs, before its processes start. Running it again does
nothing; what was set up otherwise is told of, and mended only when asked to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from cli.indexes import make_indexes
from kit.errors import Unavailable
from kit.settings import ServiceSettings, load

#: Between two looks for servers that aren't there yet, in seconds.
_PAUSE: Final = 1.0

Part = Callable[[ServiceSettings, bool], Iterator[str]]


def run(alter: bool, wait: float, say: Callable[[str], None]) -> None:
    """Makes what is missing and says each thing done; waits so many seconds for servers that aren't up yet.

    Raises ``SettingsError`` where something is there and differs, ``Unavailable`` where nobody answers.
    """
    settings = load(ServiceSettings)
    end = time.monotonic() + wait
    done = 0
    for part in _PARTS:
        for said in _patiently(part, settings, alter, end, say):
            say(said)
            done += 1
    if not done:
        say("nothing to do: everything is there")


def make_topics(settings: ServiceSettings, alter: bool) -> Iterator[str]:
    """The topics of the declared table. Raises ``SettingsError`` on one that differs, unless it is to be altered."""
    if settings.bus != "kafka":
        return
    from kit.bus.kafka.bus import KafkaBus
    from kit.bus.kafka.settings import KafkaSettings

    bus = KafkaBus(load(KafkaSettings))
    try:
        yield from bus.set_up(alter=alter)
    finally:
        bus.close()


def _make_indexes(settings: ServiceSettings, alter: bool) -> Iterator[str]:
    return make_indexes(settings, alter=alter)


_PARTS: Final[tuple[Part, ...]] = (make_topics, _make_indexes)


def _patiently(
    part: Part, settings: ServiceSettings, alter: bool, end: float, say: Callable[[str], None]
) -> Iterator[str]:
    """One part, begun anew while its server isn't there: what was made before is found to be there."""
    told = False
    while True:
        try:
            yield from part(settings, alter)
            return
        except Unavailable as error:
            if time.monotonic() >= end:
                raise
            if not told:
                say(f"waiting: {error}")
                told = True
            time.sleep(_PAUSE)
