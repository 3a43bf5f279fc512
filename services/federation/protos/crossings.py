"""Crossings ↔ messages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import Invalid
from kit.privacy import mask_id, mask_name, mask_phone
from kit.timestamps import from_timestamp, to_timestamp
from services.federation.domain.crossing import (
    Applicant,
    CollectedMaterial,
    Crossing,
    CrossingState,
    Identity,
    Status,
    WantedMaterial,
)
from services.federation.domain.letters import File, LetterLine
from services.federation.protos.agreements import MODES, SIDES, contact_message
from services.federation.protos.by_name import message_of
from services.federation.protos.segments import segment_message, segment_of
from tongban.federation.v1 import letters_pb2, parts_pb2
from tongban.federation.v1 import messages_pb2 as pb

STATES: Final = {
    CrossingState.COLLECTING: pb.CROSSING_STATE_COLLECTING,
    CrossingState.SENT: pb.CROSSING_STATE_SENT,
    CrossingState.RETURNED: pb.CROSSING_STATE_RETURNED,
    CrossingState.ARRIVED: pb.CROSSING_STATE_ARRIVED,
    CrossingState.SUPPLEMENT_REQUESTED: pb.CROSSING_STATE_SUPPLEMENT_REQUESTED,
    CrossingState.ACCEPTED: pb.CROSSING_STATE_ACCEPTED,
    CrossingState.REFUSED: pb.CROSSING_STATE_REFUSED,
    CrossingState.DECIDED: pb.CROSSING_STATE_DECIDED,
    CrossingState.ISSUED: pb.CROSSING_STATE_ISSUED,
    CrossingState.DELIVERED: pb.CROSSING_STATE_DELIVERED,
    CrossingState.WITHDRAWN: pb.CROSSING_STATE_WITHDRAWN,
    CrossingState.CANCELLED: pb.CROSSING_STATE_CANCELLED,
    CrossingState.OFFERED: pb.CROSSING_STATE_OFFERED,
    CrossingState.DECLINED: pb.CROSSING_STATE_DECLINED,
}
_STATES_OF: Final[dict[int, CrossingState]] = {number: state for state, number in STATES.items()}


def state_of(number: int) -> CrossingState | None:
    """The state of a message; ``None``: unspecified or unknown."""
    return _STATES_OF.get(number)


def applicant_message(applicant: Applicant) -> pb.CrossingApplicant:
    """The applicant in full: for letters, intake and audited answers only."""
    return pb.CrossingApplicant(
        name=applicant.name,
        id_type=applicant.id_type,
        id_number=applicant.id_number,
        phone=applicant.phone,
        address=applicant.address,
        agent_name=applicant.agent_name,
    )


def applicant_of(message: pb.CrossingApplicant) -> Applicant:
    """The applicant of a message, as it stands there."""
    return Applicant(
        message.name, message.id_type, message.id_number, message.phone, message.address, message.agent_name
    )


def scan_message(scan: File) -> pb.Scan:
    """A scan as a message."""
    return pb.Scan(sha256=scan.sha256, filename=scan.filename, media_type=scan.media_type, size=scan.size)


def material_message(material: CollectedMaterial, problem: str = "") -> pb.CollectedMaterial:
    """A material as a message."""
    return pb.CollectedMaterial(
        key=material.key,
        name=material.name,
        main=material.main,
        form=material.form,
        standard=material.standard,
        checked=material.checked,
        scans=map(scan_message, material.scans),
        problem=problem,
        originals=material.originals,
        copies=material.copies,
    )


def submitted_message(material: CollectedMaterial) -> letters_pb2.SubmittedMaterial:
    """A material as a letter names it."""
    return letters_pb2.SubmittedMaterial(
        key=material.key,
        scans=map(scan_message, material.scans),
        originals=material.originals,
        copies=material.copies,
        checked=material.checked,
    )


def scans_of(material: letters_pb2.SubmittedMaterial | pb.CollectedMaterial) -> tuple[File, ...]:
    """The scans that a letter names."""
    return tuple(map(_scan_of, material.scans))


def _scan_of(message: pb.Scan) -> File:
    return File(message.sha256, message.filename, message.media_type, message.size)


def identity_message(identity: Identity) -> pb.IdentityEvidence:
    """The identity evidence as a message."""
    return pb.IdentityEvidence(
        method=identity.method,
        checked_by_name=identity.checked_by_name,
        checked_at=to_timestamp(identity.checked_at),
        note=identity.note,
    )


def identity_of(message: pb.IdentityEvidence) -> Identity:
    """The identity evidence of a letter, within limits."""
    return Identity(
        method=message.method[:20],
        checked_at=from_timestamp(message.checked_at),
        checked_by_name=message.checked_by_name[:100],
        note=message.note[:200],
    )


def status_message(status: Status) -> pb.CaseStatus:
    """The owner's picture as a message."""
    return pb.CaseStatus(
        revision=status.revision,
        state=STATES[status.state],
        number=status.number,
        received_at=to_timestamp(status.received_at),
        supplement_due_at=to_timestamp(status.supplement_due_at),
        wanted=[pb.WantedMaterial(key=each.key, name=each.name, problem=each.problem) for each in status.wanted],
        accepted_at=to_timestamp(status.accepted_at),
        deemed=status.deemed,
        due_at=to_timestamp(status.due_at),
        due_provisional=status.due_provisional,
        refusal_reason=status.refusal_reason,
        refusal_basis=status.refusal_basis,
        outcome=status.outcome,
        decision_number=status.decision_number,
        decision_reason=status.decision_reason,
        decided_at=to_timestamp(status.decided_at),
        result_name=status.result_name,
        result_number=status.result_number,
        issued_at=to_timestamp(status.issued_at),
        tracking_number=status.tracking_number,
        delivered_at=to_timestamp(status.delivered_at),
        responsible_name=status.responsible_name,
        supplement_taken=status.supplement_taken,
        supplement_problem=status.supplement_problem,
        said_at=to_timestamp(status.said_at),
        hand_back=None if status.hand_back is None else segment_message(status.hand_back, None),
        result_file=None if status.result_file is None else scan_message(status.result_file),
    )


