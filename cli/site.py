"""One site on one machine: where its files lie, its keys, and what its processes are told."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.components import COMPONENTS
from cli.refusal import Refusal

#: A socket's path has 107 bytes; gRPC takes only plain characters in it.
_SOCKET_BYTES: Final = 107
_PLAIN: Final = re.compile(r"[A-Za-z0-9._/-]+")
_LONGEST_SOCKET: Final = max(len(component.name) for component in COMPONENTS) + len("/.sock")

DEFAULT_DATA: Final = ".data"


@dataclass(frozen=True, slots=True)
class Site:
    """The folder of a site, and the names in it."""

    data: Path

    @classmethod
    def at(cls, data: Path | None = None) -> Site:
        """The site that is meant: the folder given, else ``TONGBAN_DATA``, else ``.data``."""
        return cls((data or Path(os.environ.get("TONGBAN_DATA") or DEFAULT_DATA)).expanduser().absolute())

    @property
    def lock_file(self) -> Path:
        """Locked by the supervisor and its children while any of them lives."""
        return self.data / "lock"

    @property
    def state_file(self) -> Path:
        """What the supervisor says of its children."""
        return self.data / "run" / "state.json"

    @property
    def site_file(self) -> Path:
        """What the data folder is, and which files belong to it."""
        return self.data / "site.json"

    @property
    def sample_file(self) -> Path:
        """How far the sample federation is loaded."""
        return self.data / "sample.json"

    @property
    def restoring_file(self) -> Path:
        """There while a restore is under way, and after one that was cut off: then the folder holds half a site."""
        return self.data / "restoring"

    @property
    def audit_file(self) -> Path:
        """What operators did by hand, one JSON object a line."""
        return self.data / "audit.log"

    @property
    def log_dir(self) -> Path:
        """One log a process."""
        return self.data / "logs"

    @property
    def demo_clock_file(self) -> Path:
        """The demo clock's offset."""
        return self.data / "demo_clock"

    @property
    def bus_file(self) -> Path:
        """The events."""
        return self.data / "bus.db"

    def store_file(self, service: str) -> Path:
        """A service's documents."""
        return self.data / f"{service}.db"

    @property
    def secret_dir(self) -> Path:
        """Keys; nobody else may read them."""
        return self.data / "secrets"

    @property
    def private_key_file(self) -> Path:
        """Signs actor tokens."""
        return self.secret_dir / "actor.pem"

    @property
    def next_private_key_file(self) -> Path:
        """Will sign them: there while the key is followed by another (cli/rotation.py)."""
        return self.secret_dir / "actor.next.pem"

    @property
    def public_key_file(self) -> Path:
        """Verifies them."""
        return self.secret_dir / "actor.pub.pem"

    @property
    def site_secret_file(self) -> Path:
        """Keys persons (kit.privacy)."""
        return self.secret_dir / "site.secret"

    @property
    def run_dir(self) -> Path:
        """Where sockets live: in the data folder, or, where its path is too long or too odd for a socket, in a short
        folder that its path alone decides, so that every command finds it."""
        near = self.data / "run"
        text = os.fspath(near)
        if _PLAIN.fullmatch(text) and len(text) + _LONGEST_SOCKET <= _SOCKET_BYTES:
            return near
        name = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"tongban-{os.getuid()}-{name}"

    def address_of(self, component: str) -> str:
        """The gRPC target of a service."""
        return f"unix:{self.run_dir / component}.sock"

    def environment(self) -> dict[str, str]:
        """What each process is told of the site."""
        return {
            "TONGBAN_DATA": str(self.data),
            "TONGBAN_RUN_DIR": str(self.run_dir),
            "TONGBAN_PUBLIC_KEY_FILE": str(self.public_key_file),
            "TONGBAN_PRIVATE_KEY_FILE": str(self.private_key_file),
            "TONGBAN_SITE_SECRET_FILE": str(self.site_secret_file),
            "TONGBAN_EMBEDDED": "true",
        }

    # ── Making it ────────────────────────────────────────────────────────────────────────────────────────────

    def create_folders(self) -> None:
        """Makes the data folder and what stands in it. Raises ``Refusal`` when that can't be."""
        try:
            for folder in (self.data, self.log_dir, self.state_file.parent):
                folder.mkdir(parents=True, exist_ok=True)
            self.secret_dir.mkdir(mode=0o700, exist_ok=True)
            self.run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.data):
                pass
        except OSError as error:
            raise Refusal(
                f"the data folder {self.data} can't be used: {error.strerror} ({error.filename or self.data}).\n"
                "Make it writable for this user, or choose another: --data or TONGBAN_DATA."
            ) from error
        found = self.run_dir.stat()
        if found.st_uid != os.getuid() or (self.run_dir != self.data / "run" and stat.S_IMODE(found.st_mode) & 0o077):
            raise Refusal(f"{self.run_dir} belongs to somebody else; remove it or choose another --data.")

    def create_keys(self) -> None:
        """Makes the site's keys once; a half-made pair, left by a crash, is made anew."""
        if not self.private_key_file.exists():
            from kit.signing import generate_key

            private, public = generate_key()
            write_durably(self.public_key_file, public)
            write_durably(self.private_key_file, private)
        if not self.site_secret_file.exists():
            from kit.ids import new_secret

            write_durably(self.site_secret_file, new_secret())


def write_durably(path: Path, text: str) -> None:
    """Replaces a small file in one step: a reader, also after a crash, finds the old text or the new one.

    Nobody but its owner may read it.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
