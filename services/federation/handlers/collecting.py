"""The collecting desk (代收): begun, put together, sent, supplemented, asked back (rules P01–P04)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import orjson

from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid
from kit.privacy import person_key
from kit.store.repository import check_version
from kit.text import clean
from kit.timestamps import to_timestamp
from kit.workdays import local_date
from services.federation.domain import collecting
from services.federation.domain.agreement import Agreement, Edition, Mode, Side
from services.federation.domain.crossing import (
    Applicant,
    CollectedMaterial,
    Crossing,
    CrossingState,
    Identity,
    Parties,
)
from services.federation.domain.events import (
    CrossingCancelled,
    CrossingOpened,
    CrossingSent,
    CrossingSupplementSent,
    CrossingWithdrawalAsked,
)
from services.federation.domain.letters import LetterPosted, OutgoingLetter, line_of
from services.federation.handlers import letters
from services.federation.handlers.access import WINDOW_ROLES, collected_here, holder_key
from services.federation.handlers.desk import Desk
from services.federation.handlers.files import carry
from services.federation.handlers.identity import checked
from services.federation.protos.agreements import MODES
from services.federation.protos.crossings import applicant_message, identity_message, submitted_message
from tongban.federation.v1 import letters_pb2 as pb

#: Our own choice: a form's answers as JSON; intake takes no more.
MOST_FORM_BYTES: Final = 64 * 1024


def open_crossing(
    *,
    desk: Desk,
    call: Call,
    center_id: str,
    agreement_id: str,
    mode: Mode,
    applicant: Applicant,
    identity_note: str,
    delivery: str,
    form_json: str,
    ticket_id: str,
    journey: str,
) -> Crossing:
    """Begins an application for another place, at a window or by the signed-in citizen (rules P01, P04).

    Raises ``NotFound``, ``Conflict`` (``not_offered``: not active at both sides today), ``Forbidden``
    (``applicant_not_self``, another center), ``Invalid`` on what was typed.
    """
    before = desk.crossings.created_before(call)
    if before is not None:
        return before
    agreement = desk.agreements.get(agreement_id)
    edition = _offered(desk, call, agreement, center_id, mode)
    by_staff = call.actor.has(*WINDOW_ROLES)
    if by_staff:
        call.actor.require_center(center_id)
    applicant = checked(applicant, local_date(call.now))
    key = person_key(desk.secret, applicant.id_number)
    note = clean(identity_note, field="identity_note", max_length=200, required=by_staff)
    if not by_staff:
        _require_own_online(call, mode, applicant, key)
        key, note = holder_key(call.actor), "群众登录本站点"
    terms = edition.terms
    calendar = desk.reference.calendar(center_id)
    crossing = Crossing(
        id=desk.ids.new_id(call.now),
        side=Side.COLLECTING,
        mode=mode,
        state=CrossingState.COLLECTING,
        center_id=center_id,
        parties=Parties(
            agreement_id=agreement.id,
            edition_id=edition.id,
            peer_site=agreement.peer_site,
            peer_center_id=terms.handling_center_id,
            item_id=terms.item_id,
            item_name=terms.item_name,
            handling_center_name=terms.handling_center_name,
            collecting_center_name=terms.collecting_center_name,
            peer_contact=terms.handling_contact,
            days=terms.days,
            deliveries=terms.deliveries,
            sealing=terms.sealing,
        ),
        number=crossing_number(desk, call, center_id),
        code=desk.ids.new_code(),
        journey=clean(journey, field="journey", max_length=64, required=False) or desk.ids.new_id(call.now),
        applicant=applicant,
        holder_key=key,
        identity=Identity(
            method="document" if by_staff else "sign_in",
            checked_at=call.now,
            checked_by_name=call.actor.name if by_staff else "",
            note=note,
        ),
        materials=tuple(map(CollectedMaterial.wanted, terms.materials)),
        delivery=delivery,
        opened_at=call.now,
        opened_by_id=call.actor.id if by_staff else "",
        opened_by_name=call.actor.name if by_staff else "",
        form_json=_checked_form(form_json),
        ticket_id=clean(ticket_id, field="ticket_id", max_length=64, required=False),
        department_key=call.actor.department if by_staff else "",
    )
    crossing = collecting.begin(crossing, calendar)
    return desk.crossings.create(crossing, [CrossingOpened(crossing)], call)


def send_crossing(*, desk: Desk, call: Call, crossing_id: str, code: str, expected_version: int) -> Crossing:
    """Sends it to the handling place with its scans; again after it came back.

    The files are with relay before the letter is written. Raises ``Conflict`` (``checklist_incomplete``,
    ``crossing_sent``, ``not_offered``), ``NotFound``, ``Forbidden``, ``Stale``, ``Unavailable`` while relay can't take
    the files.
    """
    crossing = collected_here(desk, call, crossing_id, code)
    check_version(crossing, expected_version)
    agreement = desk.agreements.get(crossing.parties.agreement_id)
    _offered(desk, call, agreement, crossing.center_id, crossing.mode)
    calendar = desk.reference.calendar(crossing.center_id)
    letter = _submission(desk, call, crossing)
    sent = collecting.send(crossing, line_of(letter, desk.site), calendar, now=call.now)
    carry(desk, call, letter.files)
    return desk.crossings.save(sent, [CrossingSent(sent), LetterPosted(letter)], call)


def send_supplement(*, desk: Desk, call: Call, crossing_id: str, code: str, expected_version: int) -> Crossing:
    """Sends what the handling place's notice asked for, from where the citizen is (rules C07; 许可法 32).

    Raises ``Conflict`` (``no_notice_given``, ``supplement_on_its_way``, ``supplement_incomplete``), ``NotFound``,
    ``Forbidden``, ``Stale``, ``Unavailable``.
    """
    crossing = collected_here(desk, call, crossing_id, code)
    check_version(crossing, expected_version)
    collecting.require_supplement_open(crossing)
    asked = collecting.asked_materials(crossing)
    said = pb.CrossingSupplement(
        crossing_id=crossing.id, materials=map(submitted_message, asked), sent_at=to_timestamp(call.now)
    )
    letter = letters.write(
        desk,
        call,
        to=crossing.parties.peer_site,
        type="crossing.supplement",
        journey=crossing.journey,
        payload=said,
        in_reply_to=crossing.submission_id,
        files=tuple(scan for material in asked for scan in material.scans),
        sealing=crossing.parties.sealing,
    )
    calendar = desk.reference.calendar(crossing.center_id)
    sent = collecting.send_supplement(crossing, line_of(letter, desk.site), calendar, now=call.now)
    carry(desk, call, letter.files)
    return desk.crossings.save(sent, [CrossingSupplementSent(sent), LetterPosted(letter)], call)


def withdraw_crossing(
    *, desk: Desk, call: Call, crossing_id: str, code: str, reason: str, expected_version: int
) -> Crossing:
    """Gives up what wasn't sent, or asks the handling place for it back. Raises ``Conflict`` once it was judged."""
    crossing = collected_here(desk, call, crossing_id, code)
    check_version(crossing, expected_version)
    reason = clean(reason, field="reason", max_length=500, required=False, multiline=True)
    if crossing.state.at_desk:
        cancelled = collecting.cancel(crossing, now=call.now)
        return desk.crossings.save(cancelled, [CrossingCancelled(cancelled)], call)
    letter = letters.write(
        desk,
        call,
        to=crossing.parties.peer_site,
        type="crossing.withdrawal",
        journey=crossing.journey,
        payload=pb.CrossingWithdrawal(crossing_id=crossing.id, reason=reason),
        in_reply_to=crossing.submission_id,
    )
    asked = collecting.ask_back(crossing, line_of(letter, desk.site))
    return desk.crossings.save(asked, [CrossingWithdrawalAsked(asked), LetterPosted(letter)], call)


