"""Applications as messages: masked, and in events without the form's answers (convention 13)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kit.privacy import mask_id, mask_name, mask_phone
from kit.timestamps import to_timestamp
from reference.protos import commitment_message, question_message
from reference.protos import material_message as catalog_material
from services.intake.commitment_protos import CHOICES, undertaking_message
from services.intake.domain.application import (
    Answer,
    Applicant,
    Application,
    ApplicationState,
    Channel,
    DeliveryMethod,
    Promise,
    RefusalKind,
)
from services.intake.domain.material import Declared, Material, MaterialState, Upload
from services.intake.domain.paper import Paper, PaperKind
from services.intake.domain.reuse import Reuse
from services.intake.queries.checklists import Checklist
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.intake.v1 import messages_pb2 as pb
from tongban.intake.v1 import service_pb2

STATES: Final = {
    ApplicationState.RECEIVED: pb.APPLICATION_STATE_RECEIVED,
    ApplicationState.SUPPLEMENT_REQUESTED: pb.APPLICATION_STATE_SUPPLEMENT_REQUESTED,
    ApplicationState.ACCEPTED: pb.APPLICATION_STATE_ACCEPTED,
    ApplicationState.REFUSED: pb.APPLICATION_STATE_REFUSED,
    ApplicationState.WITHDRAWN: pb.APPLICATION_STATE_WITHDRAWN,
    ApplicationState.TRANSFERRED: pb.APPLICATION_STATE_TRANSFERRED,
}
CHANNELS: Final = {
    Channel.WINDOW: pb.CHANNEL_WINDOW,
    Channel.ONLINE: pb.CHANNEL_ONLINE,
    Channel.ELSEWHERE: pb.CHANNEL_ELSEWHERE,
}
MATERIAL_STATES: Final = {
    MaterialState.MISSING: pb.MATERIAL_STATE_MISSING,
    MaterialState.HANDED_IN: pb.MATERIAL_STATE_HANDED_IN,
    MaterialState.INCOMPLETE: pb.MATERIAL_STATE_INCOMPLETE,
    MaterialState.WRONG_FORM: pb.MATERIAL_STATE_WRONG_FORM,
}
PAPER_KINDS: Final = {
    PaperKind.RECEIPT: pb.PAPER_KIND_RECEIPT,
    PaperKind.ACCEPTANCE: pb.PAPER_KIND_ACCEPTANCE,
    PaperKind.ONE_TIME_NOTICE: pb.PAPER_KIND_ONE_TIME_NOTICE,
    PaperKind.REFUSAL: pb.PAPER_KIND_REFUSAL,
    PaperKind.PROMISE: pb.PAPER_KIND_PROMISE,
    PaperKind.COMMITMENT: pb.PAPER_KIND_COMMITMENT,
    PaperKind.CORRECTION: pb.PAPER_KIND_CORRECTION,
    PaperKind.BREACH: pb.PAPER_KIND_BREACH,
}
DELIVERIES: Final = {
    DeliveryMethod.WINDOW: pb.DELIVERY_METHOD_WINDOW,
    DeliveryMethod.POST: pb.DELIVERY_METHOD_POST,
    DeliveryMethod.ELECTRONIC: pb.DELIVERY_METHOD_ELECTRONIC,
}

REFUSAL_KINDS: Final = {
    RefusalKind.NOT_REQUIRED: pb.REFUSAL_KIND_NOT_REQUIRED,
    RefusalKind.NOT_OURS: pb.REFUSAL_KIND_NOT_OURS,
    RefusalKind.OTHER: pb.REFUSAL_KIND_OTHER,
}

_STATE_OF: Final = {value: key for key, value in STATES.items()}
_MATERIAL_STATE_OF: Final = {value: key for key, value in MATERIAL_STATES.items()}
_DELIVERY_OF: Final = {value: key for key, value in DELIVERIES.items()}
_REFUSAL_KIND_OF: Final = {value: key for key, value in REFUSAL_KINDS.items()}


def application_message(application: Application, *, event: bool = False) -> pb.Application:
    """An application in full but for its applicant, who is masked; in events without the form's answers as well."""
    responsible, refusal = application.responsible, application.refusal
    return pb.Application(
        id=application.id,
        number=application.number,
        center_id=application.center_id,
        item_id=application.item_id,
        item_version=application.item_version,
        item_name=application.item_name,
        department_key=application.department_key,
        item_kind=application.item_kind,
        channel=CHANNELS[application.channel],
        state=STATES[application.state],
        applicant=masked(application.applicant),
        materials=[material_message(material) for material in application.materials],
        papers=[paper_message(paper) for paper in application.papers],
        ticket_id=application.ticket_id,
        window_number=application.window_number,
        journey=application.journey,
        code=application.code,
        received_at=to_timestamp(application.received_at),
        accepted_at=to_timestamp(application.accepted_at),
        closed_at=to_timestamp(application.closed_at),
        supplement_due_at=to_timestamp(application.supplement_due_at),
        notice_due_at=to_timestamp(application.notice_due_at),
        responsible_staff_id=responsible.id if responsible else "",
        responsible_staff_name=responsible.name if responsible else "",
        delivery=DELIVERIES[application.delivery],
        refusal_reason=refusal.reason if refusal else "",
        refusal_basis=refusal.basis if refusal else "",
        version=application.version,
        form_json="" if event else application.form_json,
        withdrawal_reason=application.withdrawal_reason,
        deemed=application.deemed,
        due_provisional=application.due_provisional,
        crossing_id=application.crossing_id or "",
        collected_by=application.collected_by,
        situation=[pb.SituationAnswer(question=each.question, option=each.option) for each in application.situation],
        refusal_kind=REFUSAL_KINDS[refusal.kind] if refusal else pb.REFUSAL_KIND_UNSPECIFIED,
        refusal_authority=refusal.authority if refusal else "",
        further_notices=[
            pb.FurtherNotice(
                permitted_by=each.permitted_by.name,
                reason=each.reason,
                permitted_at=to_timestamp(each.permitted_at),
                given_at=to_timestamp(each.given_at),
            )
            for each in application.further_notices
        ],
        promise=_promise_message(application.promise),
        commitment=CHOICES[application.commitment],
        undertaking=undertaking_message(application.undertaking),
        date_changes=[
            pb.ApplicationDateChange(
                at=to_timestamp(each.at),
                changed_by=each.changed_by,
                old_due_at=to_timestamp(each.old_due_at),
                new_due_at=to_timestamp(each.new_due_at),
                reason=each.reason,
            )
            for each in application.date_changes
        ],
        applicant_key=application.applicant_key if event else "",
    )


