"""The container engine that the tests run on: Docker, or whatever speaks its API; else podman, which is brought along.

podman gets a storage, a network and a socket of its own, so that nothing of the machine's is touched, and needs no
service manager. Its images stay in build/containers for the next run; everything else goes when the test does.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
HOME: Final = ROOT / "build" / "containers"
#: What Debian calls podman and what it needs: runc, as crun refuses machines with both kinds of control groups.
PACKAGES: Final = ("podman", "runc", "netavark", "aardvark-dns", "iptables", "catatonit", "mmdebstrap")
#: The authorities that this machine believes; a mirror in between may sign with one of its own.
AUTHORITIES: Final = Path(os.environ.get("SSL_CERT_FILE", "/etc/ssl/certs/ca-certificates.crt"))
_READY_SECONDS: Final = 30.0
_CLONE_NEWNET: Final = 0x40000000
_CLONE_NEWNS: Final = 0x00020000


class Missing(Exception):
    """No engine can run here; the message says why."""


@dataclass(frozen=True)
class Engine:
    """An engine that answers."""

    name: str
    version: str
    command: Sequence[str]
    #: What its command and the clients of its socket are told.
    environment: Mapping[str, str] = field(repr=False)

    def run(self, *arguments: str, check: bool = True, timeout: float = 600) -> str:
        """One command of its own; what it said. Raises ``RuntimeError`` with its complaint."""
        done = subprocess.run(
            [*self.command, *arguments],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            raise RuntimeError(f"{self.name} {' '.join(arguments[:3])} …:\n{(done.stdout + done.stderr)[-4000:]}")
        return done.stdout

    def build(self, image: str, folder: Path, *options: str) -> None:
        """Builds a folder's Dockerfile. Raises ``RuntimeError``."""
        own: tuple[str, ...] = ()
        if self.name == "podman":
            # Docker's format, as the other one keeps no health check; the host's net, as a new one has no names here.
            own = ("--format", "docker", "--network", "host", "-v", f"{AUTHORITIES}:{AUTHORITIES}:ro")
        self.run("build", "--tag", image, *own, *options, str(folder), timeout=1800)

    def has(self, image: str) -> bool:
        """Whether an image is there already."""
        return bool(self.run("images", "--quiet", image, check=False).strip())

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


@contextlib.contextmanager
def engine() -> Iterator[Engine]:
    """An engine for the time of the tests. Raises ``Missing``."""
    if answering := _docker():
        yield answering
        return
    _require_podman()
    with (HOME / ".lock").open("w") as lock:
        # One run at a time has the storage: each sweeps it at its end.
        fcntl.flock(lock, fcntl.LOCK_EX)
        with tempfile.TemporaryDirectory(prefix="tongban-podman-") as folder, _podman(Path(folder)) as own:
            yield own


# ── Docker ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _docker() -> Engine | None:
    command = shutil.which("docker")
    if command is None:
        return None
    asked = subprocess.run(
        [command, "version", "--format", "{{json .Server}}"], capture_output=True, text=True, timeout=30, check=False
    )
    try:
        server = json.loads(asked.stdout) if asked.returncode == 0 else None
    except json.JSONDecodeError:
        return None
    return Engine("docker", server["Version"], (command,), {}) if server else None


# ── podman ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _require_podman() -> None:
    """Probes first: a failure halfway says less. Raises ``Missing``."""
    if os.geteuid() != 0:
        raise Missing("no engine answers, and starting podman's own needs root")
    if not _allowed(_CLONE_NEWNET | _CLONE_NEWNS):
        raise Missing("no engine answers, and this machine gives no network namespaces")
    if "\toverlay" not in Path("/proc/filesystems").read_text() or not overlay_mounts():
        raise Missing("no engine answers, and this machine mounts no overlays")
    install([name for name in PACKAGES if not _installed(name)])


def install(packages: Sequence[str]) -> None:
    """Has Debian install what is missing. Raises ``Missing``."""
    if not packages:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise Missing(f"{', '.join(packages)}: not installed, and installing needs root and apt-get")
    say(f"installing {', '.join(packages)}")
    HOME.mkdir(parents=True, exist_ok=True)
    log = HOME / "apt.log"
    with log.open("ab") as output:
        for command in (["update", "-q"], ["install", "-qy", "--no-install-recommends", *packages]):
            environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
            if subprocess.run(
                ["apt-get", *command], stdout=output, stderr=output, env=environment, check=False
            ).returncode:
                raise Missing(f"{', '.join(packages)} could not be installed ({log})")


