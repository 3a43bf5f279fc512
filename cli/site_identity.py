"""``tongban site``: who this site is towards others: its id, keys and card (docs/operations/relay-links.md).

Works on the folder alone, offline; relay notices a new card by itself.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.identity_files import (
    folder_of,
    followed_root,
    identity_of,
    issue,
    new_key,
    new_sealing_key,
    now,
    read_text,
    root_key_of,
    write_new,
    write_private,
)
from cli.refusal import Refusal
from cli.site import Site, write_durably

if TYPE_CHECKING:
    from services.relay.domain.card import SiteCard

app = typer.Typer(no_args_is_help=True, help="Who this site is towards other sites: its id, keys and card.")

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]
Hosts = Annotated[
    list[str] | None, typer.Option("--host", help="A name or address that others reach it under; may be repeated.")
]
Endpoints = Annotated[
    list[str] | None, typer.Option("--endpoint", help="Where it is reached, e.g. grpcs://relay.example:7443.")
]


RootKey = Annotated[
    Path | None,
    typer.Option(
        "--root-key", help="The root key's file, brought to this machine for this alone: it signs the card too."
    ),
]


@app.command()
def init(
    site: Annotated[str, typer.Argument(help="Division code, dot, label: 610902.hanbin.")],
    name: Annotated[str, typer.Option(help="The site's name, as others show it.")],
    host: Hosts = None,
    endpoint: Endpoints = None,
    root_key: RootKey = None,
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="Be content where this site's identity is there already.")
    ] = False,
    data: Data = None,
) -> None:
    """Make the site's identity: keys, card, line certificate and the request for an issued one. Never overwrites."""
    from cli import certificates
    from services.relay.domain.issuing import first_card
    from services.relay.handlers.identity import CARD_FILE, TLS_CERTIFICATE, TLS_KEY, TLS_REQUEST

    at = Site.at(data)
    with folder_of(at, create=True) as folder:
        if (folder / CARD_FILE).exists():
            if if_missing and identity_of(at).site == site:
                typer.echo(f"tongban: {site} has its identity in {folder} already")
                return
            raise Refusal(
                f"there is an identity in {folder} already; `tongban site card` shows it, `rotate` renews keys."
            )
        present = now()
        key, key_pem = new_key(present)
        sealing, sealing_pem = new_sealing_key(present)
        line = certificates.make(site, host or [], present)
        card = first_card(
            site=site,
            name=name,
            key=key,
            sealing_key=sealing,
            certificates=[line.own],
            endpoints=endpoint or [],
            now=present,
            root=None if root_key is None else root_key_of(root_key, present),
        )
        write_private(folder, key.id, key_pem)
        write_private(folder, sealing.id, sealing_pem)
        for file, text in ((TLS_KEY, line.key), (TLS_REQUEST, line.request), (TLS_CERTIFICATE, line.own)):
            write_durably(folder / file, text)
        issue(folder, card, root_key)
    _audit(at, "site_identity_made", card)
    typer.echo(f"tongban: {site} has an identity in {folder}")
    if root_key is not None:
        typer.echo(f"tongban: take {root_key} off this machine now, to where two people keep it; see trust.md.")
    _show(card)


@app.command()
def card(
    out: Annotated[Path | None, typer.Option("--out", help="Write the card to this file, to be handed over.")] = None,
    data: Data = None,
) -> None:
    """Show the site's card and its fingerprint, and write it to a file for the other side."""
    from services.relay.cards import card_message, file_text

    identity = identity_of(Site.at(data))
    if out is not None:
        write_new(out, file_text(card_message(identity.card)))
        typer.echo(f"tongban: the card is in {out}; tell the other side the fingerprint over another way.")
    _show(identity.card)


