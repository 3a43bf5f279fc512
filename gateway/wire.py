"""Protobuf ↔ JSON, driven by the descriptors, so that no field is mapped by hand.

In JSON: names as in the protos; enums as lower-case names without their prefix (``TICKET_STATE_WAITING`` →
``waiting``), ``null`` for the unspecified; times as UTC with milliseconds (``2026-11-23T02:00:00.000Z``), ``null``
where there is none; whole numbers as numbers; a message that is absent is ``null``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar, cast

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import ListValue, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp
from pydantic import BaseModel

from kit.clock import to_ms
from kit.timestamps import from_timestamp

M = TypeVar("M", bound=Message)

TIMESTAMP = "google.protobuf.Timestamp"
STRUCT = "google.protobuf.Struct"
VALUE = "google.protobuf.Value"

_Read = Callable[[Any], Any]


def to_json(message: Message) -> dict[str, Any]:
    """A message as it stands in a response."""
    return {name: read(message) for name, read in _readers(message.DESCRIPTOR)}


def value_of(message: Message) -> Any:
    """A message as it stands in a field of a response."""
    return _message_reader(cast(Descriptor, message.DESCRIPTOR))(message)


def build(cls: type[M], values: Mapping[str, Any] | BaseModel | None = None, /, **more: Any) -> M:
    """A message from JSON-shaped values (or a request model), enums by name, times as ``datetime``; ``None`` is left out.

    Raises ``ValueError`` on a field or an enum's name that isn't the message's: a mistake of ours, not the asker's.
    """
    message = cls()
    given = values.model_dump() if isinstance(values, BaseModel) else dict(values or {})
    _fill(message, {**given, **more})
    return message


@cache
def enum_names(enum: EnumDescriptor) -> Mapping[str, int]:
    """Names of an enum's values as they stand in JSON, without the unspecified one."""
    prefix = re.sub(r"(?<!^)(?=[A-Z])", "_", enum.name).upper() + "_"
    return {value.name.removeprefix(prefix).lower(): value.number for value in enum.values if value.number != 0}


def iso(at: Timestamp) -> str:
    """A time as it stands in JSON."""
    return iso_time(from_timestamp(at))


def iso_time(at: datetime) -> str:
    """An aware time as it stands in JSON."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def plain(value: Value) -> Any:
    """A free value as JSON has it; whole numbers without a point."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return plain_struct(value.struct_value)
    if kind == "list_value":
        return [plain(each) for each in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() and abs(number) < 2**53 else number
    return None if kind in (None, "null_value") else getattr(value, kind)


def plain_struct(struct: Struct) -> dict[str, Any]:
    """A free object as JSON has it."""
    return {name: plain(value) for name, value in struct.fields.items()}


def free(content: Any) -> Value:
    """A JSON value as a message."""
    if content is None:
        return Value(null_value=0)  # type: ignore[arg-type]
    if isinstance(content, bool):
        return Value(bool_value=content)
    if isinstance(content, int | float):
        return Value(number_value=content)
    if isinstance(content, str):
        return Value(string_value=content)
    if isinstance(content, Mapping):
        return Value(struct_value=free_struct(content))
    return Value(list_value=ListValue(values=[free(each) for each in content]))


def free_struct(content: Mapping[str, Any]) -> Struct:
    """A JSON object as a message."""
    return Struct(fields={name: free(value) for name, value in content.items()})


@cache
def _readers(descriptor: Descriptor) -> tuple[tuple[str, _Read], ...]:
    return tuple((each.name, _reader(each)) for each in descriptor.fields if each.type != FieldDescriptor.TYPE_BYTES)


def _reader(field: FieldDescriptor) -> _Read:
    name = field.name
    if field.message_type is not None:
        one = _message_reader(field.message_type)
        if field.is_repeated:
            return lambda message: [one(each) for each in getattr(message, name)]
        return lambda message: one(getattr(message, name)) if message.HasField(name) else None
    if field.enum_type is not None:
        names = {number: text for text, number in enum_names(field.enum_type).items()}
        if field.is_repeated:
            return lambda message: [names[each] for each in getattr(message, name) if each in names]
        return lambda message: names.get(getattr(message, name))
    if field.is_repeated:
        return lambda message: list(getattr(message, name))
    return lambda message: getattr(message, name)


def _message_reader(descriptor: Descriptor) -> _Read:
    special: dict[str, _Read] = {TIMESTAMP: iso, STRUCT: plain_struct, VALUE: plain}
    return special.get(descriptor.full_name, to_json)


def _fill(message: Message, values: Mapping[str, Any]) -> None:
    fields = message.DESCRIPTOR.fields_by_name
    for name, value in values.items():
        if name not in fields:
            raise ValueError(f"{message.DESCRIPTOR.full_name} has no {name}")
        if value is None:
            continue
        field = fields[name]
        if field.message_type is not None:
            if field.is_repeated:
                for each in value:
                    _put(getattr(message, name).add(), each)
            else:
                _put(getattr(message, name), value)
        elif field.enum_type is not None:
            names = enum_names(field.enum_type)
            if field.is_repeated:
                getattr(message, name).extend(names[each] for each in value)
            else:
                setattr(message, name, names[value])
        elif field.is_repeated:
            getattr(message, name).extend(_items(value))
        else:
            setattr(message, name, value)


def _items(value: Iterable[Any]) -> list[Any]:
    return list(value)


def _put(place: Message, value: Any) -> None:
    """Fills one message field from what stands for it."""
    place.SetInParent()
    if isinstance(value, Message):
        place.CopyFrom(value)
    elif isinstance(place, Timestamp):
        seconds, ms = divmod(to_ms(value), 1000)
        place.seconds, place.nanos = seconds, ms * 1_000_000
    elif isinstance(place, Struct):
        place.CopyFrom(free_struct(value))
    elif isinstance(place, Value):
        place.CopyFrom(free(value))
    else:
        _fill(place, value)
