"""``tongban relay status|queue|aside|resend|refuse``: how far each link has come, and what an operator does about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.links import link_id
from cli.site import Site

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

    from cli.operator import Operator
    from tongban.relay.v1 import operating_pb2

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]
Letter = Annotated[str, typer.Argument(help="The letter's id, as `tongban relay aside` shows it.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the register of letters.")]
_PAGE = 200


def add_to(app: typer.Typer) -> None:
    """Adds the commands to ``tongban relay``."""
    for command in (status, queue, aside, resend, refuse):
        app.command()(command)


def status(data: Data = None) -> None:
    """Show each link: what waits and since when, when the other end was last heard. Exit code 1 where one stands still."""
    from tongban.relay.v1 import service_pb2

    operator = _operator(data)
    answer = operator.ask(operator.relay.ListTraffic, service_pb2.ListTrafficRequest(), centers=())
    for each in answer.traffic:
        typer.echo(_line(each))
        for stop in each.stops:
            way = "to" if stop.outgoing else "from"
            typer.echo(f"    stands still {way} the other end since {_time(stop.at)}: {stop.code} at {stop.sequence}")
    count = len(answer.traffic)
    typer.echo(f"{count} link{'' if count == 1 else 's'} of {answer.site}; {answer.aside} set aside", err=True)
    if any(each.stops for each in answer.traffic):
        raise typer.Exit(1)


def queue(
    link: Annotated[str, typer.Argument(help="The link's id, or the other site's.")],
    after: Annotated[int, typer.Option(help="Only behind this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=_PAGE, help="How many.")] = 50,
    data: Data = None,
) -> None:
    """Show what waits on a link for the other end to have it, the oldest first."""
    from tongban.relay.v1 import service_pb2

    operator = _operator(data)
    request = service_pb2.ListQueueRequest(link_id=link_id(operator, link), after=after, limit=limit)
    letters = operator.ask(operator.relay.ListQueue, request, centers=()).letters
    for each in letters:
        typer.echo(
            f"{each.sequence:>8}  {_time(each.at)}  {each.size:>8} B  {each.type:<24} {each.letter_id}  {each.journey}"
        )
    typer.echo(f"{len(letters)} shown", err=True)


def aside(data: Data = None) -> None:
    """Show the letters that this site set aside, with the reason of each."""
    from tongban.relay.v1 import service_pb2

    operator = _operator(data)
    cursor, count = "", 0
    while True:
        request = service_pb2.ListLettersAsideRequest(limit=_PAGE, cursor=cursor)
        page = operator.ask(operator.relay.ListLettersAside, request, centers=())
        for each in page.letters:
            typer.echo(f"{each.letter_id}  {_time(each.at)}  {each.type:<24} {each.origin} → {each.destination}")
            typer.echo(f"    {each.code}: {each.message}")
        count += len(page.letters)
        cursor = page.next_cursor
        if not cursor:
            break
    typer.echo(f"{count} set aside", err=True)


def resend(letter: Letter, reason: Reason, data: Data = None) -> None:
    """Pass a letter on that was set aside, now that its cause is mended."""
    from tongban.relay.v1 import service_pb2

    operator = _operator(data)
    request = service_pb2.ResendLetterRequest(letter_id=letter, reason=reason)
    found = operator.ask(operator.relay.ResendLetter, request, centers=()).letter
    typer.echo(f"tongban: letter {found.letter_id} is passed on to {found.destination}.")


def refuse(letter: Letter, reason: Reason, data: Data = None) -> None:
    """Refuse a letter that was set aside, for good; its origin is told the reason."""
    from tongban.relay.v1 import service_pb2

    operator = _operator(data)
    request = service_pb2.RefuseLetterRequest(letter_id=letter, reason=reason)
    found = operator.ask(operator.relay.RefuseLetter, request, centers=()).letter
    typer.echo(f"tongban: letter {found.letter_id} is refused; {found.origin} is told why.")


def _operator(data: Path | None) -> Operator:
    from cli.operator import Operator, require_running

    site = Site.at(data)
    require_running(site)
    return Operator(site)


def _line(each: operating_pb2.Traffic) -> str:
    from tongban.relay.v1 import site_pb2

    state = site_pb2.LinkState.Name(each.state).removeprefix("LINK_STATE_").lower()
    waits = f"{each.backlog} since {_time(each.oldest_at)}" if each.backlog else "nothing"
    heard = f"{_time(each.heard_at)} ({each.via})" if each.HasField("heard_at") else "never"
    clock = f", its clock {each.clock_ahead_ms / 1000:+.1f} s" if each.HasField("clock_ahead_ms") else ""
    files = f", {each.files_wanted} files wanted" if each.files_wanted else ""
    held = f", {each.waiting} wait for files" if each.waiting else ""
    return (
        f"{each.link_id}  {state:<10} {each.peer:<28} waits: {waits}; came: {each.received}, passed on: {each.passed}"
        f"{held}{files}; heard: {heard}{clock}"
    )


def _time(at: Timestamp) -> str:
    from kit.timestamps import from_timestamp

    return from_timestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
