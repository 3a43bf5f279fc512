"""Handing a crossing over to the site that it belongs to (移送): offered, asked back, taken, declined (rules P03)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from kit.call import Call
from kit.errors import Conflict, Forbidden
from kit.privacy import person_key
from kit.store.port import Mark
from kit.store.repository import check_version
from kit.text import clean
from kit.timestamps import from_timestamp
from kit.workdays import local_date
from services.federation.domain import handing_over
from services.federation.domain.agreement import Contact, SegmentDays, Side
from services.federation.domain.crossing import Crossing, CrossingState, HandlingPlace, Parties
from services.federation.domain.events import (
    CrossingArrived,
    CrossingAskedBack,
    CrossingDeclined,
    CrossingOfferArrived,
    CrossingOffered,
    CrossingOfferReturned,
    CrossingTaken,
)
from services.federation.domain.letters import (
    IncomingLetter,
    LetterLine,
    LetterPosted,
    line_of,
    line_of_arrived,
    with_line,
)
from services.federation.domain.ownership import Offer, Ownership
from services.federation.handlers import handling, letters
from services.federation.handlers.arriving import attached, usable_code
from services.federation.handlers.desk import Desk
from services.federation.handlers.identity import checked
from services.federation.handlers.letters import Taker
from services.federation.protos.agreements import contact_of, mode_of
from services.federation.protos.by_name import entity_of
from services.federation.protos.crossings import applicant_of, identity_of, status_of
from services.federation.protos.handing_over import material_of, offer_message
from tongban.federation.v1 import letters_pb2 as pb

#: Characters of a reason: more is a mistake (our own choice).
_MOST_WORDS = 500


def offer_crossing(
    *, desk: Desk, call: Call, crossing_id: str, site: str, center_id: str, reason: str, expected_version: int
) -> Crossing:
    """Offers what arrived here to the site that it belongs to; that one is asked once intake holds the application.

    Raises ``Conflict`` (``too_late_to_hand_over``, ``handed_to_collector``, ``handing_over``, ``owned_elsewhere``),
    ``Invalid``, ``NotFound``, ``Forbidden``, ``Stale``.
    """
    crossing = _handled_here(desk, call, crossing_id, expected_version)
    made = Offer(
        id=desk.ids.new_id(call.now),
        to_site=clean(site, field="site", max_length=60),
        offered_by=call.actor.name,
        offered_at=call.now,
        reason=clean(reason, field="reason", max_length=_MOST_WORDS, multiline=True),
    )
    center = clean(center_id, field="center_id", max_length=64)
    offered = replace(handing_over.offer(crossing, desk.site, made), offered_center_id=center)
    return desk.crossings.save(offered, [CrossingOffered(offered)], call)


def ask_back(*, desk: Desk, call: Call, crossing_id: str, expected_version: int) -> Crossing:
    """Asks for an offer back; the answer says whether it was in time. Raises ``Conflict``, ``Forbidden``, ``Stale``."""
    crossing = _handled_here(desk, call, crossing_id, expected_version)
    asked = handing_over.ask_back(crossing, desk.site, call.now)
    assert asked.ownership is not None  # noqa: S101
    assert asked.ownership.offer is not None  # noqa: S101
    said = handling.status_to(desk, call, asked, asked.ownership.offer.to_site)
    return desk.crossings.save(asked, [CrossingAskedBack(asked), LetterPosted(said)], call)


def answer_offer(
    *, desk: Desk, call: Call, crossing_id: str, accepted: bool, item_id: str, reason: str, expected_version: int
) -> Crossing:
    """Takes over what another site offers, for one of our own items, or declines it and says why.

    Taken, intake receives it under a number of its own, and every site that has it is told. Raises ``Conflict``
    (``not_offered_here``, ``offer_withdrawn``, ``item_not_published``), ``Invalid``, ``Forbidden``, ``Stale``.
    """
    crossing = _handled_here(desk, call, crossing_id, expected_version)
    if not accepted:
        return declined(desk, call, crossing, clean(reason, field="reason", max_length=_MOST_WORDS, multiline=True))
    item = desk.reference.published_item(crossing.center_id, item_id or crossing.parties.item_id)
    center = desk.reference.center(crossing.center_id)
    place = HandlingPlace(desk.site, center.id, center.name, item.id, Contact(call.actor.name, center.phone))
    taken = handing_over.take(crossing, place, call.actor.name, call.now)
    taken = replace(taken, department_key=item.department_key, handled_at=place)
    told, posted = handling.told(desk, call, taken)
    return desk.crossings.save(told, [CrossingTaken(told), CrossingArrived(told), *posted], call)


def declined(desk: Desk, call: Call, crossing: Crossing, reason: str, mark: Mark | None = None) -> Crossing:
    """This site doesn't take what it was offered. Raises ``Conflict`` (``not_offered_here``)."""
    before = handing_over.held(crossing, desk.site)
    after = handing_over.decline(crossing, desk.site, call.now)
    assert before.offer is not None  # noqa: S101 - else it wasn't offered here
    letter = letters.write(
        desk,
        call,
        to=before.owner,
        type="crossing.declined",
        journey=crossing.journey,
        payload=pb.CrossingHandOverDeclined(crossing_id=crossing.id, offer_id=before.offer.id, reason=reason),
        in_reply_to=before.offer.id,
    )
    after = replace(after, letters=with_line(after.letters, line_of(letter, desk.site)))
    return desk.crossings.save(after, [CrossingDeclined(after), LetterPosted(letter)], call, mark=mark)


