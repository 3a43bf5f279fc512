"""The ends of lanes as this process has just written them, so that a letter on its way needn't be read back.

Only where no other process writes to the store, as with the embedded one: there a lane's end moves by this process alone.
What is known is what stands: it is noted behind the write, and forgotten before and after whatever changes a lane
otherwise than by growing.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from services.relay.domain.envelope import Head
from services.relay.handlers.place import Kept

#: Lanes of which something is known; past it all are forgotten.
_LANES: Final = 8192
#: Envelopes of one lane, and bytes of them, that are at hand: what is on its way on a quiet line.
_ENVELOPES: Final = 8
_BYTES: Final = 64 * 1024


@dataclass(slots=True)
class _Tail:
    head: Head
    #: The last ones that nobody has dealt with yet, in order.
    kept: deque[Kept] = field(default_factory=deque)
    size: int = 0

    def drop_first(self) -> None:
        self.size -= self.kept.popleft().size


@dataclass
class Tails:
    """What is known of the ends of lanes; from any thread. Nothing, where it isn't the ``sole`` process that writes."""

    sole: bool = False
    _tails: dict[str, _Tail] = field(default_factory=dict)
    #: Lanes for which nothing is held that came before its predecessors.
    _free: set[str] = field(default_factory=set)
    #: Grows with each forgetting: what was read or written before one, and is told after it, may be old.
    _forgotten: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def head(self, lane: str) -> Head | None:
        """How far a lane has come; ``None``: the store knows."""
        tail = self._tails.get(lane)
        return None if tail is None else tail.head

    def after(self, lane: str, sequence: int, limit: int) -> Sequence[Kept] | None:
        """Those behind a number, in order; ``None``: the store knows."""
        with self._lock:
            tail = self._tails.get(lane)
            if tail is None:
                return None
            if sequence >= tail.head.sequence:
                return ()
            if not tail.kept or tail.kept[0].sequence > sequence + 1:
                return None
            return [each for each in tail.kept if each.sequence > sequence][:limit]

    def holds_nothing(self, lane: str) -> bool:
        """Whether it is known that nothing is held behind a lane's end."""
        return lane in self._free

    # ── Noted ────────────────────────────────────────────────────────────────────────────────────────────────

    def began(self) -> int:
        """To be asked before something is read or written, and given with what came of it."""
        return self._forgotten

    def found(self, lane: str, head: Head, began: int) -> None:
        """The store says how far a lane has come."""
        with self._lock:
            if self._may_note(began) and lane not in self._tails:
                self._tails[lane] = _Tail(head)

    def found_nothing_held(self, lane: str, began: int) -> None:
        """The store says that nothing is held behind a lane's end."""
        with self._lock:
            if self._may_note(began):
                self._free.add(lane)

    def grew(self, lane: str, kept: Sequence[Kept], began: int) -> None:
        """These stand at a lane's end now."""
        with self._lock:
            if not self._may_note(began):
                self._tails.pop(lane, None)
                return
            tail = self._tails.get(lane)
            if tail is not None and tail.head.sequence >= kept[-1].sequence:
                return  # another thread wrote behind these, and was quicker to say so
            if tail is None or tail.head.sequence + 1 != kept[0].sequence:
                tail = self._tails[lane] = _Tail(kept[-1].head)
            tail.head = kept[-1].head
            tail.kept.extend(kept)
            tail.size += sum(each.size for each in kept)
            while len(tail.kept) > _ENVELOPES or tail.size > _BYTES:
                tail.drop_first()

    def dealt_with(self, lane: str, sequence: int) -> None:
        """As a rule nobody asks any more for what stands up to a number."""
        with self._lock:
            tail = self._tails.get(lane)
            while tail is not None and tail.kept and tail.kept[0].sequence <= sequence:
                tail.drop_first()

    def forget(self, lane: str) -> None:
        """A lane changes, or may have changed."""
        with self._lock:
            self._forgotten += 1
            self._tails.pop(lane, None)
            self._free.discard(lane)

    def _may_note(self, began: int) -> bool:
        if len(self._tails) + len(self._free) >= 2 * _LANES:
            self._forgotten += 1
            self._tails.clear()
            self._free.clear()
        return self.sole and began == self._forgotten
