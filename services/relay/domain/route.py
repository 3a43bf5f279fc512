"""Routes: over which link a letter leaves that isn't for a neighbour."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kit.errors import Invalid
from services.relay.domain.letter import SITE_ID

_PATTERN = re.compile(r"[0-9]{2,12}\*")


@dataclass(frozen=True, slots=True)
class Route:
    """To one site, or to all of a division and below: ``id`` is a site id, or the beginning of division codes and ``*``."""

    id: str
    link: str
    version: int = 0


def require_pattern(text: str) -> str:
    """The text, which must be a site id or like ``6109*``. Raises ``Invalid`` (``route_malformed``)."""
    if SITE_ID.fullmatch(text) is None and _PATTERN.fullmatch(text) is None:
        raise Invalid("route_malformed", "路由目的地应为站点编号，或区划代码开头加星号，例如 6109*。", field="pattern")
    return text


def patterns(destination: str) -> Iterator[str]:
    """The routes that a destination may have, the nearest first: itself, then its divisions from the smallest up."""
    yield destination
    division = destination.partition(".")[0]
    for length in (12, 9, 6, 4, 2):
        if length <= len(division):
            yield f"{division[:length]}*"
