"""The canonical form: which bytes a signature covers. docs/relay/canonical.md says the same for those who write it anew.

A form begins with its name and a line feed; then each field in its order as a length (4 bytes, big-endian) and that
many bytes. Texts are UTF-8, numbers 8 bytes big-endian, times milliseconds since 1970 as such a number and an empty
field where there is none, a list its count as a number and then its members' fields one after another.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def form(name: str, fields: Iterable[str | int | bytes | datetime | None]) -> bytes:
    """The canonical bytes of these fields. Raises ``ValueError`` on a number that 8 bytes don't hold."""
    parts = [name.encode("ascii"), b"\n"]
    for value in fields:
        data = _bytes(value)
        parts += (len(data).to_bytes(4, "big"), data)
    return b"".join(parts)


def _bytes(value: str | int | bytes | datetime | None) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    if value is None:
        return b""
    number = (value - _EPOCH) // timedelta(milliseconds=1) if isinstance(value, datetime) else value
    try:
        return number.to_bytes(8, "big")
    except OverflowError:
        raise ValueError(f"{number} can't be a number of a canonical form") from None
