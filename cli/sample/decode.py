"""Strict reading of JSON into frozen dataclasses: no unknown field, no missing one, no silent conversion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast, get_origin

from cattrs import BaseConverter, BaseValidationError, Converter, ForbiddenExtraKeysError, transform_error
from cattrs.cols import homogenous_tuple_structure_factory

T = TypeVar("T")


class DecodeError(ValueError):
    """A file doesn't fit its form; the message names each field by its path."""

    code = "sample_data_malformed"

    def __init__(self, source: str, problem: str) -> None:
        super().__init__(f"样例数据 {source} 有误，请更正：{problem}")


def decode_list(kind: type[T], value: object, source: str) -> tuple[T, ...]:
    """Read a list of objects, found in the file `source`, as the dataclass `kind`; raises DecodeError."""
    try:
        return cast(tuple[T, ...], _CONVERTER.structure(value, tuple[kind, ...]))  # type: ignore[valid-type]
    except (BaseValidationError, TypeError) as error:
        raise DecodeError(source, "；".join(transform_error(error, format_exception=_say))) from error


def _say(error: BaseException, _: type | None) -> str:
    if isinstance(error, KeyError):
        return "缺少该字段"
    if isinstance(error, ForbiddenExtraKeysError):
        return f"多出字段 {'、'.join(sorted(error.extra_fields))}"
    return f"值不合要求（{error}）"


def _exactly(kind: type[T], value: object) -> T:
    # Not isinstance: to Python a bool is an int.
    if type(value) is not kind:
        raise TypeError(f"应为 {kind.__name__}，实为 {type(value).__name__}")
    return value


def _scalar_hook(base: type[Any]) -> Callable[[object, Any], Any]:
    # Called with `kind` for subclasses too: a StrEnum is read from a string.
    return lambda value, kind: kind(_exactly(base, value))


def _list_hook(kind: Any, converter: BaseConverter) -> Callable[[object, Any], Any]:
    # Any iterable makes a tuple for cattrs, a string of characters too.
    structure = homogenous_tuple_structure_factory(kind, converter)
    return lambda value, _: structure(_exactly(list, value), kind)


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    for base in (str, int, bool):
        converter.register_structure_hook(base, _scalar_hook(base))
    converter.register_structure_hook_factory(_is_tuple, _list_hook)
    return converter


_CONVERTER = _converter()