@app.command()
def rotate(
    overlap_days: Annotated[float, typer.Option(help="How long the old key goes on signing and sealing.")] = 30.0,
    root_key: RootKey = None,
    data: Data = None,
) -> None:
    """Follow the site's keys by new ones: the old sign until the overlap's end, others learn the new ones meanwhile."""
    from services.relay.domain.issuing import rotated

    at = Site.at(data)
    with folder_of(at) as folder:
        identity, present = identity_of(at), now()
        key, key_pem = new_key(present)
        sealing, sealing_pem = new_sealing_key(present)
        card = rotated(identity.card, key, sealing, present, timedelta(days=overlap_days))
        write_private(folder, key.id, key_pem)
        write_private(folder, sealing.id, sealing_pem)
        issue(folder, card, root_key)
    _audit(at, "site_keys_rotated", card, key=key.id, overlap_days=overlap_days)
    typer.echo(f"tongban: {key.id} follows; relay tells the linked sites by itself, as soon as it runs.")
    _show(card)


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key, e.g. ed25519:0123456789abcdef.")],
    reason: Annotated[str, typer.Option(help="Why; goes to the audit log.")],
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%S"], help="From when on (UTC); else from now on.")
    ] = None,
    root_key: RootKey = None,
    behind_card: Annotated[
        int,
        typer.Option("--behind-card", min=0, help="With the root key: the number of a card that a thief has issued."),
    ] = 0,
    data: Data = None,
) -> None:
    """Revoke a key: from then on nobody takes what arrives with its signature. A new one takes its place where needed."""
    from services.relay.domain.issuing import behind, needs_replacement, with_revoked

    if not reason.strip():
        raise Refusal("say why, with --reason; it goes to the audit log.")
    if behind_card and root_key is None:
        raise Refusal("only the root key takes the place of what a thief has issued: --root-key FILE.")
    at = Site.at(data)
    with folder_of(at) as folder:
        identity, present = identity_of(at), now()
        made = new_key(present) if needs_replacement(identity.card, key_id) else None
        moment = since.replace(tzinfo=UTC) if since else present
        card = behind(
            with_revoked(identity.card, key_id, moment, present, made[0] if made else None),
            behind_card,
        )
        if made:
            write_private(folder, made[0].id, made[1])
        issue(folder, card, root_key)
    _audit(at, "site_key_revoked", card, key=key_id, since=moment.isoformat(), reason=reason)
    trusted = {key.id for key in card.must_sign()} & {key.id for key in identity.card.keys}
    typer.echo(f"tongban: {key_id} is revoked from {moment.isoformat(timespec='seconds')} on.")
    if trusted or root_key is not None:
        typer.echo("tongban: relay tells the linked sites by itself, as soon as it runs.")
    else:
        typer.echo(
            "tongban: no key that others know is left. Hand the card (`tongban site card --out`) to every linked site,\n"
            "whose operators compare the fingerprint and take it with `tongban link learn`. Until then they refuse you."
        )
    _show(card)


@app.command()
def certificate(
    file: Annotated[Path | None, typer.Argument(help="The issued chain, PEM, the site's own first.")] = None,
    authority: Annotated[
        Path | None, typer.Option(help="The authority's certificate, PEM: what others have to believe.")
    ] = None,
    host: Hosts = None,
    endpoint: Endpoints = None,
    root_key: RootKey = None,
    data: Data = None,
) -> None:
    """Take a certificate that an authority issued for the site's request, or make a new line key; new addresses too."""
    from cli import certificates
    from services.relay.domain.issuing import with_addresses
    from services.relay.handlers.identity import TLS_CERTIFICATE, TLS_KEY, TLS_REQUEST

    if (file is None) != (authority is None):
        raise Refusal(
            "give the issued chain and --authority together, or neither for a new key with its own certificate."
        )
    at = Site.at(data)
    with folder_of(at) as folder:
        identity, present = identity_of(at), now()
        former = identity.card.certificates[-1:]
        endpoints = identity.card.endpoints if endpoint is None else endpoint
        if file is not None and authority is not None:
            chain, anchor = read_text(file), read_text(authority)
            certificates.require_issued_for(chain, read_text(folder / TLS_KEY), present)
            certificates.require_certificates(anchor)
            texts = [(TLS_CERTIFICATE, chain)]
        else:
            line = certificates.make(identity.site, host or [], present)
            anchor = line.own
            texts = [(TLS_KEY, line.key), (TLS_REQUEST, line.request), (TLS_CERTIFICATE, line.own)]
        # Who hasn't heard yet believes the former one; who has, both: so the card goes first.
        card = with_addresses(identity.card, [each for each in former if each != anchor] + [anchor], endpoints, present)
        issue(folder, card, root_key)
        for name, text in texts:
            write_durably(folder / name, text)
    _audit(at, "site_certificate_changed", card)
    typer.echo("tongban: the line's certificate is changed; start relay anew once the linked sites have the card.")
    _show(card)


