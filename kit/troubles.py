"""What is wrong with a process that serves calls all the same: for health checks and `tongban status`."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

log = logging.getLogger(__name__)


class Troubles:
    """The parts of one process that don't work, with why; kept in a file while there are any. Safe for threads."""

    def __init__(self, file: Path, tell: Callable[[bool], None]) -> None:
        self._file = file
        self._tell = tell
        self._parts: dict[str, str] = {}
        self._lock = threading.Lock()
        self._write()

    def say(self, part: str, trouble: str) -> None:
        """A part is in trouble; an empty text: it works again."""
        with self._lock:
            if trouble:
                self._parts[part] = trouble
            else:
                self._parts.pop(part, None)
            self._write()
            self._tell(not self._parts)

    def _write(self) -> None:
        try:
            if not self._parts:
                self._file.unlink(missing_ok=True)
                return
            new = self._file.with_suffix(".new")
            new.write_text(json.dumps(self._parts, ensure_ascii=False), encoding="utf-8")
            os.replace(new, self._file)
        except OSError as error:
            log.warning("%s can't be written: %s", self._file, error)


def troubles_file(run_dir: Path, service: str) -> Path:
    """Where a process says what is wrong with it."""
    return run_dir / f"{service}.troubles"


def read_troubles(run_dir: Path, service: str) -> Mapping[str, str]:
    """What a process of this machine says: part → trouble."""
    try:
        said = json.loads(troubles_file(run_dir, service).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(part): str(trouble) for part, trouble in said.items()} if isinstance(said, dict) else {}
