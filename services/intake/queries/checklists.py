"""What an application needs, told before anything is handed in (rules C11, H03, L01)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from kit.call import Call
from kit.forms import read_form
from kit.text import clean
from reference import Material, ServiceItem
from services.intake.domain.application import Answer
from services.intake.handlers.access import holder_key
from services.intake.handlers.checklists import known_answers, may_be_wanted
from services.intake.handlers.desk import Desk

#: How many of the applicant's own applications are looked through for what is known already (our own choice).
LOOKED_AT = 10


@dataclass(frozen=True, slots=True)
class Checklist:
    """An item's materials in a situation, with what the applicant answered before."""

    item: ServiceItem
    materials: tuple[Material, ...]
    unanswered: tuple[str, ...]
    form_json: str


def get_checklist(*, desk: Desk, call: Call, center_id: str, item_id: str, situation: Sequence[Answer]) -> Checklist:
    """The checklist of a published item. Raises ``NotFound``, ``Conflict`` (``item_not_published``), ``Invalid``."""
    item = desk.reference.published_item(clean(center_id, field="center_id"), clean(item_id, field="item_id"))
    known = known_answers(item, situation)
    unanswered = tuple(question.key for question in item.questions if question.key not in known)
    return Checklist(item, may_be_wanted(item, known), unanswered, _known_answers(desk, call, item))


def _known_answers(desk: Desk, call: Call, item: ServiceItem) -> str:
    """What the signed-in citizen answered before to fields of this name and schema, the newest first."""
    key = holder_key(call.actor)
    if not key or not item.form_schema:
        return ""
    wanted = {field.key: field for field in read_form(orjson.loads(item.form_schema)).fields}
    known: dict[str, Any] = {}
    for application in desk.applications.find("by_holder", holder_key=key, descending=True, limit=LOOKED_AT).items:
        answers: Mapping[str, Any] = orjson.loads(application.form_json) if application.form_json else {}
        if not answers:
            continue
        before = desk.reference.item(application.item_id, application.item_version)
        if not before.form_schema:
            continue
        for field in read_form(orjson.loads(before.form_schema)).fields:
            there = wanted.get(field.key)
            if there is not None and there.schema == field.schema and field.key in answers:
                known.setdefault(field.key, answers[field.key])
    return orjson.dumps(known).decode() if known else ""
