"""``tongban relay export`` and ``import``: letters and their files as one sealed file, for sites without a line."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.links import link_id
from cli.refusal import Refusal
from cli.site import Site

if TYPE_CHECKING:
    from tongban.relay.v1 import service_pb2

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]

_CHUNK: Final = 256 * 1024
#: How long the making or reading of a bundle may take, in seconds.
_LONG: Final = 3600.0


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("export")(export_bundle)
    app.command("import")(import_bundle)


def export_bundle(
    link: Annotated[str, typer.Argument(help="The link's id, or the other site's.")],
    file: Annotated[Path, typer.Argument(help="The new file; one of that name must not exist.")],
    everything: Annotated[
        bool, typer.Option("--everything", help="All that was ever sent, not only what the other end lacks.")
    ] = False,
    anew_behind: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="After a key was revoked: up to this number the other end has everything, as its operator says "
            "(`received` in its `tongban relay status`); what is behind it is signed anew.",
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Write what the other site doesn't have yet into a file that only it can open; carry it there by any means."""
    from kit.rpc.client import invoke_stream_out
    from tongban.relay.v1 import service_pb2

    if file.exists():
        raise Refusal(f"{file} is there already; name a new file.")
    operator = _operator(data)
    request = service_pb2.ExportBundleRequest(
        link_id=link_id(operator, link), everything=everything, anew_behind=anew_behind
    )
    part = file.with_name(f"{file.name}.part")
    told: Any = None
    try:
        with part.open("wb") as out:
            answers = invoke_stream_out(operator.relay.ExportBundle, request, token=operator.token(()), timeout=_LONG)
            for answer in answers:
                assert isinstance(answer, service_pb2.ExportBundleResponse)  # noqa: S101 - the stub's own type
                out.write(answer.chunk)
                told = answer.told if answer.HasField("told") else told
            out.flush()
            os.fsync(out.fileno())
        if told is None:
            raise Refusal("the relay broke off; nothing was written. Try again.")
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)
    typer.echo(f"tongban: {file}: {_words(told)}; for {told.peer} alone to open")


def import_bundle(
    file: Annotated[Path, typer.Argument(help="A file that another site's `tongban relay export` wrote.")],
    data: Data = None,
) -> None:
    """Take in what a neighbour's file holds. In any order, any number of times: what is here already has no effect."""
    from kit.rpc.client import invoke_stream_in
    from tongban.relay.v1 import service_pb2

    def chunks() -> Iterator[service_pb2.ImportBundleRequest]:
        with file.open("rb") as content:
            while chunk := content.read(_CHUNK):
                yield service_pb2.ImportBundleRequest(chunk=chunk)

    if not file.is_file():
        raise Refusal(f"there is no file {file}.")
    operator = _operator(data)
    answer = invoke_stream_in(operator.relay.ImportBundle, chunks(), token=operator.token(()), timeout=_LONG)
    assert isinstance(answer, service_pb2.ImportBundleResponse)  # noqa: S101 - the stub's own type
    told = answer.told
    typer.echo(f"tongban: from {told.peer}: {_words(told)}; everything up to {told.received} is here")


def _operator(data: Path | None) -> Any:
    from cli.operator import Operator, require_running

    site = Site.at(data)
    require_running(site)
    return Operator(site)


def _words(told: service_pb2.BundleTold) -> str:
    envelopes = f"letters {told.first} to {told.last}" if told.envelopes else "no letters"
    return f"{envelopes}, {told.files} files"
