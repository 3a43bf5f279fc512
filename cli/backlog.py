"""``tongban status`` of a site whose processes run apart: what waits in front of and behind each service, asked of the
servers themselves. Whether a process lives and how it is, is for whoever runs it to say (Kubernetes, compose)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cli.components import COMPONENTS
from cli.dlq import letters, opened
from cli.outboxes import outbox_depths
from cli.site import Site
from kit.bus.port import Bus
from kit.bus.topics import CONSUMED


@dataclass(frozen=True, slots=True)
class Waiting:
    """One service; ``None`` where it can't be said."""

    name: str
    outbox: int | None
    lag: int
    dead_letters: int


def waiting(bus: Bus, outboxes: Mapping[str, int | None]) -> Sequence[Waiting]:
    """A line for each service. Raises ``Unavailable``."""
    dead = [letter.group for letter in letters(bus, "")]
    return [
        Waiting(
            name=name,
            outbox=outbox,
            lag=sum(bus.lag(group, topics) for group, topics in CONSUMED.items() if _service(group) == name),
            dead_letters=sum(_service(group) == name for group in dead),
        )
        for name, outbox in outboxes.items()
    ]


def show(data: Path | None, as_json: bool) -> int:
    """Prints it; the exit code is 1 when there are dead letters, else 0. Raises ``Unavailable``, ``SettingsError``."""
    site = Site.at(data)
    names = [component.name for component in COMPONENTS if not component.edge]
    depths = outbox_depths(site, names)
    with opened(site) as bus:
        found = waiting(bus, {name: depths.get(name) for name in names})
    if as_json:
        print(json.dumps({"services": [asdict(each) for each in found]}, indent=1))
    else:
        print(f"{'service':<18}{'outbox':>10}{'lag':>10}{'dead':>10}")
        for each in found:
            outbox = "-" if each.outbox is None else each.outbox
            print(f"{each.name:<18}{outbox:>10}{each.lag:>10}{each.dead_letters:>10}")
    return 1 if any(each.dead_letters for each in found) else 0


def _service(group: str) -> str:
    """A group is named ``<service>.<purpose>``."""
    return group.partition(".")[0]
