"""The JSON Schemas that a form may be: flat fields, groups that repeat, and fields that hang on another's answer.

A form is an object with ``properties``, ``required`` and ``allOf``; each entry of ``allOf`` is an ``if`` over one field
and a ``then`` with further fields. Whatever a page couldn't draw isn't of the dialect, so that a window and a browser
show the same form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from kit.errors import Invalid
from kit.forms.bounds import MOST_LETTERS, MOST_ROWS, range_problems

#: Our own choices: more is nothing that a person fills in.
MOST_FIELDS: Final = 200
MOST_CHOICES: Final = 300
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_TYPES: Final = frozenset({"string", "integer", "number", "boolean", "array"})
_WORDS: Final = frozenset({"type", "title", "description", "default"})
_OF_TYPE: Final[Mapping[str, frozenset[str]]] = {
    "string": frozenset({"format", "pattern", "minLength", "maxLength", "enum", "oneOf"}),
    "integer": frozenset({"minimum", "maximum"}),
    "number": frozenset({"minimum", "maximum"}),
    "boolean": frozenset({"const"}),
    "array": frozenset({"items", "minItems", "maxItems"}),
}


class FieldKind(StrEnum):
    """How a field is filled in."""

    TEXT = "text"
    PARAGRAPH = "paragraph"
    CHOICE = "choice"
    DATE = "date"
    NUMBER = "number"
    TICK = "tick"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class When:
    """A field is asked only where another one has one of these answers."""

    key: str
    values: tuple[Any, ...]

    def holds(self, answers: Mapping[str, Any]) -> bool:
        """Whether it is asked."""
        return answers.get(self.key) in self.values


@dataclass(frozen=True, slots=True)
class Field:
    """One field; a group has fields of its own, and repeats."""

    key: str
    title: str
    kind: FieldKind
    schema: Mapping[str, Any]
    required: bool = False
    when: When | None = None
    choices: tuple[tuple[str, str], ...] = ()
    fields: tuple[Field, ...] = ()

    @property
    def hint(self) -> str:
        """What stands beside it."""
        return str(self.schema.get("description", ""))

    @property
    def format(self) -> str:
        """What its text has to be; empty: any text."""
        return str(self.schema.get("format", ""))

    @property
    def most(self) -> int:
        """Its longest text, or its most rows."""
        if self.kind is FieldKind.GROUP:
            return int(self.schema.get("maxItems", MOST_ROWS))
        return int(self.schema.get("maxLength", MOST_LETTERS if self.kind is FieldKind.PARAGRAPH else 200))


@dataclass(frozen=True, slots=True)
class FormSchema:
    """A form that holds together; ``schema`` is what it was read from."""

    schema: Mapping[str, Any]
    fields: tuple[Field, ...] = ()

    def asked(self, answers: Mapping[str, Any]) -> tuple[Field, ...]:
        """The fields that these answers leave to be filled in."""
        return tuple(field for field in self.fields if field.when is None or field.when.holds(answers))

    def field(self, key: str) -> Field | None:
        """The field of this key."""
        return next((field for field in self.fields if field.key == key), None)


def read_form(schema: Any) -> FormSchema:
    """A form's fields. Raises ``Invalid`` (``form_schema_invalid``) with all that is wrong or contradicts itself."""
    problems: list[str] = []
    fields = tuple(_fields(schema, problems))
    if not problems:
        problems.extend(_between(fields))
    if problems:
        raise Invalid("form_schema_invalid", f"表单定义有误：{'；'.join(problems[:20])}。请更正后重试。")
    return FormSchema(schema, fields)


def _fields(schema: Any, problems: list[str]) -> Iterator[Field]:
    if not isinstance(schema, dict) or schema.get("type") != "object":
        problems.append("表单应为 type 等于 object 的 JSON Schema")
        return
    _known(schema, {"$schema", "type", "title", "description", "properties", "required", "allOf"}, "表单", problems)
    yield from _properties(schema, None, problems, "表单")
    branches = schema.get("allOf", [])
    if not isinstance(branches, list):
        problems.append("allOf 应为列表")
        return
    for branch in branches:
        when = _when(branch)
        then = branch.get("then") if isinstance(branch, dict) else None
        if when is None or not isinstance(then, dict) or set(branch) != {"if", "then"}:
            problems.append("allOf 的每一项应为 if（一个字段的 const 或 enum）和 then（properties、required）")
            continue
        _known(then, {"properties", "required"}, "then", problems)
        yield from _properties(then, when, problems, "then")


def _when(branch: Any) -> When | None:
    """``{"if": {"properties": {field: {"const" or "enum": …}}, "required": [field]}}``."""
    condition = branch.get("if") if isinstance(branch, dict) else None
    if not isinstance(condition, dict) or set(condition) - {"properties", "required"}:
        return None
    properties = condition.get("properties")
    if not isinstance(properties, dict) or len(properties) != 1:
        return None
    ((key, test),) = properties.items()
    # Without it JSON Schema would take a field that isn't there for one that fits.
    if condition.get("required") != [key] or not isinstance(test, dict) or len(test) != 1:
        return None
    if "const" in test:
        return When(key, (test["const"],))
    values = test.get("enum")
    return When(key, tuple(values)) if isinstance(values, list) and values else None


