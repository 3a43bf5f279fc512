"""Papers in tests: a shelf, and the words of a paper read back, with just enough PDF for what typst writes."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from kit.blobs.files import FileBlobs
from kit.blobs.uses import KEPT_FILES, KeptFile, Uses
from kit.events import EventEncoder
from kit.ids import Ids
from kit.store.port import Store
from kit.store.repository import Repository
from reference.papers.sealing import Seal
from reference.papers.shelf import (
    ISSUED_PAPERS,
    PAPER_COPIES,
    PAPER_TEMPLATES,
    IssuedPaper,
    PaperCopy,
    PaperTemplate,
    Shelf,
)

_OBJECT: Final = re.compile(rb"(\d+) 0 obj\s(.*?)endobj", re.DOTALL)
_STREAM: Final = re.compile(rb"stream\r?\n(.*?)\nendstream", re.DOTALL)
_FONT_OR_TEXT: Final = re.compile(rb"/(f\d+) [\d.]+ Tf|<([0-9A-Fa-f]+)>|(\()")


def sample_shelf(
    store: Store,
    folder: Path,
    encoder: EventEncoder,
    ids: Ids,
    *,
    letter: str,
    seal: Callable[[str], Seal] | None = None,
) -> Shelf:
    """A shelf on a store that keeps ``SHELF_KINDS``, its files in a folder."""
    blobs = FileBlobs(folder)
    return Shelf(
        papers=Repository(store, ISSUED_PAPERS, IssuedPaper, encoder, ids),
        copies=Repository(store, PAPER_COPIES, PaperCopy, encoder, ids),
        templates=Repository(store, PAPER_TEMPLATES, PaperTemplate, encoder, ids),
        blobs=blobs,
        uses=Uses("shelf", Repository(store, KEPT_FILES, KeptFile, encoder, ids), blobs),
        ids=ids,
        letter=letter,
        public_url="http://127.0.0.1:8080",
        seal=seal or sample_seal,
    )


def sample_png(red: int = 200, side: int = 120) -> bytes:
    """A square of one colour, as a picture that may be a seal's."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = (b"\0" + bytes((red, 20, 30)) * side) * side
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def sample_seal(id: str = "seal-1", **changes: Any) -> Seal:
    """A seal of the sample center, for receipts that a clerk issues."""
    image = sample_png()
    values: dict[str, Any] = {
        "center_id": "610902",
        "department_key": "",
        "name": "收件专用章",
        "sha256": hashlib.sha256(image).hexdigest(),
        "kinds": ("receipt",),
        "roles": ("clerk",),
        "withdrawn": False,
        "image": base64.b64encode(image).decode(),
        "version": 1,
    }
    return Seal(id=id, **(values | changes))


def words(pdf: bytes) -> str:
    """All the text of a PDF without blanks, page after page, so that a line's break hides no word."""
    objects = {int(number): body for number, body in _OBJECT.findall(pdf)}
    found = []
    for body in objects.values():
        if b"/Type/Page/" in body:
            resources = objects[_reference(body, b"Resources")]
            fonts = {
                name: _characters(objects[_reference(objects[int(number)], b"ToUnicode")])
                for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", resources)
            }
            found.append(_page_text(_inflated(objects[_reference(body, b"Contents")]), fonts))
    return re.sub(r"\s", "", "".join(found))


def _page_text(content: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    text: list[str] = []
    characters: dict[int, str] = {}
    at = 0
    while match := _FONT_OR_TEXT.search(content, at):
        font, hexadecimal, _ = match.groups()
        at = match.end()
        if font:
            characters = fonts[font]
            continue
        if hexadecimal:
            codes = bytes.fromhex(hexadecimal.decode())
        else:
            end = _end_of_literal(content, at)
            codes, at = _unescaped(content[at:end]), end + 1
        pairs = range(0, len(codes) - 1, 2)
        text += [characters.get(int.from_bytes(codes[pair : pair + 2], "big"), "") for pair in pairs]
    return "".join(text)


def _end_of_literal(content: bytes, at: int) -> int:
    """Where the parenthesis that was opened before ``at`` closes; balanced ones inside belong to the text."""
    depth = 1
    while True:
        sign = content[at : at + 1]
        if sign == b"\\":
            at += 1
        elif sign == b"(":
            depth += 1
        elif sign in (b")", b""):
            depth -= 1
            if not depth or not sign:
                return at
        at += 1


def _characters(cmap: bytes) -> dict[int, str]:
    """A font's glyphs as text, from its ToUnicode map."""
    characters = {}
    for block in re.findall(r"beginbfchar(.*?)endbfchar", _inflated(cmap).decode("latin-1"), re.DOTALL):
        for code, text in re.findall(r"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            characters[int(code, 16)] = bytes.fromhex(text).decode("utf-16-be")
    return characters


def _reference(body: bytes, name: bytes) -> int:
    match = re.search(rb"/" + name + rb" (\d+) 0 R", body)
    if match is None:
        raise ValueError(f"no {name.decode()} in {body[:80]!r}")
    return int(match.group(1))


def _inflated(body: bytes) -> bytes:
    match = _STREAM.search(body)
    if match is None:
        raise ValueError(f"no stream in {body[:80]!r}")
    # It ends where it says, not at a byte that looks like the end of a line: its check sum may end in one.
    return zlib.decompressobj().decompress(match.group(1))


def _unescaped(literal: bytes) -> bytes:
    named = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

    def one(match: re.Match[bytes]) -> bytes:
        sign = match.group(1)
        return bytes([int(sign, 8) & 255]) if sign.isdigit() else named.get(sign, sign)

    return re.sub(rb"\\([0-7]{1,3}|.)", one, literal, flags=re.DOTALL)
