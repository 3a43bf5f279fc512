"""Parts at this site: opened, offered, taken, handled, answered (rules F01, P01; 许可法 43)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from kit.call import Call
from kit.errors import Invalid
from kit.events import DomainEvent
from kit.store.repository import check_version
from kit.text import clean
from services.federation.domain import part_moves, sent_up
from services.federation.domain.divisions import is_above
from services.federation.domain.letters import LetterPosted
from services.federation.domain.ownership import Offer
from services.federation.domain.part_events import (
    PartAnswered,
    PartAskedBack,
    PartDeclined,
    PartMaterialsAsked,
    PartOffered,
    PartOpened,
    PartTaken,
)
from services.federation.domain.parts import (
    Answer,
    Applicant,
    HandedIn,
    Outcome,
    Part,
    PartKind,
    Place,
    Wanted,
)
from services.federation.handlers import letters
from services.federation.handlers.room import Room, files_of, tell
from tongban.federation.v1 import parts_pb2

#: Characters of an opinion, reason or note, and papers of one part: more is a mistake (our own choice).
MAX_WORDS: Final = 2000
MOST_PAPERS: Final = 100
#: Who refers to uploaded files, whichever part names them: parts keep their files for good.
_PARTS: Final = "parts"


@dataclass(frozen=True, slots=True)
class OpenedCase:
    """What staff say of a case that another site has to do with."""

    case_id: str
    number: str
    item_name: str
    journey: str
    applicant: Applicant
    materials: tuple[HandedIn, ...]


def open_sent_up(*, room: Room, call: Call, place: Place, case: OpenedCase) -> Part:
    """Begins the review of a case whose decision is an upper site's; the lower limit runs from now (许可法 43).

    Raises ``Forbidden``, ``Invalid``, ``NotFound`` (``center_unknown``).
    """
    before = room.parts.created_before(call)
    if before is not None:
        return before
    call.actor.require_center(place.center_id)
    case = cleaned(case)
    policy = room.desk.reference.policy(place.center_id)
    deadline = room.deadline(call, place.center_id, policy.integer("sent_up_review_days"), "许可法 43")
    accepted = sent_up.AcceptedCase(
        case.case_id, case.number, case.item_name, case.journey, case.applicant, case.materials, call.now
    )
    here = replace(place, site=room.here)
    part = sent_up.begin_review(room.desk.ids.new_id(call.now), accepted, here, 0, deadline)
    keep_named(room, call, part.materials)
    return room.parts.create(part, [PartOpened(part, place.center_id)], call)


def send_up(*, room: Room, call: Call, part_id: str, place: Place, opinion: str, expected_version: int) -> Part:
    """Sends a reviewed case up with its papers. Raises ``Conflict``, ``Invalid`` (``site_not_above`` …), ``Stale``."""
    part = of_center(room, call, part_id, expected_version)
    if not is_above(place.site, room.here):
        raise Invalid("site_not_above", "上报件只能报送上级站点，请核对。", field="site")
    words = clean(opinion, field="opinion", max_length=MAX_WORDS, multiline=True)
    made = new_offer(room, call, place.site)
    return offered(room, call, sent_up.send_up(part, place, words, made, call.now))


def offer_part(*, room: Room, call: Call, part_id: str, place: Place, expected_version: int) -> Part:
    """Offers a part that came back to another place, or again. Raises ``Conflict``, ``Invalid``, ``Stale``."""
    part = of_center(room, call, part_id, expected_version)
    if part.kind is PartKind.SENT_UP and not is_above(place.site, room.here):
        raise Invalid("site_not_above", "上报件只能报送上级站点，请核对。", field="site")
    return offered(room, call, part_moves.offer(part, place, new_offer(room, call, place.site)))


def ask_back(*, room: Room, call: Call, part_id: str, expected_version: int) -> Part:
    """Asks for an offer back; the answer says whether it was in time. Raises ``Conflict``, ``Forbidden``, ``Stale``."""
    part = of_center(room, call, part_id, expected_version)
    asked = part_moves.ask_back(part, room.here, call.now)
    return room.parts.save(asked, [PartAskedBack(asked, asked.center_at(room.here)), *tell(room, call, asked)], call)


def answer_offer(
    *, room: Room, call: Call, part_id: str, accepted: bool, department_key: str, reason: str, expected_version: int
) -> Part:
    """Takes a part that was offered to this site, or doesn't and says why (rules K07).

    What was sent up has the limit of this site's own center; a joint part the days that the lead asked for.
    Raises ``Conflict`` (``not_offered_here``, ``offer_withdrawn``), ``Invalid``, ``Forbidden``, ``Stale``.
    """
    part = of_center(room, call, part_id, expected_version)
    if not accepted:
        words = clean(reason, field="reason", max_length=MAX_WORDS, multiline=True)
        return _declined(room, call, part, words)
    center_id = part.center_at(room.here)
    department = department_key or (part.handled_at.department_key if part.handled_at else "")
    place = Place(room.here, center_id, clean(department, field="department_key", max_length=64, required=False))
    policy = room.desk.reference.policy(center_id)
    days = part.days or policy.integer("sent_up_decision_days")
    deadline = room.deadline(call, center_id, days, "许可法 42" if part.kind is PartKind.SENT_UP else "通办协议")
    taken = replace(part_moves.take(part, place, call.actor.name, deadline, call.now), days=days)
    return room.parts.save(taken, [PartTaken(taken, center_id), *tell(room, call, taken)], call)


def ask_for_materials(
    *, room: Room, call: Call, part_id: str, wanted: Iterable[tuple[str, str, str]], expected_version: int
) -> Part:
    """Asks for papers that the applicant wasn't asked for before (rules F01; 许可法 43). Raises ``Conflict``, ``Invalid``."""
    part = handled_here(room, call, part_id, expected_version)
    papers = tuple(
        Wanted(
            clean(key, field="key", max_length=64),
            clean(name, field="name", max_length=200),
            clean(note, field="note", max_length=500, required=False),
            call.now,
        )
        for key, name, note in wanted
    )
    asked = part_moves.ask_for_materials(part, room.here, papers)
    return room.parts.save(
        asked, [PartMaterialsAsked(asked, asked.center_at(room.here)), *tell(room, call, asked)], call
    )


