"""The bundle file: frames, sealed to the destination and signed by the sender. See bundle.proto."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Final

from google.protobuf.message import DecodeError

from kit.errors import Invalid
from kit.sealing import new_file_key, seal, unseal
from kit.timestamps import from_timestamp, to_timestamp
from services.relay.domain.canonical import form
from services.relay.domain.card import SealingKey
from tongban.relay.v1 import bundle_pb2, link_pb2

MAGIC: Final = b"TONGBAN-BUNDLE-1\n"
_FORM: Final = "TONGBAN-BUNDLE-1"
#: Of a header, a seal: neither comes near it.
_MAX_HEAD: Final = 64 * 1024
#: Of one frame in a bundle, in bytes.
_MAX_FRAME: Final = 8 * 1024 * 1024
_CHUNK: Final = 256 * 1024
_LENGTH: Final = 4
#: 9999-12-31: no time of ours is later.
_LATEST: Final = 253402300799


class BundleMalformed(Invalid):
    """A file is no bundle, or it was cut off or changed."""


def _malformed() -> BundleMalformed:
    return BundleMalformed("bundle_malformed", "文件不是有效的函件包，或内容不完整，请重新导出。")


@dataclass(frozen=True, slots=True)
class Opened:
    """A bundle that was looked at: what it says of itself, and what its signature covers."""

    link: str
    from_site: str
    to_site: str
    created_at: datetime
    sealing_key_id: str
    sealed_key: bytes
    #: The sender's; empty: an earlier release wrote it.
    card: bytes
    key_id: str
    signature: bytes
    #: What the sender signed.
    canonical: bytes
    #: Where the sealed frames stand in the file.
    begin: int
    end: int


def write(
    file: BinaryIO,
    *,
    link: str,
    from_site: str,
    to_site: str,
    now: datetime,
    to: SealingKey,
    card: bytes = b"",
    frames: Iterable[link_pb2.Frame],
    key_id: str,
    sign: Callable[[bytes], bytes],
) -> int:
    """Writes a bundle; how many bytes it has."""
    key, sealed_key = new_file_key(to.public)
    header = bundle_pb2.BundleHeader(
        link=link,
        from_site=from_site,
        to_site=to_site,
        created_at=to_timestamp(now),
        sealing_key_id=to.id,
        sealed_key=sealed_key,
        card=card,
    ).SerializeToString(deterministic=True)
    file.write(MAGIC + len(header).to_bytes(_LENGTH, "big") + header)
    digest = hashlib.sha256()
    for chunk in seal(key, _packed(frames)):
        digest.update(chunk)
        file.write(chunk)
    signature = sign(_canonical(header, digest.digest(), key_id))
    mark = bundle_pb2.BundleSeal(key_id=key_id, signature=signature).SerializeToString(deterministic=True)
    file.write(mark + len(mark).to_bytes(_LENGTH, "big"))
    return file.tell()


def read(file: BinaryIO) -> Opened:
    """Looks at a bundle: nothing of it is believed before ``canonical`` was verified. Raises ``BundleMalformed``."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    if file.read(len(MAGIC)) != MAGIC:
        raise _malformed()
    header_bytes = file.read(_length(file.read(_LENGTH)))
    begin = file.tell()
    file.seek(max(begin, size - _LENGTH))
    end = size - _LENGTH - _length(file.read(_LENGTH))
    if end < begin:
        raise _malformed()
    file.seek(end)
    try:
        mark = bundle_pb2.BundleSeal.FromString(file.read(size - _LENGTH - end))
        header = bundle_pb2.BundleHeader.FromString(header_bytes)
    except DecodeError as error:
        raise _malformed() from error
    if not mark.key_id or not mark.signature:  # cut so that a length of nothing stands at the end
        raise _malformed()
    digest = hashlib.sha256()
    for chunk in _stretch(file, begin, end):
        digest.update(chunk)
    if not 0 < header.created_at.seconds <= _LATEST:
        raise _malformed()
    return Opened(
        link=header.link,
        from_site=header.from_site,
        to_site=header.to_site,
        created_at=from_timestamp(header.created_at),
        sealing_key_id=header.sealing_key_id,
        sealed_key=header.sealed_key,
        card=header.card,
        key_id=mark.key_id,
        signature=mark.signature,
        canonical=_canonical(header_bytes, digest.digest(), mark.key_id),
        begin=begin,
        end=end,
    )


def frames(file: BinaryIO, opened: Opened, key: bytes) -> Iterator[link_pb2.Frame]:
    """The frames of a bundle, with its content's key. Raises ``NotSealedForUs``, ``BundleMalformed``."""
    held = bytearray()
    for chunk in unseal(key, _stretch(file, opened.begin, opened.end)):
        held += chunk
        at = 0
        while len(held) - at >= _LENGTH:
            size = int.from_bytes(held[at : at + _LENGTH], "big")
            if size > _MAX_FRAME:
                raise _malformed()
            if len(held) - at - _LENGTH < size:
                break
            at += _LENGTH + size
            try:
                frame = link_pb2.Frame.FromString(bytes(held[at - size : at]))
            except DecodeError as error:
                raise _malformed() from error
            yield frame
        del held[:at]
    if held:
        raise _malformed()


def _packed(frames: Iterable[link_pb2.Frame]) -> Iterator[bytes]:
    for frame in frames:
        data = frame.SerializeToString(deterministic=True)
        yield len(data).to_bytes(_LENGTH, "big")
        yield data


def _canonical(header: bytes, digest: bytes, key_id: str) -> bytes:
    return form(_FORM, (header, digest, key_id))


def _length(data: bytes) -> int:
    length = int.from_bytes(data, "big")
    if len(data) != _LENGTH or length > _MAX_HEAD:
        raise _malformed()
    return length


def _stretch(file: BinaryIO, begin: int, end: int) -> Iterator[bytes]:
    while begin < end:
        file.seek(begin)
        chunk = file.read(min(_CHUNK, end - begin))
        if not chunk:
            raise _malformed()
        begin += len(chunk)
        yield chunk
