"""``tongban relay reanchor|evidence``: a link that forked goes on from where both ends' operators agree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.identity_files import write_new
from cli.link_files import read_message, require_free
from cli.link_options import By
from cli.links import link_id, operator_of
from cli.refusal import Refusal

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]
LinkOrSite = Annotated[str, typer.Argument(help="The link's id, or the other site's.")]


def add_to(app: typer.Typer) -> None:
    """Adds the commands to ``tongban relay``."""
    app.command()(reanchor)
    app.command()(evidence)


def reanchor(
    link: LinkOrSite,
    by: By,
    reason: Annotated[str, typer.Option(help="Why; goes to the record of both ends.")],
    from_site: Annotated[
        str, typer.Option("--from", help="Whose letters the direction has: this site or the other.")
    ] = "",
    at: Annotated[int, typer.Option("--at", min=0, help="The last number that both ends have alike; 0: none.")] = 0,
    word: Annotated[Path | None, typer.Option("--word", help="The other end's word: go on from there.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write this end's word, to be handed over.")
    ] = None,
    data: Data = None,
) -> None:
    """Agree with the other end from where a direction goes on whose chain forked; with its --word, let it go on."""
    from services.relay.cards import file_text
    from tongban.relay.v1 import reconcile_pb2, service_pb2

    if (word is None) == (not from_site):
        raise Refusal("say --from SITE and --at NUMBER for the other end, or take its --word; not both.", exit_code=2)
    if word is None:
        require_free(out)
    operator = operator_of(data)
    request = service_pb2.ReanchorLinkRequest(
        link_id=link_id(operator, link), from_site=from_site, sequence=at, approved_by=by, reason=reason
    )
    if word is not None:
        theirs = read_message(word, reconcile_pb2.Anchor)
        if theirs.link != request.link_id:
            raise Refusal(f"{word} is about another link: {theirs.link}.")
        request.theirs.CopyFrom(theirs)
    answer = operator.ask(operator.relay.ReanchorLink, request, centers=())
    if out is not None:
        write_new(out, file_text(answer.anchor))
    if answer.done:
        said = f"; {answer.set_aside} envelopes are kept as evidence" if answer.set_aside else ""
        typer.echo(f"tongban: letters of {answer.anchor.from_site} go on behind number {answer.anchor.sequence}{said}.")
    else:
        typer.echo(f"tongban: nothing is changed yet; hand {out} to the other end, whose operator takes it as --word.")


def evidence(
    link: LinkOrSite,
    out: Annotated[Path | None, typer.Option("--out", help="Write them whole, a JSON object a line.")] = None,
    data: Data = None,
) -> None:
    """Show the envelopes of a link that were set aside when it went on from another number."""
    from google.protobuf import json_format

    from tongban.relay.v1 import service_pb2

    operator = operator_of(data)
    id, cursor, lines = link_id(operator, link), "", []
    while True:
        request = service_pb2.ListEvidenceRequest(link_id=id, limit=100, cursor=cursor)
        found = operator.ask(operator.relay.ListEvidence, request, centers=())
        for each in found.evidence:
            letter = each.envelope.letter
            typer.echo(
                f"{each.envelope.sequence:>8}  {letter.type:<28} {letter.id}  set aside "
                f"{each.set_aside_at.ToJsonString()} by {each.by}: {each.reason}"
            )
            lines.append(json_format.MessageToJson(each, indent=None, preserving_proto_field_name=True))
        cursor = found.next_cursor
        if not cursor:
            break
    if out is not None:
        write_new(out, "".join(f"{line}\n" for line in lines))