def _installed(package: str) -> bool:
    asked = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", package], capture_output=True, check=False)
    return asked.stdout == b"installed"


def _allowed(flags: int) -> bool:
    """Whether the kernel lets a process of ours have these namespaces; tried in a child, which ends with them."""
    child = os.fork()
    if child == 0:
        os._exit(0 if ctypes.CDLL(None, use_errno=True).unshare(flags) == 0 else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def overlay_mounts() -> bool:
    """Whether an overlay can be mounted where images will stand."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        for name in ("lower", "upper", "work", "merged"):
            Path(folder, name).mkdir()
        options = ",".join(f"{name}dir={folder}/{name}" for name in ("lower", "upper", "work"))
        mount = ["mount", "-t", "overlay", "overlay", "-o", options, f"{folder}/merged"]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            return False
        subprocess.run(["umount", f"{folder}/merged"], check=True)
    return True


@contextlib.contextmanager
def _podman(folder: Path) -> Iterator[Engine]:
    """podman with its own storage, and its service on a socket."""
    # Short, and the same for every run of this checkout: podman refuses a storage that it knows with another.
    running = Path("/run") / f"tongban-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}"
    (folder / "networks").mkdir()
    (folder / "storage.conf").write_text(
        f'[storage]\ndriver = "overlay"\ngraphroot = "{HOME}/storage"\nrunroot = "{running}/storage"\n'
    )
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    (folder / "containers.conf").write_text(
        # Without limits of its own it asks for more than a machine may give.
        f'[containers]\ndefault_ulimits = ["nofile={files}:{files}", "nproc=4096:4096"]\n'
        '[engine]\nruntime = "runc"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n'
        f'tmp_dir = "{running}/engine"\n'
        f'[network]\nnetwork_backend = "netavark"\nnetwork_config_dir = "{folder}/networks"\n'
    )
    socket = folder / "podman.sock"
    environment = {
        "CONTAINERS_CONF": f"{folder}/containers.conf",
        "CONTAINERS_STORAGE_CONF": f"{folder}/storage.conf",
        "DOCKER_HOST": f"unix://{socket}",
        # Its reaper is an image that isn't here; the sweep at the end does its work.
        "TESTCONTAINERS_RYUK_DISABLED": "true",
        "TESTCONTAINERS_CONNECTION_MODE": "docker_host",
    }
    version = subprocess.run(["podman", "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    own = Engine("podman", version, ("podman",), environment)
    _sweep(own)  # what a killed run left
    with (HOME / "podman.log").open("ab") as log:
        service = subprocess.Popen(
            ["podman", "system", "service", "--time", "0", environment["DOCKER_HOST"]],
            env={**os.environ, **environment},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    checking = _HealthChecks(own)
    try:
        _wait_for(socket, service)
        checking.start()
        yield own
    finally:
        checking.stop()
        _sweep(own)
        service.terminate()
        service.wait(30)
        _unmount(HOME / "storage")
        _unmount(running)
        shutil.rmtree(running, ignore_errors=True)


def _wait_for(socket: Path, service: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _READY_SECONDS
    while not socket.exists():
        if service.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"podman's service doesn't start ({HOME}/podman.log)")
        time.sleep(0.05)


def _sweep(own: Engine) -> None:
    """No container, network or volume outlives a run."""
    own.run("rm", "--all", "--force", "--volumes", "--time", "0", check=False)
    own.run("network", "prune", "--force", check=False)
    own.run("volume", "prune", "--force", check=False)


def _unmount(folder: Path) -> None:
    places = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    for place in sorted((each for each in places if each.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", place], capture_output=True, check=False)


class _HealthChecks:
    """Runs the containers' health checks: podman leaves that to systemd's timers, which may not be there."""

    def __init__(self, own: Engine) -> None:
        self._engine = own
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(60)

    def _run(self) -> None:
        while not self._stopped.wait(1):
            # Who isn't well yet comes first: others wait for it.
            for filters in (("health=starting", "health=unhealthy"), ("health=healthy",)):
                options = [part for each in filters for part in ("--filter", each)]
                for container in self._engine.run("ps", "--quiet", *options, check=False).split():
                    if self._stopped.is_set():
                        return
                    self._engine.run("healthcheck", "run", container, check=False)


def say(text: str) -> None:
    """A line for who waits."""
    sys.stderr.write(f"test-containers: {text}\n")
