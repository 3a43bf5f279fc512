"""The stored copy: only a newer version replaces what is there, whatever comes how often in which order."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from kit.store.codec import Codec
from kit.store.port import Body, Document, Duplicate, Mark, Query, Store
from reference.kinds import CALENDARS, CENTERS, CURRENT_ITEMS, ITEMS, POLICIES, SEALS, item_key
from reference.model import Center, Policy, ServiceItem
from reference.papers.sealing import Seal

_CENTER = Codec(Center)
_ITEM = Codec(ServiceItem)
_SEAL = Codec(Seal)


class StoredCopy:
    """Reads and writes the reference kinds of one store.

    A document's body holds ``source``, the version that catalog gave it, beside the content; the store's own version
    only guards against a concurrent write, which raises ``Conflict`` and is tried again by the consumer.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    # ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────

    def center(self, center_id: str, known: Center | None = None) -> Center | None:
        """A center as it was last told; a ``known`` one of the same version isn't decoded again."""
        document = self._get(CENTERS.name, center_id)
        return None if document is None else _center(document, known)

    def centers(self, known: Mapping[str, Center]) -> list[Center]:
        """All centers in order of their codes; ``known`` ones of the same version aren't decoded again."""
        found: list[Center] = []
        cursor = ""
        while True:
            page = self._store.find(Query(CENTERS.name, "by_code", limit=200, cursor=cursor))
            found += [_center(document, known.get(document.id)) for document in page.documents]
            cursor = page.cursor
            if not cursor:
                return found

    def item(self, item_id: str, item_version: int) -> ServiceItem | None:
        """A published item version."""
        document = self._get(ITEMS.name, item_key(item_id, item_version))
        if document is None:
            return None
        item: ServiceItem = _ITEM.entity(item_id, document.body["source"], document.body["item"])
        return item

    def offered(self, item_id: str) -> tuple[str, int] | None:
        """An item's center and the version that may be applied for (0: none now)."""
        document = self._get(CURRENT_ITEMS.name, item_id)
        return None if document is None else (document.body["center_id"], document.body["offered"])

    def policy(self, center_id: str) -> Policy | None:
        """What is set for a center, parents' settings included."""
        document = self._get(POLICIES.name, center_id)
        return None if document is None else Policy(center_id, document.body["values"], document.body["source"])

    def calendar(self, center_id: str) -> Body | None:
        """A center's calendar document with its ``source`` version."""
        document = self._get(CALENDARS.name, center_id)
        return None if document is None else document.body

    def seal(self, seal_id: str) -> Seal | None:
        """A seal, also one that was withdrawn."""
        document = self._get(SEALS.name, seal_id)
        return None if document is None else _seal(document)

    def seals(self, center_id: str) -> tuple[Seal, ...]:
        """A center's seals, the newest last."""
        found: list[Seal] = []
        cursor = ""
        while True:
            page = self._store.find(Query(SEALS.name, "by_center", {"center_id": center_id}, limit=50, cursor=cursor))
            found += map(_seal, page.documents)
            cursor = page.cursor
            if not cursor:
                return tuple(found)

    def _get(self, kind: str, id: str) -> Document | None:
        return self._store.get(kind, id) if id else None

    # ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────

    def put_center(self, center: Center, mark: Mark | None = None) -> None:
        """Keeps a center unless a newer version is there."""
        self._put(CENTERS.name, center.id, center.version, {"code": center.id, "center": _CENTER.body(center)}, mark)

    def put_policy(self, policy: Policy, mark: Mark | None = None) -> None:
        """Keeps a center's settings unless a newer version is there."""
        self._put(POLICIES.name, policy.center_id, policy.version, {"values": dict(policy.values)}, mark)

    def put_calendar(self, center_id: str, version: int, data: Mapping[str, Any], mark: Mark | None = None) -> None:
        """Keeps a center's calendar document unless a newer version is there."""
        self._put(CALENDARS.name, center_id, version, {"data": dict(data)}, mark)

    def put_seal(self, seal: Seal, registered_at: int, mark: Mark | None = None) -> None:
        """Keeps a seal unless a newer version is there."""
        content = {"center_id": seal.center_id, "registered_at": registered_at, "seal": _SEAL.body(seal)}
        self._put(SEALS.name, seal.id, seal.version, content, mark)

    def put_draft(self, item_id: str, center_id: str, mark: Mark | None = None) -> None:
        """Knows of an item of which no version has been published yet."""
        self._change_offer(item_id, center_id, lambda offered, latest: (offered, latest), mark)

    def put_published(self, item: ServiceItem, mark: Mark | None = None) -> None:
        """Keeps an item version and offers it unless a later one was published already.

        The version comes first: after a crash in between, the event is handled again and finds it there.
        """
        body = {"source": item.version, "item": _ITEM.body(item)}
        with contextlib.suppress(Duplicate):  # it never changes, so what is there is the same
            self._store.insert(ITEMS.name, item_key(item.id, item.item_version), body)
        number = item.item_version
        self._change_offer(
            item.id,
            item.center_id,
            lambda offered, latest: (number, number) if number > latest else (offered, latest),
            mark,
        )

    def put_retired(self, item_id: str, center_id: str, item_version: int, mark: Mark | None = None) -> None:
        """Offers an item no more, unless another version is offered by now."""
        self._change_offer(
            item_id,
            center_id,
            lambda offered, latest: (0 if offered == item_version else offered, max(latest, item_version)),
            mark,
        )

    def _change_offer(
        self, item_id: str, center_id: str, change: Callable[[int, int], tuple[int, int]], mark: Mark | None
    ) -> None:
        document = self._store.get(CURRENT_ITEMS.name, item_id)
        before = (0, 0) if document is None else (document.body["offered"], document.body["latest"])
        offered, latest = change(*before)
        body: Body = {"center_id": center_id, "offered": offered, "latest": latest}
        if document is None:
            self._store.insert(CURRENT_ITEMS.name, item_id, body, mark=mark)
        elif (offered, latest) != before:
            self._store.save(CURRENT_ITEMS.name, item_id, body, document.version, mark=mark)

    def _put(self, kind: str, id: str, source: int, content: Body, mark: Mark | None) -> None:
        document = self._store.get(kind, id)
        body = {"source": source, **content}
        if document is None:
            self._store.insert(kind, id, body, mark=mark)
        elif source > document.body["source"]:
            self._store.save(kind, id, body, document.version, mark=mark)


def _center(document: Document, known: Center | None) -> Center:
    source: int = document.body["source"]
    if known is not None and known.version == source:
        return known
    center: Center = _CENTER.entity(document.id, source, document.body["center"])
    return center


def _seal(document: Document) -> Seal:
    seal: Seal = _SEAL.entity(document.id, document.body["source"], document.body["seal"])
    return seal
