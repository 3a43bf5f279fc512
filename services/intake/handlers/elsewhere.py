"""What was handed in at another place and came here to be handled (跨域通办; rules P01–P04).

The papers were compared with their form there; whether they suffice is judged here, as for any application, and the
legal clocks are those of any application too (许可法 32; facts 6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kit.call import Call
from kit.errors import Conflict, Stale
from kit.privacy import person_key
from kit.store.port import AlreadyApplied, Duplicate, Mark
from kit.text import clean
from kit.workdays import local_date
from services.intake.domain import transitions
from services.intake.domain.application import (
    Applicant,
    Application,
    ApplicationState,
    Channel,
    DeliveryMethod,
    Origin,
    Subject,
)
from services.intake.domain.events import (
    ApplicationReceived,
    ApplicationWithdrawn,
    SupplementHandedIn,
    SupplementNotTaken,
)
from services.intake.domain.material import Declared, Material, MaterialState, Upload, attach
from services.intake.handlers.checklists import materials_of
from services.intake.handlers.clocks import notice_clock, recounting
from services.intake.handlers.desk import Desk
from services.intake.handlers.identity import checked
from services.intake.handlers.papers import application_number, with_receipt


@dataclass(frozen=True, slots=True)
class Brought:
    """A material as the other place sent it."""

    key: str
    name: str
    uploads: tuple[Upload, ...]
    originals: int
    copies: int


def receive_from_elsewhere(
    *,
    desk: Desk,
    call: Call,
    crossing_id: str,
    center_id: str,
    item_id: str,
    journey: str,
    code: str,
    collected_by: str,
    applicant: Applicant,
    brought: Sequence[Brought],
    delivery: DeliveryMethod,
    form_json: str,
    mark: Mark,
) -> None:
    """Takes in what another place sent, once for each crossing; it has a number of its own, and the other's code.

    Raises ``AlreadyApplied``, ``Unavailable`` while reference data are on their way, and what makes the event a dead
    letter: ``Invalid``, ``Conflict`` (``item_not_published``), which the other place's agreement has ruled out.
    """
    known = desk.applications.find_unique("by_crossing", crossing_id)
    if known is not None:
        return
    applicant = checked(applicant, local_date(call.now))
    item = desk.reference.published_item(center_id, item_id)
    clock = notice_clock(desk, center_id, call.now)
    materials = _with_brought(materials_of(item), brought)
    received = transitions.receive(
        id=desk.ids.new_id(call.now),
        number=application_number(desk, center_id, call.now),
        code=code,
        center_id=center_id,
        subject=Subject(item.id, item.item_version, item.name, item.department_key, item.kind.value),
        origin=Origin(Channel.ELSEWHERE, journey),
        applicant=applicant,
        holder_key=person_key(desk.secret, applicant.id_number),
        materials=materials,
        declared=[_handed_in(each) for each in brought if each.uploads],
        delivery=delivery,
        form_json=form_json,
        responsible=None,
        notice_due_at=clock.due_at,
        now=call.now,
    )
    key = person_key(desk.secret, applicant.id_number)
    received = replace(received, crossing_id=crossing_id, collected_by=clean_place(collected_by), applicant_key=key)
    application = with_receipt(desk, clock.on(received), call)
    try:
        created = desk.applications.create(application, [ApplicationReceived(application)], call, mark=mark)
    except Duplicate:
        if desk.applications.find_unique("by_crossing", crossing_id) is None:
            raise
        return
    recounting(desk).by_the_present(call, created, clock.calendar)


def supplement_from_elsewhere(
    *, desk: Desk, call: Call, crossing_id: str, brought: Sequence[Brought], mark: Mark
) -> None:
    """Takes in what the notice asked for; what can't be taken any more is said, so that the other place can tell why.

    Raises ``AlreadyApplied``, ``Stale``, ``Unavailable``, ``Conflict`` while the application isn't here yet.
    """
    application = of_crossing(desk, crossing_id)
    clock = notice_clock(desk, application.center_id, call.now)
    try:
        materials = _with_brought(application.materials, brought)
        handed_in = transitions.hand_in_supplement(
            replace(application, materials=materials),
            [_handed_in(each) for each in brought if each.uploads],
            notice_due_at=clock.due_at,
            now=call.now,
        )
    except (Stale, AlreadyApplied):
        raise
    except Conflict as error:
        said = SupplementNotTaken(application, error.code, error.message)
        desk.applications.save(application, [said], call, mark=mark)
        return
    if handed_in.state is ApplicationState.RECEIVED:
        handed_in = clock.on(handed_in)
    saved = desk.applications.save(handed_in, [SupplementHandedIn(handed_in)], call, mark=mark)
    recounting(desk).by_the_present(call, saved, clock.calendar)


def withdraw_from_elsewhere(*, desk: Desk, call: Call, crossing_id: str, reason: str, mark: Mark) -> None:
    """The applicant took it back at the other place; once it is judged, that stands, and nothing more is said."""
    application = of_crossing(desk, crossing_id)
    if application.state.judged:
        desk.applications.save(application, [], call, mark=mark)
        return
    withdrawn = transitions.withdraw(
        application, reason=clean(reason, field="reason", max_length=500, required=False, multiline=True), now=call.now
    )
    desk.applications.save(withdrawn, [ApplicationWithdrawn(withdrawn)], call, mark=mark)


def clean_place(text: str) -> str:
    """Where it was handed in, as people may read it."""
    return clean(text, field="collected_by", max_length=120, required=False)


def of_crossing(desk: Desk, crossing_id: str) -> Application:
    """The application of a crossing. Raises ``Conflict`` while it isn't here yet."""
    application = desk.applications.find_unique("by_crossing", crossing_id)
    if application is None:
        raise Conflict("application_on_its_way", "该件尚未收件，请稍候。", crossing=crossing_id[:80])
    return application


def _with_brought(materials: tuple[Material, ...], brought: Sequence[Brought]) -> tuple[Material, ...]:
    """The item's materials with the files that came; what was agreed on beyond the item stands behind them."""
    known = {material.key for material in materials}
    more = tuple(Material(each.key, each.name, main=False) for each in brought if each.key not in known)
    materials = (*materials, *more)
    for each in brought:
        for upload in each.uploads:
            materials = attach(materials, each.key, upload)
    return materials


def _handed_in(brought: Brought) -> Declared:
    return Declared(brought.key, MaterialState.HANDED_IN, originals=brought.originals, copies=brought.copies)
