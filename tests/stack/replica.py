"""One process of a site on real servers: started, asked to leave, killed."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cli.components import COMPONENTS
from cli.health import grpc_probe, http_ready
from cli.processes import Process, Program
from tests.integration.site import PATIENCE, ROOT

_MODULES: Final = {component.name: component.module for component in COMPONENTS}
GATEWAY: Final = next(component.name for component in COMPONENTS if component.edge)


@dataclass
class Replica:
    """One process."""

    name: str
    number: int
    port: int
    environment: Mapping[str, str] = field(repr=False)
    log: Path = field(repr=False)
    #: Starts it sooner than its command does, where it is given (cli.forking).
    fork: Callable[[Program], Process] | None = field(default=None, repr=False)
    process: Process | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it; ``serves`` says when it is ready."""
        assert self.process is None, f"{self.name} runs already"
        module = _MODULES[self.name]
        program = Program(self.name, (sys.executable, "-m", module), self.environment, self.log, module=module)
        self.process = self.fork(program) if self.fork is not None else _with_its_command(program)

    @property
    def serves(self) -> bool:
        """Whether it says that calls are welcome. Fails when it has ended by itself."""
        assert self.process is not None, f"{self.name} was never started"
        assert self.process.poll() is None, f"{self.name} ended:\n{self.log.read_text()[-3000:]}"
        if self.name == GATEWAY:
            return http_ready(f"http://{self.address}", "/readyz")
        return grpc_probe(self.address)()

    def leave(self) -> None:
        """Asks it to end, as a cluster does."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def ended(self, patience: float = PATIENCE) -> int:
        """Waits for its end; its exit code. One that doesn't end is killed."""
        assert self.process is not None
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process = None
        return code

    def kill9(self) -> None:
        """Ends it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None


def _with_its_command(program: Program) -> subprocess.Popen[bytes]:
    with program.log.open("ab") as log:
        return subprocess.Popen(
            list(program.command),
            cwd=ROOT,
            env={**program.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
