"""The declared indexes as MongoDB has them: made by the init job, compared at every start.

An index over a kind's fields holds that kind only (a partial index), begins with the kind and ends with the id, so
that a page goes on where the last one ended. A unique one holds only documents whose fields all have values. Three
more belong to the store itself: marks, idempotency keys, and what waits to be published.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pymongo
from pymongo import ASCENDING, IndexModel
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from kit.settings import SettingsError
from kit.store.mongo.client import Raw, connect, reason_of, translated
from kit.store.mongo.documents import DOCUMENTS
from kit.store.mongo.settings import MongoSettings
from kit.store.port import Index, Kind

log = logging.getLogger(__name__)

#: What counts as a value in a unique index: neither null nor absent. Portable, unlike a comparison with null.
VALUE: Final = {"$type": ["string", "number", "bool"]}

MARKS: Final = "marks"
CREATED: Final = "created"
OUTBOX: Final = "outbox"
_ID: Final = "_id_"

#: The chunks of a service's files: see kit/blobs/gridfs.py.
CHUNKS: Final = "blobs.chunks"

#: How long the making of one index may take, in seconds: a large collection is read whole.
_BUILD_SECONDS: Final = 3600.0

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_FIELD = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")


@dataclass(frozen=True)
class MongoIndex:
    """An index as the server lists it."""

    name: str
    fields: tuple[str, ...]
    unique: bool = False
    sparse: bool = False
    partial: Mapping[str, Any] | None = None

    @property
    def model(self) -> IndexModel:
        """What makes it."""
        options: dict[str, Any] = {"unique": True} if self.unique else {}
        if self.sparse:
            options["sparse"] = True
        if self.partial is not None:
            options["partialFilterExpression"] = dict(self.partial)
        return IndexModel([(name, ASCENDING) for name in self.fields], name=self.name, **options)

    def __str__(self) -> str:
        kinds = [word for word, is_so in (("unique", self.unique), ("sparse", self.sparse)) if is_so]
        partial = [f"where {dict(self.partial)}"] if self.partial is not None else []
        return f"{self.name} ({', '.join(self.fields)}) {' '.join(kinds + partial)}".strip()


def index_name(kind: str, index: str) -> str:
    """What an index of a kind is called: hints and refusals name it."""
    return f"{kind}.{index}"


def wanted(kinds: Sequence[Kind]) -> dict[str, MongoIndex]:
    """The indexes of a service's documents by name. Raises ``ValueError`` on a name that is no identifier."""
    own = (
        MongoIndex(MARKS, ("marks",), unique=True, sparse=True),
        MongoIndex(CREATED, ("created.key",), unique=True, sparse=True),
        MongoIndex(OUTBOX, ("outbox.by", "outbox.at"), sparse=True),
    )
    declared = (_of(kind, index) for kind in kinds for index in kind.indexes)
    for kind in kinds:
        if not _NAME.fullmatch(kind.name):
            raise ValueError(f"a kind's name is made of a-z, 0-9 and _: {kind.name!r}")
    return {index.name: index for index in (*own, *declared)}


def _of(kind: Kind, index: Index) -> MongoIndex:
    if not _NAME.fullmatch(index.name) or not all(_FIELD.fullmatch(name) for name in index.fields):
        raise ValueError(f"{kind.name}.{index.name} has a name that is no identifier")
    fields = tuple(f"body.{name}" for name in index.fields)
    name = index_name(kind.name, index.name)
    if index.unique:
        return MongoIndex(
            name, ("kind", *fields), unique=True, partial={"kind": kind.name} | dict.fromkeys(fields, VALUE)
        )
    return MongoIndex(name, ("kind", *fields, "_id"), partial={"kind": kind.name})


#: What a service's files need: the layout's own index.
OF_CHUNKS: Final = {"files_id_1_n_1": MongoIndex("files_id_1_n_1", ("files_id", "n"), unique=True)}


def present(collection: Collection[Raw]) -> dict[str, MongoIndex]:
    """The indexes that are there, by name. Raises ``Unavailable``."""
    with translated():
        listed = [dict(each) for each in collection.list_indexes()]
    found = (
        MongoIndex(
            name=each["name"],
            fields=tuple(name if direction == 1 else f"{name}:{direction}" for name, direction in each["key"].items()),
            unique=bool(each.get("unique")),
            sparse=bool(each.get("sparse")),
            partial=_plain(each["partialFilterExpression"]) if "partialFilterExpression" in each else None,
        )
        for each in listed
        if each["name"] != _ID
    )
    return {index.name: index for index in found}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def check(collection: Collection[Raw], declared: Mapping[str, MongoIndex]) -> None:
    """Refuses to work on other indexes than the declared. Raises ``SettingsError``, ``Unavailable``.

    One that nobody declares (any more, or yet: another release may be at work beside this one) is only told of.
    """
    there = present(collection)
    wrong = [f"index {name} is missing" for name in declared if name not in there]
    wrong += [
        f"index {there[name]} should be {index}"
        for name, index in declared.items()
        if name in there and there[name] != index
    ]
    if wrong:
        raise SettingsError(
            f"database {collection.full_name} isn't ready for this release (run `tongban init`, which makes indexes):\n  "
            + "\n  ".join(wrong)
        )
    for name in sorted(there.keys() - declared.keys()):
        log.info("index %s of %s is declared by nobody in this release", name, collection.full_name)


def prepare(collection: Collection[Raw], declared: Mapping[str, MongoIndex], *, alter: bool = False) -> Iterator[str]:
    """Makes the declared indexes and tells of each thing that it did; what is right already is left alone.

    ``alter`` also replaces indexes that differ and drops those that nobody declares. Raises ``SettingsError`` on one
    that differs otherwise, or that can't be made; ``Unavailable``.
    """
    there, place = present(collection), collection.full_name
    for name, index in declared.items():
        if there.get(name) == index:
            continue
        if name in there and not alter:
            raise SettingsError(f"{place}: index {there[name]} should be {index}; `tongban init --alter` replaces it")
        if name in there:
            with translated():
                collection.drop_index(name)
        _make(collection, index)
        yield f"{place}: {'replaced' if name in there else 'made'} index {index}"
    for name in sorted(there.keys() - declared.keys()):
        if alter:
            with translated():
                collection.drop_index(name)
        yield f"{place}: {'dropped' if alter else 'left alone'} index {name}, which nobody declares"


def _make(collection: Collection[Raw], index: MongoIndex) -> None:
    try:
        with translated(), pymongo.timeout(_BUILD_SECONDS):
            collection.create_indexes([index.model])
    except DuplicateKeyError as error:
        raise SettingsError(
            f"{collection.full_name}: index {index} can't be made, as documents share a key: {reason_of(error)}"
        ) from error


def prepare_service(
    settings: MongoSettings, service: str, kinds: Sequence[Kind], *, files: bool, alter: bool = False
) -> Iterator[str]:
    """All that one service's process checks at its start; ``files``: it keeps files here, too. Raises as ``prepare``."""
    client = connect(settings, "init")
    with client:
        database = client[settings.database_of(service)]
        yield from prepare(database[DOCUMENTS], wanted(kinds), alter=alter)
        if files:
            yield from prepare(database[CHUNKS], OF_CHUNKS, alter=alter)
