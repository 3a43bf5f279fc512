"""The operations of the OpenAPI document: what each takes, and the least request that fits its schema."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

Json = dict[str, Any]
#: Makes a text for a field of this schema.
Text = Callable[[Json], str]

_ID = "00000000-0000-0000-0000-000000000000"
_FORMATS = {"date": "2026-11-23", "date-time": "2026-11-23T02:00:00Z"}


@dataclass(frozen=True)
class Operation:
    """One operation; ``template`` is its path below /api/v1."""

    id: str
    method: str
    template: str
    described: Json
    document: Json

    def parameters(self, where: str) -> Iterator[Json]:
        """Its parameters in the path, the query or the headers."""
        return (each for each in self.described.get("parameters", []) if each["in"] == where)

    def path(self, text: Text) -> str:
        """Its path with a value for each name in it."""
        path = self.template
        for each in self.parameters("path"):
            path = path.replace("{" + each["name"] + "}", quote(str(self._sample(each["schema"], text)), safe=""))
        return path.removeprefix("/api/v1/")

    def query(self, text: Text, *, everything: bool = False) -> Json:
        """Parameters that have to be there, or all."""
        wanted = [each for each in self.parameters("query") if everything or each.get("required")]
        return {each["name"]: self._sample(each["schema"], text) for each in wanted}

    @property
    def media_types(self) -> list[str]:
        """What its body may be; empty: it has none."""
        return list(self.described.get("requestBody", {}).get("content", {}))

    def body(self, text: Text, *, everything: bool = False) -> Any:
        """A JSON body that fits, with what has to be there or with all."""
        return self._sample(self.schema, text, everything)

    @property
    def schema(self) -> Json:
        """Of its JSON body."""
        content: Json = self.described.get("requestBody", {}).get("content", {})
        schema: Json = content.get("application/json", {}).get("schema", {})
        return schema

    def free_texts(self) -> set[str]:
        """The fields of its JSON body that take any text, as paths such as ``materials.[].problem``."""
        checked = {"enum", "pattern", "format"}
        return {path for path, schema in self._strings(self.schema, "") if not checked & schema.keys()}

    def resolve(self, schema: Json) -> Json:
        """A schema, or the one that it refers to; of several choices the first."""
        while "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        for choices in ("anyOf", "allOf", "oneOf"):
            some = [each for each in schema.get(choices, []) if each != {"type": "null"}]
            if some:
                return self.resolve({**{name: schema[name] for name in schema if name != choices}, **some[0]})
        return schema

    def _strings(self, schema: Json, path: str) -> Iterator[tuple[str, Json]]:
        schema = self.resolve(schema)
        if schema.get("type") == "string":
            yield path.removeprefix("."), schema
        elif schema.get("type") == "array":
            yield from self._strings(schema["items"], f"{path}.[]")
        for name, each in schema.get("properties", {}).items():
            yield from self._strings(each, f"{path}.{name}")

    def _sample(self, schema: Json, text: Text, everything: bool = True) -> Any:
        schema = self.resolve(schema)
        if "enum" in schema:
            return schema["enum"][0]
        match schema.get("type"):
            case "object":
                wanted = schema.get("properties", {}) if everything else schema.get("required", [])
                return {name: self._sample(schema["properties"][name], text, everything) for name in wanted}
            case "array":
                least = max(schema.get("minItems", 0), 1 if everything else 0)
                return [self._sample(schema["items"], text, everything)] * least
            case "string":
                return text(schema)
            case "integer" | "number":
                return schema.get("minimum", 1)
            case "boolean":
                return True
        return None


def operations(document: Json) -> list[Operation]:
    """All of a document's."""
    return [
        Operation(described["operationId"], method.upper(), path, described, document)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]


def fitting(schema: Json) -> str:
    """A text that fits the patterns that the API has."""
    if schema.get("format", "") in _FORMATS:
        return _FORMATS[schema["format"]]
    pattern = schema.get("pattern", "")
    examples = (
        _ID,
        "a1",
        "2026-11-23",
        "09:30",
        "990101199001011237",
        "123456",
        "A",
        "0" * 64,
        "recall_limit",
        "resident_id",
    )
    for example in examples:
        if len(example) <= schema.get("maxLength", 1000) and (not pattern or re.search(pattern, example)):
            return example
    first = re.match(r"\^\((\w+)", pattern)
    if first is None:
        raise LookupError(f"no example fits {schema}")
    return first[1]
