"""Taking papers in (收件; rules C12, C13, K01; 许可法 32)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kit.actor import Actor
from kit.call import Call
from kit.errors import Forbidden, Invalid
from kit.privacy import person_key
from kit.workdays import local_date
from services.intake.domain import transitions
from services.intake.domain.application import (
    Answer,
    Applicant,
    Application,
    Channel,
    DeliveryMethod,
    Origin,
    Subject,
)
from services.intake.domain.events import ApplicationReceived
from services.intake.domain.material import Declared, MaterialState
from services.intake.domain.undertaking import CommitmentChoice
from services.intake.handlers.access import WINDOW_ROLES, holder_key, officer
from services.intake.handlers.checklists import checked_form, checked_situation, materials_of
from services.intake.handlers.clocks import notice_clock, recounting
from services.intake.handlers.commitments import with_choice
from services.intake.handlers.desk import Desk
from services.intake.handlers.drafts import handed_in
from services.intake.handlers.identity import checked
from services.intake.handlers.materials import with_originals
from services.intake.handlers.papers import application_number, with_receipt
from services.intake.handlers.tickets import require_served


def receive_application(
    *,
    desk: Desk,
    call: Call,
    center_id: str,
    item_id: str,
    ticket_id: str,
    applicant: Applicant,
    declared: Sequence[Declared],
    delivery: DeliveryMethod,
    form_json: str,
    situation: Sequence[Answer] = (),
    commitment: CommitmentChoice = CommitmentChoice.NOT_OFFERED,
    draft_code: str = "",
) -> Application:
    """Takes an application in, at a window from the ticket being served or online, and gives a receipt (rules C12).

    Raises ``NotFound`` (``center_unknown``, ``item_unknown``, ``ticket_not_found``), ``Conflict``
    (``item_not_published``, ``ticket_not_for_item``, ``ticket_not_serving``), ``Forbidden`` (``ticket_not_yours``,
    ``applicant_not_self``, ``staff_on_leave``), ``Invalid`` on what was typed, answered or chosen, ``Unavailable`` while
    queuing can't be asked.
    Where the item may be done by commitment, the applicant must have been asked (``commitment_unanswered``; rules D03).
    The draft of this code is gone with it.
    """
    before = desk.applications.created_before(call)
    if before is not None:
        return before
    at_window = call.actor.has(*WINDOW_ROLES)
    applicant = checked(applicant, local_date(call.now))
    if at_window:
        origin = _origin_at_window(desk, call, center_id, item_id, ticket_id)
    else:
        origin = _origin_online(desk, call, ticket_id, declared)
        _require_self(desk, call.actor, applicant)
    desk.reference.center(center_id)
    item = desk.reference.published_item(center_id, item_id)
    answers = checked_situation(item, situation)
    form_json = checked_form(item, form_json, local_date(call.now))
    clock = notice_clock(desk, center_id, call.now)
    received = transitions.receive(
        id=desk.ids.new_id(call.now),
        number=application_number(desk, center_id, call.now),
        code=desk.ids.new_code(),
        center_id=center_id,
        subject=Subject(item.id, item.item_version, item.name, item.department_key, item.kind.value),
        origin=origin,
        applicant=applicant,
        holder_key=person_key(desk.secret, applicant.id_number) if at_window else holder_key(call.actor),
        materials=materials_of(item, {each.question: each.option for each in answers}),
        declared=with_originals(call.actor, declared),
        delivery=delivery,
        form_json=form_json,
        responsible=officer(call.actor) if at_window else None,
        notice_due_at=clock.due_at,
        now=call.now,
        situation=answers,
    )
    received = with_choice(desk, call, received, commitment, item)
    received = replace(received, applicant_key=person_key(desk.secret, applicant.id_number))
    application = with_receipt(desk, clock.on(received), call)
    created = desk.applications.create(application, [ApplicationReceived(application)], call)
    handed_in(desk, call, draft_code)
    return recounting(desk).by_the_present(call, created, clock.calendar)


def _origin_at_window(desk: Desk, call: Call, center_id: str, item_id: str, ticket_id: str) -> Origin:
    call.actor.require_present()
    call.actor.require_center(center_id)
    if not ticket_id:
        raise Invalid("ticket_required", "窗口收件须从正在办理的号票开始，请先叫号。", field="ticket_id")
    ticket = desk.tickets.get(ticket_id, token=call.token)
    require_served(ticket, center_id=center_id, item_id=item_id, by=call.actor)
    return Origin(Channel.WINDOW, ticket.journey or desk.ids.new_id(call.now), ticket.id, ticket.window_number)


def _origin_online(desk: Desk, call: Call, ticket_id: str, declared: Sequence[Declared]) -> Origin:
    if not holder_key(call.actor):
        raise Forbidden("role_not_allowed", "请先登录再在网上申请。")
    if ticket_id:
        raise Invalid("ticket_not_for_online", "网上申请不使用号票，请去掉号票编号。", field="ticket_id")
    if any(one.state not in (MaterialState.MISSING, MaterialState.HANDED_IN) for one in declared):
        raise Invalid(
            "material_state_not_allowed", "网上申请只能填写材料是否提交，材料是否合格由窗口审查。", field="materials"
        )
    return Origin(Channel.ONLINE, desk.ids.new_id(call.now))


def _require_self(desk: Desk, actor: Actor, applicant: Applicant) -> None:
    """A natural person applies online for themselves, or says who acts for whom (our own choice)."""
    own = applicant.id_type != "resident_id" or person_key(desk.secret, applicant.id_number) == holder_key(actor)
    if not own and not applicant.agent_name:
        raise Forbidden("applicant_not_self", "网上申请须填写本人证件；代他人申请的，请填写代办人姓名。")
