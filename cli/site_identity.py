"""``tongban site``: who this site is towards others: its id, keys and card (docs/operations/relay-links.md).

Works on the folder alone, offline; relay notices a new card by itself. A private key is written before the card that
names it, and the card is replaced at once: a crash leaves the card as it was, and at most a key that nobody names.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.refusal import Refusal
from cli.site import Site, write_durably

if TYPE_CHECKING:
    from services.relay.domain.card import SealingKey, SiteCard
    from services.relay.domain.keys import SiteKey
    from services.relay.handlers.identity import Identity

app = typer.Typer(no_args_is_help=True, help="Who this site is towards other sites: its id, keys and card.")

Data = Annotated[Path | None, typer.Option("--data", help="The site's data folder (TONGBAN_DATA, else .data).")]
Hosts = Annotated[
    list[str] | None, typer.Option("--host", help="A name or address that others reach it under; may be repeated.")
]
Endpoints = Annotated[
    list[str] | None, typer.Option("--endpoint", help="Where it is reached, e.g. grpcs://relay.example:7443.")
]


@app.command()
def init(
    site: Annotated[str, typer.Argument(help="Division code, dot, label: 610902.hanbin.")],
    name: Annotated[str, typer.Option(help="The site's name, as others show it.")],
    host: Hosts = None,
    endpoint: Endpoints = None,
    data: Data = None,
) -> None:
    """Make the site's identity: keys, card, line certificate and the request for an issued one. Never overwrites."""
    from cli import certificates
    from services.relay.domain.issuing import first_card
    from services.relay.handlers.identity import CARD_FILE, TLS_CERTIFICATE, TLS_KEY, TLS_REQUEST

    at = Site.at(data)
    with _folder(at, create=True) as folder:
        if (folder / CARD_FILE).exists():
            raise Refusal(
                f"there is an identity in {folder} already; `tongban site card` shows it, `rotate` renews keys."
            )
        now = _now()
        key, key_pem = _new_key(now)
        sealing, sealing_pem = _new_sealing_key(now)
        line = certificates.make(site, host or [], now)
        card = first_card(
            site=site,
            name=name,
            key=key,
            sealing_key=sealing,
            certificates=[line.own],
            endpoints=endpoint or [],
            now=now,
        )
        _write_private(folder, key.id, key_pem)
        _write_private(folder, sealing.id, sealing_pem)
        for file, text in ((TLS_KEY, line.key), (TLS_REQUEST, line.request), (TLS_CERTIFICATE, line.own)):
            write_durably(folder / file, text)
        _issue(folder, card)
    _audit(at, "site_identity_made", card)
    typer.echo(f"tongban: {site} has an identity in {folder}")
    _show(card)


@app.command()
def card(
    out: Annotated[Path | None, typer.Option("--out", help="Write the card to this file, to be handed over.")] = None,
    data: Data = None,
) -> None:
    """Show the site's card and its fingerprint, and write it to a file for the other side."""
    from services.relay.cards import card_message, file_text

    identity = _identity(Site.at(data))
    if out is not None:
        write_new(out, file_text(card_message(identity.card)))
        typer.echo(f"tongban: the card is in {out}; tell the other side the fingerprint over another way.")
    _show(identity.card)


@app.command()
def rotate(
    overlap_days: Annotated[float, typer.Option(help="How long the old key goes on signing and sealing.")] = 30.0,
    data: Data = None,
) -> None:
    """Follow the site's keys by new ones: the old sign until the overlap's end, others learn the new ones meanwhile."""
    from services.relay.domain.issuing import rotated

    at = Site.at(data)
    with _folder(at) as folder:
        identity, now = _identity(at), _now()
        key, key_pem = _new_key(now)
        sealing, sealing_pem = _new_sealing_key(now)
        card = rotated(identity.card, key, sealing, now, timedelta(days=overlap_days))
        _write_private(folder, key.id, key_pem)
        _write_private(folder, sealing.id, sealing_pem)
        _issue(folder, card)
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
    data: Data = None,
) -> None:
    """Revoke a key: from then on nobody takes what arrives with its signature. A new one takes its place where needed."""
    from services.relay.domain.issuing import needs_replacement, with_revoked

    if not reason.strip():
        raise Refusal("say why, with --reason; it goes to the audit log.")
    at = Site.at(data)
    with _folder(at) as folder:
        identity, now = _identity(at), _now()
        made = _new_key(now) if needs_replacement(identity.card, key_id) else None
        moment = since.replace(tzinfo=UTC) if since else now
        card = with_revoked(identity.card, key_id, moment, now, made[0] if made else None)
        if made:
            _write_private(folder, made[0].id, made[1])
        _issue(folder, card)
    _audit(at, "site_key_revoked", card, key=key_id, since=moment.isoformat(), reason=reason)
    trusted = {key.id for key in card.must_sign()} & {key.id for key in identity.card.keys}
    typer.echo(f"tongban: {key_id} is revoked from {moment.isoformat(timespec='seconds')} on.")
    if trusted:
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
    with _folder(at) as folder:
        identity, now = _identity(at), _now()
        former = identity.card.certificates[-1:]
        endpoints = identity.card.endpoints if endpoint is None else endpoint
        if file is not None and authority is not None:
            chain, anchor = _read(file), _read(authority)
            certificates.require_issued_for(chain, _read(folder / TLS_KEY), now)
            certificates.require_certificates(anchor)
            texts = [(TLS_CERTIFICATE, chain)]
        else:
            line = certificates.make(identity.site, host or [], now)
            anchor = line.own
            texts = [(TLS_KEY, line.key), (TLS_REQUEST, line.request), (TLS_CERTIFICATE, line.own)]
        # Who hasn't heard yet believes the former one; who has, both: so the card goes first.
        card = with_addresses(identity.card, [each for each in former if each != anchor] + [anchor], endpoints, now)
        _issue(folder, card)
        for name, text in texts:
            write_durably(folder / name, text)
    _audit(at, "site_certificate_changed", card)
    typer.echo("tongban: the line's certificate is changed; start relay anew once the linked sites have the card.")
    _show(card)


