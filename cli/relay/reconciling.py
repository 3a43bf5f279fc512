"""``tongban relay reconcile|reports|route``: whether both ends of a link have the same, and which way letters leave."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.link_options import By, Reason
from cli.links import link_id
from cli.site import Site

if TYPE_CHECKING:
    from google.protobuf.timestamp_pb2 import Timestamp

    from cli.operator import Operator
    from tongban.relay.v1 import reconcile_pb2

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]
LinkOrSite = Annotated[str, typer.Argument(help="The link's id, or the other site's.")]


def add_to(app: typer.Typer) -> None:
    """Adds the commands to ``tongban relay``."""
    app.command()(reconcile)
    app.command()(reports)
    routes = typer.Typer(no_args_is_help=True, help="Which way letters leave that aren't for a neighbour.")
    routes.command("list")(list_)
    routes.command("set")(set_)
    routes.command("remove")(remove)
    app.add_typer(routes, name="route")


def reconcile(
    link: LinkOrSite,
    adopt: Annotated[
        bool,
        typer.Option(
            "--adopt",
            help="After a back-up was restored: take back what this site had said, where the other end has it; "
            "what was said anew under the same numbers is said again.",
        ),
    ] = False,
    reason: Annotated[str, typer.Option(help="Why; kept in the report. Required with --adopt.")] = "",
    wait: Annotated[float, typer.Option(min=0, help="Seconds to wait for the report; 0: only ask.")] = 30.0,
    data: Data = None,
) -> None:
    """Compare both ends of a link, over its line. Exit code 1 where they differ, 3 where no line answered in time."""
    from tongban.relay.v1 import service_pb2

    operator = _operator(data)
    request = service_pb2.ReconcileLinkRequest(link_id=link_id(operator, link), adopt=adopt, reason=reason)
    report = operator.ask(operator.relay.ReconcileLink, request, centers=()).report
    until = time.monotonic() + wait
    while not report.HasField("finished_at") and time.monotonic() < until:
        time.sleep(min(0.5, wait))
        found = operator.ask(
            operator.relay.ListReconcileReports,
            service_pb2.ListReconcileReportsRequest(link_id=report.link_id, limit=20),
            centers=(),
        )
        report = next((each for each in found.reports if each.id == report.id), report)
    _show(report)
    if not report.HasField("finished_at"):
        typer.echo("it begins as soon as there is a line; see `tongban relay reports`", err=True)
        raise typer.Exit(3)
    if not report.agrees:
        raise typer.Exit(1)


def reports(
    link: LinkOrSite,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many.")] = 10,
    data: Data = None,
) -> None:
    """Show the latest reconcilings of a link."""
    from tongban.relay.v1 import service_pb2

    operator = _operator(data)
    request = service_pb2.ListReconcileReportsRequest(link_id=link_id(operator, link), limit=limit)
    for report in operator.ask(operator.relay.ListReconcileReports, request, centers=()).reports:
        _show(report)


def list_(data: Data = None) -> None:
    """Show the routes."""
    from tongban.relay.v1 import service_pb2

    operator = _operator(data)
    cursor = ""
    while True:
        request = service_pb2.ListRoutesRequest(limit=200, cursor=cursor)
        found = operator.ask(operator.relay.ListRoutes, request, centers=())
        for route in found.routes:
            typer.echo(f"{route.pattern:<40} {route.link_id}")
        cursor = found.next_cursor
        if not cursor:
            return


def set_(
    pattern: Annotated[str, typer.Argument(help="A site's id, or the beginning of division codes and a star: 6109*.")],
    link: LinkOrSite,
    by: By,
    reason: Reason = "",
    data: Data = None,
) -> None:
    """Let letters for a site or a division leave over a link."""
    _set(data, pattern, link, by, reason)


def remove(
    pattern: Annotated[str, typer.Argument(help="As `tongban relay route list` shows it.")],
    by: By,
    reason: Reason = "",
    data: Data = None,
) -> None:
    """Take a route away."""
    _set(data, pattern, "", by, reason)


def _set(data: Path | None, pattern: str, link: str, by: str, reason: str) -> None:
    from tongban.relay.v1 import service_pb2

    operator = _operator(data)
    request = service_pb2.SetRouteRequest(
        pattern=pattern, link_id=link_id(operator, link) if link else "", approved_by=by, reason=reason
    )
    operator.ask(operator.relay.SetRoute, request, centers=())


def _operator(data: Path | None) -> Operator:
    from cli.operator import Operator, require_running

    site = Site.at(data)
    require_running(site)
    return Operator(site)


def _show(report: reconcile_pb2.ReconcileReport) -> None:
    from tongban.relay.v1 import reconcile_pb2

    finished = report.HasField("finished_at")
    verdict = ("both ends agree" if report.agrees else "THEY DIFFER") if finished else "not done yet"
    if report.unanswered:
        verdict = "the other end never answered"
    by = report.asked_by or "the night"
    typer.echo(f"{_time(report.asked_at)} {report.peer} asked by {by}: {verdict}")
    for each in report.directions:
        way = "to" if each.way == reconcile_pb2.RECONCILE_WAY_OUT else "from"
        typer.echo(
            f"    {way:<4} {each.first} to {each.last}; here {each.our_head}, there {each.their_head}; "
            f"{each.differing} differ, {each.mended} mended"
        )
        for one in each.differences:
            kind = reconcile_pb2.ReconcileDifferenceKind.Name(one.kind).removeprefix("RECONCILE_DIFFERENCE_KIND_")
            typer.echo(
                f"        {one.sequence}: {kind.lower()} (here {one.ours[:16] or '-'}, there {one.theirs[:16] or '-'})"
            )


def _time(at: Timestamp) -> str:
    from kit.timestamps import from_timestamp

    return from_timestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
