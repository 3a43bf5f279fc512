"""``tongban relay history`` and ``verify``: what was said on a journey, signed, and held against its signatures by anybody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.refusal import Refusal
from cli.site import Site

if TYPE_CHECKING:
    from services.relay.domain.card import SiteCard
    from services.relay.queries.verdicts import Verdict, Verification

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]

#: How long an export may take, in seconds.
_LONG: Final = 3600.0


def add_to(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(history)
    app.command()(verify)


def history(
    journey: Annotated[str, typer.Argument(help="The journey of the case.")],
    out: Annotated[Path, typer.Option("--out", help="The new file; one that ends in .pdf is the history on paper.")],
    by: Annotated[str, typer.Option("--by", help="The name of the person who takes it out.")],
    reason: Annotated[str, typer.Option(help="Why; goes to the record.")],
    data: Data = None,
) -> None:
    """Write the signed history of a journey: a file that anybody verifies, or a PDF that people read."""
    from cli.operator import Operator, require_running
    from kit.rpc.client import invoke_stream_out
    from tongban.relay.v1 import history_pb2

    site = Site.at(data)
    require_running(site)
    operator = Operator(site)
    if out.exists():
        raise Refusal(f"{out} is there already; name a new file.")
    if out.suffix.lower() == ".pdf":
        request = history_pb2.RenderHistoryRequest(journey=journey, exported_by=by, reason=reason)
        _write(out, iter([operator.ask(operator.relay.RenderHistory, request, centers=()).pdf]))
        typer.echo(f"tongban: {out} is written.")
        return

    def pieces() -> Iterator[bytes]:
        asked = history_pb2.ExportHistoryRequest(journey=journey, exported_by=by, reason=reason)
        answers = invoke_stream_out(operator.relay.ExportHistory, asked, token=operator.token(()), timeout=_LONG)
        for answer in answers:
            assert isinstance(answer, history_pb2.ExportHistoryResponse)  # noqa: S101 - the stub's own type
            yield answer.data

    _write(out, pieces())
    typer.echo(f"tongban: {out} is written; it holds the letters whole, so give it only to whom they may be shown.")
    typer.echo(f"Anybody verifies it with `tongban relay verify {out.name}`.")


def verify(
    file: Annotated[Path, typer.Argument(help="A file that `tongban relay history` wrote.")],
    other: Annotated[Path | None, typer.Argument(help="The other end's file of the same journey.")] = None,
    card: Annotated[
        list[Path] | None, typer.Option("--card", help="A site's card that you have compared; may be repeated.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show only what isn't sound, and the verdict.")] = False,
) -> None:
    """Verify a history line by line, offline: no site, no network. With two files, also whether both ends agree."""
    from services.relay.queries.verdicts import differences

    trusted = _cards(card or [])
    found = [_verified(path, trusted, quiet) for path in (file, other) if path is not None]
    sound = all(each.sound for each in found)
    if len(found) == 2:
        different = differences(*found)
        for each in different:
            typer.echo(f"DIFFERS {each.code}: {each.what}")
        on_the_way = all(each.code == "on_its_way" for each in different)
        sound = sound and on_the_way
        both = "agree" if not different else "agree but for what may be on its way" if on_the_way else "do NOT agree"
        typer.echo(f"tongban: the two ends {both}.")
    _say_trust(found, trusted)
    if not sound:
        raise typer.Exit(1)


def _verified(path: Path, trusted: dict[str, SiteCard], quiet: bool) -> Verification:
    from services.relay.queries.verdicts import verify_history

    try:
        with path.open("rb") as file:
            found = verify_history(_lines(file.readline), trusted)
    except OSError as error:
        raise Refusal(f"{path} can't be read: {error.strerror}.") from error
    for each in found.verdicts:
        if each.code or not quiet:
            _say(each)
    wrong = sum(bool(each.code) for each in found.verdicts)
    if found.sound:
        typer.echo(
            f"tongban: {path} is SOUND: {len(found.lines)} envelopes, {len(found.cards)} cards, whole and signed."
        )
    else:
        typer.echo(f"tongban: {path} is NOT SOUND: {wrong} of {len(found.verdicts)} lines; see above.")
    return found


def _lines(readline: object) -> Iterator[bytes]:
    """Line by line; one that is too long comes as a piece that is no line."""
    from services.relay.queries.verdicts import MAX_LINE

    while line := readline(MAX_LINE + 1):  # type: ignore[operator]
        yield line


def _say(verdict: Verdict) -> None:
    # What stands in a file may be anything: nothing of it reaches the terminal as a command.
    what = "".join(letter if letter.isprintable() else "�" for letter in verdict.what)
    mark = f"WRONG {verdict.code}:" if verdict.code else "ok   "
    typer.echo(f"{verdict.line:>6}  {mark} {what}")


def _cards(paths: list[Path]) -> dict[str, SiteCard]:
    from services.relay.cards import card_of, read_file
    from services.relay.domain.card import require_genuine
    from services.relay.handlers.keyring import signed_with
    from tongban.relay.v1 import site_pb2

    found = {}
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Refusal(f"{path} can't be read: {error}.") from error
        card = card_of(read_file(text, site_pb2.SiteCard))
        require_genuine(card, card.issued_at, signed_with)
        found[card.site] = card
    return found


def _say_trust(found: list[Verification], trusted: dict[str, SiteCard]) -> None:
    """Signatures say that a card's holder signed; whose card it is, only a comparison can say."""
    cards = {card.site: card for each in found for card in each.cards.values()}
    unknown = [site for site in sorted(cards) if site not in trusted]
    if unknown:
        typer.echo("tongban: nobody has said here whose these cards are; compare their fingerprints, or give --card:")
        for site in unknown:
            typer.echo(f"    {site}  {cards[site].fingerprint()}")


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    """Writes a new file, readable by its owner alone, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    except OSError as error:
        raise Refusal(f"{path} can't be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)
