"""``tongban dlq``: events that a consumer could not handle — list, look, replay, drop.

A dead letter stays where it is, in the topic ``<group>.dlq``; that it was dealt with is an event of its own in
``<group>.dlq.handled``, so that nothing is ever deleted and two operators can't undo each other. A replay publishes the
event again under its own id, for the group that failed: the others have had it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.refusal import Refusal
from cli.site import Site

if TYPE_CHECKING:
    from kit.bus.port import Bus, Received

app = typer.Typer(no_args_is_help=True, help="Events that a consumer could not handle.")

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]
_NAMING = "The number that `tongban dlq list` shows; GROUP/NUMBER where several groups have it."
Name = Annotated[str, typer.Argument(help=_NAMING)]
Names = Annotated[list[str] | None, typer.Argument(help=_NAMING)]
Group = Annotated[str, typer.Option(help="Only this consumer group.")]
All = Annotated[bool, typer.Option("--all", help="Every one (of --group, if given).")]

_PAGE = 500
_DLQ = ".dlq"


@dataclass(frozen=True)
class Letter:
    """A dead letter; ``number`` is its position in its group's letters (on the embedded bus, among all events)."""

    number: int
    group: str
    received: Received

    @property
    def name(self) -> str:
        """What tells it from all others."""
        return f"{self.group}/{self.number}"

    def header(self, name: str) -> str:
        """One of its headers; empty where it has none."""
        return self.received.headers.get(name, "")


# ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────


@app.command("list")
def list_(group: Group = "", data: Data = None) -> None:
    """List what nobody has dealt with."""
    from kit.clock import from_ms

    with opened(Site.at(data)) as bus:
        found = letters(bus, group)
    for letter in found:
        at = from_ms(int(letter.header("dlq_at") or 0)).isoformat(timespec="seconds")
        what = f"{letter.header('ce_type')} {letter.header('ce_subject')}"
        typer.echo(f"{letter.number:>8}  {at}  {letter.group:<28}  {letter.header('dlq_code'):<20}  {what}")
    typer.echo(f"{len(found)} dead letter{'' if len(found) == 1 else 's'}", err=True)


@app.command()
def show(name: Name, group: Group = "", data: Data = None) -> None:
    """Show one: its headers and why it failed; its content only by size, as it may hold personal data."""
    with opened(Site.at(data)) as bus:
        letter = _named(letters(bus, group), [name])[0]
    content = {"number": letter.number, "group": letter.group, "bytes": len(letter.received.data)}
    typer.echo(json.dumps({**content, "headers": letter.received.headers}, ensure_ascii=False, indent=1))


@app.command()
def replay(names: Names = None, group: Group = "", all_: All = False, data: Data = None) -> None:
    """Publish again, after the cause was mended; later events of the same subject have long been handled."""
    site = Site.at(data)
    with opened(site) as bus:
        chosen = _chosen(letters(bus, group), names, all_)
        undecodable = [letter.name for letter in chosen if letter.received.event is None]
        if undecodable:
            raise Refusal(f"can't be decoded, so never replayed: {_joined(undecodable)}; `tongban dlq drop` them.")
        _require_known(chosen)
        for letter in chosen:
            replay_letter(bus, letter)
            _note(site, "dlq_replayed", letter)
    typer.echo(f"replayed: {_joined([letter.name for letter in chosen])}")


@app.command()
def drop(names: Names = None, group: Group = "", all_: All = False, data: Data = None) -> None:
    """Give up on them; they stay on the bus, marked as dropped."""
    site = Site.at(data)
    with opened(site) as bus:
        chosen = _chosen(letters(bus, group), names, all_)
        for letter in chosen:
            mark_handled(bus, letter, "dropped")
            _note(site, "dlq_dropped", letter)
    typer.echo(f"dropped: {_joined([letter.name for letter in chosen])}")


# ── What they do ─────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def opened(site: Site) -> Iterator[Bus]:
    """The site's bus. Raises ``Refusal`` where there is none."""
    from cli.operator import runs_apart
    from kit.adapters import open_bus
    from kit.settings import ServiceSettings, load

    if runs_apart():
        settings = load(ServiceSettings)
    elif site.bus_file.exists():
        settings = ServiceSettings(data=site.data, run_dir=site.run_dir)
    else:
        raise Refusal(f"there are no events in {site.data}; is it the right folder? (--data)")
    bus = open_bus(settings)
    try:
        yield bus
    finally:
        bus.close()


