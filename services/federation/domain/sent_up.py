"""A case that is sent up (上报件): reviewed below within its limit, decided above within its own (rules F01; 许可法 43)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from kit.errors import Conflict, Invalid
from kit.workdays import Deadline
from services.federation.domain import part_moves
from services.federation.domain.ownership import Offer, Ownership
from services.federation.domain.parts import Applicant, Clock, HandedIn, Part, PartKind, PartState, Place, Review


@dataclass(frozen=True, slots=True)
class AcceptedCase:
    """What the lower site has accepted."""

    id: str
    number: str
    item_name: str
    journey: str
    applicant: Applicant
    materials: tuple[HandedIn, ...]
    accepted_at: datetime


def begin_review(part_id: str, case: AcceptedCase, place: Place, days_above: int, deadline: Deadline) -> Part:
    """The part of an accepted case whose decision is another site's; the lower site's clock runs from acceptance."""
    if deadline.due_at is None:
        raise Invalid("limit_open", "审查期限无法确定，请核对工作日历。")
    clock = Clock(case.accepted_at, deadline.terms.limit.amount, deadline.due_at, deadline.provisional)
    return Part(
        id=part_id,
        kind=PartKind.SENT_UP,
        case_id=case.id,
        number=case.number,
        title=case.item_name,
        item_name=case.item_name,
        asked_by=place,
        journey=case.journey,
        applicant=case.applicant,
        state=PartState.REVIEWING,
        ownership=Ownership(place.site),
        days=days_above,
        opened_at=case.accepted_at,
        materials=case.materials,
        review=Review(clock),
        sites=(place.site,),
    )


def send_up(part: Part, place: Place, opinion: str, made: Offer, now: datetime) -> Part:
    """Sends the reviewed case up with all of its papers and the review's opinion.

    Raises ``Conflict`` (``not_sent_up`` on a joint part), ``Invalid`` (``opinion_required``).
    """
    if part.kind is not PartKind.SENT_UP or part.review is None:
        raise Conflict("not_sent_up", "该件不是上报件。", id=part.id)
    if not opinion:
        raise Invalid("opinion_required", "请填写审查意见后再上报。", field="opinion")
    clock = replace(part.review.clock, done_at=part.review.clock.done_at or now)
    review = Review(clock, opinion, made.offered_by)
    return part_moves.offer(replace(part, review=review), place, made)
