"""Schemas of responses, read from the same descriptors that write them (``gateway.wire``): they can't differ."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from gateway import wire

Schema = dict[str, Any]

_PREFIX = "#/components/schemas/"
#: The files of a package's further services.
_MORE_SERVICES = {"tongban.federation.v1": ("cooperation",), "tongban.intake.v1": ("preparation", "keeping")}
#: What several services say alike, and none alone.
SHARED_PACKAGES = frozenset({"tongban.papers.v1"})


def descriptor_of(cls: type[Message]) -> Descriptor:
    """A message's descriptor; protobuf's stubs know two classes of them, which read the same."""
    return cast(Descriptor, cls.DESCRIPTOR)


def reference(cls: type[Message]) -> Schema:
    """A reference to the schema of a message."""
    return _reference(descriptor_of(cls))


def _reference(descriptor: Descriptor) -> Schema:
    special: dict[str, Schema] = {
        wire.TIMESTAMP: {"type": "string", "format": "date-time"},
        wire.STRUCT: {"type": "object"},
        wire.VALUE: {},
    }
    return special.get(descriptor.full_name, {"$ref": _PREFIX + descriptor.name})


def components(names: Iterable[str], packages: Iterable[str]) -> dict[str, Schema]:
    """The schemas of the messages of these names in these packages, and of all that they hold.

    Raises ``LookupError`` on a name that no message has, ``ValueError`` on one that several have.
    """
    known = _messages(packages)
    found: dict[str, Schema] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        candidates = known[name]
        if len(candidates) > 1:
            raise ValueError(f"several messages are named {name}: {[each.full_name for each in candidates]}")
        found[name] = schema_of(candidates[0])
        waiting += references(found[name])
    return dict(sorted(found.items()))


def references(schema: Any) -> set[str]:
    """The names of the components that a piece of the document refers to."""
    if isinstance(schema, list):
        return {name for each in schema for name in references(each)}
    if not isinstance(schema, dict):
        return set()
    target = schema.get("$ref")
    own = {target.removeprefix(_PREFIX)} if isinstance(target, str) and target.startswith(_PREFIX) else set()
    return own | {name for each in schema.values() for name in references(each)}


def _messages(packages: Iterable[str]) -> dict[str, list[Descriptor]]:
    pool = descriptor_pool.Default()
    found: dict[str, list[Descriptor]] = {}
    for package in sorted(set(packages)):
        folder = package.replace(".", "/")
        files = ("messages",) if package in SHARED_PACKAGES else ("messages", "service")
        waiting, seen = [pool.FindFileByName(f"{folder}/{file}.proto") for file in files], set()
        waiting += [pool.FindFileByName(f"{folder}/{file}.proto") for file in _MORE_SERVICES.get(package, ())]
        while waiting:
            file = waiting.pop()
            if file.name in seen or file.package != package:
                continue
            seen.add(file.name)
            waiting += file.dependencies
            for name, descriptor in file.message_types_by_name.items():
                found.setdefault(name, []).append(descriptor)
    return found


def schema_of(descriptor: Descriptor) -> Schema:
    """What ``wire.to_json`` makes of a message."""
    properties = {
        each.name: _field_schema(each) for each in descriptor.fields if each.type != FieldDescriptor.TYPE_BYTES
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _field_schema(field: FieldDescriptor) -> Schema:
    one = _single(field)
    if field.is_repeated:
        return {"type": "array", "items": one}
    nullable = field.message_type is not None or field.enum_type is not None
    return {"anyOf": [one, {"type": "null"}]} if nullable and one else one


def _single(field: FieldDescriptor) -> Schema:
    if field.message_type is not None:
        return _reference(field.message_type)
    if field.enum_type is not None:
        return {"type": "string", "enum": list(wire.enum_names(field.enum_type))}
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return {"type": "string"}
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return {"type": "boolean"}
    if field.cpp_type in (FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT):
        return {"type": "number"}
    return {"type": "integer"}
