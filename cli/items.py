"""``tongban import items`` and ``tongban export items``: a center's service items as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.refusal import Refusal
from cli.site import Site

importing = typer.Typer(no_args_is_help=True, help="Bring data in from a file.")
exporting = typer.Typer(no_args_is_help=True, help="Write data to a file.")

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]
Center = Annotated[str, typer.Option(help="The center's code, e.g. 610902.")]
Format = Annotated[str, typer.Option("--format", help="csv or json; else by the file's name.")]


@importing.callback()
def _importing() -> None:
    """Bring data in from a file."""


@exporting.callback()
def _exporting() -> None:
    """Write data to a file."""


@importing.command("items")
def import_items(
    file: Path,
    center: Center,
    format_: Format = "",
    skip_bad: Annotated[bool, typer.Option(help="Import the good rows of a file with bad ones.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Report only.")] = False,
    publish: Annotated[bool, typer.Option(help="Publish what is imported at once.")] = False,
    data: Data = None,
) -> None:
    """Import service items with a report a row; one bad row imports nothing, unless --skip-bad."""
    from cli.operator import Operator, require_running
    from tongban.catalog.v1.service_pb2 import ImportItemsRequest

    site = Site.at(data)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Refusal(f"{file} can't be read: {error.strerror}") from error
    require_running(site)
    operator = Operator(site)
    request = ImportItemsRequest(
        center_id=center,
        format=_format(file, format_),
        content=content,
        skip_bad_rows=skip_bad,
        dry_run=dry_run,
        publish=publish,
    )
    report = operator.ask(operator.catalog.ImportItems, request, centers=[center], timeout=300.0)
    for row in report.rows:
        said = "; ".join([*row.problems, *row.warnings])
        if said:
            typer.echo(f"{row.row:>6}  {row.outcome:<9}  {row.name}: {said}")
    typer.echo(
        f"{len(report.rows)} rows, {report.imported} imported, {report.bad} bad"
        + ("" if report.applied else "; nothing was written")
    )
    if not report.applied and not dry_run:
        raise typer.Exit(1)


@exporting.command("items")
def export_items(
    file: Path,
    center: Center,
    format_: Format = "",
    force: Annotated[bool, typer.Option(help="Replace the file if it exists.")] = False,
    data: Data = None,
) -> None:
    """Export a center's service items in the form that imports read."""
    from cli.operator import Operator, require_running
    from tongban.catalog.v1.service_pb2 import ExportItemsRequest

    site = Site.at(data)
    if file.exists() and not force:
        raise Refusal(f"{file} exists; name another file, or replace it with --force.")
    require_running(site)
    operator = Operator(site)
    request = ExportItemsRequest(center_id=center, format=_format(file, format_))
    answer = operator.ask(operator.catalog.ExportItems, request, centers=[center], timeout=300.0)
    try:
        file.write_bytes(answer.content)
    except OSError as error:
        raise Refusal(f"{file} can't be written: {error.strerror}") from error
    typer.echo(f"{answer.items} items in {file}")


def _format(file: Path, said: str) -> str:
    format_ = said or file.suffix.removeprefix(".").lower()
    if format_ not in ("csv", "json"):
        raise Refusal(f"{file}: give --format csv or --format json.", exit_code=2)
    return format_
