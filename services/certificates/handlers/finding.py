"""Finding what is on file for what an application needs; each look is written down first (rules AG01)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from kit.call import Call
from kit.errors import Invalid
from kit.text import clean
from kit.workdays import local_date
from services.certificates.domain.events import HoldingsShown
from services.certificates.domain.holding import Holding, HoldingState
from services.certificates.domain.looks import Look
from services.certificates.domain.trust import Trust, Usability, kind_of, usability
from services.certificates.handlers.library import Library, require_in_hand

#: Our own choices: how far back is looked for one material, and how many materials are asked for at once.
LOOKED_AT: Final = 20
MOST_WANTED: Final = 200
_MAX_PURPOSE: Final = 200


@dataclass(frozen=True, slots=True)
class Wanted:
    """A material that an application needs; without a level, what the center wants in general."""

    key: str
    name: str
    trust: Trust | None


@dataclass(frozen=True, slots=True)
class Asking:
    """Whose papers are asked for, and for which application."""

    center_id: str
    holder_key: str
    application_id: str
    journey: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What is on file for a material."""

    key: str
    holding: Holding
    usability: Usability


def find_holdings(*, library: Library, call: Call, asking: Asking, wanted: Sequence[Wanted]) -> list[Offer]:
    """What of a person's valid papers may stand for what is wanted: for each material the best, of equals the newest.

    Raises ``Forbidden``, ``Invalid`` (no purpose, ``too_many_materials``), ``Unavailable``.
    """
    require_in_hand(call, asking.center_id, asking.holder_key)
    purpose = clean(asking.purpose, field="purpose", max_length=_MAX_PURPOSE)
    if len(wanted) > MOST_WANTED:
        raise Invalid("too_many_materials", f"一次最多查询 {MOST_WANTED} 份材料。", field="wanted")
    names = library.names(asking.center_id)
    offers = [
        offer
        for each in wanted
        if (offer := _best(library, asking, each, kind_of(each.name, names), local_date(call.now))) is not None
    ]
    if offers and not call.actor.has("citizen"):
        _record(library, call, asking, purpose, offers)
    return offers


def wanted_trust(library: Library, center_id: str, trust: Trust | None) -> Trust:
    """The level that suffices: the item's, else the center's (facts 3). Raises ``Unavailable``."""
    return trust or Trust(library.reference.policy(center_id).text("material_trust_default"))


def _best(library: Library, asking: Asking, wanted: Wanted, kind: str, today: date) -> Offer | None:
    trust = wanted_trust(library, asking.center_id, wanted.trust)
    found = library.holdings.find(
        "by_kind",
        descending=True,
        limit=LOOKED_AT,
        center_id=asking.center_id,
        held_by=asking.holder_key,
        kind=kind,
    ).items
    valid = [each for each in found if each.content and each.state(today) is HoldingState.VALID]
    offers = [Offer(wanted.key, each, usability(each.content.trust, trust)) for each in valid if each.content]
    offers = [each for each in offers if each.usability is not Usability.NOT_ENOUGH]
    return min(offers, key=lambda each: _ORDER[each.usability], default=None)


_ORDER: Final = {Usability.DIRECT: 0, Usability.ORIGINAL: 1}


def _record(library: Library, call: Call, asking: Asking, purpose: str, offers: Sequence[Offer]) -> None:
    look = Look(
        id=library.ids.new_id(call.now),
        holder_key=asking.holder_key,
        center_id=asking.center_id,
        application_id=asking.application_id,
        journey=asking.journey,
        purpose=purpose,
        by_id=call.actor.id,
        by_name=call.actor.name,
        at=call.now,
        shown=tuple(each.holding.content.name for each in offers if each.holding.content),
    )
    library.looks.create(look, [HoldingsShown(look)], call)
