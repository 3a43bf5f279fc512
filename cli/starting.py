"""A site that starts: asks every process until it is ready, and says why one won't come up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from cli.health import Probe
from cli.processes import Child, State, Supervisor
from cli.refusal import Refusal

#: How often a process that isn't ready is asked again, in seconds.
_ASK_EVERY: Final = 0.05
#: How often a process may die before it was ever ready, until the start is given up.
_DEATHS_AT_START: Final = 3
#: How long all may take to be ready, in seconds.
_START_PATIENCE: Final = 60.0
#: Lines of a log that are shown when its process won't start.
_LOG_LINES: Final = 8


class Start:
    """Waits until every child is ready, with a line for each."""

    def __init__(
        self,
        supervisor: Supervisor,
        asked: Mapping[str, Probe],
        say: Callable[[str], None],
        patience: float = _START_PATIENCE,
    ) -> None:
        self._supervisor = supervisor
        self._asked = asked
        self._say = say
        self._patience = patience
        self._ready: set[str] = set()
        self._over = threading.Event()

    def wait(self) -> None:
        """Returns when all are ready, or when told to stop. Raises ``Refusal`` when one won't start."""
        began = time.monotonic()
        askers = [
            threading.Thread(target=self._ask, args=(name, ask, began), daemon=True)
            for name, ask in self._asked.items()
        ]
        late = threading.Timer(self._patience, self._supervisor.wake)
        late.daemon = True
        for thread in (*askers, late):
            thread.start()
        try:
            self._supervisor.run(until=lambda: self._decided(began))
        finally:
            self._over.set()
            late.cancel()

    def _ask(self, name: str, ask: Probe, began: float) -> None:
        while not self._over.is_set():
            if ask():
                self._say(f"  {name:<17} ready after {time.monotonic() - began:.1f} s")
                self._ready.add(name)
                self._supervisor.wake()
                return
            self._over.wait(_ASK_EVERY)

    def _decided(self, began: float) -> bool:
        for child in self._supervisor.children:
            if child.program.name not in self._ready and self._gives_up(child):
                raise Refusal(_why(child))
        missing = self._asked.keys() - self._ready
        if missing and time.monotonic() - began >= self._patience:
            raise Refusal(
                f"not ready after {self._patience:.0f} s: {', '.join(sorted(missing))}; "
                f"see {self._supervisor.children[0].program.log.parent}"
            )
        return not missing

    @staticmethod
    def _gives_up(child: Child) -> bool:
        refused = child.state is State.WAITING and child.last_exit == 2
        return refused or child.restarts + (child.state is State.WAITING) >= _DEATHS_AT_START


def _why(child: Child) -> str:
    lines = child.program.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:]
    return (
        f"{child.program.name} doesn't start (exit code {child.last_exit}); the end of {child.program.log}:\n"
        + "\n".join(f"  {line}" for line in lines)
    )