def _promise_message(promise: Promise | None) -> pb.Promise | None:
    if promise is None:
        return None
    return pb.Promise(
        owed=[
            pb.OwedMaterial(key=each.key, name=each.name, brought_at=to_timestamp(each.brought_at))
            for each in promise.owed
        ],
        promised_at=to_timestamp(promise.promised_at),
        due_at=to_timestamp(promise.due_at),
        fulfilled_at=to_timestamp(promise.fulfilled_at),
        lapsed_at=to_timestamp(promise.lapsed_at),
        repaired_at=to_timestamp(promise.repaired_at),
        repair_reason=promise.repair_reason,
        due_provisional=promise.provisional,
    )


def staff_message(application: Application, *, with_answers: bool) -> pb.Application:
    """An application as staff see it: without the code, which speaks for the holder (it stands on the receipt).

    The form's answers may name anybody in full: they are for those who work on it, and not for lists.
    """
    message = application_message(application)
    message.ClearField("code")
    if not with_answers:
        message.ClearField("form_json")
    return message


def holder_message(application: Application) -> pb.Application:
    """An application as its holder sees it: who is responsible by name, not by the account."""
    message = application_message(application)
    message.ClearField("responsible_staff_id")
    message.ClearField("further_notices")
    return message


def masked(applicant: Applicant) -> pb.MaskedApplicant:
    """The applicant as lists and logs may show them. An enterprise's name is public; a person's isn't."""
    person = applicant.id_type != "credit_code"
    return pb.MaskedApplicant(
        name=mask_name(applicant.name) if person else applicant.name,
        id_type=applicant.id_type,
        id_number=mask_id(applicant.id_number),
        phone=mask_phone(applicant.phone),
    )


