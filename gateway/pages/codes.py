"""Codes (Crockford's base 32) as people read them out, type them and see them on paper."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask

#: What people read for another letter or digit, and what only parts groups.
_MISREAD: Final = str.maketrans({"i": "1", "l": "1", "o": "0", " ": None, "-": None})


def as_meant(typed: str) -> str:
    """A code as it was given out, whatever capitals, groups and look-alikes it was typed in."""
    return typed.lower().translate(_MISREAD)


def grouped(code: str) -> str:
    """A code in groups of four, as it can be read out."""
    return " ".join(code[at : at + 4] for at in range(0, len(code), 4))


def install(app: Flask) -> None:
    """Reads the codes in addresses of pages in capitals and groups, too: links are typed from paper."""

    @app.url_value_preprocessor
    def read_code(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values and isinstance(values.get("code"), str):
            values["code"] = values["code"].replace(" ", "").lower()
