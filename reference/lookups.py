"""What a service asks: pure lookups in its own copy, no remote call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from kit.consumer import Subscription
from kit.errors import Conflict, NotFound, NotReady
from kit.store.port import Store
from kit.workdays import Calendar
from reference.model import Center, Policy, ServiceItem, Window
from reference.papers.sealing import Seal
from reference.stored import StoredCopy
from reference.updates import updates

#: How long, in seconds of real time, a lookup may miss what another replica has just been told.
FRESH_SECONDS: Final = 1.0

#: Item versions kept decoded; they never change, so only memory bounds them.
KEPT_ITEMS: Final = 4096

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Tree:
    centers: tuple[Center, ...]
    by_id: dict[str, Center] = field(repr=False)
    children: dict[str, list[str]] = field(repr=False)


class _Fresh(Generic[V]):
    """Values by key that are looked at again after a while, or at once when told to forget one."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._values: dict[str, tuple[V, float]] = {}
        #: How often anything was to be forgotten: what was read before the last time isn't kept.
        self._forgotten = 0
        self._lock = threading.Lock()

    def get(self, key: str, load: Callable[[V | None], V | None]) -> V | None:
        """The value; ``load`` gets the one from before, to keep it where nothing has changed. None isn't kept."""
        kept = self._values.get(key)
        now = self._now()
        if kept is not None and now < kept[1]:
            return kept[0]
        forgotten = self._forgotten
        value = load(None if kept is None else kept[0])
        with self._lock:
            if value is None:
                self._values.pop(key, None)
            elif forgotten == self._forgotten:
                self._values[key] = (value, now + FRESH_SECONDS)
        return value

    def forget(self, key: str) -> None:
        """Look again at the next question; the value from before stays at hand."""
        with self._lock:
            self._forgotten += 1
            kept = self._values.get(key)
            if kept is not None:
                self._values[key] = (kept[0], 0.0)


