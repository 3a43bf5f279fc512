"""What somebody filled into a form, checked against its JSON Schema; each problem names its field in Chinese."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Final

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from stdnum.cn import uscc

from kit.errors import Invalid
from kit.forms.dialect import FormSchema
from kit.id_numbers import checked_phone
from kit.resident_id import read_resident_id


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field; ``path`` is e.g. ``owners.0.id_number``, empty for the form itself."""

    path: str
    message: str


def answer_problems(form: FormSchema, answers: Mapping[str, Any], today: date) -> list[Problem]:
    """All that is wrong with answers, in the order of the form; fields that aren't asked may not be answered."""
    schema = {**form.schema, "unevaluatedProperties": False}
    validator = Draft202012Validator(schema, format_checker=_formats(today))
    found = [problem for error in validator.iter_errors(answers) for problem in _said(form, error)]
    order = {field.key: index for index, field in enumerate(form.fields)}
    unique = dict.fromkeys(found)
    return sorted(unique, key=lambda problem: order.get(problem.path.partition(".")[0], len(order)))


def _said(form: FormSchema, error: ValidationError) -> Iterator[Problem]:
    path = [str(part) for part in error.absolute_path]
    given: Any = error.instance
    wanted: Any = error.validator_value
    if error.validator in ("allOf", "then", "if") and error.context:
        for each in error.context:
            yield from _said(form, each)
        return
    if error.validator == "required":
        # jsonschema names the missing one only in its words; the rule's own list says which are wanted.
        for key in wanted:
            if key not in given:
                yield Problem(".".join([*path, key]), f"“{_title(form, [*path, key])}”必填")
        return
    if error.validator in ("unevaluatedProperties", "additionalProperties"):
        asked = {field.key for field in form.asked(given)}
        for key in given:
            if key not in asked:
                yield Problem(key, f"“{_title(form, [key])}”在您所选的情形下不用填写，请去掉")
        return
    say = _WORDS.get(str(error.validator))
    yield Problem(".".join(path), f"“{_title(form, path)}”{say(wanted) if say else '填写有误'}")


def _title(form: FormSchema, path: list[str]) -> str:
    """A field's name as people read it, with the row of a group that repeats."""
    if not path:
        return "表单"
    field = form.field(path[0])
    if field is None:
        return path[0][:40]
    title = field.title
    if len(path) > 1 and path[1].isdigit():
        title += f"第 {int(path[1]) + 1} 项"
    if len(path) > 2:
        part = next((one for one in field.fields if one.key == path[2]), None)
        title += f" {part.title if part else path[2][:40]}"
    return title


_TYPES: Final = {
    "string": "应为文字",
    "integer": "应为整数",
    "number": "应为数字",
    "boolean": "应为是或否",
    "array": "应为列表",
    "object": "应为对象",
}
_FORMAT_WORDS: Final = {
    "resident_id": "有误，请核对 18 位居民身份证号码",
    "credit_code": "有误，请核对 18 位统一社会信用代码",
    "phone": "有误，请填写手机号码或带区号的固定电话",
    "date": "应为日期，如 2026-11-23",
}
_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "type": lambda wanted: _TYPES.get(str(wanted), "填写有误"),
    "enum": lambda _: "不是可选的选项",
    "oneOf": lambda _: "不是可选的选项",
    "const": lambda _: "须勾选",
    "minLength": lambda least: f"至少 {least} 个字",
    "maxLength": lambda most: f"最多 {most} 个字",
    "pattern": lambda _: "格式不符合要求",
    "minimum": lambda least: f"不能小于 {least}",
    "maximum": lambda most: f"不能大于 {most}",
    "minItems": lambda least: f"至少填写 {least} 项",
    "maxItems": lambda most: f"最多填写 {most} 项",
    "format": lambda wanted: _FORMAT_WORDS.get(str(wanted), "格式不符合要求"),
}


def _formats(today: date) -> FormatChecker:
    checker = FormatChecker(formats=())
    for name, check in (
        ("resident_id", partial(_is_resident_id, today)),
        ("credit_code", _is_credit_code),
        ("phone", _is_phone),
        ("date", _is_date),
    ):
        checker.checks(name, raises=Invalid)(check)
    return checker


def _is_resident_id(today: date, value: object) -> bool:
    return isinstance(value, str) and read_resident_id(value, today=today).number == value


def _is_credit_code(value: object) -> bool:
    return isinstance(value, str) and bool(uscc.is_valid(value))


def _is_phone(value: object) -> bool:
    return isinstance(value, str) and bool(checked_phone(value, field="phone"))


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False
