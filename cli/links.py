"""``tongban link``: with whom this site exchanges letters (docs/operations/relay-links.md).

Cards, proposals and acceptances are files that operators hand each other, by whatever means; what makes them trusted is
that two people compare a card's fingerprint over another way, such as the telephone, and that each approves by name.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.identity_files import write_new
from cli.link_files import is_file_of, read_message, require_compared, require_free
from cli.link_options import (
    DIRECTIONS,
    By,
    Data,
    Fingerprint,
    Introduces,
    Items,
    Largest,
    Out,
    PerDay,
    PerMinute,
    Reason,
    Types,
    Which,
    limits_meant,
    limits_text,
)
from cli.refusal import Refusal
from cli.site import Site

if TYPE_CHECKING:
    from cli.operator import Operator
    from tongban.relay.v1 import site_pb2

app = typer.Typer(no_args_is_help=True, help="Links: with whom this site exchanges letters.")


@app.command()
def propose(
    card: Annotated[Path, typer.Argument(help="The other site's card, as its operator handed it over.")],
    direction: Annotated[str, typer.Option(help="What the other site is to this one: parent, child or partner.")],
    by: By,
    out: Out = None,
    fingerprint: Fingerprint = "",
    reason: Reason = "",
    letter_type: Types = None,
    item: Items = None,
    introduces: Introduces = None,
    letters_per_minute: PerMinute = None,
    file_mb_per_day: PerDay = None,
    max_file_mb: Largest = None,
    data: Data = None,
) -> None:
    """Propose a link to the site of a card; writes the proposal that its operator gets."""
    from services.relay.cards import card_of, file_text
    from tongban.relay.v1 import links_pb2, site_pb2

    if direction not in DIRECTIONS:
        raise Refusal(f"no such direction: {direction}; there are {', '.join(DIRECTIONS)}.", exit_code=2)
    message = read_message(card, site_pb2.SiteCard)
    require_compared(card_of(message), fingerprint)
    target = require_free(out)
    limits = limits_meant(letter_type, item, introduces, letters_per_minute, file_mb_per_day, max_file_mb)
    operator = operator_of(data)
    answer = operator.ask(
        operator.relay.ProposeLink,
        links_pb2.ProposeLinkRequest(
            card=message,
            fingerprint=fingerprint,
            direction=site_pb2.Direction.Value(f"DIRECTION_{direction.upper()}"),
            limits=limits,
            approved_by=by,
            reason=reason,
        ),
        centers=(),
        key=secrets.token_hex(),
    )
    write_new(target, file_text(answer.proposal))
    typer.echo(
        f"tongban: link {answer.link.id} is proposed; hand {target} to {answer.link.peer}, and get its acceptance."
    )


@app.command()
def accept(
    file: Annotated[Path, typer.Argument(help="A proposal to this site, or the acceptance of one of this site's.")],
    by: By,
    out: Out = None,
    fingerprint: Fingerprint = "",
    reason: Reason = "",
    letter_type: Types = None,
    item: Items = None,
    introduces: Introduces = None,
    letters_per_minute: PerMinute = None,
    file_mb_per_day: PerDay = None,
    max_file_mb: Largest = None,
    data: Data = None,
) -> None:
    """Accept another site's proposal, writing the acceptance that goes back; or take the acceptance that came back."""
    from services.relay.cards import card_of, file_text
    from tongban.relay.v1 import links_pb2, site_pb2

    if is_file_of(file, "link_acceptance"):
        acceptance = read_message(file, site_pb2.LinkAcceptance)
        operator = operator_of(data)
        link = operator.ask(
            operator.relay.ConfirmLink,
            links_pb2.ConfirmLinkRequest(acceptance=acceptance, approved_by=by, reason=reason),
            centers=(),
        ).link
        typer.echo(f"tongban: link {link.id} with {link.peer} is active.")
        return
    proposal = read_message(file, site_pb2.LinkProposal)
    require_compared(card_of(proposal.card), fingerprint)
    target = require_free(out)
    operator = operator_of(data)
    answer = operator.ask(
        operator.relay.AcceptLink,
        links_pb2.AcceptLinkRequest(
            proposal=proposal,
            fingerprint=fingerprint,
            limits=limits_meant(letter_type, item, introduces, letters_per_minute, file_mb_per_day, max_file_mb),
            approved_by=by,
            reason=reason,
        ),
        centers=(),
        key=secrets.token_hex(),
    )
    write_new(target, file_text(answer.acceptance))
    typer.echo(f"tongban: link {answer.link.id} is accepted; hand {target} back to {answer.link.peer}.")


@app.command()
def suspend(link: Which, by: By, reason: Reason, data: Data = None) -> None:
    """Stop a link for a while: nothing is sent, nothing taken, nothing lost."""
    from tongban.relay.v1 import links_pb2

    operator = operator_of(data)
    request = links_pb2.SuspendLinkRequest(link_id=link_id(operator, link), approved_by=by, reason=reason)
    _done(operator.ask(operator.relay.SuspendLink, request, centers=()).link)


@app.command()
def resume(link: Which, by: By, reason: Reason, data: Data = None) -> None:
    """Let a suspended link go on."""
    from tongban.relay.v1 import links_pb2

    operator = operator_of(data)
    request = links_pb2.ResumeLinkRequest(link_id=link_id(operator, link), approved_by=by, reason=reason)
    _done(operator.ask(operator.relay.ResumeLink, request, centers=()).link)