class Reference:
    """A service's own copy of centers, items, policies and calendars, kept by catalog's events.

    Item versions are remembered for good; the rest is at most ``FRESH_SECONDS`` old, and up to date at once in the
    process that consumed the event. Safe for threads; the returned values are shared and must not be changed.
    """

    def __init__(self, store: Store, now: Callable[[], float] = time.monotonic) -> None:
        self._copy = StoredCopy(store)
        self._items: dict[tuple[str, int], ServiceItem] = {}
        self._centers: _Fresh[Center] = _Fresh(now)
        self._tree: _Fresh[_Tree] = _Fresh(now)
        self._policies: _Fresh[Policy] = _Fresh(now)
        self._calendars: _Fresh[Calendar] = _Fresh(now)
        self._seals: _Fresh[tuple[Seal, ...]] = _Fresh(now)

    def subscription(self, service: str) -> Subscription:
        """What keeps the copy up to date; to be run by the service."""
        return updates(service, self._copy, self.forget)

    def forget(self, center_id: str) -> None:
        """Looks at a center's documents again at the next question."""
        for kept in (self._centers, self._policies, self._calendars, self._seals):
            kept.forget(center_id)
        self._tree.forget("")

    # ── Centers ──────────────────────────────────────────────────────────────────────────────────────────────

    def center(self, center_id: str) -> Center:
        """A center. Raises ``NotFound`` (``center_unknown``)."""
        center = self._find_center(center_id)
        if center is None:
            raise NotFound("center_unknown", "没有这个政务服务中心，请核对中心编码。", center=center_id[:40])
        return center

    def centers(self) -> tuple[Center, ...]:
        """All centers of the site, in order of their codes."""
        return self._whole_tree().centers

    def descendants(self, center_id: str) -> frozenset[str]:
        """A center and all below it. Raises ``NotFound`` (``center_unknown``)."""
        tree = self._whole_tree()
        if center_id not in tree.by_id:
            self.center(center_id)
        found: set[str] = set()
        below = [center_id]
        while below:
            one = below.pop()
            if one not in found:
                found.add(one)
                below += tree.children.get(one, [])
        return frozenset(found)

    def window(self, window_id: str) -> tuple[Center, Window]:
        """A window and its center, which its id begins with. Raises ``NotFound`` (``window_unknown``)."""
        center_id = window_id.rpartition("-")[0]
        center = self._find_center(center_id) if center_id else None
        window = None if center is None else center.window(window_id)
        if center is None or window is None:
            raise NotFound("window_unknown", "没有这个窗口，请核对窗口编号。", window=window_id[:40])
        return center, window

    def _find_center(self, center_id: str) -> Center | None:
        return self._centers.get(center_id, lambda before: self._copy.center(center_id, before))

    def _whole_tree(self) -> _Tree:
        def load(before: _Tree | None) -> _Tree:
            centers = tuple(self._copy.centers({} if before is None else before.by_id))
            children: dict[str, list[str]] = {}
            for center in centers:
                children.setdefault(center.parent_id, []).append(center.id)
            return _Tree(centers, {center.id: center for center in centers}, children)

        return self._tree.get("", load) or load(None)

    # ── Items ────────────────────────────────────────────────────────────────────────────────────────────────

    def item(self, item_id: str, item_version: int) -> ServiceItem:
        """An item version that some document names, on offer or not (rules AB02).

        Raises ``Unavailable`` (``reference_not_ready``) while catalog's event is still on its way.
        """
        key = (item_id, item_version)
        item = self._items.get(key)
        if item is None:
            item = self._copy.item(item_id, item_version)
            if item is None:
                raise _not_ready()
            if len(self._items) >= KEPT_ITEMS:
                self._items.clear()
            self._items[key] = item
        return item

    def published_item(self, center_id: str, item_id: str) -> ServiceItem:
        """The version of an item that may be applied for at a center now (rules AB01).

        Raises ``NotFound`` (``item_unknown``) and ``Conflict`` (``item_not_published``).
        """
        offer = self._copy.offered(item_id)
        if offer is None or offer[0] != center_id:
            raise NotFound("item_unknown", "本中心没有这个事项，请核对事项编号。", item=item_id[:40])
        if not offer[1]:
            raise Conflict("item_not_published", "该事项未发布或已停办，暂不能申请，请咨询窗口。", item=item_id)
        return self.item(item_id, offer[1])

    # ── Policy and calendar ──────────────────────────────────────────────────────────────────────────────────

    def policy(self, center_id: str) -> Policy:
        """A center's settings. Raises ``Unavailable`` (``reference_not_ready``) before catalog has told them."""
        policy = self._policies.get(center_id, lambda _: self._copy.policy(center_id))
        if policy is None:
            raise _not_ready(center=center_id[:40])
        return policy

    def calendar(self, center_id: str) -> Calendar:
        """A center's effective calendar. Raises ``Unavailable`` (``reference_not_ready``) before it was told."""

        def load(before: Calendar | None) -> Calendar | None:
            body = self._copy.calendar(center_id)
            if body is None:
                return None
            if before is not None and before.version == body["source"]:
                return before
            return Calendar.from_data(body["data"])

        calendar = self._calendars.get(center_id, load)
        if calendar is None:
            raise _not_ready(center=center_id[:40])
        return calendar

    # ── Seals ────────────────────────────────────────────────────────────────────────────────────────────────

    def seals(self, center_id: str) -> tuple[Seal, ...]:
        """A center's seals, also those that were withdrawn, the newest last."""
        return self._seals.get(center_id, lambda _: self._copy.seals(center_id)) or ()

    def seal(self, seal_id: str) -> Seal:
        """A seal that a paper bears. Raises ``Unavailable`` (``reference_not_ready``) before catalog has told it."""
        seal = self._copy.seal(seal_id)
        if seal is None:
            raise _not_ready(seal=seal_id[:40])
        return seal


def _not_ready(**details: Any) -> NotReady:
    return NotReady("reference_not_ready", "基础数据正在同步，请稍后重试。", **details)
