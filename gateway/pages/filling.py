"""An item's situations and form on a page: drawn from its schema, and read back (rules C11, C15)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from gateway.clients import ask
from gateway.pages.forms import Form
from gateway.pages.lookups import clients
from gateway.wire import enum_names
from kit.errors import Invalid
from kit.forms import Field, FieldKind, FormSchema, read_form
from tongban.catalog.v1 import checklists_pb2 as catalog
from tongban.intake.v1 import commitments_pb2 as commitments
from tongban.intake.v1 import messages_pb2 as messages
from tongban.intake.v1 import service_pb2 as intake

_CHOICES: Final = enum_names(commitments.CommitmentChoice.DESCRIPTOR)
_QUESTION: Final = "q-"
#: Rows of a group that are left to be filled in, beyond those that are.
_SPARE: Final = 2


@dataclass(frozen=True)
class Filling:
    """What an item asks in a situation: its materials, and the fields of its form."""

    checklist: messages.Checklist
    #: The answers to the item's questions so far.
    situation: Sequence[messages.SituationAnswer]
    schema: FormSchema | None
    known: Mapping[str, Any]

    @property
    def complete(self) -> bool:
        """Whether every question is answered, so that the rest may be filled in."""
        return not self.checklist.unanswered

    def chosen(self, question: str) -> str:
        """The answer to a question; empty while it is open."""
        return next((each.option for each in self.situation if each.question == question), "")

    def options(self, question: catalog.SituationQuestion) -> list[tuple[str, str]]:
        """A question's answers, to choose from."""
        return [(option.key, option.label) for option in question.options]

    def text(self, form: Form, name: str) -> str:
        """A field's value: what was typed, else what is known."""
        if name in form.values:
            return form.text(name)
        value: Any = self.known
        for part in name.split(".")[1:]:
            if isinstance(value, list):
                value = value[int(part)] if int(part) < len(value) else ""
            else:
                value = value.get(part, "") if isinstance(value, dict) else ""
        return _typed(value)

    def rows(self, form: Form, field: Field) -> range:
        """The rows of a group that are drawn: those filled in, and some to spare."""
        known = self.known.get(field.key)
        filled = max(
            [len(known) if isinstance(known, list) else 0, int(field.schema.get("minItems", 0))]
            + [row + 1 for row in range(field.most) if any(form.text(_part(field, row, each)) for each in field.fields)]
        )
        return range(min(field.most, filled + _SPARE))

    def when(self, field: Field) -> str:
        """In words, which answer a field hangs on."""
        if field.when is None or self.schema is None:
            return ""
        on = self.schema.field(field.when.key)
        if on is None:
            return ""
        labels = dict(on.choices)
        said = "、".join(labels.get(str(value), "是" if value is True else "否") for value in field.when.values)
        return f"“{on.title}”为“{said}”时填写"


def filling_of(center_id: str, item_id: str, form: Form, asked: Mapping[str, str]) -> Filling:
    """What an item asks, by the answers that a form was sent with, or else the address. Raises what intake raises."""
    values = form.values if any(name.startswith(_QUESTION) for name in form.values) else asked
    situation = [
        messages.SituationAnswer(question=name.removeprefix(_QUESTION), option=value)
        for name, value in values.items()
        if name.startswith(_QUESTION) and value
    ]
    wanted = intake.GetChecklistRequest(center_id=center_id, item_id=item_id, situation=situation)
    checklist = ask(clients().intake.GetChecklist, wanted).checklist
    return Filling(checklist, situation, _schema(checklist.form_schema), _object(checklist.form_json))


def commitment_in(form: Form) -> commitments.CommitmentChoice.ValueType:
    """What a form says of applying by commitment; nothing where it wasn't asked (rules D03)."""
    return commitments.CommitmentChoice.ValueType(_CHOICES.get(form.text("commitment"), 0))


def _schema(text: str) -> FormSchema | None:
    """The form; one that can't be drawn here, as of a newer release, isn't: intake then says what it lacks."""
    try:
        return read_form(_object(text)) if text else None
    except Invalid:
        return None


def _object(text: str) -> dict[str, Any]:
    try:
        found = orjson.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def filled_in(form: Form, filling: Filling) -> str:
    """The answers that a form was sent with, as JSON; what was left blank isn't there."""
    if filling.schema is None:
        return ""
    answers: dict[str, Any] = {}
    for field in filling.schema.fields:
        if field.kind is FieldKind.GROUP:
            rows = [dict(_row(form, field, row)) for row in range(field.most)]
            filled = [row for row in rows if row]
            if filled:
                answers[field.key] = filled
        else:
            answers.update(_answer(form, f"form.{field.key}", field))
    return orjson.dumps(answers).decode()


def _row(form: Form, field: Field, row: int) -> Iterator[tuple[str, Any]]:
    for part in field.fields:
        yield from _answer(form, _part(field, row, part), part).items()


def _answer(form: Form, name: str, field: Field) -> dict[str, Any]:
    text = form.text(name)
    if not text:
        return {}
    if field.kind is FieldKind.TICK:
        return {field.key: True}
    if field.kind is FieldKind.NUMBER:
        return {field.key: _number(text)}
    return {field.key: text.upper() if field.format in ("resident_id", "credit_code") else text}


def _number(text: str) -> Any:
    """The number that was typed; what is none stays text, and the schema says so."""
    try:
        return int(text) if text.lstrip("-").isdigit() else float(text) if len(text) < 30 else text
    except ValueError:
        return text


def _part(field: Field, row: int, part: Field) -> str:
    return f"form.{field.key}.{row}.{part.key}"


def _typed(value: Any) -> str:
    if value is True:
        return "1"
    return "" if value is False or value is None else str(value)
