"""Waiting for what must come about, and saying what was there instead."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(look: Callable[[], T | None], seconds: float = 20.0, what: str = "") -> T:
    """Polls until something true is found. Raises ``AssertionError`` with the last that was."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} s: {what or look}; last: {found!r}")
        time.sleep(0.02)