# ── The folder ───────────────────────────────────────────────────────────────────────────────────────────────────


def identity_dir(site: Site) -> Path:
    """Where the identity lies: ``TONGBAN_RELAY_IDENTITY_DIR``, else with the site's other secrets."""
    given = os.environ.get("TONGBAN_RELAY_IDENTITY_DIR")
    return Path(given) if given else site.secret_dir / "relay"


@contextmanager
def _folder(site: Site, *, create: bool = False) -> Iterator[Path]:
    """The folder, with nobody else at work on it. Raises ``Refusal``."""
    os.umask(0o077)
    folder = identity_dir(site)
    try:
        if create:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not folder.is_dir():
            raise Refusal(f"there is no identity in {folder}; make it with `tongban site init`.")
        lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise Refusal(
            f"{folder} can't be written: {error.strerror}; run this as the user that runs the site."
        ) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    finally:
        os.close(lock)


def _identity(site: Site) -> Identity:
    from services.relay.handlers.identity import load_identity

    identity = load_identity(identity_dir(site))
    if identity is None:
        raise Refusal(f"there is no identity in {identity_dir(site)}; make it with `tongban site init`.")
    return identity


def _issue(folder: Path, card: SiteCard) -> None:
    """Signs the card with every key in use and puts it in the former one's place."""
    from kit.signing import RawSigner
    from services.relay.cards import card_message, file_text
    from services.relay.domain.card import require_genuine
    from services.relay.handlers.identity import CARD_FILE, key_file
    from services.relay.handlers.keyring import signed_with

    def sign(key_id: str, data: bytes) -> bytes:
        return RawSigner(_read(key_file(folder, key_id))).sign(data)

    signed = card.signed_with(sign)
    require_genuine(signed, card.issued_at, signed_with)
    write_durably(folder / CARD_FILE, file_text(card_message(signed)))


def _write_private(folder: Path, key_id: str, pem: str) -> None:
    from services.relay.handlers.identity import key_file

    write_durably(key_file(folder, key_id), pem)


def _new_key(now: datetime) -> tuple[SiteKey, str]:
    from kit.signing import RawSigner, generate_key
    from services.relay.domain.keys import SiteKey, key_id

    private, _ = generate_key()
    public = RawSigner(private).public
    return SiteKey(key_id("ed25519", public), public, now), private


def _new_sealing_key(now: datetime) -> tuple[SealingKey, str]:
    from kit.sealing import generate_sealing_key
    from services.relay.domain.card import SealingKey
    from services.relay.domain.keys import key_id

    private, public = generate_sealing_key()
    return SealingKey(key_id("x25519", public), public, now), private


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise Refusal(f"{path} can't be read: {reason}.") from error


def write_new(path: Path, text: str) -> None:
    """Writes a file to be handed over. Raises ``Refusal`` when there is one of that name."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        raise Refusal(f"{path} exists already; give another name.") from error
    except OSError as error:
        raise Refusal(f"{path} can't be written: {error.strerror}.") from error


def _now() -> datetime:
    from kit.clock import SystemClock

    return SystemClock().now()


def _audit(site: Site, action: str, card: SiteCard, **details: object) -> None:
    from cli.operator import audit

    audit(site, action, {"site": card.site, "serial": card.serial, **details})


def _show(card: SiteCard) -> None:
    typer.echo(f"  site          {card.site}  {card.name}")
    typer.echo(f"  card          number {card.serial}, of {card.issued_at.isoformat(timespec='seconds')}")
    typer.echo(f"  fingerprint   {card.fingerprint()}")
    for key in card.keys:
        until = f" until {key.valid_until.isoformat(timespec='seconds')}" if key.valid_until else ""
        revoked = f", REVOKED from {key.revoked_at.isoformat(timespec='seconds')}" if key.revoked_at else ""
        typer.echo(f"  key           {key.id}  from {key.valid_from.isoformat(timespec='seconds')}{until}{revoked}")
    for sealing in card.sealing_keys:
        until = f" until {sealing.valid_until.isoformat(timespec='seconds')}" if sealing.valid_until else ""
        typer.echo(f"  seals with    {sealing.id}  from {sealing.valid_from.isoformat(timespec='seconds')}{until}")
    for endpoint in card.endpoints:
        typer.echo(f"  reached at    {endpoint}")