def _properties(schema: dict[str, Any], when: When | None, problems: list[str], where: str) -> Iterator[Field]:
    properties, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(properties, dict) or not isinstance(required, list):
        problems.append(f"{where}的 properties 应为对象，required 应为列表")
        return
    for key in required:
        if key not in properties:
            problems.append(f"{where}必填的字段 {key} 没有定义")
    for key, one in properties.items():
        field = _field(key, one, key in required, when, problems)
        if field is not None:
            yield field


def _field(key: str, schema: Any, required: bool, when: When | None, problems: list[str]) -> Field | None:
    if not _KEY.fullmatch(key):
        problems.append(f"字段名 {key[:40]} 应为小写字母开头的字母、数字、下划线")
        return None
    if not isinstance(schema, dict) or schema.get("type") not in _TYPES or not isinstance(schema.get("title"), str):
        problems.append(f"字段 {key} 应有 type（{'、'.join(sorted(_TYPES))}）和中文名称 title")
        return None
    kind = schema["type"]
    _known(schema, _WORDS | _OF_TYPE[kind], f"字段 {key} ", problems)
    before = len(problems)
    problems.extend(f"字段 {key} {said}" for said in range_problems(schema))
    if len(problems) > before:
        return None
    title = schema["title"].strip() or key
    if kind == "array":
        return _group(key, title, schema, required, when, problems)
    choices = tuple(_choices(key, schema, problems))
    if choices:
        problems.extend(f"字段 {key} 的选项“{value}”不符合它自己的要求" for value in _impossible(schema, choices))
    return Field(key, title, _kind(schema, bool(choices)), schema, required, when, choices)


def _group(
    key: str, title: str, schema: dict[str, Any], required: bool, when: When | None, problems: list[str]
) -> Field | None:
    items = schema.get("items")
    if not isinstance(items, dict) or items.get("type") != "object":
        problems.append(f"可重复的字段 {key} 的 items 应为对象")
        return None
    _known(items, {"type", "title", "properties", "required"}, f"字段 {key} 的 items ", problems)
    parts = tuple(_properties(items, None, problems, f"字段 {key} "))
    if any(part.kind is FieldKind.GROUP for part in parts):
        problems.append(f"可重复的字段 {key} 中不能再有可重复的字段")
    if not parts:
        problems.append(f"可重复的字段 {key} 没有任何内容")
    return Field(key, title, FieldKind.GROUP, schema, required, when, (), parts)


def _kind(schema: dict[str, Any], chosen: bool) -> FieldKind:
    if chosen:
        return FieldKind.CHOICE
    if schema["type"] == "string":
        if schema.get("format") == "date":
            return FieldKind.DATE
        return FieldKind.PARAGRAPH if schema.get("maxLength", 0) > 200 else FieldKind.TEXT
    return FieldKind.TICK if schema["type"] == "boolean" else FieldKind.NUMBER


def _choices(key: str, schema: dict[str, Any], problems: list[str]) -> Iterator[tuple[str, str]]:
    """``enum``, or ``oneOf`` of ``const`` with a ``title`` for people."""
    if "enum" in schema and "oneOf" in schema:
        problems.append(f"字段 {key} 不能同时有 enum 和 oneOf")
        return
    if "enum" in schema:
        options = [(value, value) for value in _listed(schema["enum"])]
    elif "oneOf" in schema:
        each = [one if isinstance(one, dict) else {} for one in _listed(schema["oneOf"])]
        options = [(one.get("const"), one.get("title", one.get("const"))) for one in each]
    else:
        return
    values = [value for value, _ in options]
    if not options or len(options) > MOST_CHOICES or not all(isinstance(value, str) and value for value in values):
        problems.append(f"字段 {key} 的选项应为 1 至 {MOST_CHOICES} 个文字")
        return
    if len(set(values)) != len(values):
        problems.append(f"字段 {key} 的选项重复")
    yield from ((str(value), str(title)) for value, title in options)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _impossible(schema: dict[str, Any], choices: tuple[tuple[str, str], ...]) -> Iterator[str]:
    pattern = schema.get("pattern", "")
    for value, _ in choices:
        fits = schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", MOST_LETTERS)
        if not fits or (pattern and not re.search(pattern, value)):
            yield value


def _between(fields: tuple[Field, ...]) -> Iterator[str]:
    """What fields say against each other."""
    if not 1 <= len(fields) <= MOST_FIELDS:
        yield f"字段应为 1 至 {MOST_FIELDS} 个"
    keys = [field.key for field in fields]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield f"字段 {key} 定义了两次"
    known = {field.key: field for field in fields}
    for field in fields:
        if field.when is None:
            continue
        on = known.get(field.when.key)
        if on is None or on.when is not None:
            yield f"字段 {field.key} 的条件字段 {field.when.key} 不存在，或者本身就有条件"
        elif on.kind not in (FieldKind.CHOICE, FieldKind.TICK):
            yield f"字段 {field.key} 的条件字段 {on.key} 应为选项或勾选项"
        else:
            values = [True, False] if on.kind is FieldKind.TICK else [value for value, _ in on.choices]
            for value in field.when.values:
                if value not in values:
                    yield f"字段 {field.key} 的条件不可能成立：{on.key} 没有“{str(value)[:40]}”这个选项"


def _known(schema: Mapping[str, Any], words: set[str] | frozenset[str], where: str, problems: list[str]) -> None:
    unknown = sorted(set(map(str, schema)) - words)
    if unknown:
        problems.append(f"{where}不能使用 {'、'.join(unknown)[:100]}")
