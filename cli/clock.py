"""``tongban clock``: shows and moves the demo clock of a site that runs with it on."""

from __future__ import annotations

import fcntl
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.refusal import Refusal
from cli.site import Site

if TYPE_CHECKING:
    from kit.clock import DemoClock

app = typer.Typer(no_args_is_help=True, help="Show or move the demo clock (only where it is on).")

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")

#: A jump further than this is a slip of the hand: calendars end somewhere.
_FURTHEST = timedelta(days=3660)

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]


@app.command()
def show(data: Data = None) -> None:
    """Show the time that the site believes, and how far it is ahead."""
    clock = open_clock(Site.at(data))
    typer.echo(_described(clock))


@app.command()
def advance(
    duration: Annotated[str, typer.Argument(help="How far, e.g. 3d, 2h, 30m, 1d12h.")] = "",
    to: Annotated[str, typer.Option(help="Or to when, in the centers' time: 2026-11-24T09:00.")] = "",
    data: Data = None,
) -> None:
    """Move time forward in every process at once; alarms that come due fire in order."""
    if bool(duration) == bool(to):
        raise Refusal("give either how far (3d, 2h, 30m) or --to when (2026-11-24T09:00).", exit_code=2)
    site = Site.at(data)
    clock = open_clock(site)
    with site.demo_clock_file.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # two operators at once: one after the other
        clock.advance(parse_duration(duration) if duration else until(to, clock.now()))
    typer.echo(_described(clock))


def open_clock(site: Site) -> DemoClock:
    """The clock of a running site. Raises ``Refusal`` unless it runs with the demo clock on."""
    from cli.operator import require_running, runs_apart
    from cli.state import read_state
    from kit.clock import DemoClock

    if runs_apart():
        raise Refusal("a site whose processes run apart keeps real time; the demo clock is for `tongban up` alone.")
    require_running(site)
    if not read_state(site).demo_clock:
        raise Refusal("this site keeps real time; start it with `tongban up --demo-clock` to move it.")
    return DemoClock(site.demo_clock_file)


def parse_duration(text: str) -> timedelta:
    """``1d12h30m`` as a duration. Raises ``Refusal``."""
    found = _DURATION.fullmatch(text)
    if not text or found is None:
        raise Refusal(f"{text!r} is no duration; write 3d, 2h, 30m, 45s or 1d12h.", exit_code=2)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    if days > _FURTHEST.days or hours > _FURTHEST.days * 24:
        raise Refusal(f"{text} is further than ten years.", exit_code=2)
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def until(text: str, now: datetime) -> timedelta:
    """How far it is to a time, in the centers' zone unless it says its own. Raises ``Refusal``."""
    from kit.workdays import CENTER_ZONE

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise Refusal(f"{text!r} is no time; write 2026-11-24T09:00.", exit_code=2) from None
    at = at if at.tzinfo else at.replace(tzinfo=CENTER_ZONE)
    if at < now:
        raise Refusal(f"{text} is past: it is {now.astimezone(CENTER_ZONE):%Y-%m-%dT%H:%M}; time only moves forward.")
    if at - now > _FURTHEST:
        raise Refusal(f"{text} is further than ten years.", exit_code=2)
    return at - now


def _described(clock: DemoClock) -> str:
    from kit.workdays import CENTER_ZONE

    ahead = timedelta(seconds=clock.offset_ms // 1000)
    return f"{clock.now().astimezone(CENTER_ZONE):%Y-%m-%d %H:%M:%S} (Asia/Shanghai), {ahead} ahead of real time"
