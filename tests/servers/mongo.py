"""A MongoDB for tests, the best that this machine has:

- ``TONGBAN_TEST_MONGODB=host:port``: a running replica set that may be written to (nothing can kill that one);
- a real ``mongod`` on the PATH, started as a replica set of one;
- else SecantusDB, a server of MongoDB's wire protocol over WiredTiger, built from its crate into build/servers/ by
  ``python -m tests.servers.mongo fetch`` (``make mongo-server``): minutes the first time, nothing the second. It is
  GPL-2.0 and therefore only ever a process of its own, never a dependency.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pymongo
from pymongo.errors import OperationFailure, PyMongoError

from tests.servers.server import Server, free_ports, launch

ROOT: Final = Path(__file__).resolve().parents[2]
CRATE: Final = "secantus-mdb"
VERSION: Final = "0.5.3-beta.196"
_HOME: Final = ROOT / "build" / "servers" / f"secantus-{VERSION}"
_BINARY: Final = _HOME / "bin" / "secantusd-rs"


def given() -> str:
    """The address of a server that the caller has; empty: the tests start their own."""
    return os.environ.get("TONGBAN_TEST_MONGODB", "")


def mongod() -> str | None:
    """A real mongod on the PATH."""
    return shutil.which("mongod")


def missing() -> str:
    """Why no server can run on this machine; empty where one can."""
    if given() or mongod() or _BINARY.exists():
        return ""
    lacking = [tool for tool in ("cargo", "cmake", "cc") if shutil.which(tool) is None]
    return f"there is no mongod, and building {CRATE} needs {', '.join(lacking)}" if lacking else ""


def fetch() -> None:
    """Builds the stand-in into build/servers, once, where there is no real server. Raises ``RuntimeError``."""
    if given() or mongod() or _BINARY.exists():
        return
    _HOME.parent.mkdir(parents=True, exist_ok=True)
    with (_HOME.parent / ".secantus.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _BINARY.exists():
            return
        partial, target = _HOME.with_suffix(".part"), _HOME.parent / "secantus-target"
        # The crate asks for a newer compiler than it needs: built and checked with 1.95.
        options = ["--version", VERSION, "--locked", "--ignore-rust-version", "--root", str(partial)]
        done = subprocess.run(
            ["nice", "cargo", "install", "--quiet", CRATE, *options],
            env={**os.environ, "CARGO_TARGET_DIR": str(target), "CARGO_PROFILE_RELEASE_STRIP": "symbols"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"cargo could not build {CRATE} {VERSION}:\n{(done.stdout + done.stderr)[-2000:]}")
        shutil.rmtree(target, ignore_errors=True)
        shutil.rmtree(_HOME, ignore_errors=True)
        partial.rename(_HOME)


class MongoServer(Server):
    """One server with a folder of its own, on a free port of this machine; every acknowledged write is on the disk."""

    called = "the MongoDB server"
    ready_seconds = 120.0
    log_name = "mongo.log"

    def __init__(
        self, folder: Path, options: Sequence[str] = (), client: Mapping[str, Any] = MappingProxyType({})
    ) -> None:
        super().__init__(folder)
        self._options = list(options)
        self._client: dict[str, Any] = dict(client)
        (self.port,) = free_ports(1)

    @property
    def address(self) -> str:
        """Where clients begin."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Starts it, on what it had before; returns when it can be written to. Raises ``RuntimeError``."""
        fetch()
        data = self.folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        real = mongod()
        command = [*(self._mongod(real, data) if real else self._stand_in(data)), *self._options]
        self._process = launch(command, self.log_file)
        self.wait()

    def _mongod(self, binary: str, data: Path) -> list[str]:
        where = ["--bind_ip", "127.0.0.1", "--port", str(self.port), "--dbpath", str(data)]
        return [binary, *where, "--replSet", "tests", "--wiredTigerCacheSizeGB", "0.25", "--quiet"]

    def _stand_in(self, data: Path) -> list[str]:
        config = self.folder / "empty.toml"  # so that no configuration elsewhere is found
        config.touch()
        where = ["--host", "127.0.0.1", "--port", str(self.port), "--storage-path", str(data)]
        # Its log is on the disk before a write is acknowledged, as {j: true} means with the real one.
        small = ["--cache-size", "128M", "--log-file-max", "16MB", "--log-level", "WARNING"]
        return [str(_BINARY), "--config", str(config), *where, *small, "--sync-on-commit"]

    def _serves(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                pass
            client: pymongo.MongoClient[dict[str, object]] = pymongo.MongoClient(
                "localhost" if self._client else "127.0.0.1",
                self.port,
                directConnection=True,
                timeoutMS=2000,
                **self._client,
            )
            with client:
                hello = client.admin.command("hello")
                if mongod() and "setName" not in hello:
                    with contextlib.suppress(OperationFailure):  # it is at it already
                        client.admin.command(
                            "replSetInitiate", {"_id": "tests", "members": [{"_id": 0, "host": self.address}]}
                        )
                return bool(hello.get("isWritablePrimary"))
        except (OSError, PyMongoError):
            return False


def described(address: str) -> str:
    """Which server this is, name and version: to be said at the end of a run."""
    client: pymongo.MongoClient[dict[str, object]] = pymongo.MongoClient(f"mongodb://{address}/", timeoutMS=5000)
    with client:
        about = client.admin.command("buildInfo")
    stand_in = about.get("secantusVersion")
    if stand_in:
        return f"SecantusDB {stand_in}, not MongoDB (it speaks the wire of {about['version']})"
    return f"MongoDB {about['version']}"


@contextlib.contextmanager
def running(options: Sequence[str] = (), client: Mapping[str, Any] = MappingProxyType({})) -> Iterator[MongoServer]:
    """A server in a folder of its own, which goes with it; ``client``: what a client of these options needs."""
    with tempfile.TemporaryDirectory(prefix="tongban-mongo-") as folder:
        server = MongoServer(Path(folder), options, client)
        try:
            server.start()
            yield server
        finally:
            server.stop()


if __name__ == "__main__":
    if sys.argv[1:] != ["fetch"]:
        raise SystemExit("usage: python -m tests.servers.mongo fetch")
    if reason := missing():
        raise SystemExit(f"tests.servers.mongo: {reason}")
    fetch()
