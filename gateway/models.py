"""What the request models share: each validates a request and documents it.

Text is only bounded here; what it may be is the service's to say. Lengths are in characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, TypeVar

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from gateway.wire import enum_names

T = TypeVar("T")


class Params(BaseModel):
    """Parameters in the path, the query or the headers: text that is read as what it stands for."""

    model_config = ConfigDict(populate_by_name=True)


class Query(Params):
    """Parameters in the query; one that isn't known is refused rather than passed over."""

    model_config = ConfigDict(extra="forbid")


class Body(BaseModel):
    """A JSON object: its values are of the right type already, and there are no others."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Omittable:
    """Documents an optional parameter as one that may be left out, not as one that may be null."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler(core)
        choices = [each for each in schema.pop("anyOf", []) if each != {"type": "null"}]
        if len(choices) == 1:
            schema |= choices[0]
        schema.pop("default", None)
        return schema


#: A parameter that may be left out.
Omittable = Annotated[T | None, _Omittable()]


@dataclass(frozen=True)
class OneOf:
    """A value of a proto enum by its name in JSON."""

    enum: EnumTypeWrapper

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.literal_schema(list(enum_names(self.enum.DESCRIPTOR)))


def _day(text: str) -> str:
    date.fromisoformat(text)
    return text


#: An id of a document, or a key of reference data.
Key = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$")]
#: The same, where it may be left out.
AnyKey = Annotated[str, Field(max_length=64, pattern=r"^([A-Za-z0-9][A-Za-z0-9._:-]*)?$")]
#: The unguessable code on a slip.
Code = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9]+$")]
#: A day of the center's calendar.
Day = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"),
    AfterValidator(_day),
    WithJsonSchema({"type": "string", "format": "date"}),
]
#: A line of text.
Line = Annotated[str, Field(max_length=200)]
#: A line of text that must say something.
Said = Annotated[str, Field(min_length=1, max_length=200)]
#: A paragraph.
Paragraph = Annotated[str, Field(max_length=2000)]
#: A paragraph that must say something.
Stated = Annotated[str, Field(min_length=1, max_length=2000)]
IdNumber = Annotated[str, Field(min_length=18, max_length=18, pattern=r"^[0-9]{17}[0-9Xx]$")]


class Creating(Params):
    """Headers of a request that creates something."""

    idempotency_key: Annotated[str, Field(pattern=r"^[\x21-\x7e]{1,128}$")] = Field(
        "", alias="Idempotency-Key", description="自选的唯一键，须为随机值（如 UUID）；同一请求重复发送时只办理一次"
    )


class Editing(Params):
    """Headers of a request that changes something."""

    if_match: Annotated[str, Field(pattern=r'^("[0-9]{1,18}"|\*)$')] = Field(
        "*", alias="If-Match", description="所见版本的 ETag；内容已被他人修改时返回 412"
    )

    @property
    def version(self) -> int:
        """The version that the asker saw; 0: any."""
        return 0 if self.if_match == "*" else int(self.if_match.strip('"'))


class Paging(Query):
    """Which part of a list."""

    limit: int = Field(50, ge=1, le=200, description="每页条数")
    cursor: str = Field("", max_length=512, pattern=r"^[\x21-\x7e]*$", description="上一页返回的 next_cursor")


class Reason(Body):
    """Why."""

    reason: Said = Field(description="原因")


class CenterPath(Params):
    """A center."""

    center: Key = Field(description="中心代码，如 610902")


class IdPath(Params):
    """A document."""

    id: Key = Field(description="编号")


class NamedPath(Params):
    """A document, by its id or by the code on its holder's slip."""

    ref: Key = Field(description="编号；或凭证上的查询码")


class CodeQuery(Query):
    """The holder's proof."""

    code: str = Field("", max_length=64, pattern=r"^[A-Za-z0-9]*$", description="凭证上的查询码")


_DOCUMENT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def id_or_code(text: str) -> tuple[str, str]:
    """What a path names, as (id, code): staff use the id, the holder of a slip its code."""
    return (text, "") if _DOCUMENT_ID.fullmatch(text) else ("", text)


class Purpose(Body):
    """What for."""

    purpose: Said = Field(description="查看目的，将记入审计")
