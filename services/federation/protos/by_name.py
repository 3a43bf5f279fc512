"""Dataclasses ↔ messages whose fields have the same names: enums by their values, times, lists, nested ones.

A field that the message hasn't got stays at home. A dict is a Struct, or counts by name.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor
from google.protobuf.message import DecodeError, Message

from kit.errors import Invalid
from kit.timestamps import from_timestamp, to_timestamp
from reference.protos import plain

M = TypeVar("M", bound=Message)
T = TypeVar("T")


# ── To a message ─────────────────────────────────────────────────────────────────────────────────────────────────


def message_of(entity: Any, message: M) -> M:
    """The message, filled from a dataclass."""
    for name, field in message.DESCRIPTOR.fields_by_name.items():
        value = getattr(entity, name, None)
        if value is not None:
            _fill(message, name, field, value)
    return message


def _fill(message: Message, name: str, field: Any, value: Any) -> None:
    if isinstance(value, tuple):
        repeated = getattr(message, name)
        for each in value:
            if is_dataclass(each):
                message_of(each, repeated.add())
            else:
                repeated.append(each)
    elif isinstance(value, dict):
        if field.is_repeated:
            for key, count in sorted(value.items()):
                getattr(message, name).add(name=key, count=count)
        else:
            getattr(message, name).update(value)
    elif isinstance(value, datetime):
        getattr(message, name).CopyFrom(to_timestamp(value))
    elif isinstance(value, StrEnum):
        setattr(message, name, number_of(field.enum_type, value))
    elif is_dataclass(value):
        nested = getattr(message, name)
        nested.SetInParent()
        message_of(value, nested)
    else:
        setattr(message, name, value)


def number_of(enum: EnumDescriptor, value: StrEnum) -> int:
    """The number of an enum's value. Raises ``KeyError`` when the proto hasn't got it."""
    return int(enum.values_by_name[f"{_prefix(enum)}{value.value.upper()}"].number)


@cache
def _prefix(enum: EnumDescriptor) -> str:
    return str(enum.values_by_number[0].name).removesuffix("UNSPECIFIED")


# ── From a message ───────────────────────────────────────────────────────────────────────────────────────────────


def entity_of(message: Message, entity: type[T]) -> T:
    """The dataclass that a message holds. Raises ``Invalid`` (``letter_undecodable``) when it holds none."""
    try:
        return _entity(message, entity)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Invalid("letter_undecodable", "来函内容无法解析。", type=entity.__name__) from error


def read(payload: bytes, message: type[M]) -> M:
    """The message of a payload. Raises ``Invalid`` (``letter_undecodable``)."""
    try:
        return message.FromString(payload)
    except DecodeError as error:
        raise Invalid("letter_undecodable", "来函内容无法解析。", type=message.DESCRIPTOR.name) from error


def _entity(message: Message, entity: type[T]) -> T:
    values: dict[str, Any] = {}
    known = message.DESCRIPTOR.fields_by_name
    for name, hint in _hints(typing.cast(typing.Hashable, entity)).items():
        if name in known:
            values[name] = _value(message, name, known[name], hint)
    for field in fields(entity):  # type: ignore[arg-type]
        if field.name not in values and field.default is MISSING and field.default_factory is MISSING:
            raise ValueError(field.name)
    return entity(**values)


def _value(message: Message, name: str, field: Any, hint: Any) -> Any:
    given, origin = getattr(message, name), typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        hint = next(each for each in typing.get_args(hint) if each is not type(None))
        absent = given == 0 if field.type == FieldDescriptor.TYPE_ENUM else not message.HasField(name)
        return None if absent else _value(message, name, field, hint)
    if origin is tuple:
        inner = typing.get_args(hint)[0]
        return tuple(_entity(each, typing.cast(type, inner)) if is_dataclass(inner) else each for each in given)
    if origin is dict:
        return {each.name: each.count for each in given} if field.is_repeated else plain(given)
    if hint is datetime:
        if not message.HasField(name):
            raise ValueError(name)
        return from_timestamp(given)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return value_of(field.enum_type, given, hint)
    if is_dataclass(hint):
        if not message.HasField(name):
            raise ValueError(name)
        return _entity(given, typing.cast(type, hint))
    return given


E = TypeVar("E", bound=StrEnum)


def value_of(enum: EnumDescriptor, number: int, values: type[E]) -> E:
    """The enum's value of a number. Raises ``ValueError`` on none, or one of a later release."""
    known = enum.values_by_number.get(number)
    if known is None or not number:
        raise ValueError(f"{enum.name} {number}")
    return values(str(known.name).removeprefix(_prefix(enum)).lower())


def choice_of(enum: EnumDescriptor, number: int, values: type[E]) -> E | None:
    """What somebody chose in a request; ``None`` where they chose nothing. Raises ``Invalid`` (``choice_unknown``)."""
    try:
        return value_of(enum, number, values) if number else None
    except ValueError as error:
        raise Invalid("choice_unknown", "所选项无效，请刷新后重新选择。", choice=enum.name) from error


@cache
def _hints(entity: Any) -> Mapping[str, Any]:
    return typing.get_type_hints(entity)
