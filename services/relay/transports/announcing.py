"""Tells neighbours this site's new card: soon after it is there, and after every start."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from kit.call import Call
from kit.errors import TongbanError
from services.relay.handlers.desk import Desk
from services.relay.handlers.introductions import Introductions

log = logging.getLogger(__name__)

#: How often it is looked whether there is a new card, in seconds.
_EVERY: Final = 10.0


class Announcing:
    """A thread that looks round now and then; what was told already costs a look into memory."""

    def __init__(
        self, introductions: Introductions, desk: Desk, call: Callable[[], Call], every: float = _EVERY
    ) -> None:
        self._introductions = introductions
        self._desk = desk
        self._call = call
        self._every = every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="announcing", daemon=True)

    def start(self) -> None:
        """Begins at once."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after what is at hand."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._introductions.announce(self._desk, self._call())
            except TongbanError as error:
                log.warning("the site's card waits to be told: %s", error.code)
            except Exception:
                log.exception("the site's card can't be told")
            self._stopped.wait(self._every)
