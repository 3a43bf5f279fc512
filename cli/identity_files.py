"""The folder of a site's identity: one at a time works on it; keys are made, cards are signed and put in their place.

A private key is written before the card that names it, and the card is replaced at once: a crash leaves the card as it
was, and at most a key that nobody names.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from cli.refusal import Refusal
from cli.site import Site, write_durably

if TYPE_CHECKING:
    from services.relay.domain.card import SealingKey, SiteCard
    from services.relay.domain.keys import SiteKey
    from services.relay.handlers.identity import Identity


def identity_dir(site: Site) -> Path:
    """Where the identity lies: ``TONGBAN_RELAY_IDENTITY_DIR``, else with the site's other secrets."""
    given = os.environ.get("TONGBAN_RELAY_IDENTITY_DIR")
    return Path(given) if given else site.secret_dir / "relay"


@contextmanager
def folder_of(site: Site, *, create: bool = False) -> Iterator[Path]:
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


def identity_of(site: Site) -> Identity:
    """The identity in the site's folder. Raises ``Refusal``."""
    from services.relay.handlers.identity import load_identity

    identity = load_identity(identity_dir(site))
    if identity is None:
        raise Refusal(f"there is no identity in {identity_dir(site)}; make it with `tongban site init`.")
    return identity


def issue(folder: Path, card: SiteCard, root_key: Path | None = None) -> None:
    """Signs the card with every key in use, and the root key where it is at hand, and puts it in the former one's place.

    Raises ``Refusal``, ``Invalid`` (``card_without_root``).
    """
    from kit.signing import RawSigner
    from services.relay.cards import card_message, file_text
    from services.relay.domain.card import require_genuine
    from services.relay.handlers.identity import CARD_FILE, key_file
    from services.relay.handlers.keyring import signed_with

    def sign(key_id: str, data: bytes) -> bytes:
        return RawSigner(read_text(key_file(folder, key_id))).sign(data)

    signed = card.signed_with(sign)
    if root_key is not None:
        root = RawSigner(read_text(root_key))
        if signed.root is not None and root.public != signed.root.public:
            raise Refusal(f"{root_key} is another key than the card's root key, {signed.root.id}.")
        signed = signed.countersigned(root.sign)
    require_genuine(signed, card.issued_at, signed_with)
    write_durably(folder / CARD_FILE, file_text(card_message(signed)))


def write_private(folder: Path, key_id: str, pem: str) -> None:
    """Puts a private key into its file."""
    from services.relay.handlers.identity import key_file

    write_durably(key_file(folder, key_id), pem)


def new_key(now: datetime) -> tuple[SiteKey, str]:
    """A new key to sign with, and its private text."""
    from kit.signing import RawSigner, generate_key
    from services.relay.domain.keys import SiteKey, key_id

    private, _ = generate_key()
    public = RawSigner(private).public
    return SiteKey(key_id("ed25519", public), public, now), private


def root_key_of(file: Path, now: datetime) -> SiteKey:
    """The root key in a file, which is made where there is none. Raises ``Refusal``."""
    from kit.signing import RawSigner
    from services.relay.domain.keys import SiteKey, key_id

    if not file.exists():
        os.umask(0o077)
        write_new(file, new_key(now)[1])
    try:
        public = RawSigner(read_text(file)).public
    except ValueError as error:
        raise Refusal(f"{file} holds no private Ed25519 key.") from error
    return SiteKey(key_id("ed25519", public), public, now)


def followed_root(card: SiteCard, former: Path, following: Path, now: datetime) -> SiteCard:
    """The card with the root key in ``following`` (made where there is none), which the present one signs as its successor.

    Raises ``Refusal``, ``RotationRefused``.
    """
    from kit.signing import RawSigner
    from services.relay.domain.issuing import with_next_root

    if not former.exists():
        raise Refusal(f"there is no {former}; the present root key has to sign that another follows it.")
    present = root_key_of(former, now)
    if card.root is not None and present.public != card.root.public:
        raise Refusal(f"{former} is another key than the card's root key, {card.root.id}.")
    successor = root_key_of(following, now)
    signers = [RawSigner(read_text(each)) for each in (former, following)]
    return with_next_root(card, successor, now, signers[0].sign, signers[1].sign)


def new_sealing_key(now: datetime) -> tuple[SealingKey, str]:
    """A new key that files are sealed with, and its private text."""
    from kit.sealing import generate_sealing_key
    from services.relay.domain.card import SealingKey
    from services.relay.domain.keys import key_id

    private, public = generate_sealing_key()
    return SealingKey(key_id("x25519", public), public, now), private


def read_text(path: Path) -> str:
    """A file's text. Raises ``Refusal``."""
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


def now() -> datetime:
    """The present time."""
    from kit.clock import SystemClock

    return SystemClock().now()
