"""Catalog's messages as the values of ``reference.model``."""

from __future__ import annotations

import base64
from typing import Any

from google.protobuf.struct_pb2 import ListValue, Struct, Value

from kit.workdays import Limit, Unit
from reference.checklists import Commitment, Material, SituationCondition, SituationOption, SituationQuestion
from reference.model import (
    Center,
    CenterLevel,
    Cooperation,
    Department,
    Elsewhere,
    ElsewherePlace,
    Fee,
    ItemKind,
    ItemResult,
    Lane,
    ServiceItem,
    Step,
    StepCondition,
    Window,
    WindowKind,
)
from reference.papers.sealing import Seal
from tongban.catalog.v1 import checklists_pb2, routes_pb2, seals_pb2
from tongban.catalog.v1 import messages_pb2 as pb

_UNITS = {
    pb.LIMIT_UNIT_WORKING_DAY: Unit.WORKING_DAY,
    pb.LIMIT_UNIT_CALENDAR_DAY: Unit.CALENDAR_DAY,
    pb.LIMIT_UNIT_WORKING_HOUR: Unit.HOUR,
}


def center(message: pb.Center) -> Center:
    """A center. Raises ``ValueError`` on a level or a kind of window that isn't known."""
    return Center(
        id=message.id,
        name=message.name,
        level=CenterLevel(message.level),
        parent_id=message.parent_id,
        address=message.address,
        phone=message.phone,
        departments=tuple(Department(d.key, d.name, d.credit_code, d.phone) for d in message.departments),
        lanes=tuple(Lane(lane.key, lane.prefix, lane.name) for lane in message.lanes),
        windows=tuple(
            Window(w.id, w.number, w.name, WindowKind(_name(pb.WindowKind, w.kind, "WINDOW_KIND_")), tuple(w.lanes))
            for w in message.windows
        ),
        version=message.version,
    )


def item(message: pb.ServiceItem) -> ServiceItem:
    """A published item version. Raises ``ValueError`` (or ``Invalid``) on what no published item has."""
    return ServiceItem(
        id=message.id,
        item_version=message.item_version,
        center_id=message.center_id,
        name=message.name,
        type_code=message.type_code,
        kind=ItemKind(_name(pb.ItemKind, message.kind, "ITEM_KIND_")),
        cooperation=Cooperation(_name(pb.Cooperation, message.cooperation, "COOPERATION_")),
        department_key=message.department_key,
        lane=message.lane,
        promised_limit=_limit(message.promised_limit),
        statutory_limit=_limit(message.statutory_limit) if message.HasField("statutory_limit") else None,
        extension_limit=_limit(message.extension_limit) if message.HasField("extension_limit") else None,
        merge_rule=_name(routes_pb2.MergeRule, message.merge_rule or routes_pb2.MERGE_RULE_ALL, "MERGE_RULE_"),
        basic_code=message.basic_code,
        implementation_code=message.implementation_code,
        coding_scheme=message.coding_scheme,
        materials=tuple(map(_material, message.materials)),
        fees=tuple(Fee(f.name, f.amount, f.basis, f.price_fen, f.unit) for f in message.fees),
        fee_note=message.fee_note,
        special_procedures=tuple(message.special_procedures),
        steps=tuple(_step(step) for step in message.steps),
        results=tuple(
            ItemResult(r.name, r.kind, r.validity, r.valid_months, r.renewal_days, r.renewal_field)
            for r in message.results
        ),
        audience=tuple(message.audience),
        keywords=tuple(message.keywords),
        source_note=message.source_note,
        assumptions=tuple(message.assumptions),
        version=message.version,
        questions=tuple(
            SituationQuestion(q.key, q.label, tuple(SituationOption(o.key, o.label) for o in q.options))
            for q in message.questions
        ),
        form_schema=message.form_schema,
        commitment=_commitment(message.commitment) if message.HasField("commitment") else None,
    )