def status_of(message: pb.CaseStatus) -> Status:
    """The owner's picture that a letter holds. Raises ``Invalid`` (``status_invalid``)."""
    state = state_of(message.state)
    if state is None or message.revision <= 0 or not message.HasField("said_at"):
        raise Invalid("status_invalid", "来函的办件状态无法识别。", revision=message.revision)

    def at(name: str) -> datetime | None:
        value: Timestamp = getattr(message, name)
        return from_timestamp(value) if message.HasField(name) else None  # type: ignore[arg-type]

    return Status(
        revision=message.revision,
        state=state,
        said_at=from_timestamp(message.said_at),
        number=message.number,
        received_at=at("received_at"),
        supplement_due_at=at("supplement_due_at"),
        wanted=tuple(WantedMaterial(each.key, each.name, each.problem) for each in message.wanted),
        accepted_at=at("accepted_at"),
        deemed=message.deemed,
        due_at=at("due_at"),
        due_provisional=message.due_provisional,
        refusal_reason=message.refusal_reason,
        refusal_basis=message.refusal_basis,
        outcome=message.outcome,
        decision_number=message.decision_number,
        decision_reason=message.decision_reason,
        decided_at=at("decided_at"),
        result_name=message.result_name,
        result_number=message.result_number,
        issued_at=at("issued_at"),
        tracking_number=message.tracking_number,
        delivered_at=at("delivered_at"),
        responsible_name=message.responsible_name,
        supplement_taken=message.supplement_taken,
        supplement_problem=message.supplement_problem,
        hand_back=segment_of(message.hand_back) if message.HasField("hand_back") else None,
        result_file=_scan_of(message.result_file) if message.HasField("result_file") else None,
    )


def crossing_message(crossing: Crossing, now: datetime | None = None, *, code: bool = True) -> pb.Crossing:
    """A crossing, masked; ``code`` opens the citizen's page, so lists for staff go without it."""
    problems = {each.key: each.problem for each in crossing.status.wanted} if crossing.status else {}
    parties, trouble = crossing.parties, crossing.trouble
    return pb.Crossing(
        id=crossing.id,
        side=SIDES[crossing.side],
        mode=MODES[crossing.mode],
        state=STATES[crossing.state],
        center_id=crossing.center_id,
        peer_site=parties.peer_site,
        peer_center_id=parties.peer_center_id,
        agreement_id=parties.agreement_id,
        edition_id=parties.edition_id,
        item_id=parties.item_id,
        item_name=parties.item_name,
        number=crossing.number,
        status=status_message(crossing.status) if crossing.status else None,
        code=crossing.code if code else "",
        journey=crossing.journey,
        applicant_name=mask_name(crossing.applicant.name),
        applicant_id_number=mask_id(crossing.applicant.id_number),
        applicant_phone=mask_phone(crossing.applicant.phone),
        materials=[material_message(each, problems.get(each.key, "")) for each in crossing.materials],
        delivery=crossing.delivery,
        identity=identity_message(crossing.identity),
        segments=[segment_message(each, now) for each in crossing.segments],
        trouble=None
        if trouble is None
        else pb.Trouble(
            code=trouble.code, message=trouble.message, at=to_timestamp(trouble.at), letter_id=trouble.letter_id
        ),
        letters=_letters(crossing.letters),
        opened_at=to_timestamp(crossing.opened_at),
        sent_at=to_timestamp(crossing.sent_at),
        closed_at=to_timestamp(crossing.closed_at),
        opened_by_name=crossing.opened_by_name,
        application_id=crossing.application_id or "",
        handling_center_name=parties.handling_center_name,
        collecting_center_name=parties.collecting_center_name,
        peer_contact=contact_message(parties.peer_contact),
        result_arrived_at=to_timestamp(crossing.result_arrived_at),
        version=crossing.version,
        department_key=crossing.department_key,
        ownership=None if crossing.ownership is None else message_of(crossing.ownership, parts_pb2.Ownership()),
        form_json="" if now is None else crossing.form_json,
    )


def _letters(lines: Iterable[LetterLine]) -> Iterable[pb.CrossingLetter]:
    return (
        pb.CrossingLetter(
            id=each.id,
            type=each.type,
            origin=each.origin,
            created_at=to_timestamp(each.created_at),
            digest=each.digest,
            settlement=each.settlement,
            code=each.code,
        )
        for each in lines
    )
