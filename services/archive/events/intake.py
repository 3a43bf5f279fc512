"""What intake's events say of a case: its materials and papers, and what happened to it before it was one."""

from __future__ import annotations

from typing import Any, Final

from kit.events import Event
from kit.timestamps import from_timestamp
from services.archive.domain.case_file import Person, Told
from services.archive.domain.completeness import Demanded, Ending
from services.archive.domain.entries import PDF_TYPE, Draft, EntryKind, Origin
from services.archive.handlers import Head
from tongban.intake.v1 import messages_pb2 as pb

#: Events of intake that a file follows, with the line that some of them leave beside papers and materials.
FOLLOWED: Final[dict[str, str]] = {
    "ApplicationReceived": "",
    "MaterialRecorded": "",
    "MaterialReused": "引用库中材料",
    "MaterialReuseEnded": "引用的库中材料失效",
    "SupplementRequested": "",
    "SupplementHandedIn": "",
    "OwedMaterialHandedIn": "",
    "PromiseReminded": "",
    "ApplicationAccepted": "受理",
    "ApplicationRefused": "不予受理",
    "ApplicationWithdrawn": "申请人撤回申请",
    "ApplicationTransferred": "移送其他站点办理",
    "SupplementNotTaken": "外地补交的材料未能收下",
    "FurtherNoticePermitted": "准许再次告知",
    "PromiseLapsed": "承诺未兑现",
    "PromiseRepaired": "承诺信用修复",
    "OriginalsReturned": "退还原件",
    "ApplicationDeadlineRecomputed": "期限因日历变更重新计算",
    "CommitmentOffered": "申请人选择告知承诺",
    "CommitmentDeclined": "申请人不采用告知承诺",
    "CommitmentSigned": "签署告知承诺",
    "CommitmentVerified": "告知承诺核查",
    "CommitmentOverdue": "告知承诺限期整改逾期",
    "BreachRecorded": "认定告知承诺失信",
    "BreachAppealed": "失信认定申诉",
    "BreachRuledOn": "失信认定申诉裁定",
    "BreachRepaired": "告知承诺信用修复",
}
_ENDINGS: Final = {
    pb.APPLICATION_STATE_REFUSED: Ending.REFUSED,
    pb.APPLICATION_STATE_WITHDRAWN: Ending.WITHDRAWN,
    pb.APPLICATION_STATE_TRANSFERRED: Ending.TRANSFERRED,
}
#: receipt, acceptance, … as completeness knows them.
_PAPER_NAMES: Final = {number: name.removeprefix("PAPER_KIND_").lower() for name, number in pb.PaperKind.items()}


def head_of(application: pb.Application) -> Head:
    """Which case it is."""
    return Head(
        id=application.id,
        number=application.number,
        center_id=application.center_id,
        item_id=application.item_id,
        item_version=application.item_version,
        item_name=application.item_name,
        department_key=application.department_key,
        journey=application.journey,
        opened_at=from_timestamp(application.received_at),
        immediate=application.item_kind == "immediate",
    )


def told(event: Event, name: str, message: Any) -> Told:
    """What one of its events says."""
    application: pb.Application = message.application
    drafts = [*_uploads(application, event), *_papers(application)]
    if FOLLOWED[name]:
        drafts.append(_record(event, FOLLOWED[name], application, message))
    masked = application.applicant
    responsible = application.responsible_staff_id
    return Told(
        drafts=tuple(drafts),
        person=Person(masked.name, masked.id_number, application.applicant_key),
        materials=tuple(_demanded(application)),
        papers=tuple(_PAPER_NAMES.get(paper.kind, "") for paper in application.papers),
        responsible=(responsible, application.responsible_staff_name) if responsible else None,
        ending=_ENDINGS.get(application.state, Ending.NONE),
    )


def _uploads(application: pb.Application, event: Event) -> list[Draft]:
    return [
        Draft(
            key=f"upload/{material.key}/{upload.sha256}",
            kind=EntryKind.MATERIAL,
            title=material.name,
            at=event.at,
            origin=Origin.UPLOAD,
            ref=upload.sha256,
            filename=upload.filename,
            media_type=upload.media_type,
            size=upload.size,
        )
        for material in application.materials
        for upload in material.uploads
    ]


def _papers(application: pb.Application) -> list[Draft]:
    return [
        Draft(
            key=f"paper/{paper.id}",
            kind=EntryKind.PAPER,
            title=f"{paper.title} {paper.number}".strip(),
            at=from_timestamp(paper.issued_at),
            origin=Origin.PAPER,
            ref=paper.id,
            by_name=paper.issued_by,
            media_type=PDF_TYPE,
        )
        for paper in application.papers
    ]


def _demanded(application: pb.Application) -> list[Demanded]:
    promise = application.promise
    owed = {each.key for each in promise.owed if not each.HasField("brought_at")}
    return [
        Demanded(
            key=material.key,
            name=material.name,
            main=material.main,
            handed_in=material.state == pb.MATERIAL_STATE_HANDED_IN,
            scans=len(material.uploads),
            pieces=material.originals + material.copies,
            owed=material.key in owed,
        )
        for material in application.materials
    ]


def _record(event: Event, title: str, application: pb.Application, message: Any) -> Draft:
    said = [
        ("办件流水号", application.number),
        ("材料", _material_of(application, message)),
        ("说明", "法定期限届满，视为受理" if getattr(message, "deemed", False) else ""),
        ("理由", getattr(message, "reason", "") or _reason_of(application, title)),
        ("依据", application.refusal_basis if title == "不予受理" else ""),
        ("移送至", getattr(message, "to_site", "")),
    ]
    text = "\n".join(f"{name}：{value}" for name, value in said if value)
    return Draft(event.id, EntryKind.RECORD, title, event.at, Origin.TEXT, by_name=event.actor_name, text=text)


def _material_of(application: pb.Application, message: Any) -> str:
    """Of an event about one material that was taken from the file: which, and from where."""
    key = getattr(message, "material_key", "")
    found = next((each for each in application.materials if each.key == key and each.HasField("reuse")), None)
    if found is None:
        return ""
    return f"{found.name}（{found.reuse.trust} 级，来自 {found.reuse.number or found.reuse.case_number}）"


def _reason_of(application: pb.Application, title: str) -> str:
    return {"不予受理": application.refusal_reason, "申请人撤回申请": application.withdrawal_reason}.get(title, "")
