"""Records as lines of JSON, in compressed parts of a bounded size."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar

import orjson

from kit.snapshot import Position, Published, Record, StoredDocument, StoredEvent, StoredMark, StoredNumber
from kit.store.port import Document, Mark

R = TypeVar("R")
Line = dict[str, Any]

#: A part is closed when its lines have this many bytes; a part is packed as its lines come.
PART_BYTES: Final = 4 * 1024 * 1024
#: Tells zlib to write and read gzip's format, with a checksum of its own; no time stands in it.
_GZIP: Final = 31


def parts(records: Iterable[R], encode: Callable[[R], Line], seen: Callable[[R], None]) -> Iterator[bytes]:
    """The records as parts; each is shown to ``seen`` as it goes by."""
    packed, size, packer = bytearray(), 0, zlib.compressobj(wbits=_GZIP)
    for record in records:
        seen(record)
        line = orjson.dumps(encode(record), option=orjson.OPT_APPEND_NEWLINE)
        packed += packer.compress(line)
        size += len(line)
        if size >= PART_BYTES:
            yield bytes(packed + packer.flush())
            packed, size, packer = bytearray(), 0, zlib.compressobj(wbits=_GZIP)
    if size:
        yield bytes(packed + packer.flush())


def lines_of(content: Iterable[bytes]) -> Iterator[Line]:
    """The lines of a part, a chunk at a time. Raises ``ValueError`` on anything that isn't a part's content."""
    unpacker = zlib.decompressobj(wbits=_GZIP)
    rest = b""
    try:
        for chunk in content:
            *whole, rest = (rest + unpacker.decompress(chunk)).split(b"\n")
            yield from map(orjson.loads, whole)
        if rest or not unpacker.eof:
            raise ValueError("it ends within a line")
    except zlib.error as error:
        raise ValueError(str(error)) from error


# ── A store ──────────────────────────────────────────────────────────────────────────────────────────────────────


def encode_record(record: Record) -> Line:
    """A store's record as a line."""
    match record:
        case StoredDocument(document, key):
            line: Line = {
                "kind": document.kind,
                "id": document.id,
                "version": document.version,
                "schema": document.schema_version,
                "body": document.body,
            }
            return line if key is None else {**line, "key": key, "fingerprint": document.fingerprint}
        case StoredMark(mark, at, kind, id):
            written = {"group": mark.group, "event": mark.event_id, "part": mark.part, "at": at}
            return {**written, **_owner(kind, id)}
        case StoredNumber(name, value):
            return {"name": name, "value": value}
        case StoredEvent(headers, data, kind, id):
            return {"headers": dict(headers), "data": b64encode(data).decode(), **_owner(kind, id)}


def _owner(kind: str, id: str) -> Line:
    return {"kind": kind, "id": id} if kind else {}


def _document(line: Line) -> StoredDocument:
    document = Document(
        line["kind"], line["id"], line["version"], line["body"], line["schema"], line.get("fingerprint", "")
    )
    return StoredDocument(document, line.get("key"))


def _mark(line: Line) -> StoredMark:
    mark = Mark(line["group"], line["event"], line["part"])
    return StoredMark(mark, line["at"], line.get("kind", ""), line.get("id", ""))


def _number(line: Line) -> StoredNumber:
    return StoredNumber(line["name"], line["value"])


def _pending(line: Line) -> StoredEvent:
    return StoredEvent(line["headers"], b64decode(line["data"]), line.get("kind", ""), line.get("id", ""))


#: What the parts of a store hold, in the order of writing: a document stands before what was written with it.
DECODERS: Final[dict[str, Callable[[Line], Record]]] = {
    "documents": _document,
    "marks": _mark,
    "numbers": _number,
    "pending": _pending,
}


# ── The bus ──────────────────────────────────────────────────────────────────────────────────────────────────────


def encode_published(event: Published) -> Line:
    """An event on the bus as a line; its topic is the part's name."""
    return {
        "partition": event.partition,
        "offset": event.offset,
        "key": event.key,
        "headers": dict(event.headers),
        "data": b64encode(event.data).decode(),
    }


def decode_published(topic: str, line: Line) -> Published:
    """The event of a line."""
    return Published(topic, line["partition"], line["offset"], line["key"], line["headers"], b64decode(line["data"]))


def encode_position(position: Position) -> Line:
    """A group's position as a line."""
    return {
        "group": position.group,
        "topic": position.topic,
        "partition": position.partition,
        "next": position.next_offset,
    }


def decode_position(line: Line) -> Position:
    """The position of a line."""
    return Position(line["group"], line["topic"], line["partition"], line["next"])
