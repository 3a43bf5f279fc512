"""Where things are in a package."""

from __future__ import annotations

from typing import Final

#: SHA-256 and path of every file but itself, a line each (as `sha256sum --check` reads it).
MANIFEST: Final = "manifest-sha256.txt"
INDEX: Final = "mets.xml"
#: The list that both sides say yes to.
LIST: Final = "hand-over.json"
#: What the receiver said; there once they did.
RECEIPT: Final = "receipt.json"
CONTENTS: Final = "contents.json"
#: The contents list and the records for people, PDF/A.
CATALOGUE: Final = "catalogue.pdf"

_SUFFIXES: Final = {
    "application/pdf": "pdf",
    "image/jpeg": "jpg",
    "image/png": "png",
    "application/ofd": "ofd",
    "text/plain": "txt",
    "application/json": "json",
}


def folder(index: int) -> str:
    """Of the file at this place of the list, from 1."""
    return f"files/{index:04d}"


def paper(index: int, number: int, media_type: str) -> str:
    """Of a line's content."""
    return f"{folder(index)}/{number:04d}.{_SUFFIXES.get(media_type, 'bin')}"
