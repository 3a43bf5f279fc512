"""What the supervisor says of its children, for the other commands to read."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cli.processes import Child
from cli.refusal import Refusal
from cli.site import Site


@dataclass(frozen=True, slots=True)
class ProcessState:
    """One process; ``started_at`` in seconds since 1970."""

    name: str
    state: str
    pid: int | None
    restarts: int
    started_at: float
    last_exit: int | None
    log: str


@dataclass(frozen=True, slots=True)
class SiteState:
    """The whole site."""

    pid: int
    started_at: float
    address: str
    demo_clock: bool
    processes: tuple[ProcessState, ...]


def write_state(site: Site, state: SiteState) -> None:
    """Replaces the file in one step; not synced, as it means nothing after a power cut."""
    with tempfile.NamedTemporaryFile("w", dir=site.state_file.parent, delete=False, encoding="utf-8") as file:
        json.dump(asdict(state), file, indent=1)
    os.replace(file.name, site.state_file)


def process_states(children: Sequence[Child]) -> tuple[ProcessState, ...]:
    """The children as they are now."""
    return tuple(
        ProcessState(
            name=child.program.name,
            state=child.state,
            pid=child.pid,
            restarts=child.restarts,
            started_at=child.started_at,
            last_exit=child.last_exit,
            log=str(child.program.log),
        )
        for child in children
    )


def read_state(site: Site) -> SiteState:
    """What was written last. Raises ``Refusal`` when nothing ever ran here."""
    try:
        said = json.loads(Path(site.state_file).read_text(encoding="utf-8"))
        processes = tuple(ProcessState(**process) for process in said.pop("processes"))
        return SiteState(**said, processes=processes)
    except FileNotFoundError:
        raise Refusal(f"no tongban has run on {site.data}; start one with `tongban up`.") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise Refusal(f"{site.state_file} can't be read: {error}") from error
