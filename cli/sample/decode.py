"""Strict reading of JSON into frozen dataclasses: no unknown field, no missing one, no silent conversion."""

from __future__ import annotations

import types
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


class DecodeError(ValueError):
    """A value doesn't fit its field; the message names the path."""

    code = "sample_data_malformed"

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"样例数据 {path} 有误：{problem}")
        self.path = path


def decode(kind: type[T], value: object, path: str = "$") -> T:
    """Read one object as the dataclass `kind`; raises DecodeError."""
    return cast(T, _decode(kind, value, path))


def decode_list(kind: type[T], value: object, path: str = "$") -> tuple[T, ...]:
    """Read a list of objects as the dataclass `kind`; raises DecodeError."""
    return tuple(decode(kind, one, f"{path}[{n}]") for n, one in enumerate(_expect(list, value, path)))


def _expect(kind: type[Any], value: object, path: str) -> Any:
    # bool is an int to Python, but not in these files.
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise DecodeError(path, f"应为 {kind.__name__}，实为 {type(value).__name__}")
    return value


def _decode(kind: Any, value: object, path: str) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        (inner,) = (arg for arg in get_args(kind) if arg is not type(None))
        return None if value is None else _decode(inner, value, path)
    if origin is tuple:
        inner = get_args(kind)[0]
        return tuple(_decode(inner, one, f"{path}[{n}]") for n, one in enumerate(_expect(list, value, path)))
    if is_dataclass(kind):
        return _decode_object(cast(type[Any], kind), _expect(dict, value, path), path)
    if issubclass(kind, StrEnum):
        try:
            return kind(_expect(str, value, path))
        except ValueError as error:
            known = "、".join(member.value for member in kind)
            raise DecodeError(path, f"“{value}”不在可用值（{known}）之中") from error
    return _expect(kind, value, path)


def _decode_object(kind: type[Any], value: dict[str, object], path: str) -> Any:
    names = {field.name for field in fields(kind)}
    if unknown := sorted(value.keys() - names):
        raise DecodeError(path, f"多出字段 {'、'.join(unknown)}")
    if missing := sorted(names - value.keys()):
        raise DecodeError(path, f"缺少字段 {'、'.join(missing)}")
    hints = get_type_hints(kind)
    return kind(**{name: _decode(hints[name], value[name], f"{path}.{name}") for name in value})