def answer_part(
    *,
    room: Room,
    call: Call,
    part_id: str,
    outcome: Outcome | None,
    opinion: str,
    basis: str,
    number: str,
    files: tuple[HandedIn, ...],
    expected_version: int,
) -> Part:
    """The handling site's answer; a refusal of what was sent up tells the rights that its center names (许可法 38).

    Raises ``Invalid``, ``Conflict``, ``Forbidden``, ``Stale``.
    """
    part = handled_here(room, call, part_id, expected_version)
    if outcome is None:
        raise Invalid("outcome_required", "请选择同意或者不同意。", field="outcome")
    center_id = part.center_at(room.here)
    denied = outcome is Outcome.REFUSED and part.kind is PartKind.SENT_UP
    said = Answer(
        outcome,
        clean(opinion, field="opinion", max_length=MAX_WORDS, multiline=True),
        call.actor.name,
        call.now,
        clean(basis, field="basis", max_length=MAX_WORDS, required=False, multiline=True),
        room.desk.reference.policy(center_id).text("denial_rights") if denied else "",
        clean(number, field="number", max_length=100, required=False),
        cleaned_papers(files),
    )
    answered = part_moves.answer(part, room.here, said)
    carry(room, call, said.files)
    posted = tell(room, call, answered, said.files)
    return room.parts.save(answered, [PartAnswered(answered, center_id), *posted], call)


# ── Shared by the use cases ──────────────────────────────────────────────────────────────────────────────────────


def new_offer(room: Room, call: Call, to_site: str) -> Offer:
    """An offer in the name of whoever makes the call. Raises ``Invalid`` without a site."""
    site = clean(to_site, field="site", max_length=60)
    return Offer(room.desk.ids.new_id(call.now), site, call.actor.name, call.now)


