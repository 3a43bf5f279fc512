"""Files of letters, sealed to the site that they are for: who carries them can't read them."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import IO, Final

from kit.call import Call
from kit.errors import Forbidden, Invalid
from kit.sealing import NotSealedForUs, new_file_key, seal, unseal
from services.relay.domain.card import CardRefused
from services.relay.domain.files import Wish
from services.relay.domain.letter import Attachment, Letter
from services.relay.domain.limits import Limits
from services.relay.domain.link import Link
from services.relay.handlers.attachments import Files
from services.relay.handlers.registry import Registry

#: Of a file that is read in one go.
_CHUNK: Final = 64 * 1024
#: What stays in memory of a file while it is sealed; the rest goes to a temporary file.
_IN_MEMORY: Final = 1024 * 1024


class Seals(StrEnum):
    """Whose files are sealed."""

    NEVER = "never"
    #: Those that a hub carries: a line of one's own reads nothing that the other end may not.
    FAR = "far"
    ALWAYS = "always"


class SealingKeyUnknown(Forbidden):
    """Files can't be sealed to a site whose card names no key for it."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed file as a letter names it. ``content`` can be read once."""

    sha256: str
    size: int
    sealed_key: bytes
    plain_sha256: str
    content: Iterator[bytes]


@contextmanager
def sealed_for(
    registry: Registry, call: Call, site: str, chunks: Iterable[bytes], *, max_bytes: int
) -> Iterator[Sealed]:
    """Seals a file to a site, as it streams; it stands under its address when it is known, so it is written aside first.

    Raises ``SealingKeyUnknown``, ``CardRefused`` (``site_unknown``), ``Invalid`` (``attachment_too_large``,
    ``attachment_empty``).
    """
    key, sealed_key = _new_key(registry, call, site)
    plain, outside, size = hashlib.sha256(), hashlib.sha256(), 0
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        for piece in seal(key, _hashed(chunks, plain, max_bytes)):
            outside.update(piece)
            size += len(piece)
            file.write(piece)
        file.seek(0)
        yield Sealed(outside.hexdigest(), size, sealed_key, plain.hexdigest(), _read(file))


def _new_key(registry: Registry, call: Call, site: str) -> tuple[bytes, bytes]:
    card = registry.card(site)
    if card is None:
        raise CardRefused("site_unknown", "没有该站点的名片，无法为其加密附件，请先建立联系。", site=site[:80])
    target = card.sealing_key(call.now)
    if target is None:
        raise SealingKeyUnknown("sealing_key_unknown", "对方站点的名片没有加密密钥，请对方更新名片后重试。", site=site)
    try:
        return new_file_key(target.public)
    except ValueError as error:
        raise SealingKeyUnknown(
            "sealing_key_unknown", "对方站点的加密密钥无效，请对方更新名片后重试。", site=site
        ) from error


def opened(registry: Registry, attachment: Attachment, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """A file's plain content; of one that travels open, as it is. What is wrong is found out at the latest at its end.

    Raises ``NotSealedForUs`` (``seal_broken``), also where the content isn't what its sender said that it sealed.
    """
    if not attachment.sealed_key:
        yield from chunks
        return
    key = _opened_key(registry, attachment)
    digest = hashlib.sha256()
    for piece in unseal(key, chunks):
        digest.update(piece)
        yield piece
    if digest.hexdigest() != attachment.plain_sha256:
        raise NotSealedForUs("seal_broken", "附件解密后与发送方声明的内容不符，请对方重新发送。")


def _opened_key(registry: Registry, attachment: Attachment) -> bytes:
    """With whichever of this site's keys, present or former, it was sealed to."""
    for opener in registry.own().openers.values():
        try:
            return opener.open_key(attachment.sealed_key)
        except NotSealedForUs:
            continue
    raise NotSealedForUs("seal_not_ours", "附件不是加密给本站点的，或加密所用的私钥已不在本机。")


def _hashed(chunks: Iterable[bytes], digest: hashlib._Hash, max_bytes: int) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > max_bytes:
            raise Invalid("attachment_too_large", "附件过大，请压缩后重新发送。", max=max_bytes)
        digest.update(chunk)
        yield chunk
    if not size:
        raise Invalid("attachment_empty", "附件是空文件，请核对后重新选择。")


def _read(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


@dataclass(frozen=True)
class Sealing:
    """Seals the files of letters that leave, and opens those of letters for this site."""

    registry: Registry
    files: Files
    policy: Seals

    def seal(self, call: Call, link: Link, letter: Letter, wish: Wish = Wish.NONE) -> Letter:
        """The letter with its files sealed, where the policy or its poster says so; the sealed ones are kept beside.

        The site's policy is the least: what it seals is sealed whatever was agreed on. Raises ``CardRefused``
        (``site_unknown``), ``SealingKeyUnknown``, ``Unavailable``.
        """
        far = link.peer != letter.destination
        by_policy = self.policy is Seals.ALWAYS or (self.policy is Seals.FAR and far)
        if not (by_policy or wish is Wish.REQUIRED or (wish is Wish.WHERE_POSSIBLE and self._can(call, letter))):
            return letter
        attachments = tuple(
            each if each.sealed_key else self._seal(call, letter.destination, each) for each in letter.attachments
        )
        return replace(letter, attachments=attachments)

    def _can(self, call: Call, letter: Letter) -> bool:
        """Whether the card of the site that it is for has a key to seal to."""
        card = self.registry.card(letter.destination)
        return card is not None and card.sealing_key(call.now) is not None

    def _seal(self, call: Call, site: str, attachment: Attachment) -> Attachment:
        content = self.files.read(attachment.sha256)
        most = Limits().max_attachment_bytes
        with sealed_for(self.registry, call, site, content, max_bytes=most) as sealed:
            self.files.keep(call, sealed.sha256, sealed.content, max_bytes=2 * most)
        return replace(
            attachment,
            sha256=sealed.sha256,
            size=sealed.size,
            sealed_key=sealed.sealed_key,
            plain_sha256=sealed.plain_sha256,
        )

    def unseal(self, call: Call, link: str, letter: Letter) -> None:
        """Keeps the plain files of a letter that came over a link, under the digests that the letter names for them.

        Raises ``NotSealedForUs`` (``seal_not_ours``, ``seal_broken``), ``Unavailable``.
        """
        for each in letter.attachments:
            if each.sealed_key and not self.files.blobs.renew(each.plain_sha256):
                content = opened(self.registry, each, self.files.read(each.sha256))
                self.files.keep(call, each.plain_sha256, content, max_bytes=each.size)
            if each.sealed_key:
                self.files.opened(call, link, each.sha256)
