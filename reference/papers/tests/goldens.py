"""What papers looked like when they were last reviewed: their words, pages and pictures, compared in tests."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from textwrap import wrap
from typing import Any, Final

import orjson
import typst

from kit.clock import to_ms
from kit.pdf import FONTS
from reference.papers.printing import coded, paper_pdf, template_files
from reference.papers.testing import words

#: Dots per inch: the layout is seen, the repository stays small.
_PPI: Final = 40
#: How much pictures may differ on the average, of 255: rasterising may round otherwise on another processor.
_TOLERANCE: Final = 0.5


def check_golden(folder: Path, name: str, template: Path, data: Mapping[str, Any], *, at: datetime) -> None:
    """Raises ``AssertionError`` where a paper's words, number of pages or pictures aren't those in ``folder``.

    With ``RENEW_GOLDENS=1`` in the environment, they are written instead.
    """
    files = template_files(template)
    pdf = paper_pdf(files, dict(data), at=at)
    assert b"pdfaid:part>2<" in pdf.replace(b" ", b""), f"{name} doesn't say that it is PDF/A-2"
    pictures = _pictures(files, dict(data), at)
    text = f"pages: {len(pictures)}\n" + "\n".join(wrap(words(pdf), 60)) + "\n"
    paths = [folder / f"{name}-{number}.png" for number in range(1, len(pictures) + 1)]
    if os.environ.get("RENEW_GOLDENS") == "1":
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
        for path, picture in zip(paths, pictures, strict=True):
            path.write_bytes(picture)
    golden = folder / f"{name}.txt"
    assert golden.is_file(), f"no golden of {name} yet: make paper-goldens, and review it"
    assert text == golden.read_text(encoding="utf-8"), f"{name}: if that is meant, make paper-goldens, and review it"
    for path, picture in zip(paths, pictures, strict=True):
        assert path.is_file(), f"{path.name} is missing: make paper-goldens, and review it"
        difference = _difference(picture, path.read_bytes())
        assert difference <= _TOLERANCE, f"{path.name} looks otherwise ({difference:.2f}): make paper-goldens, and look"


def _pictures(files: Mapping[str, str], data: dict[str, Any], at: datetime) -> list[bytes]:
    made = typst.compile(  # type: ignore[call-overload]  # its types leave out that it takes several files
        {path: text.encode() for path, text in files.items()},
        root=str(FONTS),
        font_paths=[str(FONTS)],
        ignore_system_fonts=True,
        sys_inputs={"data": orjson.dumps(coded(data)).decode()},
        format="png",
        ppi=_PPI,
        timestamp=to_ms(at) // 1000,
    )
    return made if isinstance(made, list) else [made]


def _difference(one: bytes, other: bytes) -> float:
    """How much two pictures of the same size differ on the average, of 255; 255 where their sizes differ."""
    (size, first), (other_size, second) = _pixels(one), _pixels(other)
    if size != other_size:
        return 255.0
    return sum(abs(a - b) for a, b in zip(first, second, strict=True)) / len(first)


def _pixels(png: bytes) -> tuple[tuple[int, int], bytearray]:
    """Size and bytes of a picture of eight bits a channel, four channels, not interlaced: what the engine writes."""
    at, packed, size = 8, b"", (0, 0)
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colours, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            if (depth, colours, interlaced) != (8, 6, 0):
                raise ValueError(f"a picture of {depth} bits, type {colours}")
            size = (width, height)
        elif kind == b"IDAT":
            packed += body
        at += 12 + length
    return size, _unfiltered(zlib.decompress(packed), *size)


def _unfiltered(rows: bytes, width: int, height: int) -> bytearray:
    """Pixels out of PNG's five filters (ISO/IEC 15948)."""
    stride = width * 4
    found, above = bytearray(), bytearray(stride)
    for y in range(height):
        start = y * (stride + 1)
        filter_, row = rows[start], bytearray(rows[start + 1 : start + 1 + stride])
        for x in range(stride):
            left = row[x - 4] if x >= 4 else 0
            corner = above[x - 4] if x >= 4 else 0
            row[x] = row[x] + _predicted(filter_, left, above[x], corner) & 255
        found += row
        above = row
    return found


def _predicted(filter_: int, left: int, above: int, corner: int) -> int:
    if filter_ == 4:  # Paeth
        guess = left + above - corner
        near = ((abs(guess - left), 0, left), (abs(guess - above), 1, above), (abs(guess - corner), 2, corner))
        return min(near)[2]
    return (0, left, above, (left + above) // 2)[filter_]
