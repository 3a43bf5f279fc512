"""How one root key follows another (根密钥更替): the former signs its successor, and the successor that it takes its place.

A card holds every such step since people last compared the root key, so whoever knows any of these keys comes to the present
one by itself, however many steps it was away for. A former root key signs nothing more: who knows its successor refuses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from services.relay.domain.canonical import form
from services.relay.domain.keys import SiteKey, key_id

_FORM: Final = "TONGBAN-ROOT-SUCCESSION-1"
#: Root keys that a card may have had: our own choice.
MAX_FORMER: Final = 16

Sign = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class FormerRoot:
    """A root key, with both words that the next one takes its place: from when that is valid on."""

    key: SiteKey
    #: Its own.
    signature: bytes = field(repr=False)
    #: The next one's.
    accepted: bytes = field(repr=False)


def succession(site: str, number: int, former: SiteKey, successor: SiteKey) -> bytes:
    """What both keys sign; ``number``: of the step, from 1."""
    names = (site, number, former.id, former.public, former.valid_from)
    return form(_FORM, (*names, successor.id, successor.public, successor.valid_from))


def succeeded(
    site: str, former: Sequence[FormerRoot], root: SiteKey, successor: SiteKey, sign: Sign, accept: Sign
) -> tuple[FormerRoot, ...]:
    """The former root keys once ``successor`` takes the place of ``root``; signed by both."""
    data = succession(site, len(former) + 1, root, successor)
    return (*former, FormerRoot(root, sign(data), accept(data)))


def steps(site: str, former: Sequence[FormerRoot], root: SiteKey) -> Iterator[tuple[FormerRoot, SiteKey, bytes]]:
    """Each step to the present root key: the former one, its successor, and what both have signed."""
    keys = [*(each.key for each in former), root]
    for number, (each, successor) in enumerate(zip(former, keys[1:], strict=True), 1):
        yield each, successor, succession(site, number, each.key, successor)


def is_whole(former: Sequence[FormerRoot], root: SiteKey | None, others: Sequence[str]) -> bool:
    """Whether the root keys are what their ids say, each once, none of ``others``, and each follows the one before it."""
    if root is None:
        return not former
    keys = [*(each.key for each in former), root]
    ids = [each.id for each in keys]
    return (
        len(former) <= MAX_FORMER
        and len(set(ids)) == len(ids)
        and not set(ids) & set(others)
        and all(each.id == key_id(each.algorithm, each.public) for each in keys)
        and all(one.valid_from < following.valid_from for one, following in pairwise(keys))
    )


def leads_on(
    known_former: Sequence[FormerRoot], known: SiteKey | None, former: Sequence[FormerRoot], root: SiteKey | None
) -> bool:
    """Whether the one line of root keys goes on where the known one ends, or is the same; the signatures are verified."""
    if known == root:
        return tuple(known_former) == tuple(former)
    at = [each.key for each in former].index(known) if known in [each.key for each in former] else -1
    return at == len(known_former) and tuple(former[:at]) == tuple(known_former)