# ── What comes by letter ─────────────────────────────────────────────────────────────────────────────────────────


def _offered(desk: Desk, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    """Another site's owner hands a crossing over: kept until somebody here takes or declines it."""
    said = letters.read(letter, pb.CrossingHandOverOffer)
    submission = said.submission
    center = desk.reference.center(submission.handling_center_id)
    made = entity_of(said.ownership, Ownership)
    if made.owner != letter.origin or made.offer is None or made.offer.to_site != desk.site:
        raise Forbidden("not_offered_here", "来函不是向本站点移送的件。", sender=letter.origin)
    if made.offer.withdrawn_at is not None:
        raise Conflict("offer_withdrawn", "对方站点已撤回移交，不能再接收。")
    known = desk.crossings.find_by_id(submission.crossing_id)
    if known is not None and known.state is not CrossingState.DECLINED:
        raise Conflict("crossing_known", "本站点已有该跨域办件，不能再移送到本站点。", crossing=known.id)
    applicant = checked(applicant_of(submission.applicant), local_date(call.now))
    status = status_of(said.status)
    fresh = Crossing(
        id=clean(submission.crossing_id, field="crossing_id", max_length=64),
        side=Side.HANDLING,
        mode=mode_of(submission.mode),
        state=CrossingState.OFFERED,
        center_id=center.id,
        parties=Parties(
            agreement_id=submission.agreement_id[:64],
            edition_id=submission.edition_id[:64],
            peer_site=clean(said.collecting_site, field="collecting_site", max_length=60),
            peer_center_id=submission.collecting_center_id[:64],
            item_id=submission.item_id[:64],
            item_name=clean(said.item_name, field="item_name", max_length=200),
            handling_center_name=center.name,
            collecting_center_name=said.collecting_center_name[:200],
            peer_contact=contact_of(said.collecting_contact),
            days=SegmentDays(said.days.collection, said.days.transit, said.days.hand_back),
            deliveries=tuple(each[:20] for each in said.deliveries[:10]),
        ),
        number=clean(submission.number, field="number", max_length=64),
        code=usable_code(desk, submission.code) if known is None else known.code,
        journey=letter.journey,
        applicant=applicant,
        holder_key=person_key(desk.secret, applicant.id_number),
        identity=identity_of(submission.identity),
        materials=tuple(
            replace(each, scans=attached(letter, each.key, each.scans)) for each in map(material_of, said.materials)
        ),
        delivery=submission.delivery[:20],
        opened_at=from_timestamp(submission.opened_at),
        opened_by_id="",
        opened_by_name=submission.collected_by_name[:100],
        form_json=submission.form_json,
        letters=(line_of_arrived(letter),),
        status=status,
        sent_at=from_timestamp(submission.sent_at),
        submission_id=letter.id,
        ownership=made,
        version=known.version if known is not None else 0,
    )
    if known is None:
        desk.crossings.create(fresh, [CrossingOfferArrived(fresh)], call, mark=mark)
    else:
        desk.crossings.save(fresh, [CrossingOfferArrived(fresh)], call, mark=mark)


def _declined(desk: Desk, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    """The site that it was offered to doesn't take it: it is this site's again."""
    said = letters.read(letter, pb.CrossingHandOverDeclined)
    crossing = desk.crossings.get(said.crossing_id)
    made = handing_over.held(crossing, desk.site).offer
    if made is not None and made.to_site == letter.origin:
        _returned(desk, call, crossing, said.offer_id, said.reason[:_MOST_WORDS], mark, line_of_arrived(letter))


LETTERS: Final[Mapping[str, Taker]] = {"crossing.offered": _offered, "crossing.declined": _declined}


# ── What this site's intake says ─────────────────────────────────────────────────────────────────────────────────


def ask_other_site(*, desk: Desk, call: Call, crossing_id: str, offer_id: str, mark: Mark) -> None:
    """Intake holds the application: now the other site is asked, and the collecting place told of whom.

    Raises ``AlreadyApplied``, ``Stale``.
    """
    crossing = desk.crossings.get(crossing_id)
    made = handing_over.held(crossing, desk.site).offer
    if made is None or made.id != offer_id:
        return
    letter = letters.write(
        desk,
        call,
        to=made.to_site,
        type="crossing.offered",
        journey=crossing.journey,
        payload=offer_message(crossing),
        in_reply_to=crossing.submission_id,
        files=tuple(scan for material in crossing.materials for scan in material.scans),
        sealing=crossing.parties.sealing,
    )
    letter = replace(letter, id=made.id)
    noted = replace(crossing, letters=with_line(crossing.letters, line_of(letter, desk.site)))
    told, posted = handling.told(desk, call, noted)
    desk.crossings.save(told, [LetterPosted(letter), *posted], call, mark=mark)


def came_back(*, desk: Desk, call: Call, crossing_id: str, offer_id: str, reason: str, mark: Mark) -> None:
    """Intake can't hold it, the other site doesn't take it, or never got it: it is this site's as before.

    Raises ``AlreadyApplied``, ``Stale``.
    """
    _returned(desk, call, desk.crossings.get(crossing_id), offer_id, reason, mark)


def _returned(
    desk: Desk, call: Call, crossing: Crossing, offer_id: str, reason: str, mark: Mark, *lines: LetterLine
) -> None:
    back = handing_over.came_back(crossing, desk.site, offer_id, call.now)
    if back is None:
        return
    for line in lines:
        back = replace(back, letters=with_line(back.letters, line))
    told, posted = handling.told(desk, call, back)
    desk.crossings.save(told, [CrossingOfferReturned(told, offer_id, reason), *posted], call, mark=mark)


def _handled_here(desk: Desk, call: Call, crossing_id: str, expected_version: int) -> Crossing:
    crossing = desk.crossings.get(crossing_id)
    call.actor.require_center(crossing.center_id)
    check_version(crossing, expected_version)
    if crossing.side is not Side.HANDLING:
        raise Conflict("collected_here", "该件由本中心代收，应由办理地移送。", crossing=crossing.id)
    return crossing
