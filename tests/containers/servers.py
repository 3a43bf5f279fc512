"""The test servers of tests/servers as containers: the same life, killed, paused and started again by the engine.

Each listens on the same port inside as outside, as clients are told addresses by the servers themselves.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import docker.errors
from testcontainers.core.container import DockerContainer

from tests.containers.images import KAFKA, MONGO
from tests.servers import kafka, mongo

_STOPPED: Final = ("exited", "dead", "stopped")
_ACTION: Final = {signal.SIGSTOP: "pause", signal.SIGCONT: "unpause"}


class ContainerProcess:
    """A container that is looked after like a process; what it said is in its log file when it has ended."""

    def __init__(self, image: str, command: Sequence[str], log: Path, ports: Sequence[int] = ()) -> None:
        self._log = log
        container = DockerContainer(image).with_command(list(command))
        # Where tests make folders: certificates stand beside the server's own.
        place = tempfile.gettempdir()
        container.with_volume_mapping(place, place, "rw")
        log.touch()
        for port in ports:
            container.ports[port] = ("127.0.0.1", port)  # type: ignore[index,assignment]  # this machine only
        # As who runs the tests: the folder is theirs. With a first process that passes signals on.
        own = {} if ports else {"network_mode": "host"}
        container.with_kwargs(user=f"{os.getuid()}:{os.getgid()}", init=True, entrypoint="", **own)
        container.start()
        self._container = container.get_wrapped_container()

    def poll(self) -> int | None:
        """Its exit code once it has ended."""
        try:
            self._container.reload()
        except docker.errors.NotFound:
            return -1
        if self._container.status not in _STOPPED:
            return None
        return int(self._container.attrs["State"]["ExitCode"])

    def send_signal(self, number: int) -> None:
        """Stopping and going on are the engine's freezer: the whole container stands still."""
        if number == signal.SIGCONT and self._status() != "paused":
            return
        action = _ACTION.get(signal.Signals(number))
        if action:
            getattr(self._container, action)()
        else:
            self._container.kill(signal.Signals(number).name)

    def wait(self, timeout: float = 60) -> int:
        """Waits for its end and removes it. Raises ``TimeoutExpired``."""
        end = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired(self._container.name or "", timeout)
            time.sleep(0.05)
        try:
            with self._log.open("ab") as log:
                log.write(self._container.logs())
            self._container.remove(force=True, v=True)
        except docker.errors.NotFound:
            pass
        return code

    def _status(self) -> str:
        self._container.reload()
        return str(self._container.status)


class ContainerKafka(kafka.KafkaServer):
    """The same broker in a container; its folder is mounted where it is."""

    described = "KRaft, one node, in a container"

    def _java(self, *command: str) -> Any:
        # "log4j2 or slf4j-simple": whichever the image has keeps quiet.
        line = ["java", "-Xms64m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
        line += ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", "/opt/kafka/libs/*", *command]
        ports = [] if "format" in command else [self.port(name) for name in self._protocols if name != "CONTROLLER"]
        return ContainerProcess(KAFKA, line, self.log_file, ports)

    def _all_properties(self) -> Mapping[str, str]:
        properties = dict(super()._all_properties())
        # Inside its own net "here" is nobody else's; the controller stays there, clients come from outside.
        listeners = properties["listeners"].split(",")
        outside = [
            each.replace("//127.0.0.1:", "//0.0.0.0:") for each in listeners if not each.startswith("CONTROLLER")
        ]
        own = [each for each in listeners if each.startswith("CONTROLLER")]
        return {**properties, "listeners": ",".join(outside + own)}


class ContainerMongo(mongo.MongoServer):
    """The same store in a container; its folder is mounted where it is."""

    def start(self) -> None:
        """See the same of a process."""
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        command = ["server" if part.endswith("secantusd-rs") else part for part in self._stand_in(data)]
        # In the machine's own net: it lets its first user be made from its own machine alone.
        process: Any = ContainerProcess(MONGO, [*command, *self._options], self.log_file)
        self._process = process
        self.wait()