@app.command()
def revoke(link: Which, by: By, reason: Reason, data: Data = None) -> None:
    """End a link for good; another may be proposed afterwards."""
    from tongban.relay.v1 import links_pb2

    operator = operator_of(data)
    request = links_pb2.RevokeLinkRequest(link_id=link_id(operator, link), approved_by=by, reason=reason)
    _done(operator.ask(operator.relay.RevokeLink, request, centers=()).link)


@app.command()
def limit(
    link: Which,
    by: By,
    reason: Reason,
    letter_type: Types = None,
    item: Items = None,
    introduces: Introduces = None,
    letters_per_minute: PerMinute = None,
    file_mb_per_day: PerDay = None,
    max_file_mb: Largest = None,
    data: Data = None,
) -> None:
    """Set what this site takes over a link; what isn't named stays. Tell the other end, which can't see it."""
    from tongban.relay.v1 import links_pb2

    operator = operator_of(data)
    found = _get(operator, link).link
    limits = limits_meant(
        letter_type, item, introduces, letters_per_minute, file_mb_per_day, max_file_mb, present=found.limits
    )
    request = links_pb2.SetLinkLimitsRequest(
        link_id=found.id, limits=limits, approved_by=by, reason=reason, expected_version=found.version
    )
    _done(operator.ask(operator.relay.SetLinkLimits, request, centers=()).link)


@app.command()
def learn(
    card: Annotated[Path, typer.Argument(help="The neighbour's new card, as its operator handed it over.")],
    by: By,
    fingerprint: Fingerprint = "",
    reason: Reason = "",
    data: Data = None,
) -> None:
    """Take a neighbour's new card by hand, where no key that is still trusted signed it."""
    from services.relay.cards import card_of
    from tongban.relay.v1 import links_pb2, site_pb2

    message = read_message(card, site_pb2.SiteCard)
    require_compared(card_of(message), fingerprint)
    operator = operator_of(data)
    request = links_pb2.LearnCardRequest(card=message, fingerprint=fingerprint, approved_by=by, reason=reason)
    link = operator.ask(operator.relay.LearnCard, request, centers=()).link
    typer.echo(f"tongban: {link.peer} is known by card number {link.peer_card.serial} from now on.")


@app.command()
def show(
    link: Annotated[str, typer.Argument(help="The link's id, or the other site's; else all.")] = "", data: Data = None
) -> None:
    """Show the links, or one with everything that was done with it."""
    from tongban.relay.v1 import links_pb2

    operator = operator_of(data)
    if link:
        _show_one(_get(operator, link))
        return
    cursor, count = "", 0
    while True:
        request = links_pb2.ListLinksRequest(cursor=cursor)
        page = operator.ask(operator.relay.ListLinks, request, centers=())
        for each in page.links:
            typer.echo(f"{each.id}  {_name(each):<10} {_state(each):<10} {each.peer:<28} {each.peer_card.name}")
        count += len(page.links)
        cursor = page.next_cursor
        if not cursor:
            break
    typer.echo(f"{count} link{'' if count == 1 else 's'}", err=True)


# ── Parts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def operator_of(data: Path | None) -> Operator:
    """Asks the running site. Raises ``Refusal``."""
    from cli.operator import Operator, require_running

    site = Site.at(data)
    require_running(site)
    return Operator(site)


def _get(operator: Operator, link: str) -> Any:
    from tongban.relay.v1 import links_pb2

    peer = "." in link
    request = links_pb2.GetLinkRequest(link_id="" if peer else link, peer=link if peer else "")
    return operator.ask(operator.relay.GetLink, request, centers=())


def link_id(operator: Operator, link: str) -> str:
    """The id of a link that is given by it, or by the site at its other end. Raises ``NotFound``."""
    found: str = _get(operator, link).link.id
    return found


def _name(link: site_pb2.Link) -> str:
    from tongban.relay.v1 import site_pb2

    return site_pb2.Direction.Name(link.direction).removeprefix("DIRECTION_").lower()


def _state(link: site_pb2.Link) -> str:
    from tongban.relay.v1 import site_pb2

    return site_pb2.LinkState.Name(link.state).removeprefix("LINK_STATE_").lower()


def _done(link: site_pb2.Link) -> None:
    typer.echo(f"tongban: link {link.id} with {link.peer} is {_state(link)}.")


def _show_one(answer: Any) -> None:
    link = answer.link
    typer.echo(f"link          {link.id}")
    typer.echo(f"with          {link.peer}  {link.peer_card.name}  ({_name(link)})")
    typer.echo(f"state         {_state(link)}")
    typer.echo(f"card          number {link.peer_card.serial}, fingerprint {answer.fingerprint}")
    for key in link.peer_card.keys:
        revoked = f"  REVOKED from {key.revoked_at.ToJsonString()}" if key.HasField("revoked_at") else ""
        until = f"  until {key.valid_until.ToJsonString()}" if key.HasField("valid_until") else ""
        typer.echo(f"key           {key.id}  from {key.valid_from.ToJsonString()}{until}{revoked}")
    for endpoint in link.peer_card.endpoints:
        typer.echo(f"reached at    {endpoint}")
    for title, limits in (("we take", link.limits), ("they take", link.peer_limits)):
        if link.HasField("peer_limits") or title == "we take":
            typer.echo(f"{title:<13} {limits_text(limits)}")
    for change in answer.changes:
        typer.echo(f"{change.at.ToJsonString()}  {change.what:<15} {change.name} ({change.actor_id})  {change.reason}")
