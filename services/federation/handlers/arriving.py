"""Applications from elsewhere: taken in for intake, supplemented, withdrawn, handed over (rules P01–P04; facts 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid, NotReady
from kit.privacy import person_key
from kit.store.port import Mark
from kit.text import clean
from kit.timestamps import from_timestamp
from kit.workdays import local_date
from services.federation.domain.agreement import Agreement, Edition, EditionState, Mode, Side
from services.federation.domain.crossing import (
    CollectedMaterial,
    Crossing,
    CrossingState,
    Parties,
)
from services.federation.domain.events import (
    CrossingArrived,
    CrossingHandOverArrived,
    CrossingSupplementArrived,
    CrossingWithdrawalArrived,
)
from services.federation.domain.handing_over import require_owner
from services.federation.domain.letters import (
    File,
    IncomingLetter,
    line_of_arrived,
    with_line,
)
from services.federation.domain.segments import SegmentKind, ended
from services.federation.handlers import handling, letters
from services.federation.handlers.desk import Desk
from services.federation.handlers.identity import checked
from services.federation.handlers.letters import Taker, answered
from services.federation.protos.agreements import mode_of
from services.federation.protos.crossings import applicant_of, identity_of, scans_of
from tongban.federation.v1 import letters_pb2 as pb

_TAKEN_MODES: Final = (Mode.COLLECT_FOR, Mode.FULLY_ONLINE)


def _submitted(desk: Desk, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    """An application from elsewhere: under an agreement that held when it was sent, for an item that is offered."""
    said = letters.read(letter, pb.CrossingSubmission)
    known = desk.crossings.find_by_id(said.crossing_id)
    if known is not None:
        _again(desk, call, known, letter, mark)
        return
    mode = mode_of(said.mode)
    agreement, edition = _agreed(desk, said, letter, mode)
    applicant = checked(applicant_of(said.applicant), local_date(call.now))
    if said.delivery not in edition.terms.deliveries:
        raise Invalid("delivery_not_agreed", "通办协议没有约定这种送达方式，请更正后重新发送。", field="delivery")
    if said.delivery == "post" and not applicant.address:
        raise Invalid("address_required", "选择邮寄送达的，请填写收件地址。", field="applicant.address")
    item = desk.reference.published_item(agreement.center_id, edition.terms.item_id)
    code = usable_code(desk, said.code)
    terms = edition.terms
    crossing = Crossing(
        id=clean(said.crossing_id, field="crossing_id", max_length=64),
        side=Side.HANDLING,
        mode=mode,
        state=CrossingState.SENT,
        center_id=agreement.center_id,
        parties=Parties(
            agreement_id=agreement.id,
            edition_id=edition.id,
            peer_site=letter.origin,
            peer_center_id=terms.collecting_center_id,
            item_id=terms.item_id,
            item_name=terms.item_name,
            handling_center_name=terms.handling_center_name,
            collecting_center_name=terms.collecting_center_name,
            peer_contact=terms.collecting_contact,
            days=terms.days,
            deliveries=terms.deliveries,
            sealing=terms.sealing,
        ),
        number=clean(said.number, field="number", max_length=64),
        code=code,
        journey=letter.journey,
        applicant=applicant,
        holder_key=person_key(desk.secret, applicant.id_number),
        identity=identity_of(said.identity),
        materials=_materials(tuple(map(CollectedMaterial.wanted, terms.materials)), letter, said.materials),
        delivery=said.delivery,
        opened_at=from_timestamp(said.opened_at),
        opened_by_id="",
        opened_by_name=said.collected_by_name[:100],
        form_json=said.form_json,
        letters=(line_of_arrived(letter),),
        sent_at=from_timestamp(said.sent_at),
        submission_id=letter.id,
        department_key=item.department_key,
    )
    desk.crossings.create(crossing, [CrossingArrived(crossing)], call, mark=mark)


def _again(desk: Desk, call: Call, known: Crossing, letter: IncomingLetter, mark: Mark) -> None:
    """It was sent again, as its sender didn't know that it had come: told anew, with no other effect."""
    _require_theirs(desk, known, letter)
    noted = replace(known, letters=with_line(known.letters, line_of_arrived(letter)), submission_id=letter.id)
    if noted.status is None:
        desk.crossings.save(noted, [], call, mark=mark)
    else:
        handling.tell_anew(desk, call, noted, mark)


