"""Settings: read once from the environment into frozen dataclasses; a bad value stops the start with a clear message.

A field ``port`` is read from ``TONGBAN_PORT``. A field without a default must be given. Secrets are given as the
path of a file, so that they stand in no environment and no process list.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from kit.telemetry_settings import TelemetrySettings

T = TypeVar("T")

PREFIX = "TONGBAN_"


class SettingsError(Exception):
    """One or more settings are wrong; the message names each and says what it may be."""


def load(cls: type[T], env: Mapping[str, str] | None = None) -> T:
    """Reads ``cls`` from the environment. Raises ``SettingsError`` with every wrong setting at once."""
    source = os.environ if env is None else env
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    problems: list[str] = []
    for each in dataclasses.fields(cls):  # type: ignore[arg-type]
        name = PREFIX + each.name.upper()
        if name in source:
            try:
                values[each.name] = _parse(source[name], hints[each.name])
            except ValueError as error:
                problems.append(f"{name}={source[name]!r}: {error}")
        elif each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING:
            problems.append(f"{name} is not set: {each.metadata.get('help', 'it has no default')}")
    if not problems:
        try:
            return cls(**values)
        except ValueError as error:
            problems.append(str(error))
    raise SettingsError("wrong settings:\n  " + "\n  ".join(problems))


def _parse(text: str, wanted: Any) -> Any:
    origin = get_origin(wanted)
    if origin in (Union, types.UnionType):
        return None if text == "" else _parse(text, next(arg for arg in get_args(wanted) if arg is not type(None)))
    if origin is tuple:
        return tuple(_parse(part.strip(), get_args(wanted)[0]) for part in text.split(",") if part.strip())
    if wanted is bool:
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("0", "false", "no", "off", ""):
            return False
        raise ValueError("give true or false")
    if wanted is int:
        try:
            return int(text)
        except ValueError:
            raise ValueError("give a whole number") from None
    if wanted is float:
        try:
            return float(text)
        except ValueError:
            raise ValueError("give a number") from None
    if wanted is Path:
        return Path(text)
    if isinstance(wanted, type) and issubclass(wanted, str):
        return text
    raise ValueError(f"a setting can't be of type {wanted}")


#: What may stand behind each port; the first is the embedded default.
_CHOICES = {"store": ("sqlite", "mongodb"), "bus": ("sqlite", "kafka"), "blobs": ("files", "gridfs")}


@dataclass(frozen=True)
class ServiceSettings(TelemetrySettings):
    """What every process of a site is told."""

    #: Name of this deployment; part of every event's source.
    site: str = "local"
    #: Where the embedded store, bus and files live.
    data: Path = Path(".data")
    #: Where sockets live; short, as a socket's path may have 107 bytes.
    run_dir: Path = Path(".data/run")
    #: Public keys (PEM file, one after another) that actor tokens are verified with; two while one follows the other.
    public_key_file: Path = Path(".data/secrets/actor.pub.pem")
    #: File with the secret that persons are keyed with (kit.privacy.person_key).
    site_secret_file: Path = Path(".data/secrets/site.secret")
    #: Where this service listens; empty: a socket in run_dir.
    listen: str = ""
    #: Where services are, as ``name=address`` pairs; those not named are sockets in run_dir. A name's replicas are asked
    #: in turn; where no name resolves to them, give their addresses: ``name=10.0.0.1:9000|10.0.0.2:9000``.
    services: tuple[str, ...] = ()
    #: Certificate chain, key and authority (PEM files) for mutual TLS between services; all three or none.
    tls_cert_file: Path | None = None
    #: The certificate's key.
    tls_key_file: Path | None = None
    #: The authority that the others' certificates come from.
    tls_ca_file: Path | None = None
    #: Where health checks are answered without TLS besides, for probes that speak none; empty: only where it listens.
    health_listen: str = ""
    #: Threads that serve calls.
    workers: int = 16
    #: How long a stop goes on serving those who haven't heard of it, in seconds: what replicas of a cluster need, so
    #: that clients have gone to the others before anything is refused.
    drain_seconds: float = 0.0
    #: How long a stop waits for calls at hand, in seconds.
    grace_seconds: float = 5.0
    #: How long an event waits for what isn't ready, such as its center's reference data, before it goes to the dead
    #: letters, in seconds; 0: for good. Our own choice.
    event_patience_seconds: float = 3600.0
    #: How many days it is remembered which events had their effect, where that is kept in a table of its own (``sqlite``);
    #: 0: for ever. No service may stay off so long, and dead letters that are older aren't replayed. Our own choice.
    marks_days: int = 90
    #: A demo clock's file; embedded mode only.
    demo_clock: Path | None = None
    #: Embedded mode: one machine, files for everything. The only one that may show demo conveniences.
    embedded: bool = True
    #: Where documents stand: ``sqlite``, or ``mongodb`` (then the settings of kit.store.mongo apply).
    store: str = "sqlite"
    #: Where events stand: ``sqlite``, or ``kafka`` (then the settings of kit.bus.kafka apply).
    bus: str = "sqlite"
    #: Where files stand: ``files``, or ``gridfs`` (in the MongoDB of the store's settings).
    blobs: str = "files"
    #: Whether services describe their interface to whoever asks (gRPC reflection); unset: in embedded mode only.
    reflection: bool | None = None
    #: A descriptor that is closed when the parent dies; the service then stops.
    parent_fd: int | None = None
    _services: dict[str, str] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.demo_clock is not None and not self.embedded:
            raise ValueError("TONGBAN_DEMO_CLOCK: the demo clock works in embedded mode only; leave it unset")
        for name, choice in _CHOICES.items():
            chosen = getattr(self, name)
            if chosen not in choice:
                raise ValueError(f"TONGBAN_{name.upper()}={chosen!r}: give {' or '.join(choice)}")
            if chosen != choice[0] and self.embedded:
                raise ValueError(f"TONGBAN_{name.upper()}={chosen}: set TONGBAN_EMBEDDED=false with it")
        tls = {f"TONGBAN_TLS_{name.upper()}_FILE": getattr(self, f"tls_{name}_file") for name in ("cert", "key", "ca")}
        if any(tls.values()) and not all(tls.values()):
            missing = ", ".join(name for name, path in tls.items() if path is None)
            raise ValueError(f"{missing}: mutual TLS needs certificate, key and authority; give all three or none")
        if not 1 <= self.workers <= 256:
            raise ValueError(f"TONGBAN_WORKERS={self.workers}: give 1 to 256")
        if self.marks_days and not 30 <= self.marks_days <= 36500:
            raise ValueError(f"TONGBAN_MARKS_DAYS={self.marks_days}: give 30 or more, or 0 for ever")
        for name in ("drain", "grace"):
            if getattr(self, f"{name}_seconds") < 0:
                raise ValueError(f"TONGBAN_{name.upper()}_SECONDS: give 0 or more")
        for pair in self.services:
            name, equals, address = pair.partition("=")
            if not (name and equals and address):
                raise ValueError(f"TONGBAN_SERVICES: {pair!r} is no name=address")
            self._services[name] = _target(address)

    def address_of(self, service: str) -> str:
        """The gRPC target of a service."""
        return self._services.get(service) or f"unix:{(self.run_dir / service).absolute()}.sock"

    @property
    def describes_itself(self) -> bool:
        """Whether gRPC reflection is served."""
        return self.embedded if self.reflection is None else self.reflection

    @property
    def site_secret(self) -> bytes:
        """The secret that persons are keyed with. Raises ``SettingsError`` when the file isn't there."""
        return read_secret(self.site_secret_file, "TONGBAN_SITE_SECRET_FILE").strip()

    @property
    def public_key(self) -> str:
        """The public keys' PEM text. Raises ``SettingsError`` when the file isn't there."""
        return read_secret(self.public_key_file, "TONGBAN_PUBLIC_KEY_FILE").decode(errors="replace")