def crossing_number(desk: Desk, call: Call, center_id: str) -> str:
    """The collecting place's next number (跨域件编号); our own choice of form."""
    year = local_date(call.now).year
    number = desk.crossings.store.next_number(f"crossing:{center_id}:{year}")
    return f"KY{center_id}-{year}-{number:06d}"


def _submission(desk: Desk, call: Call, crossing: Crossing) -> OutgoingLetter:
    said = pb.CrossingSubmission(
        crossing_id=crossing.id,
        agreement_id=crossing.parties.agreement_id,
        edition_id=crossing.parties.edition_id,
        mode=MODES[crossing.mode],
        collecting_center_id=crossing.center_id,
        handling_center_id=crossing.parties.peer_center_id,
        item_id=crossing.parties.item_id,
        number=crossing.number,
        code=crossing.code,
        applicant=applicant_message(crossing.applicant),
        identity=identity_message(crossing.identity),
        materials=map(submitted_message, crossing.materials),
        delivery=crossing.delivery,
        form_json=crossing.form_json,
        opened_at=to_timestamp(crossing.opened_at),
        sent_at=to_timestamp(call.now),
        collected_by_name=crossing.opened_by_name,
    )
    days = desk.reference.policy(crossing.center_id).integer("crossing_letter_days")
    return letters.write(
        desk,
        call,
        to=crossing.parties.peer_site,
        type="crossing.submitted",
        journey=crossing.journey,
        payload=said,
        expires_at=call.now + timedelta(days=days),
        files=tuple(scan for material in crossing.materials for scan in material.scans),
        sealing=crossing.parties.sealing,
    )


def _offered(desk: Desk, call: Call, agreement: Agreement, center_id: str, mode: Mode) -> Edition:
    """The edition in force today under which this may be handed in here. Raises ``Conflict`` (``not_offered``)."""
    edition = agreement.in_force(local_date(call.now))
    if (
        edition is None
        or agreement.side is not Side.COLLECTING
        or agreement.center_id != center_id
        or mode not in edition.terms.modes
        or mode is Mode.MULTI_PLACE
    ):
        raise Conflict("not_offered", "本中心目前不能以这种方式代收该事项，请核对通办清单。", agreement=agreement.id)
    return edition


def _require_own_online(call: Call, mode: Mode, applicant: Applicant, key: str) -> None:
    """A citizen applies online for themselves, or says who acts for whom (our own choice)."""
    if not holder_key(call.actor):
        raise Forbidden("role_not_allowed", "请先登录再在网上申请。")
    if mode is not Mode.FULLY_ONLINE:
        raise Forbidden("window_only", "异地代收代办请到窗口办理；网上申请请选择全程网办。")
    own = applicant.id_type != "resident_id" or key == holder_key(call.actor)
    if not own and not applicant.agent_name:
        raise Forbidden("applicant_not_self", "网上申请须填写本人证件；代他人申请的，请填写代办人姓名。")


def _checked_form(form_json: str) -> str:
    """The form's answers: a JSON object, not too large. Raises ``Invalid`` (``form_invalid``)."""
    if not form_json:
        return ""
    if len(form_json.encode()) > MOST_FORM_BYTES:
        raise Invalid("form_invalid", f"表单内容过大，最多 {MOST_FORM_BYTES // 1024} KB。", field="form_json")
    try:
        answers = orjson.loads(form_json)
    except ValueError as error:
        raise Invalid("form_invalid", "表单内容不是正确的 JSON，请重新填写。", field="form_json") from error
    if not isinstance(answers, dict):
        raise Invalid("form_invalid", "表单内容应为 JSON 对象，请重新填写。", field="form_json")
    return orjson.dumps(answers).decode()