def applicant_message(applicant: Applicant) -> pb.Applicant:
    """The applicant in full: for ShowApplicant's audited answer only."""
    return pb.Applicant(
        name=applicant.name,
        id_type=applicant.id_type,
        id_number=applicant.id_number,
        phone=applicant.phone,
        address=applicant.address,
        agent_name=applicant.agent_name,
    )


def applicant_of(message: pb.Applicant) -> Applicant:
    """What was typed, not yet checked."""
    return Applicant(
        name=message.name,
        id_type=message.id_type,
        id_number=message.id_number,
        phone=message.phone,
        address=message.address,
        agent_name=message.agent_name,
    )


def material_message(material: Material) -> pb.ApplicationMaterial:
    """One material."""
    return pb.ApplicationMaterial(
        key=material.key,
        name=material.name,
        main=material.main,
        state=MATERIAL_STATES[material.state],
        problem=material.problem,
        uploads=[upload_message(upload) for upload in material.uploads],
        originals=material.originals,
        copies=material.copies,
        standard=material.standard,
        deferrable=material.deferrable,
        returned=material.returned,
        waived=material.waived,
        original_seen=material.original_seen,
        reuse=_reuse_message(material.reuse),
    )


def _reuse_message(reuse: Reuse | None) -> pb.MaterialReuse | None:
    if reuse is None:
        return None
    return pb.MaterialReuse(
        holding_id=reuse.holding_id,
        name=reuse.name,
        trust=reuse.trust,
        number=reuse.number,
        issuer=reuse.issuer,
        valid_until=reuse.valid_until.isoformat() if reuse.valid_until else "",
        case_number=reuse.case_number,
        reused_at=to_timestamp(reuse.reused_at),
        reused_by_name=reuse.reused_by_name,
        needs_original=reuse.needs_original,
        sha256=reuse.sha256,
        end_reason=reuse.end_reason,
        ended_at=to_timestamp(reuse.ended_at),
    )


def upload_message(upload: Upload) -> pb.Upload:
    """An uploaded file."""
    return pb.Upload(sha256=upload.sha256, filename=upload.filename, media_type=upload.media_type, size=upload.size)


def paper_message(paper: Paper) -> pb.Paper:
    """An issued paper, without its text."""
    return pb.Paper(
        id=paper.id,
        kind=PAPER_KINDS[paper.kind],
        number=paper.number,
        title=paper.kind.heading,
        issued_at=to_timestamp(paper.issued_at),
        issued_by=paper.issued_by,
    )


def situation_of(messages: Iterable[pb.SituationAnswer]) -> tuple[Answer, ...]:
    """What was answered, not yet checked."""
    return tuple(Answer(each.question, each.option) for each in messages)


def checklist_message(checklist: Checklist) -> pb.Checklist:
    """What an application needs."""
    item = checklist.item
    return pb.Checklist(
        item_id=item.id,
        item_version=item.item_version,
        item_name=item.name,
        questions=map(question_message, item.questions),
        materials=map(catalog_material, checklist.materials),
        form_schema=item.form_schema,
        form_json=checklist.form_json,
        fees=[catalog.Fee(name=fee.name, amount=fee.amount, basis=fee.basis) for fee in item.fees],
        fee_note=item.fee_note,
        commitment=commitment_message(item.commitment),
        unanswered=checklist.unanswered,
    )


def state_of(value: pb.ApplicationState.ValueType) -> ApplicationState | None:
    """The state asked for; None for any."""
    return _STATE_OF.get(value)


def delivery_of(value: pb.DeliveryMethod.ValueType) -> DeliveryMethod:
    """The way asked for; at the window where nothing was said."""
    return _DELIVERY_OF.get(value, DeliveryMethod.WINDOW)


def refusal_kind_of(value: pb.RefusalKind.ValueType) -> RefusalKind:
    """The law's ground that was named; another one where none was."""
    return _REFUSAL_KIND_OF.get(value, RefusalKind.OTHER)


def declared_of(message: service_pb2.DeclaredMaterial, problem: str) -> Declared:
    """What was said of a material; nothing said means handed in where there are pieces, else missing."""
    state = _MATERIAL_STATE_OF.get(message.state)
    if state is None:
        state = MaterialState.HANDED_IN if message.originals or message.copies else MaterialState.MISSING
    return Declared(message.key, state, problem, message.originals, message.copies)
