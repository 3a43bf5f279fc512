"""Typed repositories: what handlers use. An entity goes in with the domain events that its change raised."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from kit.call import Call
from kit.errors import Conflict, NotFound, Stale, Unavailable
from kit.events import DomainEvent, EventEncoder
from kit.ids import Ids
from kit.store.codec import Codec
from kit.store.port import Append, Body, Document, Duplicate, Kind, Mark, Query, Range, Save, Scalar, Store
from kit.store.steps import Steps, alone


class Entity(Protocol):
    """A frozen dataclass that is kept as one document."""

    @property
    def id(self) -> str:
        """Its identity."""
        ...

    @property
    def version(self) -> int:
        """0 before it is first saved."""
        ...


E = TypeVar("E", bound=Entity)
H = TypeVar("H", bound=Entity)

#: Upgrades a body of an earlier schema version by one step.
Upgrade = Callable[[Body], Body]


@dataclass(frozen=True, slots=True)
class Found(Generic[E]):
    """A page of entities and where to go on (empty: nothing more)."""

    items: tuple[E, ...]
    cursor: str = ""


class Repository(Generic[E]):
    """One kind of entity in a store.

    ``keys`` derives indexed values that aren't fields of the entity (e.g. a joined lane key); they are written beside
    the fields. ``upgrades[n]`` turns a body of schema version n into n + 1 on read; the next save writes it as
    the present version. A document of a newer release is left to that one: ``Unavailable``.
    """

    def __init__(
        self,
        store: Store,
        kind: Kind,
        entity: type[E],
        encoder: EventEncoder,
        ids: Ids,
        *,
        keys: Callable[[E], Body] | None = None,
        upgrades: dict[int, Upgrade] | None = None,
        missing: Callable[[str], Exception] | None = None,
    ) -> None:
        self.store = store
        self.kind = kind
        self._codec = Codec(entity)
        self._encoder = encoder
        self._ids = ids
        self._keys = keys
        self._upgrades = upgrades or {}
        self._missing = missing or (
            lambda id: NotFound(f"{kind.name}_not_found", "没有找到该记录，请核对编号。", id=id)
        )

    # ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────

    def get(self, id: str) -> E:
        """The entity. Raises ``NotFound`` (or what ``missing`` makes)."""
        entity = self.find_by_id(id)
        if entity is None:
            raise self._missing(id)
        return entity

    def find_by_id(self, id: str) -> E | None:
        """The entity, or ``None``."""
        return self.stored(id)

    def stored(self, id: str) -> E | None:
        """The entity as the store has it now, whatever is remembered of it; or ``None``."""
        document = self.store.get(self.kind.name, id) if id else None
        return None if document is None else self._entity(document)

    def find_unique(self, index: str, *values: Scalar) -> E | None:
        """The entity with this unique key, or ``None``."""
        document = self.store.find_unique(self.kind.name, index, values)
        return None if document is None else self._entity(document)

    def find(
        self,
        index: str,
        *,
        range: Range = Range(),
        descending: bool = False,
        limit: int = 50,
        cursor: str = "",
        **where: Scalar | tuple[Scalar, ...],
    ) -> Found[E]:
        """A page of entities by a declared index; ``where`` gives its leading fields (dots written as ``__``)."""
        return self._page(self._query(index, where, range, descending, limit, cursor))

    def _page(self, query: Query) -> Found[E]:
        page = self.store.find(query)
        return Found(tuple(self._entity(document) for document in page.documents), page.cursor)

    def heads(self, head: type[H]) -> Heads[H]:
        """The same kind without what it keeps apart, for lists: ``head`` has the fields that are left."""
        return Heads(self.store, self.kind, head, self._upgrades)

    def each(
        self,
        index: str,
        *,
        range: Range = Range(),
        known: Mapping[str, E] | None = None,
        **where: Scalar | tuple[Scalar, ...],
    ) -> Iterable[E]:
        """Every entity of a declared index in order, page by page.

        ``known``: what was read before, by id; what has the same version still isn't decoded again.
        """
        known = known or {}
        cursor = ""
        while True:
            page = self.store.find(self._query(index, where, range, False, 200, cursor))
            for document in page.documents:
                before = known.get(document.id)
                if before is None or before.version != document.version:
                    before = self._entity(document)
                yield before
            cursor = page.cursor
            if not cursor:
                return

    def count(self, index: str, *, limit: int, range: Range = Range(), **where: Scalar | tuple[Scalar, ...]) -> int:
        """How many there are, counted to ``limit`` at the most."""
        return self.store.count(self._query(index, where, range, False, limit, ""))

    def _query(
        self,
        index: str,
        where: dict[str, Scalar | tuple[Scalar, ...]],
        range: Range,
        descending: bool,
        limit: int,
        cursor: str,
    ) -> Query:
        named = {name.replace("__", "."): value for name, value in where.items()}
        return Query(self.kind.name, index, named, range, descending, limit, cursor)

    def indexed(self, entity: E, field: str) -> Scalar:
        """What a field of an entity's body holds, a derived key too, as its indexes have it."""
        value: Scalar = self._body(entity)[field]
        return value

    # ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────

    def create(self, entity: E, events: Sequence[DomainEvent], call: Call, *, mark: Mark | None = None) -> E:
        """Inserts an entity with its events.

        With ``call.idempotency``, the same call sent again gets the entity of the first one; the same key with
        another request raises ``Conflict`` (``idempotency_key_reused``). Raises ``Duplicate``, ``AlreadyApplied``.
        """
        before = self.created_before(call)
        if before is not None:
            return before
        body, encoded = self._body(entity), self._encode(events, call)
        try:
            self.store.insert(self.kind.name, entity.id, body, events=encoded, mark=mark, idempotency=call.idempotency)
        except Duplicate:
            # Whichever key refused it: the same call, sent again while the first was on its way, meets all of them.
            before = self.created_before(call)
            if before is None:
                raise
            return before
        return _with_version(entity, 1)

    def append(self, entities: Sequence[E], *, durable: bool = True) -> None:
        """Inserts entities in their order, without events; ``durable``: see ``Store``.

        Raises ``Duplicate``, naming the first refused: those before it stand.
        """
        alone(self.store, self.appending(entities, durable=durable))

    def appending(self, entities: Sequence[E], *, durable: bool = True) -> Steps[None]:
        """``append`` as a step among others'."""
        documents = [(entity.id, self._body(entity)) for entity in entities]
        yield Append(self.kind.name, documents, durable)

    def created_before(self, call: Call) -> E | None:
        """What an earlier sending of this call created. Raises ``Conflict`` when the key came with another request."""
        if call.idempotency is None:
            return None
        document = self.store.find_created(self.kind.name, call.idempotency.key)
        if document is None:
            return None
        if document.fingerprint != call.idempotency.fingerprint:
            raise Conflict("idempotency_key_reused", "该幂等键（Idempotency-Key）已用于另一请求，请换一个新键。")
        return self._entity(document)

    def save(
        self,
        entity: E,
        events: Sequence[DomainEvent],
        call: Call,
        *,
        mark: Mark | None = None,
        durable: bool = True,
    ) -> E:
        """Replaces the version that was read, with the events that the change raised; ``durable``: see ``Store``.

        Raises ``Stale``, ``AlreadyApplied``.
        """
        return alone(self.store, self.saving(entity, events, call, mark=mark, durable=durable))

    def saving(
        self,
        entity: E,
        events: Sequence[DomainEvent],
        call: Call,
        *,
        mark: Mark | None = None,
        durable: bool = True,
    ) -> Steps[E]:
        """``save`` as a step among others'."""
        body, encoded = self._body(entity), self._encode(events, call)
        yield Save(self.kind.name, entity.id, body, entity.version, encoded, mark, durable)
        return _with_version(entity, entity.version + 1)

    def _encode(self, events: Sequence[DomainEvent], call: Call) -> list[Any]:
        # An event may know its id, such as a letter's, which its document keeps too.
        return [
            self._encoder.encode(event, call, getattr(event, "event_id", "") or self._ids.new_id(call.now))
            for event in events
        ]

    def _body(self, entity: E) -> Body:
        body = self._codec.body(entity)
        if self._keys is not None:
            body |= self._keys(entity)
        return body

    def _entity(self, document: Document) -> E:
        entity: E = self._codec.entity(document.id, document.version, _upgraded(self.kind, self._upgrades, document))
        return entity