def _material(message: pb.Material) -> Material:
    return Material(
        key=message.key,
        name=message.name,
        source=message.source,
        form=message.form,
        main=message.main,
        copies=message.copies,
        note=message.note,
        when=tuple(SituationCondition(each.question, tuple(each.options)) for each in message.when),
        sample=message.sample,
        standard=message.standard,
        obtained=message.obtained,
        trust=message.trust,
        deferrable=message.deferrable,
    )


def material_message(one: Material) -> pb.Material:
    """A material, back as a message."""
    return pb.Material(
        key=one.key,
        name=one.name,
        source=one.source,
        form=one.form,
        main=one.main,
        copies=one.copies,
        note=one.note,
        when=[checklists_pb2.SituationCondition(question=each.question, options=each.options) for each in one.when],
        sample=one.sample,
        standard=one.standard,
        obtained=one.obtained,
        trust=one.trust,
        deferrable=one.deferrable,
    )


def question_message(one: SituationQuestion) -> checklists_pb2.SituationQuestion:
    """A question, back as a message."""
    options = [checklists_pb2.SituationOption(key=each.key, label=each.label) for each in one.options]
    return checklists_pb2.SituationQuestion(key=one.key, label=one.label, options=options)


def commitment_message(one: Commitment | None) -> checklists_pb2.Commitment | None:
    """The parts of a letter, back as a message."""
    if one is None:
        return None
    return checklists_pb2.Commitment(
        laws=one.laws,
        conditions=one.conditions,
        consequences=one.consequences,
        supervision=one.supervision,
        breach=one.breach,
        remedies=one.remedies,
        correction_days=one.correction_days,
        verification_days=one.verification_days,
        waived=one.waived,
    )


def _commitment(message: checklists_pb2.Commitment) -> Commitment:
    return Commitment(
        laws=message.laws,
        conditions=message.conditions,
        consequences=message.consequences,
        supervision=message.supervision,
        breach=message.breach,
        remedies=message.remedies,
        correction_days=message.correction_days,
        verification_days=message.verification_days,
        waived=tuple(message.waived),
    )


def _step(message: pb.Step) -> Step:
    there = message.elsewhere
    places = tuple(ElsewherePlace(p.site, p.center_id, p.department_key, p.days, p.title) for p in there.places)
    kind = _name(pb.ElsewhereKind, there.kind, "ELSEWHERE_KIND_")
    elsewhere = Elsewhere(kind, places) if message.HasField("elsewhere") else None
    return Step(
        message.key,
        message.name,
        message.role,
        message.department_key,
        elsewhere,
        kind=_name(routes_pb2.StepKind, message.kind or routes_pb2.STEP_KIND_REVIEW, "STEP_KIND_"),
        after=tuple(message.after),
        when=tuple(StepCondition(one.field, tuple(one.values)) for one in message.when),
        days=message.days,
        signers=message.signers,
        sign_departments=tuple(message.sign_departments),
        notice_days=message.notice_days,
    )


def seal(message: seals_pb2.Seal) -> Seal:
    """A seal as catalog tells it."""
    return Seal(
        id=message.id,
        center_id=message.center_id,
        department_key=message.department_key,
        name=message.name,
        sha256=message.sha256,
        kinds=tuple(message.kinds),
        roles=tuple(message.roles),
        withdrawn=message.HasField("withdrawn_at"),
        image=base64.b64encode(message.image).decode(),
        version=message.version,
    )


def plain(value: Value | Struct | ListValue) -> Any:
    """A dynamic value as plain Python; a number without a fraction is an integer, as JSON would have it."""
    if isinstance(value, Struct):
        return {name: plain(entry) for name, entry in value.fields.items()}
    if isinstance(value, ListValue):
        return [plain(entry) for entry in value.values]
    match value.WhichOneof("kind"):
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return plain(value.struct_value)
        case "list_value":
            return plain(value.list_value)
        case _:
            return None


def _limit(message: pb.Limit) -> Limit:
    return Limit(message.amount, _UNITS[message.unit], message.basis)


def _name(enum: Any, value: int, prefix: str) -> str:
    name: str = enum.Name(value)
    return name.removeprefix(prefix).lower()
