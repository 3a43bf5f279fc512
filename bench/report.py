"""The report of a bench: its figures, and when, how long and on what machine they were measured."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Run:
    """One run of a bench, from when it was made."""

    #: Where the figures go.
    out: Path
    quick: bool
    _began: float = field(default_factory=time.monotonic)
    _load_before: float = field(default_factory=lambda: os.getloadavg()[0])

    @classmethod
    def asked(cls, program: str, about: str | None, out: str) -> Run:
        """As the command line says."""
        parser = argparse.ArgumentParser(prog=f"python -m {program}", description=about)
        parser.add_argument("--quick", action="store_true", help="everything small, in a minute: shows that it works")
        parser.add_argument("--out", type=Path, default=Path(out), help="where the figures go")
        chosen = parser.parse_args()
        return cls(chosen.out, chosen.quick)

    def report(self, figures: Sequence[Any], **besides: Any) -> dict[str, Any]:
        """Writes down what was measured until now; returns it."""
        report = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "quick": self.quick,
            "seconds": round(time.monotonic() - self._began),
            "machine": machine(self._load_before),
            **besides,
            "figures": figures,
        }
        self.out.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        return report

    def show(self, report: dict[str, Any], lines: Iterable[str]) -> None:
        """Prints it as a table."""
        print("\n".join(lines))
        print(f"figures in {self.out}, after {report['seconds']} s")


def machine(load_before: float) -> dict[str, Any]:
    """What it was measured on."""
    cpu = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), ""
    )
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "cpu": cpu or platform.machine(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1024 / 1024),
        "system": f"{platform.system()} {platform.release()}",
        "python": f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}",
        "load_before": round(load_before, 1),
        "load_after": round(os.getloadavg()[0], 1),
    }


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def say(line: str) -> None:
    """Progress, for whoever waits."""
    print(f"bench: {line}", file=sys.stderr, flush=True)
