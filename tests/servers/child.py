"""A server of a test: it ends with the test run, however that ends, and Ctrl-C is for the tests alone."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

#: Asks the kernel for the end with the parent (PR_SET_PDEATHSIG, SIGKILL), then becomes the server. As a program of its
#: own: code between fork and exec would run in a copy of a process that may hold gRPC's threads.
_BECOMES = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execvp(sys.argv[1], sys.argv[1:])"


def start(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Starts a server; what it says is added to ``log``."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _BECOMES, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
        )