def _target(address: str) -> str:
    """What gRPC is told: several addresses are one target, any other text stands for itself. Raises ``ValueError``."""
    replicas = address.split("|")
    if len(replicas) == 1:
        return address
    for each in replicas:
        host, _, port = each.rpartition(":")
        try:
            ipaddress.IPv4Address(host)
        except ValueError:
            host = ""
        if not (host and port.isdecimal() and 0 < int(port) < 65536):
            raise ValueError(f"TONGBAN_SERVICES: {each!r} in {address!r} is no IPv4 address with a port")
    return "ipv4:" + ",".join(replicas)


def read_secret(path: Path, name: str) -> bytes:
    """The content of a file that the setting ``name`` gives. Raises ``SettingsError`` when there is nothing to read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"wrong settings:\n  {name}={path}: {_FILE_TROUBLES.get(type(error), error.strerror)}"
        ) from error
    if not content.strip():
        raise SettingsError(f"wrong settings:\n  {name}={path}: the file is empty; put the key or secret into it")
    return content


_FILE_TROUBLES: dict[type[OSError], str] = {
    FileNotFoundError: "there is no such file; mount or make it (`tongban keys` makes a site's), or give its path",
    PermissionError: "the user of this process may not read it; make it readable for that user, and for nobody else",
    IsADirectoryError: "it is a folder; give the path of the file in it",
}
