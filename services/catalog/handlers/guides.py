"""What departments fill in, as it may be kept: texts within limits, checked against the center and its policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import orjson
from stdnum.cn import uscc

from kit.errors import Invalid
from kit.forms import read_form
from kit.text import clean
from kit.workdays import Limit
from reference.policies.item_types import ITEM_TYPES
from services.catalog.domain.checklists import Commitment, SituationCondition, SituationOption, SituationQuestion
from services.catalog.domain.items import Guide, Material
from services.catalog.domain.publication import Rules
from services.catalog.domain.routes import Step, StepCondition
from services.catalog.handlers.catalog import Catalog
from services.catalog.handlers.effective import settings_of

MAX_KEYWORDS: Final = 100
_NAME: Final = 200
_NOTE: Final = 1000
_KEY: Final = 64
#: Of a part of a commitment's letter, and of a form's schema.
_PART: Final = 4000
MOST_FORM: Final = 64 * 1024


def rules_for(catalog: Catalog, center_id: str) -> Rules:
    """What a center's policy says about items (rules ZZ16, ZZ27)."""
    settings = settings_of(catalog, center_id)
    return Rules(
        item_types=ITEM_TYPES[settings.text("item_type_dict")],
        min_compression_pct=settings.integer("min_compression_pct"),
        days_per_week=settings.number("compression_days_per_week"),
        is_credit_code=uscc.is_valid,
        form_problems=form_problems,
        form_fields=form_fields,
    )


def form_problems(text: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a form's JSON Schema; nothing where there is none."""
    if not text:
        return
    try:
        read_form(orjson.loads(text))
    except ValueError:
        yield "form_schema_invalid", "表单定义不是正确的 JSON"
    except Invalid as error:
        yield error.code, error.message.removesuffix("。请更正后重试。")


def form_fields(text: str) -> frozenset[str]:
    """The names of a form's fields; none of what is no form, which ``form_problems`` tells."""
    if not text or any(form_problems(text)):
        return frozenset()
    return frozenset(field.key for field in read_form(orjson.loads(text)).fields)


def cleaned(guide: Guide) -> Guide:
    """The same with its texts cleaned. Raises ``Invalid`` (``text_required``, ``text_too_long``, ``text_invalid``)."""
    return replace(
        guide,
        name=clean(guide.name, field="name", max_length=_NAME),
        basic_code=_key(guide.basic_code, "basic_code"),
        implementation_code=_key(guide.implementation_code, "implementation_code"),
        type_code=_key(guide.type_code, "type_code"),
        department_key=_key(guide.department_key, "department_key"),
        lane=_key(guide.lane, "lane"),
        statutory_limit=_limit(guide.statutory_limit, "statutory_limit.basis"),
        promised_limit=_limit(guide.promised_limit, "promised_limit.basis"),
        extension_limit=_limit(guide.extension_limit, "extension_limit.basis"),
        materials=tuple(map(_material, guide.materials)),
        fees=tuple(
            replace(
                one,
                name=_text(one.name, "fees.name", _NAME),
                amount=_text(one.amount, "fees.amount", _NAME),
                basis=_text(one.basis, "fees.basis"),
                unit=_text(one.unit, "fees.unit", _NAME),
            )
            for one in guide.fees
        ),
        fee_note=_text(guide.fee_note, "fee_note"),
        steps=tuple(map(_step, guide.steps)),
        results=tuple(
            replace(
                one,
                name=_text(one.name, "results.name", _NAME),
                validity=_text(one.validity, "results.validity", _NAME),
                renewal_field=_text(one.renewal_field, "results.renewal_field", _NAME),
            )
            for one in guide.results
        ),
        special_procedures=_words(guide.special_procedures, "special_procedures"),
        audience=_words(guide.audience, "audience"),
        keywords=_words(guide.keywords, "keywords"),
        source_note=_text(guide.source_note, "source_note"),
        assumptions=_words(guide.assumptions, "assumptions"),
        questions=tuple(map(_question, guide.questions)),
        form_schema=clean(guide.form_schema, field="form_schema", max_length=MOST_FORM, required=False, multiline=True),
        commitment=None if guide.commitment is None else _commitment(guide.commitment),
    )


def _material(one: Material) -> Material:
    return replace(
        one,
        key=_key(one.key, "materials.key"),
        name=_text(one.name, "materials.name", _NAME),
        note=_text(one.note, "materials.note"),
        when=tuple(
            SituationCondition(_key(each.question, "materials.when"), _words(each.options, "materials.when"))
            for each in one.when
        ),
        sample=_text(one.sample, "materials.sample"),
        standard=_text(one.standard, "materials.standard"),
    )


def _question(one: SituationQuestion) -> SituationQuestion:
    options = tuple(
        SituationOption(_key(each.key, "questions.options"), _text(each.label, "questions.options", _NAME))
        for each in one.options
    )
    return SituationQuestion(_key(one.key, "questions.key"), _text(one.label, "questions.label", _NAME), options)


def _commitment(one: Commitment) -> Commitment:
    return replace(
        one,
        laws=_text(one.laws, "commitment.laws", _PART),
        conditions=_text(one.conditions, "commitment.conditions", _PART),
        consequences=_text(one.consequences, "commitment.consequences", _PART),
        supervision=_text(one.supervision, "commitment.supervision", _PART),
        breach=_text(one.breach, "commitment.breach", _PART),
        remedies=_text(one.remedies, "commitment.remedies", _PART),
        waived=_words(one.waived, "commitment.waived"),
    )


def _step(step: Step) -> Step:
    there = step.elsewhere
    if there is not None:
        places = tuple(
            replace(
                one,
                site=_key(one.site, "steps.elsewhere.site"),
                center_id=_key(one.center_id, "steps.elsewhere.center_id"),
                department_key=_key(one.department_key, "steps.elsewhere.department_key"),
                title=_text(one.title, "steps.elsewhere.title", _NAME),
            )
            for one in there.places
        )
        there = replace(there, places=places)
    return replace(
        step,
        key=_key(step.key, "steps.key"),
        name=_text(step.name, "steps.name", _NAME),
        elsewhere=there,
        after=_words(step.after, "steps.after"),
        when=tuple(
            StepCondition(_key(one.field, "steps.when.field"), _words(one.values, "steps.when.values"))
            for one in step.when
        ),
        sign_departments=_words(step.sign_departments, "steps.sign_departments"),
    )


def _text(value: str, field: str, most: int = _NOTE) -> str:
    return clean(value, field=field, max_length=most, required=False, multiline=True)


def _key(value: str, field: str) -> str:
    return clean(value, field=field, max_length=_KEY, required=False)


def _limit(limit: Limit | None, field: str) -> Limit | None:
    return None if limit is None else replace(limit, basis=_text(limit.basis, field))


def _words(values: Iterable[str], field: str) -> tuple[str, ...]:
    """Each once, in order, without empty ones."""
    words = tuple(
        dict.fromkeys(filter(None, (clean(one, field=field, max_length=_NAME, required=False) for one in values)))
    )
    if len(words) > MAX_KEYWORDS:
        raise Invalid("too_many_words", f"该栏不能超过 {MAX_KEYWORDS} 项，请删减。", field=field)
    return words