@app.command()
def root(
    root_key: Annotated[
        Path | None, typer.Argument(help="The root key's file; a new one is made where there is none.")
    ] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Let the site have no root key any more.")] = False,
    former: Annotated[
        Path | None,
        typer.Option(
            "--former",
            help="The present root key's file, brought to this machine for this alone: it signs that the other follows it.",
        ),
    ] = None,
    data: Data = None,
) -> None:
    """Give the site a root key, or another one. Signed by the --former one the linked sites take it by themselves; else
    every linked site's operator compares the fingerprint once more."""
    from services.relay.domain.issuing import with_root

    if (root_key is None) != remove or (remove and former is not None):
        raise Refusal("name the root key's file, or --remove.", exit_code=2)
    at = Site.at(data)
    with folder_of(at) as folder:
        present = now()
        known = identity_of(at).card
        if former is not None and root_key is not None:
            card = followed_root(known, former, root_key, present)
        else:
            card = with_root(known, None if root_key is None else root_key_of(root_key, present), present)
        issue(folder, card, root_key)
    if former is not None and known.root is not None and card.root is not None:
        _audit(at, "site_root_followed", card, root=card.root.id, former=known.root.id)
        typer.echo(
            f"tongban: {card.root.id} follows {known.root.id}, which signs nothing more; relay tells the linked sites by itself,\n"
            "as soon as it runs. Take both files off this machine now; keep the former until every linked site has the card."
        )
        _show(card)
        return
    made = card.root
    _audit(at, "site_root_changed", card, root="" if made is None else made.id)
    typer.echo(
        "tongban: hand the card (`tongban site card --out`) to every linked site, whose operators compare the fingerprint\n"
        "and take it with `tongban link learn`. Until then they know the card before it, and letters travel as they did."
    )
    if root_key is not None:
        typer.echo(f"tongban: take {root_key} off this machine now, to where two people keep it; see trust.md.")
    _show(card)


def _audit(site: Site, action: str, card: SiteCard, **details: object) -> None:
    from cli.operator import audit

    audit(site, action, {"site": card.site, "serial": card.serial, **details})


def _show(card: SiteCard) -> None:
    typer.echo(f"  site          {card.site}  {card.name}")
    typer.echo(f"  card          number {card.serial}, of {card.issued_at.isoformat(timespec='seconds')}")
    typer.echo(f"  fingerprint   {card.fingerprint()}")
    if card.root is not None:
        typer.echo(f"  root key      {card.root.id}{'' if card.is_rooted else '  (did not sign this card)'}")
    for each in card.former_roots:
        typer.echo(f"  followed      {each.key.id}")
    for key in card.keys:
        until = f" until {key.valid_until.isoformat(timespec='seconds')}" if key.valid_until else ""
        revoked = f", REVOKED from {key.revoked_at.isoformat(timespec='seconds')}" if key.revoked_at else ""
        typer.echo(f"  key           {key.id}  from {key.valid_from.isoformat(timespec='seconds')}{until}{revoked}")
    for sealing in card.sealing_keys:
        until = f" until {sealing.valid_until.isoformat(timespec='seconds')}" if sealing.valid_until else ""
        typer.echo(f"  seals with    {sealing.id}  from {sealing.valid_from.isoformat(timespec='seconds')}{until}")
    for endpoint in card.endpoints:
        typer.echo(f"  reached at    {endpoint}")
