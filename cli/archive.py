"""``tongban archive``: packages of case files that were handed over, looked at anywhere (rules J02)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Packages of case files that were handed over (案卷移交包).")

#: Troubles that are told one by one.
_SHOWN = 50


@app.callback()
def _archive() -> None:
    """Packages of case files that were handed over (案卷移交包)."""


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="The package, a ZIP.", exists=True, dir_okay=False)],
) -> None:
    """Reads every byte of a package and holds it against its manifest, index and lists; needs no site and no network."""
    from kit.clock import from_ms
    from kit.workdays import local_text
    from services.archive.package.checking import check

    verdict = check(file)
    for trouble in verdict.troubles[:_SHOWN]:
        typer.echo(f"{file}: {trouble}", err=True)
    if len(verdict.troubles) > _SHOWN:
        typer.echo(f"{file}: and {len(verdict.troubles) - _SHOWN} more", err=True)
    if verdict.troubles:
        raise typer.Exit(1)
    typer.echo(f"{file}: whole. Hand-over {verdict.number}, list {verdict.list_sha256}")
    typer.echo(
        f"  {verdict.files} case files, {verdict.papers} papers ({verdict.pdf_a} made here, PDF/A), {verdict.bytes} bytes"
    )
    if verdict.signed_by:
        typer.echo(f"  signed by {' and '.join(verdict.signed_by)}")
    if verdict.receiver:
        typer.echo(f"  confirmed by {verdict.receiver}, {local_text(from_ms(verdict.received_at))}")
    else:
        typer.echo("  not confirmed by its receiver when it was downloaded")
