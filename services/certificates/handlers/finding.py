"""Finding what is on file for what an application needs; each look is written down first (rules AG01)."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final

from kit.call import Call
from kit.errors import Invalid
from kit.store.port import Duplicate
from kit.text import clean
from kit.workdays import local_date
from services.certificates.domain.events import HoldingsShown
from services.certificates.domain.holding import Holding, HoldingState
from services.certificates.domain.looks import Look
from services.certificates.domain.trust import Sort, Trust, Usability, kind_of, usability
from services.certificates.handlers.asking import Asking, Wanted
from services.certificates.handlers.library import Library, require_in_hand
from services.certificates.handlers.outside import ask_outside

#: Our own choices: how far back is looked for one material, and how many materials are asked for at once.
LOOKED_AT: Final = 20
MOST_WANTED: Final = 200
_MAX_PURPOSE: Final = 200


@dataclass(frozen=True, slots=True)
class Offer:
    """What is on file for a material."""

    key: str
    holding: Holding
    usability: Usability


@dataclass(frozen=True, slots=True)
class Found:
    """What is on file; ``library_down``: a library outside that should have been asked couldn't be."""

    offers: tuple[Offer, ...]
    library_down: bool = False


def find_holdings(*, library: Library, call: Call, asking: Asking, wanted: Sequence[Wanted]) -> Found:
    """What of a person's valid papers may stand for what is wanted: for each material the best, of equals the newest.

    The library outside that the center has chosen is asked for certificates that aren't on file here, where the item lets
    them come from one. Raises ``Forbidden``, ``Invalid`` (no purpose, ``too_many_materials``), ``Unavailable``.
    """
    require_in_hand(call, asking.center_id, asking.holder_key)
    purpose = clean(asking.purpose, field="purpose", max_length=_MAX_PURPOSE)
    if len(wanted) > MOST_WANTED:
        raise Invalid("too_many_materials", f"一次最多查询 {MOST_WANTED} 份材料。", field="wanted")
    asking = replace(asking, purpose=purpose)
    offers = _offers(library, call, asking, wanted)
    served = {each.key for each in offers if each.usability is Usability.DIRECT}
    types = [one for each in wanted if each.outside and each.key not in served for one in each.types]
    known = ask_outside(library=library, call=call, asking=asking, types=types) if types else True
    if types and known:
        offers = _offers(library, call, asking, wanted)
    if offers:
        _record(library, call, asking, offers)
    return Found(tuple(offers), not known)


def sort_of(wanted: Wanted, names: Mapping[str, str]) -> Sort:
    """What sort of paper a material is; ``names``: which material is which certificate, where no type says it."""
    return Sort(kind_of(wanted.name, names), wanted.types)


def wanted_trust(library: Library, center_id: str, trust: Trust | None) -> Trust:
    """The level that suffices: the item's, else the center's (facts 3). Raises ``Unavailable``."""
    return trust or Trust(library.reference.policy(center_id).text("material_trust_default"))


def _offers(library: Library, call: Call, asking: Asking, wanted: Sequence[Wanted]) -> list[Offer]:
    names = library.names(asking.center_id)
    found = [_best(library, call, asking, each, sort_of(each, names)) for each in wanted]
    return [each for each in found if each is not None]


def _best(library: Library, call: Call, asking: Asking, wanted: Wanted, sort: Sort) -> Offer | None:
    trust, today = wanted_trust(library, asking.center_id, wanted.trust), local_date(call.now)
    valid = [
        each
        for each in _of_sort(library, asking, sort)
        if each.content and each.state(today) is HoldingState.VALID and each.fresh(call.now)
    ]
    offers = [Offer(wanted.key, each, usability(each.content.trust, trust)) for each in valid if each.content]
    offers = [each for each in offers if each.usability is not Usability.NOT_ENOUGH]
    return min(offers, key=lambda each: _ORDER[each.usability], default=None)


def _of_sort(library: Library, asking: Asking, sort: Sort) -> Iterator[Holding]:
    """A person's papers of a sort: those of its types first, then those that only their name says; each the newest first."""
    look = partial(
        library.holdings.find, descending=True, limit=LOOKED_AT, center_id=asking.center_id, held_by=asking.holder_key
    )
    for each in sort.types:
        yield from look("by_type", certificate_type=each).items
    for found in look("by_kind", kind=sort.kind).items:
        content = found.content
        if content is not None and not (sort.types and content.certificate_type):
            yield found


_ORDER: Final = {Usability.DIRECT: 0, Usability.ORIGINAL: 1}


def _record(library: Library, call: Call, asking: Asking, offers: Sequence[Offer]) -> None:
    """A look by staff is told; the holder's own is kept once a day for the same purpose and papers (our own choice)."""
    own = call.actor.has("citizen")
    shown = tuple(each.holding.content.name for each in offers if each.holding.content)
    look = Look(
        id=_of_the_day(asking, shown, local_date(call.now)) if own else library.ids.new_id(call.now),
        holder_key=asking.holder_key,
        center_id=asking.center_id,
        application_id=asking.application_id,
        journey=asking.journey,
        purpose=asking.purpose,
        by_id=call.actor.id,
        by_name=call.actor.name,
        at=call.now,
        shown=shown,
    )
    if not own:
        library.looks.create(look, [HoldingsShown(look)], call)
        return
    with contextlib.suppress(Duplicate):
        library.looks.create(look, [], call)


def _of_the_day(asking: Asking, shown: Sequence[str], day: date) -> str:
    said = "\n".join((asking.holder_key, asking.center_id, asking.purpose, day.isoformat(), *shown))
    return hashlib.sha256(said.encode()).hexdigest()[:32]
