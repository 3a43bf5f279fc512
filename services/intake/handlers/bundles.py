"""Where the papers of applications lie: they follow what is collected, and wait to be fetched (rules B08, C16)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Final

from kit.call import Call
from kit.errors import NotFound
from kit.privacy import mask_name
from kit.store.port import Duplicate, Mark
from kit.store.repository import check_version
from kit.text import clean
from kit.workdays import local_date
from kit.workdays.zone import CENTER_ZONE
from reference.papers.autograph import keep_autograph
from services.intake.domain import bundle as bundles
from services.intake.domain import originals
from services.intake.domain.application import Application, ApplicationState, Channel
from services.intake.domain.bundle import Bundle, Pieces
from services.intake.domain.events import OriginalsReturned
from services.intake.domain.keeping_events import (
    LeftPapersFetched,
    LeftPapersReminded,
    PapersLeft,
    PapersNotHandedOver,
)
from services.intake.domain.officer import Officer
from services.intake.handlers.access import WINDOW_ROLES, officer
from services.intake.handlers.desk import Desk

#: How far ahead a day is looked for on which the center serves.
_FAR: Final = 60
_NOT_TAKEN: Final = {
    ApplicationState.REFUSED: "不予受理，请取回原件。",
    ApplicationState.WITHDRAWN: "申请已撤回，请取回原件。",
}


def follow_papers(*, desk: Desk, call: Call, application_id: str) -> None:
    """The bundle of an application has what was handed in on paper and isn't given back; done again, nothing changes.

    What wasn't taken in is left for the applicant to fetch at its window. Papers that lie at another place are not
    followed here. Raises ``Stale``.
    """
    application = desk.applications.find_by_id(application_id)
    if application is None or application.channel is Channel.ELSEWHERE:
        return
    collected = _collected(application)
    before = desk.bundles.find_by_id(application.id)
    accepted = application.state is ApplicationState.ACCEPTED
    if before is None and not (collected and application.state in (ApplicationState.ACCEPTED, *_NOT_TAKEN)):
        return
    bundle = bundles.follow(
        before or _new(application),
        collected,
        accepted=accepted,
        hand_over_by=hand_over_by(desk, application.center_id, call.now),
        now=call.now,
    )
    kept = {each.key: each.originals for each in collected if each.originals}
    told = []
    if application.state in _NOT_TAKEN and kept and bundle.left is None and bundle.list_id is None:
        window = application.window_number
        bundle = bundles.leave(
            bundle,
            kept,
            place=f"{window} 号窗口" if window else "综合窗口",
            reason=_NOT_TAKEN[application.state],
            remind_at=_next_reminder(desk, application.center_id, call.now),
            now=call.now,
        )
        told = [PapersLeft(bundle)]
    if before is None:
        try:
            desk.bundles.create(bundle, told, call)
        except Duplicate:
            follow_papers(desk=desk, call=call, application_id=application_id)
    elif bundle != before:
        desk.bundles.save(bundle, told, call)


def leave_papers(
    *,
    desk: Desk,
    call: Call,
    application_id: str,
    pieces: Mapping[str, int],
    place: str,
    reason: str,
    expected_version: int,
) -> Bundle:
    """Originals that the applicant is to fetch, and where they lie. Raises as ``bundle.leave``; ``NotFound``, ``Stale``."""
    bundle = _at_window(desk, call, application_id)
    check_version(bundle, expected_version)
    left = bundles.leave(
        bundle,
        pieces,
        place=clean(place, field="place", max_length=100),
        reason=clean(reason, field="reason", max_length=500, multiline=True),
        remind_at=_next_reminder(desk, bundle.center_id, call.now),
        now=call.now,
    )
    return desk.bundles.save(left, [PapersLeft(left)], call)


def fetch_left_papers(
    *, desk: Desk, call: Call, application_id: str, fetched_by: str, signature: bytes, expected_version: int
) -> Bundle:
    """They were fetched, with a signature. Raises ``Conflict`` (``nothing_to_fetch``), ``Invalid``, ``NotFound``, ``Stale``."""
    bundle = _at_window(desk, call, application_id)
    check_version(bundle, expected_version)
    name = clean(fetched_by, field="fetched_by", max_length=100)
    kept = keep_autograph(desk.blobs, signature)
    fetched = bundles.fetch(
        bundle,
        by=mask_name(name),
        given_by=officer(call.actor),
        signature_sha256=kept.sha256,
        signature_type=kept.media_type,
        now=call.now,
    )
    return desk.bundles.save(fetched, [LeftPapersFetched(fetched)], call)


def count_fetched(*, desk: Desk, call: Call, application_id: str, mark: Mark) -> None:
    """What was fetched is given back in the application's own books too, once. Raises ``AlreadyApplied``, ``Stale``."""
    application = desk.applications.get(application_id)
    left = desk.bundles.get(application_id).left
    if left is None or left.open:
        return
    there = {each.key: each.originals - each.returned for each in application.materials}
    pieces = {each.key: least for each in left.pieces if (least := min(each.originals, there.get(each.key, 0)))}
    if not pieces or application.held_for:
        return
    giver = Officer("", left.given_by)
    returned = originals.return_originals(application, pieces, taken_by=left.fetched_by, by=giver, now=call.now)
    desk.applications.save(returned, [OriginalsReturned(returned)], call, mark=mark)


