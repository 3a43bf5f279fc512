"""An item's materials, situations and commitment as messages, and back."""

from __future__ import annotations

from services.catalog.domain.checklists import Commitment, SituationCondition, SituationOption, SituationQuestion
from services.catalog.domain.items import Material
from tongban.catalog.v1 import checklists_pb2
from tongban.catalog.v1 import messages_pb2 as pb


def material_message(one: Material) -> pb.Material:
    """A material."""
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


def material_of(message: pb.Material) -> Material:
    """A material as a department describes it."""
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


def question_message(one: SituationQuestion) -> checklists_pb2.SituationQuestion:
    """A question."""
    options = [checklists_pb2.SituationOption(key=each.key, label=each.label) for each in one.options]
    return checklists_pb2.SituationQuestion(key=one.key, label=one.label, options=options)


def question_of(message: checklists_pb2.SituationQuestion) -> SituationQuestion:
    """A question as a department asks it."""
    return SituationQuestion(
        message.key, message.label, tuple(SituationOption(each.key, each.label) for each in message.options)
    )


def commitment_message(one: Commitment | None) -> checklists_pb2.Commitment | None:
    """The parts of a letter."""
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


def commitment_of(message: pb.ServiceItem) -> Commitment | None:
    """The parts of an item's letter; none where it isn't done by commitment."""
    if not message.HasField("commitment"):
        return None
    said = message.commitment
    return Commitment(
        laws=said.laws,
        conditions=said.conditions,
        consequences=said.consequences,
        supervision=said.supervision,
        breach=said.breach,
        remedies=said.remedies,
        correction_days=said.correction_days,
        verification_days=said.verification_days,
        waived=tuple(said.waived),
    )
