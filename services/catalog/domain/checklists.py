"""What an item's situations, materials and commitment letter may say (rules D01, D04; facts 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from services.catalog.domain.items import Guide, Material

#: How a material usually comes.
OBTAINED: Final = frozenset({"", "hand_in", "reuse", "library"})
#: A issued by an authority, B verified at a window, C uploaded, D declared by oneself (facts 3).
TRUST_LEVELS: Final = frozenset({"", "A", "B", "C", "D"})
#: Our own choices: more is nothing that anybody answers.
MOST_QUESTIONS: Final = 20
MOST_OPTIONS: Final = 30
MOST_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class SituationOption:
    """One answer to a question."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class SituationQuestion:
    """What the applicant is asked, so that only what their situation needs is wanted."""

    key: str
    label: str
    options: tuple[SituationOption, ...]


@dataclass(frozen=True, slots=True)
class SituationCondition:
    """Holds where a question has one of these answers."""

    question: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Commitment:
    """Everything that a letter of notice and commitment must say (rules D04)."""

    laws: str
    conditions: str
    consequences: str
    supervision: str
    breach: str
    remedies: str
    #: Working days.
    correction_days: int
    verification_days: int
    #: Materials that need not be handed in under it.
    waived: tuple[str, ...] = ()


_PARTS: Final = {
    "laws": "法律法规规章名称和条款",
    "conditions": "条件、标准、时限和材料",
    "consequences": "未履行或者虚假承诺的法律后果",
    "supervision": "部门服务内容、咨询方式、监管方式和责任",
    "breach": "违诺认定的程序和失信等级标准",
    "remedies": "解释、说明、申诉和信用修复渠道",
}


def checklist_problems(guide: Guide) -> Iterator[tuple[str, str]]:
    """What contradicts itself or is unknown: codes, and words for people. Not even a draft may say it."""
    yield from _question_problems(guide.questions)
    known = {question.key: {option.key for option in question.options} for question in guide.questions}
    for material in guide.materials:
        yield from _material_problems(material)
        asked = [condition.question for condition in material.when]
        if len(set(asked)) != len(asked):
            yield "condition_repeated", f"材料“{material.name}”对同一情形写了两个条件，请合并"
        for condition in material.when:
            if not condition.options or not set(condition.options) <= known.get(condition.question, set()):
                yield "condition_unknown", f"材料“{material.name}”的适用情形 {condition.question} 没有这个问题或选项"
    if guide.commitment is not None:
        unknown = set(guide.commitment.waived) - {material.key for material in guide.materials}
        for key in sorted(unknown):
            yield "commitment_material_unknown", f"告知承诺免交的材料 {key} 不在材料清单中"
        for name in ("correction_days", "verification_days"):
            if not 0 <= getattr(guide.commitment, name) <= MOST_DAYS:
                yield "commitment_days_invalid", f"告知承诺的整改、核查期限应为 0 至 {MOST_DAYS} 个工作日"


def commitment_problems(commitment: Commitment | None) -> Iterator[tuple[str, str]]:
    """What keeps an item with a commitment from being published: each part of its letter must be there (rules D04)."""
    if commitment is None:
        return
    for part in fields(commitment):
        if part.name in _PARTS and not getattr(commitment, part.name):
            yield "commitment_part_missing", f"告知承诺书缺少{_PARTS[part.name]}"
    if not (commitment.correction_days and commitment.verification_days):
        yield "commitment_days_missing", "告知承诺书缺少核查期限或者整改期限"


def _question_problems(questions: tuple[SituationQuestion, ...]) -> Iterator[tuple[str, str]]:
    if len(questions) > MOST_QUESTIONS:
        yield "item_too_large", f"情形问题不能超过 {MOST_QUESTIONS} 个"
    keys = [question.key for question in questions]
    if len(set(keys)) != len(keys):
        yield "question_key_taken", "情形问题的键重复"
    for question in questions:
        if not question.key or not question.label:
            yield "question_incomplete", "情形问题缺少键或问题文字"
        options = [option.key for option in question.options]
        if not 2 <= len(options) <= MOST_OPTIONS or any(not one.key or not one.label for one in question.options):
            yield "options_invalid", f"情形问题“{question.label}”应有 2 至 {MOST_OPTIONS} 个选项，各有键和文字"
        if len(set(options)) != len(options):
            yield "options_invalid", f"情形问题“{question.label}”的选项重复"


def _material_problems(material: Material) -> Iterator[tuple[str, str]]:
    if material.obtained not in OBTAINED:
        yield "material_obtained_unknown", f"材料“{material.name}”的取得方式 {material.obtained} 不认识"
    if material.trust not in TRUST_LEVELS:
        yield "material_trust_unknown", f"材料“{material.name}”的可信等级应为 A、B、C、D 之一"
    if material.deferrable and material.main:
        yield "main_material_deferrable", f"材料“{material.name}”是主要材料，不能容缺（只有次要材料可以容缺后补）"
