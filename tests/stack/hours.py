"""The hours of a site that keeps real time: open whenever its tests run, and no day ends among them."""

from __future__ import annotations

import logging
import os
import time
from contextlib import closing
from datetime import datetime, timedelta
from typing import Final

from kit.workdays import CENTER_ZONE
from tests.integration.people import Town
from tests.integration.visits import ACCOUNTS

_log = logging.getLogger(__name__)

#: How long a server is gone, in seconds.
OUTAGE: Final = float(os.environ.get("TONGBAN_STACK_OUTAGE_SECONDS") or 8)
#: The center above the others of the sample.
_PARENT: Final = "610900"
#: What the tests on one site take at most, in seconds.
_LONG_ENOUGH: Final = 240 + 20 * OUTAGE


def await_a_long_day() -> None:
    """Waits for midnight if it is near: who took a number is called on that day or never, and lists show a day."""
    now = datetime.now(CENTER_ZONE)
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    left = (midnight - now).total_seconds()
    if left < _LONG_ENOUGH:
        _log.warning("the centers' day ends in %.0f s: waiting for the next", left)
        time.sleep(left)


def open_round_the_clock(address: str) -> None:
    """By the calendar of the centers' common parent: today and tomorrow have hours of their own, be it a holiday."""
    with closing(Town(address)) as town:
        manager, path = town.staff(f"{ACCOUNTS[_PARENT]}-manager-01"), f"centers/{_PARENT}/calendar"
        own = manager.get(path)["own"]
        today = datetime.now(CENTER_ZONE).date()
        day = {"kind": "special_hours", "name": "全天服务", "hours": ["00:00-24:00"]}
        days = {(today + timedelta(days=ahead)).isoformat(): day for ahead in (0, 1)}
        manager.put(path, {"own": {**own, "days": {**own.get("days", {}), **days}}})