class Heads(Generic[H]):
    """Lists of one kind by what a page shows of it: read only, and never with what the kind keeps apart."""

    def __init__(self, store: Store, kind: Kind, head: type[H], upgrades: Mapping[int, Upgrade]) -> None:
        self._store = store
        self._kind = kind
        self._codec = Codec(head)
        self._upgrades = upgrades

    def find(
        self,
        index: str,
        *,
        range: Range = Range(),
        descending: bool = False,
        limit: int = 50,
        cursor: str = "",
        **where: Scalar | tuple[Scalar, ...],
    ) -> Found[H]:
        """A page, as ``Repository.find`` has it."""
        asked = Query(self._kind.name, index, where, range, descending, limit, cursor, heads=True)
        page = self._store.find(asked)
        return Found(tuple(map(self._head, page.documents)), page.cursor)

    def _head(self, document: Document) -> H:
        head: H = self._codec.entity(document.id, document.version, _upgraded(self._kind, self._upgrades, document))
        return head


def _upgraded(kind: Kind, upgrades: Mapping[int, Upgrade], document: Document) -> Body:
    if document.schema_version > kind.schema_version:
        # Two releases at work side by side: saved from here, what only the newer one knows would be lost.
        raise Unavailable("document_of_newer_release", "系统正在升级，请稍后重试。", id=document.id)
    body = document.body
    for version in range(document.schema_version, kind.schema_version):
        body = upgrades[version](body)
    return body


def _with_version(entity: E, version: int) -> E:
    return replace(entity, version=version)  # type: ignore[type-var]


def check_version(entity: Entity, expected: int) -> None:
    """Raises ``Stale`` unless the caller saw the present version; 0 means that the caller doesn't care (``If-Match``)."""
    if expected and expected != entity.version:
        raise Stale("stale_version", "记录已被他人更新，请刷新后重试。", expected=expected, actual=entity.version)
