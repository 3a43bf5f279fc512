"""The options of ``tongban link``, and what they say of a link's limits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from tongban.relay.v1 import site_pb2

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]
Which = Annotated[str, typer.Argument(help="The link's id, or the other site's.")]
By = Annotated[str, typer.Option("--by", help="The name of the person of this site who approves.")]
Reason = Annotated[str, typer.Option(help="Why; goes to the record.")]
Fingerprint = Annotated[str, typer.Option(help="Of the other site's card, as its operator said it, by telephone say.")]
Out = Annotated[Path | None, typer.Option("--out", help="Where to write what is to be handed over.")]
Types = Annotated[list[str] | None, typer.Option("--type", help="Letters that are taken: crossing.*; else all.")]
Items = Annotated[list[str] | None, typer.Option("--item", help="Items that are taken: codes, or beginnings with *.")]
Introduces = Annotated[
    list[str] | None, typer.Option("--introduces", help="Sites whose cards it may hand on: 51*; else its own area.")
]
PerMinute = Annotated[int | None, typer.Option(help="Letters a minute; 0: as many as come.")]
PerDay = Annotated[int | None, typer.Option("--file-mb-per-day", help="Megabytes of files a day; 0: any number.")]
Largest = Annotated[int | None, typer.Option("--max-file-mb", help="The largest file, in megabytes.")]

DIRECTIONS: Final = ("parent", "child", "partner")
_MB: Final = 1024 * 1024


def limits_meant(
    types: list[str] | None,
    items: list[str] | None,
    introduces: list[str] | None,
    per_minute: int | None,
    mb_per_day: int | None,
    max_mb: int | None,
    present: site_pb2.Limits | None = None,
) -> site_pb2.Limits:
    """The limits that are meant: what isn't named is as it is, or as by default."""
    from services.relay.cards import limits_message
    from services.relay.domain.limits import Limits
    from tongban.relay.v1 import site_pb2

    limits = site_pb2.Limits()
    limits.CopyFrom(limits_message(Limits()) if present is None else present)
    for name, values in (("letter_types", types), ("items", items), ("introduces", introduces)):
        if values is not None:
            limits.ClearField(name)  # type: ignore[arg-type]
            getattr(limits, name).extend(values)
    if per_minute is not None:
        limits.letters_per_minute = per_minute
    if mb_per_day is not None:
        limits.attachment_bytes_per_day = mb_per_day * _MB
    if max_mb is not None:
        limits.max_attachment_bytes = max_mb * _MB
    return limits


def limits_text(limits: site_pb2.Limits) -> str:
    """What one end takes, for people."""
    rate = f"{limits.letters_per_minute} letters a minute" if limits.letters_per_minute else "any number of letters"
    day = limits.attachment_bytes_per_day // _MB
    files = f"{day} MB of files a day" if limits.attachment_bytes_per_day else "any number of files"
    types, items = ", ".join(limits.letter_types), ", ".join(limits.items)
    largest = limits.max_attachment_bytes // _MB
    return f"{rate}, {files} of up to {largest} MB; letters {types}; items {items}"