def ring(*, desk: Desk, call: Call, bundle: Bundle) -> None:
    """Papers weren't handed over in time, or the applicant is reminded of what lies there."""
    if bundle.told_at is None and bundle.hand_over_by is not None and bundle.hand_over_by <= call.now:
        told = bundles.tell(bundle, now=call.now)
        desk.bundles.save(told, [PapersNotHandedOver(told)], call)
        return
    reminded = bundles.remind(bundle, next_at=_next_reminder(desk, bundle.center_id, call.now))
    desk.bundles.save(reminded, [LeftPapersReminded(reminded)], call)


def hand_over_by(desk: Desk, center_id: str, now: datetime) -> datetime:
    """When what is collected now is to be handed over: so long after the day's closing as the center says (rules B08)."""
    minutes = desk.reference.policy(center_id).integer("hand_over_minutes")
    calendar = desk.reference.calendar(center_id)
    today = local_date(now)
    for ahead in range(_FAR):
        day = today + timedelta(days=ahead)
        hours = calendar.opening_intervals(day)
        if not hours:
            continue
        midnight = datetime.combine(day, time(), CENTER_ZONE)
        if now < midnight + timedelta(minutes=hours[-1].end):
            return midnight + timedelta(minutes=hours[-1].end + minutes)
    return now + timedelta(days=1, minutes=minutes)


def require_unlisted(desk: Desk, application_id: str) -> None:
    """Raises ``Conflict`` (``papers_listed``) while an open list has an application's papers."""
    bundle = desk.bundles.find_by_id(application_id)
    if bundle is not None:
        bundles.require_unlisted(bundle)


def _at_window(desk: Desk, call: Call, application_id: str) -> Bundle:
    call.actor.require(*WINDOW_ROLES)
    bundle = desk.bundles.find_by_id(application_id)
    if bundle is None:
        raise NotFound("no_papers_here", "该件没有收存的纸质材料，请核对编号。", id=application_id[:80])
    call.actor.require_center(bundle.center_id)
    return bundle


def _collected(application: Application) -> tuple[Pieces, ...]:
    pieces = (
        Pieces(each.key, each.name, each.originals - each.returned, each.copies) for each in application.materials
    )
    return tuple(each for each in pieces if each.any)


def _new(application: Application) -> Bundle:
    return Bundle(
        id=application.id,
        application_number=application.number,
        center_id=application.center_id,
        department_key=application.department_key,
        item_name=application.item_name,
        journey=application.journey,
        window_number=application.window_number,
    )


def _next_reminder(desk: Desk, center_id: str, now: datetime) -> datetime:
    return now + timedelta(days=desk.reference.policy(center_id).integer("left_papers_reminder_days"))