def offered(room: Room, call: Call, part: Part) -> Part:
    """Saves a part that was just offered, with its letters; all papers go with it."""
    carry(room, call, part.materials)
    events: list[DomainEvent] = [
        PartOffered(part, part.center_at(room.here)),
        *tell(room, call, part, part.materials, offer=True),
    ]
    return room.parts.save(part, events, call)


def decline_letter(room: Room, call: Call, part: Part, reason: str) -> LetterPosted:
    """That this site doesn't take what was offered."""
    made = part.ownership.offer
    said = parts_pb2.PartOfferDeclined(part_id=part.id, offer_id=made.id if made else "", reason=reason)
    owner = part.ownership.owner
    return LetterPosted(
        letters.write(room.desk, call, to=owner, type="part.declined", journey=part.journey, payload=said)
    )


def keep_named(room: Room, call: Call, papers: tuple[HandedIn, ...]) -> None:
    """Keeps uploaded files from now on, before what names them is saved; others' come with letters, or from intake.

    Raises ``NotFound`` (``blob_not_found``) on one that was uploaded so long ago that it has just gone; ``Unavailable``.
    """
    uploaded = {each.sha256 for each in files_of(papers) if room.desk.blobs.has(each.sha256)}
    room.desk.uses.note(call, _PARTS, sorted(uploaded))


def carry(room: Room, call: Call, papers: tuple[HandedIn, ...]) -> None:
    """Hands the files of papers to relay, but for those that relay has: they came with a letter, or from intake.

    Raises ``Unavailable``, ``NotFound`` on a file that nobody has.
    """
    keep_named(room, call, papers)
    for file in {each.sha256: each for each in files_of(papers)}.values():
        if room.desk.blobs.has(file.sha256):
            room.desk.carrier.keep(file, room.desk.blobs.get(file.sha256), token=call.token)
        else:
            next(room.desk.carrier.read(file.sha256, token=call.token), b"")


def of_center(room: Room, call: Call, part_id: str, expected_version: int = 0) -> Part:
    """A part that the caller's center has to do with. Raises ``NotFound``, ``Forbidden``, ``Stale``."""
    part = room.parts.get(part_id)
    call.actor.require_center(part.center_at(room.here))
    check_version(part, expected_version)
    return part


def handled_here(room: Room, call: Call, part_id: str, expected_version: int) -> Part:
    """The same, for those of the department that handles it. Raises ``Forbidden``."""
    part = of_center(room, call, part_id, expected_version)
    place = part.handled_at
    if place is not None and place.site == room.here and place.department_key:
        call.actor.require_department(place.center_id, place.department_key)
    return part


def cleaned(case: OpenedCase) -> OpenedCase:
    """What staff typed, within limits. Raises ``Invalid``."""
    who = case.applicant
    return OpenedCase(
        clean(case.case_id, field="case_id", max_length=64),
        clean(case.number, field="number", max_length=64),
        clean(case.item_name, field="item_name", max_length=200),
        clean(case.journey, field="journey", max_length=64),
        Applicant(
            clean(who.name, field="applicant_name", max_length=100),
            clean(who.id_number, field="id_number", max_length=40, required=False),
            clean(who.phone, field="phone", max_length=40, required=False),
        ),
        cleaned_papers(case.materials),
    )


def cleaned_papers(papers: tuple[HandedIn, ...]) -> tuple[HandedIn, ...]:
    """Papers within limits. Raises ``Invalid``, also on two of one key."""
    if len(papers) > MOST_PAPERS or len({each.key for each in papers}) < len(papers):
        raise Invalid("materials_invalid", f"材料过多（最多 {MOST_PAPERS} 份）或编号重复，请更正。", field="materials")
    return tuple(
        replace(
            each,
            key=clean(each.key, field="key", max_length=64),
            name=clean(each.name, field="name", max_length=200),
            filename=clean(each.filename, field="filename", max_length=120, required=False),
        )
        for each in papers
    )


def _declined(room: Room, call: Call, part: Part, reason: str) -> Part:
    letter = decline_letter(room, call, part, reason)
    declined = replace(part_moves.decline(part, room.here), reason=reason)
    return room.parts.save(declined, [PartDeclined(declined, declined.center_at(room.here)), letter], call)
