"""Agreements (通办清单): proposed by one side, confirmed by the other by letter (rules P03)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid
from kit.events import DomainEvent
from kit.store.port import Mark
from kit.store.repository import check_version
from kit.text import clean
from kit.timestamps import from_timestamp, to_timestamp
from kit.workdays import local_date
from services.federation.domain import agreement as agreements
from services.federation.domain.agreement import (
    AgreedMaterial,
    Agreement,
    Contact,
    Edition,
    EditionState,
    Side,
    Terms,
)
from services.federation.domain.events import (
    AgreementConfirmed,
    AgreementDeclined,
    AgreementEnded,
    AgreementProposed,
)
from services.federation.domain.letters import IncomingLetter, LetterPosted
from services.federation.handlers import letters
from services.federation.handlers.desk import Desk
from services.federation.handlers.letters import Settled, Taker, answered
from services.federation.protos.agreements import day_of, terms_message, terms_of
from tongban.federation.v1 import letters_pb2 as pb

#: Our own choice: more materials than any item has.
MOST_MATERIALS: Final = 100


def propose_agreement(*, desk: Desk, call: Call, agreement_id: str, terms: Terms) -> Agreement:
    """Proposes an agreement, or its next edition, and tells the other side.

    Raises ``Forbidden`` on another center than the caller's, ``Invalid`` on unsound terms or on sites that aren't this
    one and another, ``Conflict`` (``proposal_pending``, ``agreement_ended``), ``NotFound``.
    """
    before = desk.agreements.created_before(call)
    if before is not None:
        return before
    terms = _cleaned(terms)
    side = _our_side(desk, terms)
    call.actor.require_center(terms.center_of(side))
    if side is Side.HANDLING:
        desk.reference.published_item(terms.handling_center_id, terms.item_id)
    edition = Edition(
        id=desk.ids.new_id(call.now),
        terms=terms,
        state=EditionState.PROPOSED,
        proposed_by_site=desk.site,
        proposed_by_name=call.actor.name,
        proposed_at=call.now,
    )
    if agreement_id:
        agreement = agreements.propose(_ours(desk, call, agreement_id), edition)
    else:
        agreement = agreements.begin(desk.ids.new_id(call.now), side, edition)
    said = pb.AgreementProposal(
        agreement_id=agreement.id,
        edition_id=edition.id,
        terms=terms_message(terms),
        proposed_by_name=call.actor.name,
        proposed_at=to_timestamp(call.now),
    )
    letter = letters.write(
        desk, call, to=agreement.peer_site, type="agreement.proposed", journey=agreement.id, payload=said
    )
    events: list[DomainEvent] = [AgreementProposed(agreement, edition.id), LetterPosted(letter)]
    if agreement.version:
        return desk.agreements.save(agreement, events, call)
    return desk.agreements.create(agreement, events, call)


def answer_agreement(
    *, desk: Desk, call: Call, agreement_id: str, edition_id: str, confirmed: bool, note: str, expected_version: int
) -> Agreement:
    """Confirms or declines what the other side proposed, and tells it. Raises ``NotFound``, ``Forbidden``, ``Stale``,
    ``Conflict`` (``edition_answered``), ``Invalid`` on a refusal without a reason."""
    agreement = _ours(desk, call, agreement_id)
    check_version(agreement, expected_version)
    note = clean(note, field="note", max_length=500, required=not confirmed, multiline=True)
    terms = agreement.edition(edition_id).terms
    if confirmed and agreement.side is Side.HANDLING:
        desk.reference.published_item(terms.handling_center_id, terms.item_id)
    after = agreements.answer(
        agreement, edition_id, desk.site, confirmed=confirmed, by_name=call.actor.name, note=note, now=call.now
    )
    if after == agreement:
        return agreement
    said = pb.AgreementAnswer(
        agreement_id=agreement.id,
        edition_id=edition_id,
        confirmed=confirmed,
        note=note,
        answered_by_name=call.actor.name,
        answered_at=to_timestamp(call.now),
    )
    letter = letters.write(
        desk, call, to=agreement.peer_site, type="agreement.answered", journey=agreement.id, payload=said
    )
    told = AgreementConfirmed(after, edition_id) if confirmed else AgreementDeclined(after, edition_id)
    return desk.agreements.save(after, [told, LetterPosted(letter)], call)


def end_agreement(
    *, desk: Desk, call: Call, agreement_id: str, ends_on: date, reason: str, expected_version: int
) -> Agreement:
    """Ends an agreement after a day, today at the earliest; what is on its way is finished.

    Raises ``NotFound``, ``Forbidden``, ``Stale``, ``Invalid`` (``day_is_past``).
    """
    agreement = _ours(desk, call, agreement_id)
    check_version(agreement, expected_version)
    if ends_on < local_date(call.now):
        raise Invalid("day_is_past", "终止日期不能早于今天，请更正。", field="ends_on")
    reason = clean(reason, field="reason", max_length=500, multiline=True)
    after = agreements.end(agreement, ends_on, reason)
    if after == agreement:
        return agreement
    said = pb.AgreementEnd(agreement_id=agreement.id, ends_on=ends_on.isoformat(), reason=reason)
    letter = letters.write(
        desk, call, to=agreement.peer_site, type="agreement.ended", journey=agreement.id, payload=said
    )
    return desk.agreements.save(after, [AgreementEnded(after), LetterPosted(letter)], call)


# ── What comes by letter ─────────────────────────────────────────────────────────────────────────────────────────


def _proposed(desk: Desk, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    said = letters.read(letter, pb.AgreementProposal)
    terms = _cleaned(terms_of(said.terms))
    side = _our_side(desk, terms)
    if terms.site_of(side.other) != letter.origin:
        raise Forbidden("not_a_party", "来函站点不是该通办协议的一方。", origin=letter.origin)
    desk.reference.center(terms.center_of(side))
    edition = Edition(
        id=said.edition_id,
        terms=terms,
        state=EditionState.PROPOSED,
        proposed_by_site=letter.origin,
        proposed_by_name=said.proposed_by_name[:100],
        proposed_at=from_timestamp(said.proposed_at),
    )
    known = desk.agreements.find_by_id(said.agreement_id)
    if known is None:
        agreement = agreements.begin(said.agreement_id, side, edition)
        said_events: list[DomainEvent] = [AgreementProposed(agreement, edition.id), answered(letter, call, "read")]
        desk.agreements.create(agreement, said_events, call, mark=mark)
        return
    _require_party(known, letter)
    agreement = agreements.propose(known, edition)
    told = [AgreementProposed(agreement, edition.id)] if agreement != known else []
    desk.agreements.save(agreement, [*told, answered(letter, call, "read")], call, mark=mark)


def _answered(desk: Desk, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    said = letters.read(letter, pb.AgreementAnswer)
    agreement = _theirs(desk, said.agreement_id, letter)
    after = agreements.answer(
        agreement,
        said.edition_id,
        letter.origin,
        confirmed=said.confirmed,
        by_name=said.answered_by_name[:100],
        note=said.note[:500],
        now=from_timestamp(said.answered_at),
    )
    event = (AgreementConfirmed if said.confirmed else AgreementDeclined)(after, said.edition_id)
    told = [event] if after != agreement else []
    desk.agreements.save(after, [*told, answered(letter, call, "acted_on")], call, mark=mark)


def _ended(desk: Desk, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    said = letters.read(letter, pb.AgreementEnd)
    agreement = _theirs(desk, said.agreement_id, letter)
    after = agreements.end(agreement, day_of(said.ends_on, "ends_on"), said.reason[:500])
    told = [AgreementEnded(after)] if after != agreement else []
    desk.agreements.save(after, [*told, answered(letter, call, "acted_on")], call, mark=mark)


LETTERS: Final[Mapping[str, Taker]] = {
    "agreement.proposed": _proposed,
    "agreement.answered": _answered,
    "agreement.ended": _ended,
}


def settle(desk: Desk, call: Call, settled: Settled, mark: Mark) -> None:
    """A proposal that the other side will never have is declined, with the reason; all else is as it was."""
    agreement = desk.agreements.find_by_id(settled.journey)
    pending = agreement.pending if agreement is not None else None
    if agreement is None or pending is None or not settled.failed or settled.type != "agreement.proposed":
        return
    if pending.proposed_by_site != desk.site:
        return
    declined = replace(
        pending,
        state=EditionState.DECLINED,
        answered_at=call.now,
        note=f"{settled.message or '提议未能送达对方站点，请检查线路后重新提出。'}（{settled.code}）",
    )
    after = replace(agreement, editions=(*agreement.editions[:-1], declined))
    desk.agreements.save(after, [AgreementDeclined(after, declined.id)], call, mark=mark)


# ── Who may, and what was typed ──────────────────────────────────────────────────────────────────────────────────


def _ours(desk: Desk, call: Call, agreement_id: str) -> Agreement:
    agreement = desk.agreements.get(agreement_id)
    call.actor.require_center(agreement.center_id)
    return agreement


def _theirs(desk: Desk, agreement_id: str, letter: IncomingLetter) -> Agreement:
    agreement = desk.agreements.find_by_id(agreement_id)
    if agreement is None:
        raise Conflict("agreement_unknown", "本站点没有这份通办协议，请重新提出。", agreement=agreement_id[:80])
    _require_party(agreement, letter)
    return agreement


def _require_party(agreement: Agreement, letter: IncomingLetter) -> None:
    if agreement.peer_site != letter.origin:
        raise Forbidden("not_a_party", "来函站点不是该通办协议的一方。", origin=letter.origin)


def _our_side(desk: Desk, terms: Terms) -> Side:
    sides = [side for side in Side if terms.site_of(side) == desk.site]
    if len(sides) != 1:
        raise Invalid(
            "not_our_agreement", "通办协议的一方应为本站点、另一方应为其他站点，请核对站点编号。", field="site"
        )
    return sides[0]


def _cleaned(terms: Terms) -> Terms:
    """The terms with clean texts. Raises ``Invalid``."""
    if len(terms.materials) > MOST_MATERIALS:
        raise Invalid("too_many_materials", f"材料最多 {MOST_MATERIALS} 项，请合并。", field="materials")
    return replace(
        terms,
        handling_center_id=clean(terms.handling_center_id, field="handling_center_id", max_length=64),
        handling_center_name=clean(terms.handling_center_name, field="handling_center_name", max_length=100),
        collecting_center_id=clean(terms.collecting_center_id, field="collecting_center_id", max_length=64),
        collecting_center_name=clean(terms.collecting_center_name, field="collecting_center_name", max_length=100),
        item_id=clean(terms.item_id, field="item_id", max_length=64),
        item_code=clean(terms.item_code, field="item_code", max_length=64, required=False),
        item_name=clean(terms.item_name, field="item_name", max_length=200),
        handling_unit=clean(terms.handling_unit, field="handling_unit", max_length=100),
        materials=tuple(_cleaned_material(each) for each in terms.materials),
        handling_contact=_cleaned_contact(terms.handling_contact, "handling_contact"),
        collecting_contact=_cleaned_contact(terms.collecting_contact, "collecting_contact"),
    )


def _cleaned_material(material: AgreedMaterial) -> AgreedMaterial:
    return AgreedMaterial(
        key=clean(material.key, field="materials.key", max_length=64),
        name=clean(material.name, field="materials.name", max_length=200),
        main=material.main,
        form=clean(material.form, field="materials.form", max_length=40, required=False),
        standard=clean(material.standard, field="materials.standard", max_length=500, required=False, multiline=True),
    )


def _cleaned_contact(contact: Contact, field: str) -> Contact:
    return Contact(
        name=clean(contact.name, field=f"{field}.name", max_length=50),
        phone=clean(contact.phone, field=f"{field}.phone", max_length=30),
        department=clean(contact.department, field=f"{field}.department", max_length=100, required=False),
    )
