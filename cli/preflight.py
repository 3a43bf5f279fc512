"""Before anything starts: settings, lock, data files, port. What is wrong is said, and nothing has been touched."""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import importlib.util
import json
import os
import socket
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.components import COMPONENTS
from cli.refusal import Refusal
from cli.site import Site, write_durably

if TYPE_CHECKING:
    from kit.settings import ServiceSettings

#: Version of the data folder's layout; a newer one is not touched.
FORMAT: Final = 1

#: Larger files get their header and schema read at the start, and no full check: it would take longer than a start may.
FULL_CHECK_BYTES: Final = 512 * 1024 * 1024

#: How long the children of a killed supervisor are given to leave, in seconds.
ORPHANS_LEAVE: Final = 6.0

_MAGIC: Final = b"SQLite format 3\x00"

#: Settings that ``tongban up`` itself gives to its processes.
_OWN: Final = frozenset(
    {
        "TONGBAN_RUN_DIR",
        "TONGBAN_PUBLIC_KEY_FILE",
        "TONGBAN_PRIVATE_KEY_FILE",
        "TONGBAN_SITE_SECRET_FILE",
        "TONGBAN_PARENT_FD",
        "TONGBAN_LISTEN",
        "TONGBAN_SERVICES",
    }
)


# ── Settings ─────────────────────────────────────────────────────────────────────────────────────────────────────


def settings_classes() -> Sequence[type[ServiceSettings]]:
    """What the processes read: every service's settings and the gateway's."""
    from kit.settings import ServiceSettings

    found: list[type[ServiceSettings]] = [ServiceSettings]
    for component in COMPONENTS:
        module = f"{component.module.removesuffix('.main')}.settings"
        if importlib.util.find_spec(module) is None:
            continue
        for value in vars(importlib.import_module(module)).values():
            if isinstance(value, type) and issubclass(value, ServiceSettings) and value not in found:
                found.append(value)
    return found


def check_settings(environment: Mapping[str, str]) -> None:
    """Raises ``Refusal`` naming each variable that is unknown, not to be set, or has a value that can't be."""
    from kit.setting_names import misspelt
    from kit.settings import SettingsError, load

    classes = settings_classes()
    problems = [f"{name} is set by `tongban up` itself; unset it" for name in sorted(_OWN & environment.keys())]
    problems += misspelt(environment)
    if environment.get("TONGBAN_EMBEDDED", "true").lower() in ("0", "false", "no", "off"):
        problems.append("TONGBAN_EMBEDDED: `tongban up` runs the embedded mode only; see deploy/ for the other one")
    if environment.get("TONGBAN_METRICS_LISTEN"):
        problems.append(
            "TONGBAN_METRICS_LISTEN: the processes of one machine can't share a port; fetch the gateway's /metrics, or "
            "have all of them sent to a collector: TONGBAN_TELEMETRY=otlp"
        )
    for cls in classes:
        try:
            load(cls, environment)
        except SettingsError as error:
            problems += [line.strip() for line in str(error).splitlines()[1:]]
    if problems:
        raise Refusal("wrong settings:\n  " + "\n  ".join(dict.fromkeys(problems)), exit_code=2)


# ── Lock ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def locked(site: Site) -> Iterator[int]:
    """Holds the data folder's lock and gives its descriptor, to be inherited by the children: so the lock stands while
    any of them lives, also after the supervisor was killed. Raises ``Refusal`` when another holds it."""
    descriptor = os.open(site.lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(site, descriptor)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def is_running(site: Site) -> bool:
    """Whether a supervisor, or what is left of one, holds the data folder."""
    try:
        descriptor = os.open(site.lock_file, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _take(site: Site, descriptor: int) -> None:
    end = time.monotonic() + ORPHANS_LEAVE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            if _is_alive(holder):
                raise Refusal(
                    f"tongban already runs on {site.data} (process {holder}).\n"
                    "Stop that one first, or start this one on a folder of its own: --data FOLDER --port PORT."
                ) from None
            if time.monotonic() >= end:
                raise Refusal(
                    f"processes of a killed tongban still use {site.data}; `tongban status` names them.\n"
                    "Wait until they have ended, or end them, and start again."
                ) from None
            time.sleep(0.05)
        else:
            return


def _is_alive(pid: str) -> bool:
    return pid.isdigit() and Path(f"/proc/{pid}").exists()


# ── Data files ───────────────────────────────────────────────────────────────────────────────────────────────────


def check_data(site: Site) -> Sequence[str]:
    """Raises ``Refusal`` naming every data file that is damaged or missing; returns notes on what wasn't checked."""
    if site.restoring_file.exists():
        raise Refusal(
            f"{site.data} holds half a site: a restore was cut off here. Put the folder aside, and restore into an empty "
            "one: docs/operations/backup.md."
        )
    present = sorted(site.data.glob("*.db"))
    with ThreadPoolExecutor(4) as pool:
        problems = [problem for problem in pool.map(damage_of, present) if problem]
    expected = _expected(site)
    problems += [
        f"{site.data / name} is {'empty' if (site.data / name).exists() else 'missing'}"
        for name in expected
        if not (site.data / name).exists() or (site.data / name).stat().st_size == 0
    ]
    if problems:
        raise Refusal(
            "damaged data:\n  "
            + "\n  ".join(problems)
            + "\nNothing was started and nothing was changed. Put the folder aside and restore the whole of it from a "
            "backup, or start with an empty one: --data FOLDER."
        )
    return [
        f"{path.name}: too large for a full check at the start"
        for path in present
        if path.stat().st_size > FULL_CHECK_BYTES
    ]


def damage_of(path: Path) -> str:
    """What is wrong with an SQLite file; empty: nothing that can be seen."""
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        return f"{path} can't be read: {error.strerror}"
    if not head:
        return ""  # made and never written: a start that was killed at its very beginning
    if head != _MAGIC:
        return f"{path} is damaged: it doesn't begin like a database"
    try:
        with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if path.stat().st_size > FULL_CHECK_BYTES:
                return ""
            found = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        return f"{path} is damaged: {error}"
    return "" if found == "ok" else f"{path} is damaged: {' '.join(found.split())}"


def _expected(site: Site) -> Sequence[str]:
    """The files that a start before this one left behind. Raises ``Refusal`` on a newer layout."""
    try:
        said = json.loads(site.site_file.read_text(encoding="utf-8"))
        files, layout = [str(name) for name in said["files"]], int(said["format"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refusal(f"{site.site_file} can't be read ({error}); restore it from a backup.") from error
    if layout > FORMAT:
        raise Refusal(f"{site.data} was written by a newer tongban (format {layout}); start that one.")
    return files


def remember_files(site: Site) -> None:
    """Writes down which data files there are, so that one that is lost is missed."""
    files = sorted(path.name for path in site.data.glob("*.db") if path.stat().st_size)
    text = json.dumps({"format": FORMAT, "files": files}, indent=1)
    if not site.site_file.exists() or site.site_file.read_text(encoding="utf-8") != text:
        write_durably(site.site_file, text)


# ── Port ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_port(host: str, port: int) -> None:
    """Raises ``Refusal`` when the port is taken or may not be used."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise Refusal(
            f"port {port} on {host} can't be used: {error.strerror or error}.\n"
            "Stop the program that has it, or choose another port: --port or TONGBAN_PORT."
        ) from error
