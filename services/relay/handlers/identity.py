"""Who this site is: its card and private keys, read from a folder that `tongban site` writes.

The folder may be replaced while relay runs (a rotation, a Secret that is mounted anew): it is looked at again now and
then, and read when its card has changed.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kit.errors import Invalid
from kit.sealing import SealingOpener
from kit.settings import SettingsError
from kit.signing import RawSigner
from services.relay.cards import card_of, read_file
from services.relay.domain.card import SiteCard
from services.relay.domain.keys import KeyRefused
from tongban.relay.v1 import site_pb2

#: The site's own card, signed: its id, name, keys and their validity.
CARD_FILE: Final = "site.json"
TLS_KEY, TLS_REQUEST, TLS_CERTIFICATE = "tls.key", "tls.csr", "tls.crt"
#: How often the folder is looked at, in seconds.
_LOOK_EVERY: Final = 2.0


@dataclass(frozen=True)
class Identity:
    """A site's card with the private keys that are at hand."""

    card: SiteCard
    signers: Mapping[str, RawSigner] = field(repr=False)
    #: For files that were sealed to this site, also with a former key.
    openers: Mapping[str, SealingOpener] = field(repr=False)

    @property
    def site(self) -> str:
        """The site's id."""
        return self.card.site

    def sign(self, key_id: str, data: bytes) -> bytes:
        """Signs with one of the site's keys. Raises ``KeyRefused`` (``key_not_here``)."""
        signer = self.signers.get(key_id)
        if signer is None:
            raise KeyRefused("key_not_here", "本机没有该签名密钥的私钥，请核对密钥文件夹。", key=key_id)
        return signer.sign(data)


def key_file(folder: Path, key_id: str) -> Path:
    """Where a private key lies."""
    return folder / f"{key_id.replace(':', '-')}.pem"


def load_identity(folder: Path) -> Identity | None:
    """The identity in a folder; ``None``: there is none. Raises ``SettingsError`` when it is damaged."""
    file = folder / CARD_FILE
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"wrong identity:\n  {file} can't be read: {error}") from error
    try:
        card = card_of(read_file(text, site_pb2.SiteCard))
    except Invalid as error:
        raise SettingsError(f"wrong identity:\n  {file} holds no site's card ({error.code})") from error
    signers = {key.id: RawSigner(pem) for key in card.keys if (pem := _private(folder, key.id))}
    openers = {key.id: SealingOpener(pem) for key in card.sealing_keys if (pem := _private(folder, key.id))}
    for key in card.keys:
        signer = signers.get(key.id)
        if signer is not None and signer.public != key.public:
            raise SettingsError(f"wrong identity:\n  {key_file(folder, key.id)} is another key than {file} says")
        if signer is None and key.revoked_at is None and key.valid_until is None:
            raise SettingsError(f"wrong identity:\n  {key_file(folder, key.id)} is missing; restore the whole folder")
    return Identity(card, signers, openers)


def _private(folder: Path, key_id: str) -> str:
    """A private key's text; empty: it isn't there, as a former one that was put away. Raises ``SettingsError``."""
    path = key_file(folder, key_id)
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"wrong identity:\n  {path} can't be read: {error}") from error


class IdentityFolder:
    """The identity as it is now."""

    def __init__(self, folder: Path, real: Callable[[], float] = time.monotonic) -> None:
        """Raises ``SettingsError`` when what is there is damaged."""
        self._folder = folder
        self._real = real
        self._lock = threading.Lock()
        self._stamp = self._look()
        self._identity = load_identity(folder)
        self._looked = real()

    def current(self) -> Identity | None:
        """The identity; ``None``: the site has none. What became unreadable meanwhile changes nothing."""
        if self._real() - self._looked < _LOOK_EVERY:
            return self._identity
        with self._lock:
            self._looked = self._real()
            stamp = self._look()
            if stamp != self._stamp:
                try:
                    self._identity = load_identity(self._folder) or self._identity
                    self._stamp = stamp
                except SettingsError:
                    return self._identity
        return self._identity

    def _look(self) -> tuple[int, int, int]:
        try:
            found = (self._folder / CARD_FILE).stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_mtime_ns, found.st_ino, found.st_size)
