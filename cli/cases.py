"""``tongban case history``: what happened to a case, line by line, and whether anybody has tampered with it (rules G02)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.site import Site

app = typer.Typer(no_args_is_help=True, help="Look into a case.")

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]


@app.callback()
def _cases() -> None:
    """Look into a case."""


@app.command("history")
def history(
    case_id: Annotated[str, typer.Argument(help="The case's id, as in the address of its page.")],
    center: Annotated[str, typer.Option(help="The center's code, e.g. 610902.")],
    data: Data = None,
) -> None:
    """Every change of a case, counted anew here from the first line on; ends with 1 where anything doesn't agree."""
    from cli.operator import Operator, require_running
    from kit.timestamps import from_timestamp
    from kit.workdays import local_text
    from services.approval_routing.case_rows import history_line
    from services.approval_routing.domain.history import first_broken
    from tongban.approval_routing.v1.conduct_pb2 import GetCaseHistoryRequest

    site = Site.at(data)
    require_running(site)
    operator = Operator(site)
    found = operator.ask(
        operator.approval_routing.GetCaseHistory, GetCaseHistoryRequest(case_id=case_id), centers=[center]
    )
    for line in found.lines:
        who = f"{line.actor_name}（代{line.behalf}）" if line.behalf else line.actor_name
        step = f"  {line.step_key}" if line.step_key else ""
        at = local_text(from_timestamp(line.at))
        typer.echo(f"{line.number:>4}  {at}  {line.what:<22}{step}  {who}  {line.hash[:12]}")
    broken = first_broken([history_line(line) for line in found.lines]) or found.broken_at
    if broken:
        where = f"line {broken} doesn't" if broken <= len(found.lines) else "what the case says now doesn't"
        typer.echo(f"NOT INTACT: {where} agree with the lines before it", err=True)
        raise typer.Exit(1)
    typer.echo(
        f"intact: {len(found.lines)} lines, each sealed with the one before, the last with what the case says now"
    )