def letters(bus: Bus, group: str) -> Sequence[Letter]:
    """The dead letters that nobody has dealt with, of one group or of all, oldest first."""
    topics = [topic for topic in bus.topics() if topic.endswith(_DLQ)]
    groups = [topic.removesuffix(_DLQ) for topic in topics]
    if group and group not in groups:
        raise Refusal(f"no dead letters of a group {group!r}; there are some of: {', '.join(groups) or 'none'}.")
    found: list[Letter] = []
    for each in [group] if group else groups:
        handled = {received.headers.get("dlq_letter") for received in _read_all(bus, _handled_topic(each))}
        found += [
            Letter(received.offset, each, received)
            for received in _read_all(bus, f"{each}{_DLQ}")
            if str(received.offset) not in handled
        ]
    return sorted(found, key=lambda letter: (letter.header("dlq_at"), letter.number))


def _require_known(chosen: Sequence[Letter]) -> None:
    """Raises ``Refusal`` where the group may have forgotten which of the event's effects it has had."""
    from kit.clock import from_ms
    from kit.marks import may_be_forgotten
    from kit.settings import ServiceSettings, load

    days = load(ServiceSettings).marks_days
    window, now = timedelta(days=days), datetime.now(UTC)
    old = [each.name for each in chosen if may_be_forgotten(window, from_ms(int(_first_failed(each))), now)]
    if old:
        raise Refusal(
            f"older than {days} days (TONGBAN_MARKS_DAYS), so that their group may have forgotten what it has done of them: "
            f"{_joined(old)}; do by hand what is missing, and `tongban dlq drop` them."
        )


def _first_failed(letter: Letter) -> str:
    """When it first came to a dead letter, in milliseconds: before replays, if there were any."""
    return letter.header("dlq_first_at") or letter.header("dlq_at") or "0"


def replay_letter(bus: Bus, letter: Letter) -> None:
    """Publishes the event again where it came from, for the group that failed, then marks the letter: a crash in between
    replays it twice, which its mark makes harmless."""
    from kit.dead_letters import REPLAY_FOR

    event = letter.received.event
    assert event is not None  # noqa: S101 — the command refuses undecodable ones
    said = {"dlq_replay": str(letter.number), "dlq_first_at": _first_failed(letter), REPLAY_FOR: letter.group}
    bus.publish(letter.header("dlq_topic"), [event], [said])
    mark_handled(bus, letter, "replayed")


def mark_handled(bus: Bus, letter: Letter, action: str) -> None:
    """Says on the bus that a letter was dealt with, and by whom."""
    from cli.operator import user_name
    from kit.dead_letters import dead_letter

    said = dead_letter(letter.received, letter.group, letter.header("dlq_code"), letter.header("dlq_reason"))
    headers = {**said.headers, "dlq_letter": str(letter.number), "dlq_action": action, "dlq_by": user_name()}
    bus.publish(_handled_topic(letter.group), [said.event], [headers])


def _handled_topic(group: str) -> str:
    return f"{group}{_DLQ}.handled"


def _read_all(bus: Bus, topic: str) -> Iterator[Received]:
    position = 0
    while page := bus.read(topic, position, _PAGE):
        yield from page
        position = page[-1].offset


def _chosen(found: Sequence[Letter], names: list[str] | None, all_: bool) -> Sequence[Letter]:
    if bool(names) == all_:
        raise Refusal("name the letters by their numbers, or give --all.", exit_code=2)
    return found if all_ else _named(found, names or [])


def _named(found: Sequence[Letter], names: Sequence[str]) -> Sequence[Letter]:
    """The letters of these names, each once. Raises ``Refusal`` for a name of none, or of several groups' letters."""
    by_name: dict[str, list[Letter]] = {}
    for letter in found:
        by_name.setdefault(letter.name, []).append(letter)
        by_name.setdefault(str(letter.number), []).append(letter)
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise Refusal(f"no such dead letter: {_joined(unknown)}; see `tongban dlq list`.")
    several = [letter.name for name in names for letter in by_name[name] if len(by_name[name]) > 1]
    if several:
        raise Refusal(f"several groups have letters of that number; say which: {_joined(several)}.")
    return list({letter.name: letter for name in names for letter in by_name[name]}.values())


def _note(site: Site, action: str, letter: Letter) -> None:
    from cli.operator import audit

    details = {"group": letter.group, "letter": letter.number, "event": letter.header("ce_id")}
    audit(site, action, {**details, "type": letter.header("ce_type")})


def _joined(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
