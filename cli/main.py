"""``tongban``: runs a site on this machine, and the operator's commands. One module a command, loaded when it is used."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli import accounts, archive, cases, clock, dlq, items, links, relay, rotation, site_identity
from cli.refusal import Refusal
from cli.site import Site
from kit.errors import TongbanError
from kit.settings import SettingsError


class _Group(TyperGroup):
    """Says a refusal in one message on standard error, and exits with its code."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Refusal as refusal:
            typer.echo(f"tongban: {refusal}", err=True)
            raise typer.Exit(refusal.exit_code) from refusal
        except SettingsError as error:
            typer.echo(f"tongban: {error}", err=True)
            raise typer.Exit(2) from error
        except TongbanError as error:
            details = "".join(f" {name}={value}" for name, value in error.details.items())
            typer.echo(f"tongban: refused ({error.code}{details}): {error.message}", err=True)
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Runs a government-service center (政务服务中心) on this machine, and looks after it.",
)
app.add_typer(archive.app, name="archive")
app.add_typer(cases.app, name="case")
app.add_typer(clock.app, name="clock")
app.add_typer(dlq.app, name="dlq")
app.add_typer(rotation.app, name="rotate-key")
app.add_typer(relay.app, name="relay")
app.add_typer(site_identity.app, name="site")
app.add_typer(links.app, name="link")
app.add_typer(accounts.users, name="user")
app.add_typer(accounts.centers, name="center")
app.add_typer(items.importing, name="import")
app.add_typer(items.exporting, name="export")

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]


@app.command()
def up(
    port: Annotated[int | None, typer.Option(help="Where browsers come to (TONGBAN_PORT, else 8080); 0: any.")] = None,
    data: Data = None,
    demo_clock: Annotated[
        bool | None, typer.Option("--demo-clock/--no-demo-clock", help="Let `tongban clock advance` move time.")
    ] = None,
    sample: Annotated[bool, typer.Option("--sample/--no-sample", help="Load the sample federation if empty.")] = True,
    open_day: Annotated[
        bool, typer.Option("--open-day", help="With the demo clock: begin within the sample's opening hours.")
    ] = False,
) -> None:
    """Start every process and stay; Ctrl-C stops all."""
    from cli.up import options
    from cli.up import up as run

    raise typer.Exit(run(options(data, port, demo_clock, sample, os.environ, open_day=open_day), os.environ))


@app.command()
def status(data: Data = None, as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show each process: memory, health, restarts, and what waits; of a site that runs apart, what waits. Exit code 1
    unless all is well."""
    from cli.operator import runs_apart

    if runs_apart():
        from cli.backlog import show as show_backlog

        raise typer.Exit(show_backlog(data, as_json))
    from cli.status import show

    raise typer.Exit(show(Site.at(data), as_json))


@app.command()
def check(
    address: Annotated[str, typer.Argument(help="Where the site is, e.g. http://127.0.0.1:8080.")],
    center: Annotated[str, typer.Option(help="Whose hall; else the first that has an item.")] = "",
    item: Annotated[str, typer.Option(help="For which item; else the first that is published.")] = "",
) -> None:
    """Ask a site from outside: is it ready, and does it give a ticket? The ticket is given back."""
    from cli.check import check as run
    from cli.check import over_http

    run(over_http(address), center, item, typer.echo)


@app.command()
def keys(data: Data = None) -> None:
    """Make the site's keys once, in the data folder's `secrets`, for a site whose processes run apart."""
    from cli.keys import make

    make(Site.at(data))


@app.command()
def init(
    alter: Annotated[bool, typer.Option("--alter", help="Give what is there the declared settings.")] = False,
    wait: Annotated[float, typer.Option(help="How long to wait for servers that aren't up yet, in seconds.")] = 60.0,
) -> None:
    """Make the topics and indexes that a site on Kafka and MongoDB needs; may be run again."""
    from cli.init import run

    run(alter, wait, typer.echo)


@app.command()
def seed(
    data: Data = None,
    if_empty: Annotated[bool, typer.Option(help="Do nothing where the catalog holds something else.")] = False,
) -> None:
    """Load the sample federation, or go on where a load was cut off."""
    from cli.seed import seed as run

    run(Site.at(data), if_empty)


@app.command()
def demo(
    visits: Annotated[int, typer.Option(help="How many people come.")] = 300,
    seed: Annotated[int, typer.Option(help="The same seed gives the same day.")] = 20261123,
    out: Annotated[Path, typer.Option(help="Where papers, figures and the site's data go.")] = Path("build/demo"),
) -> None:
    """Replay a day of visits against a site of its own, and draw up the books; ends with 1 if they don't balance."""
    from cli.demo.command import run

    raise typer.Exit(run(out, visits, seed))


@app.command("demo-federation")
def demo_federation(
    cases: Annotated[int, typer.Option(help="How many cases cross.")] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same cases.")] = 20261123,
    out: Annotated[Path, typer.Option(help="Where figures, histories and the sites' data go.")] = Path(
        "build/demo-federation"
    ),
    small: Annotated[bool, typer.Option("--small", help="A city and a county alone.")] = False,
) -> None:
    """Let cases cross between four sites while lines are cut; ends with 1 if both ends don't know the same."""
    from cli.demo_federation.command import run
    from cli.demo_federation.sites import Unexpected

    try:
        raise typer.Exit(run(out, cases, seed, small=small))
    except Unexpected as error:
        raise Refusal(str(error)) from error


@app.command()
def settings() -> None:
    """Show every setting, its default and what it is for (docs/operations/configuration.md)."""
    from cli.settings_reference import reference

    typer.echo(reference())


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The new archive; a file of that name must not exist.")],
    data: Data = None,
) -> None:
    """Write the whole site, as it is at this instant, into one file; it may run and go on meanwhile."""
    from cli.backup.command import run_backup

    raise typer.Exit(run_backup(Site.at(data), file))


@app.command()
def reconcile(data: Data = None) -> None:
    """Hold the books of the whole site against each other, as they are now; exit code 1 unless they balance."""
    from cli.backup.command import run_reconcile

    raise typer.Exit(run_reconcile(Site.at(data)))


@app.command()
def verify(file: Annotated[Path, typer.Argument(help="An archive of `tongban backup`.")]) -> None:
    """Read the whole of an archive; exit code 1, with what is damaged, unless it is sound."""
    from cli.backup.command import run_verify

    raise typer.Exit(run_verify(file))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="An archive of `tongban backup`.")],
    data: Data = None,
    accept_other_secret: Annotated[
        bool, typer.Option("--accept-other-secret", help="The site's secret is lost for good.")
    ] = False,
) -> None:
    """Fill an empty site from an archive; nothing may run on it meanwhile."""
    from cli.backup.command import run_restore

    raise typer.Exit(run_restore(Site.at(data), file, other_secret=accept_other_secret))


if __name__ == "__main__":
    app()