def _supplemented(desk: Desk, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    said = letters.read(letter, pb.CrossingSupplement)
    crossing = _theirs(desk, said.crossing_id, letter)
    if crossing.application_id is None:
        raise NotReady("application_on_its_way", "收件正在办理，请稍候。", crossing=crossing.id)
    blank = tuple(replace(each, scans=(), originals=0, copies=0, checked=False) for each in crossing.materials)
    brought = {each.key: each for each in _materials(blank, letter, said.materials) if each.scans}
    supplemented = replace(
        crossing,
        supplement_id=letter.id,
        materials=tuple(brought.get(each.key, each) for each in crossing.materials),
        letters=with_line(crossing.letters, line_of_arrived(letter)),
    )
    event = CrossingSupplementArrived(supplemented, tuple(brought.values()), letter.id)
    desk.crossings.save(supplemented, [event, answered(letter, call, "read")], call, mark=mark)


def _withdrawn(desk: Desk, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    said = letters.read(letter, pb.CrossingWithdrawal)
    crossing = _theirs(desk, said.crossing_id, letter)
    noted = replace(crossing, withdrawal_id=letter.id, letters=with_line(crossing.letters, line_of_arrived(letter)))
    event = CrossingWithdrawalArrived(noted, said.reason[:500])
    desk.crossings.save(noted, [event, answered(letter, call, "read")], call, mark=mark)


def _handed_over(desk: Desk, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    said = letters.read(letter, pb.CrossingHandedOver)
    crossing = _theirs(desk, said.crossing_id, letter)
    if crossing.delivery != "window":
        raise Conflict("result_not_issued_there", "该件的结果不由收件地发放。", delivery=crossing.delivery)
    noted = replace(
        crossing,
        handed_over_at=from_timestamp(said.handed_over_at),
        segments=ended(crossing.segments, from_timestamp(said.handed_over_at), SegmentKind.HAND_BACK),
        letters=with_line(crossing.letters, line_of_arrived(letter)),
    )
    event = CrossingHandOverArrived(noted, said.received_by[:100])
    desk.crossings.save(noted, [event, answered(letter, call, "acted_on")], call, mark=mark)


LETTERS: Final[Mapping[str, Taker]] = {
    "crossing.submitted": _submitted,
    "crossing.supplement": _supplemented,
    "crossing.withdrawal": _withdrawn,
    "crossing.handed_over": _handed_over,
}


# ── Who may, and what was agreed on ──────────────────────────────────────────────────────────────────────────────


def _agreed(desk: Desk, said: pb.CrossingSubmission, letter: IncomingLetter, mode: Mode) -> tuple[Agreement, Edition]:
    agreement = desk.agreements.find_by_id(said.agreement_id)
    if agreement is None or agreement.peer_site != letter.origin or agreement.side is not Side.HANDLING:
        raise Conflict("agreement_unknown", "本站点没有与贵站点的这份通办协议，请核对后重新发送。")
    edition = agreement.edition(said.edition_id)
    if edition.state is EditionState.PROPOSED and edition.proposed_by_site == desk.site:
        raise NotReady("answer_on_its_way", "对方对协议的答复尚在途中，请稍候。", agreement=agreement.id)
    if agreement.in_force(local_date(from_timestamp(said.sent_at))) != edition:
        raise Conflict("agreement_not_in_force", "发送时该版本通办协议未生效或已终止，请按现行协议重新办理。")
    terms = edition.terms
    if mode not in terms.modes or mode not in _TAKEN_MODES:
        raise Conflict("mode_not_agreed", "通办协议没有约定这种通办模式，请更正后重新发送。", mode=mode.value)
    named = (said.item_id, said.handling_center_id, said.collecting_center_id)
    if named != (terms.item_id, terms.handling_center_id, terms.collecting_center_id):
        raise Conflict("not_as_agreed", "事项或中心与通办协议不符，请更正后重新发送。")
    return agreement, edition


def _materials(
    agreed: tuple[CollectedMaterial, ...], letter: IncomingLetter, submitted: Iterable[pb.SubmittedMaterial]
) -> tuple[CollectedMaterial, ...]:
    """What was agreed on with what came. Raises ``Invalid``: a material or a scan that isn't there."""
    brought = {each.key: each for each in submitted}
    unknown = set(brought) - {each.key for each in agreed}
    if unknown:
        raise Invalid("material_unknown", "来函的材料与通办协议不符，请更正后重新发送。", material=min(unknown)[:64])
    materials = []
    for each in agreed:
        there = brought.get(each.key)
        if there is not None:
            scans = attached(letter, each.key, scans_of(there))
            each = replace(each, scans=scans, originals=there.originals, copies=there.copies, checked=there.checked)
        materials.append(each)
    return tuple(materials)


def usable_code(desk: Desk, text: str) -> str:
    """The code that opens the citizen's progress, here too. Raises ``Invalid`` (``code_unusable``)."""
    code = clean(text, field="code", max_length=64)
    if len(code) < 20 or desk.crossings.find_unique("by_code", code) is not None:
        raise Invalid("code_unusable", "查询码不可用，请收件地重新建立该件后发送。", field="code")
    return code


def attached(letter: IncomingLetter, key: str, scans: tuple[File, ...]) -> tuple[File, ...]:
    """A material's scans, all of which came with the letter. Raises ``Invalid`` (``scan_not_attached``)."""
    if not {scan.sha256 for scan in scans} <= {file.sha256 for file in letter.files}:
        raise Invalid("scan_not_attached", "来函缺少扫描件，请重新发送。", material=key[:64])
    return scans


def _theirs(desk: Desk, crossing_id: str, letter: IncomingLetter) -> Crossing:
    crossing = desk.crossings.find_by_id(crossing_id)
    if crossing is None:
        raise Conflict("crossing_unknown", "本站点没有该跨域办件，请核对后重新发送。", crossing=crossing_id[:80])
    _require_theirs(desk, crossing, letter)
    return crossing


def _require_theirs(desk: Desk, crossing: Crossing, letter: IncomingLetter) -> None:
    if crossing.side is not Side.HANDLING or crossing.parties.peer_site != letter.origin:
        raise Forbidden("not_a_party", "来函站点不是该件的收件地。", origin=letter.origin)
    require_owner(crossing, desk.site)
