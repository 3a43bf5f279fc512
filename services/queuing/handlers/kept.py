"""Answers that many ask for at once: read once, kept for a moment, forgotten at each write of this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class _Entry(Generic[V]):
    value: V
    started: float
    generation: int


class Kept(Generic[V]):
    """Values by key, at most ``seconds`` of real time old.

    A read that begins after ``forget`` sees what was written before it. Of many that ask at the same time one reads,
    and the others take what it read if it began after they asked.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._now = now
        self._entries: dict[str, _Entry[V]] = {}
        self._generations: dict[str, int] = {}
        self._loading: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: str, load: Callable[[], V]) -> V:
        """The value of a key, read by ``load`` where none is kept."""
        asked = self._now()
        entry = self._entries.get(key)
        if entry is not None and self._fresh(key, entry, asked):
            return entry.value
        with self._lock:
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:
            entry = self._entries.get(key)
            if entry is not None and (entry.started > asked or self._fresh(key, entry, self._now())):
                return entry.value
            started, generation = self._now(), self._generations.get(key, 0)
            value = load()
            self._entries[key] = _Entry(value, started, generation)
            return value

    def forget(self, key: str) -> None:
        """Something that the value was made of has changed."""
        with self._lock:
            self._generations[key] = self._generations.get(key, 0) + 1

    def _fresh(self, key: str, entry: _Entry[V], now: float) -> bool:
        return entry.generation == self._generations.get(key, 0) and now < entry.started + self._seconds
