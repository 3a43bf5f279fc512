"""Routes of the API: a function's annotated arguments are read from the request and tell the document what it takes.

An argument's name says where its model is read from: ``header``, ``path``, ``query``, ``form`` or ``body``. Why not a
library: it made schemas for each request and kept a second model of the document in memory (docs/decisions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, get_type_hints

from flask import Blueprint, Response, request
from pydantic import BaseModel, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema
from werkzeug.datastructures import FileStorage

from gateway.answers import Responses
from gateway.errors import FieldsInvalid

PREFIX = "/api/v1"

View = Callable[..., Response]
Model = type[BaseModel]


@dataclass(frozen=True, slots=True)
class Operation:
    """One route, as the document tells of it."""

    method: str
    rule: str
    name: str
    #: What it does; the function's docstring.
    summary: str
    tag: str
    #: By place: header, path, query, form, body.
    models: Mapping[str, Model]
    #: Media types of a body that the function reads itself.
    takes: tuple[str, ...]
    responses: Responses


class UploadedFile(FileStorage):
    """A part of a form that holds a file; what it really is, the route looks at."""

    @classmethod
    def __get_pydantic_core_schema__(cls, *_: Any) -> CoreSchema:
        return core_schema.any_schema()

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "format": "binary"}


class ResourceRoutes:
    """A resource's operations under ``/api/v1``; they are named after their functions and stand together."""

    def __init__(self, name: str, title: str) -> None:
        self.blueprint = Blueprint(name, __name__, url_prefix=PREFIX)
        self.title = title
        self.operations: list[Operation] = []

    def get(self, rule: str, *, responses: Responses) -> Callable[[View], View]:
        """Reads."""
        return self._declares("GET", rule, responses)

    def post(self, rule: str, *, responses: Responses, takes: tuple[str, ...] = ()) -> Callable[[View], View]:
        """Creates or does something."""
        return self._declares("POST", rule, responses, takes)

    def put(self, rule: str, *, responses: Responses) -> Callable[[View], View]:
        """Replaces."""
        return self._declares("PUT", rule, responses)

    def delete(self, rule: str, *, responses: Responses) -> Callable[[View], View]:
        """Removes."""
        return self._declares("DELETE", rule, responses)

    def _declares(
        self, method: str, rule: str, responses: Responses, takes: tuple[str, ...] = ()
    ) -> Callable[[View], View]:
        def declare(function: View) -> View:
            hints = get_type_hints(function)
            # In the order in which they are read: the first that is wrong is told.
            models = {place: hints[place] for place in _READ if place in hints}
            name, summary = function.__name__, (function.__doc__ or "").strip()
            self.operations.append(Operation(method, rule, name, summary, self.title, models, takes, responses))
            self.blueprint.add_url_rule(rule, name, _reading(function, models), methods=[method])
            return function

        return declare


def _reading(function: View, models: Mapping[str, Model]) -> View:
    readers = [(place, model, _READ[place]) for place, model in models.items()]

    @wraps(function)
    def view(**values: Any) -> Response:
        try:
            given = {place: model.model_validate(read(model, values)) for place, model, read in readers}
        except ValidationError as error:
            raise FieldsInvalid(error) from error
        return function(**given)

    return view


def _headers(model: Model, _: Mapping[str, Any]) -> dict[str, str]:
    names = [field.alias or name for name, field in model.model_fields.items()]
    given = {name: request.headers.get(name) for name in names}
    return {name: value for name, value in given.items() if value is not None}


def _path(_: Model, values: Mapping[str, Any]) -> Mapping[str, Any]:
    return values


def _query(_: Model, __: Mapping[str, Any]) -> dict[str, str]:
    return request.args.to_dict()


def _form(_: Model, __: Mapping[str, Any]) -> dict[str, Any]:
    return {**request.form.to_dict(), **request.files.to_dict()}


def _body(_: Model, __: Mapping[str, Any]) -> Any:
    return request.get_json()


_READ: Mapping[str, Callable[[Model, Mapping[str, Any]], Any]] = {
    "header": _headers,
    "path": _path,
    "query": _query,
    "form": _form,
    "body": _body,
}
