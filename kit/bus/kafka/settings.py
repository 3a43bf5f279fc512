"""What one tells the bus about its Kafka."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kit.bus.topics import MAX_MESSAGE_BYTES

_PROTOCOLS: Final = ("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")
_MECHANISMS: Final = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_PREFIX: Final = re.compile(r"[A-Za-z0-9._-]{0,100}")
_SECONDS: Final = (
    "kafka_connect_seconds",
    "kafka_request_seconds",
    "kafka_publish_seconds",
    "kafka_session_seconds",
    "kafka_batch_seconds",
)
_FILES: Final = ("kafka_password_file", "kafka_ca_file", "kafka_cert_file", "kafka_key_file", "kafka_key_password_file")


@dataclass(frozen=True)
class KafkaSettings:
    """Read where ``TONGBAN_BUS=kafka``. Secrets are files; they are read anew for each connection that is made."""

    #: Brokers to begin with, as ``host:port`` pairs; one that answers is enough.
    kafka_bootstrap_servers: tuple[str, ...] = ("127.0.0.1:9092",)
    #: How this process is called in the brokers' logs and quotas.
    kafka_client_id: str = "tongban"
    #: Put before every topic's and group's name, where several sites share a cluster, e.g. ``county-7.``.
    kafka_prefix: str = ""
    #: ``PLAINTEXT``, ``SSL``, ``SASL_PLAINTEXT`` or ``SASL_SSL``.
    kafka_security_protocol: str = "PLAINTEXT"
    #: With SASL: ``PLAIN``, ``SCRAM-SHA-256`` or ``SCRAM-SHA-512``.
    kafka_sasl_mechanism: str = "SCRAM-SHA-512"
    #: With SASL: the user.
    kafka_username: str = ""
    #: With SASL: file with the user's password.
    kafka_password_file: Path | None = None
    #: With SSL: file (PEM) with the authorities that brokers' certificates may come from; none: the system's.
    kafka_ca_file: Path | None = None
    #: With SSL: file (PEM) with this client's certificate, where brokers ask for one.
    kafka_cert_file: Path | None = None
    #: With SSL: file (PEM) with its key.
    kafka_key_file: Path | None = None
    #: File with the password of that key, if it has one.
    kafka_key_password_file: Path | None = None
    #: How often each topic is stored; 1 is for one broker only.
    kafka_replication: int = 3
    #: How many copies must have an event before it counts as published; 0: all but one.
    kafka_min_insync: int = 0
    #: How long the brokers are looked for before the bus counts as unavailable, in seconds.
    kafka_connect_seconds: float = 10.0
    #: How long one request to a broker may take, in seconds.
    kafka_request_seconds: float = 10.0
    #: How long a publication may take, with all its retries, in seconds.
    kafka_publish_seconds: float = 20.0
    #: A member that isn't heard of for so long has left its group, in seconds: brokers allow 6 to 1800.
    kafka_session_seconds: float = 15.0
    #: A member that works on one batch for longer has left its group, in seconds.
    kafka_batch_seconds: float = 300.0
    #: How much of a topic a member fetches ahead, in bytes.
    kafka_fetch_bytes: int = 8 * 1024 * 1024
    #: What the driver itself may log; it reports an outage ten times a second.
    kafka_log_level: str = "CRITICAL"

    def __post_init__(self) -> None:
        if not self.kafka_bootstrap_servers:
            raise ValueError("TONGBAN_KAFKA_BOOTSTRAP_SERVERS is empty: give host:port, several with commas")
        for server in self.kafka_bootstrap_servers:
            host, colon, port = server.rpartition(":")
            if not (host and colon and port.isdecimal() and 0 < int(port) < 65536):
                raise ValueError(f"TONGBAN_KAFKA_BOOTSTRAP_SERVERS: {server!r} is no host:port")
        _one_of("TONGBAN_KAFKA_SECURITY_PROTOCOL", self.kafka_security_protocol, _PROTOCOLS)
        _one_of("TONGBAN_KAFKA_SASL_MECHANISM", self.kafka_sasl_mechanism, _MECHANISMS)
        _one_of("TONGBAN_KAFKA_LOG_LEVEL", self.kafka_log_level, ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
        if self.sasl and not (self.kafka_username and self.kafka_password_file):
            raise ValueError(
                f"TONGBAN_KAFKA_SECURITY_PROTOCOL={self.kafka_security_protocol}: "
                "give TONGBAN_KAFKA_USERNAME and TONGBAN_KAFKA_PASSWORD_FILE with it"
            )
        if (self.kafka_cert_file is None) != (self.kafka_key_file is None):
            raise ValueError("TONGBAN_KAFKA_CERT_FILE and TONGBAN_KAFKA_KEY_FILE: give both or neither")
        if not 1 <= self.kafka_replication <= 9:
            raise ValueError(f"TONGBAN_KAFKA_REPLICATION={self.kafka_replication}: give 1 to 9")
        if not 0 <= self.kafka_min_insync <= self.kafka_replication:
            raise ValueError(f"TONGBAN_KAFKA_MIN_INSYNC={self.kafka_min_insync}: give 0 to TONGBAN_KAFKA_REPLICATION")
        if not _PREFIX.fullmatch(self.kafka_prefix):
            raise ValueError(
                f"TONGBAN_KAFKA_PREFIX={self.kafka_prefix!r}: give up to 100 letters, digits, dots, dashes or underscores"
            )
        for name in _SECONDS:
            if getattr(self, name) < 0.1:
                raise ValueError(f"TONGBAN_{name.upper()}={getattr(self, name)}: give 0.1 or more")
        if self.kafka_publish_seconds <= self.kafka_request_seconds:
            raise ValueError("TONGBAN_KAFKA_PUBLISH_SECONDS: give more than TONGBAN_KAFKA_REQUEST_SECONDS")
        if self.kafka_batch_seconds < self.kafka_session_seconds:
            raise ValueError("TONGBAN_KAFKA_BATCH_SECONDS: give no less than TONGBAN_KAFKA_SESSION_SECONDS")
        if self.kafka_fetch_bytes < MAX_MESSAGE_BYTES:
            raise ValueError(f"TONGBAN_KAFKA_FETCH_BYTES={self.kafka_fetch_bytes}: give {MAX_MESSAGE_BYTES} or more")
        for name in _FILES:
            path: Path | None = getattr(self, name)
            if path is not None and not (path.is_file() and os.access(path, os.R_OK)):
                raise ValueError(f"TONGBAN_{name.upper()}={path}: there is no such file, or it can't be read")

    @property
    def sasl(self) -> bool:
        """Whether this client says who it is."""
        return self.kafka_security_protocol.startswith("SASL")

    @property
    def tls(self) -> bool:
        """Whether connections are encrypted."""
        return self.kafka_security_protocol.endswith("SSL")

    @property
    def min_insync(self) -> int:
        """How many copies must have an event."""
        return self.kafka_min_insync or max(1, self.kafka_replication - 1)


def _one_of(name: str, value: str, choice: tuple[str, ...]) -> None:
    if value not in choice:
        raise ValueError(f"{name}={value!r}: give {', '.join(choice[:-1])} or {choice[-1]}")
