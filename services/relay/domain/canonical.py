"""The canonical form: which bytes a signature covers. docs/relay/canonical.md says the same for those who write it anew.

A form begins with its name and a line feed; then each field in its order as a length (4 bytes, big-endian) and that
many bytes. Texts are UTF-8, numbers 8 bytes big-endian, times milliseconds since 1970 as such a number and an empty
field where there is none, a list its count as a number and then its members' fields one after another.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
#: Lengths of most fields, as they are written.
_SHORT = 256
_LENGTHS = tuple(length.to_bytes(4, "big") for length in range(_SHORT))


def form(name: str, fields: Iterable[str | int | bytes | datetime | None]) -> bytes:
    """The canonical bytes of these fields. Raises ``ValueError`` on a number that 8 bytes don't hold."""
    parts = [name.encode("ascii"), b"\n"]
    add = parts.append
    for value in fields:  # some forms a letter on a hub: without a call for each field
        if isinstance(value, str):
            data = value.encode()
        elif isinstance(value, bytes):
            data = value
        elif value is None:
            data = b""
        else:
            data = _number(value)
        length = len(data)
        add(_LENGTHS[length] if length < _SHORT else length.to_bytes(4, "big"))
        add(data)
    return b"".join(parts)


def _number(value: int | datetime) -> bytes:
    number = (value - _EPOCH) // _MILLISECOND if isinstance(value, datetime) else value
    try:
        return number.to_bytes(8, "big")
    except OverflowError:
        raise ValueError(f"{number} can't be a number of a canonical form") from None
