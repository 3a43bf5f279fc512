"""How a site reaches its MongoDB; read from ``TONGBAN_MONGO_*``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kit.settings import SettingsError

_MECHANISMS = ("", "SCRAM-SHA-256", "SCRAM-SHA-1", "MONGODB-X509")


@dataclass(frozen=True)
class MongoSettings:
    """Where MongoDB is, who asks, and how long an answer is waited for. Secrets are files, never values."""

    #: Members to begin with, as ``host:port`` pairs; or a URI instead.
    mongo_hosts: tuple[str, ...] = ()
    #: ``mongodb://`` or ``mongodb+srv://`` address without user and password; or hosts instead.
    mongo_uri: str = ""
    #: User that the servers know; empty: none.
    mongo_username: str = ""
    #: File with the password; a line end after it doesn't count.
    mongo_password_file: Path | None = None
    #: Database that knows the user.
    mongo_auth_source: str = "admin"
    #: Empty: what the server offers (SCRAM). ``MONGODB-X509`` takes the certificate's subject as the user.
    mongo_auth_mechanism: str = ""
    #: Name of the replica set; empty: whichever the members say.
    mongo_replica_set: str = ""
    #: Ask the one given member only, without looking for the others of its set.
    mongo_direct: bool = False
    #: Connections are encrypted, and the servers' certificates checked.
    mongo_tls: bool = False
    #: Authority (PEM) that the servers' certificates are verified against; empty: the system's.
    mongo_tls_ca_file: Path | None = None
    #: This client's certificate with its key (one PEM file), for mutual TLS and ``MONGODB-X509``.
    mongo_tls_cert_file: Path | None = None
    #: Each service's database is named ``<prefix>_<service>``.
    mongo_database_prefix: str = "tongban"
    #: Connections that a process keeps.
    mongo_pool_min: int = 0
    #: Connections that a process may have at the most.
    mongo_pool_max: int = 32
    #: How long one operation may take with all its repetitions, in seconds; less than a call's five.
    mongo_timeout_seconds: float = 4.0
    #: How long a start waits for the servers before it gives up, in seconds.
    mongo_start_seconds: float = 30.0
    #: After how many seconds another replica publishes what a replica left unpublished.
    mongo_outbox_lease_seconds: float = 15.0

    def __post_init__(self) -> None:
        if bool(self.mongo_hosts) == bool(self.mongo_uri):
            raise ValueError(
                "TONGBAN_MONGO_HOSTS, TONGBAN_MONGO_URI: give one of the two, e.g. host1:27017,host2:27017"
            )
        if self.mongo_uri and not self.mongo_uri.startswith(("mongodb://", "mongodb+srv://")):
            raise ValueError("TONGBAN_MONGO_URI: begin it with mongodb:// or mongodb+srv://")
        if "@" in self.mongo_uri:
            raise ValueError(
                "TONGBAN_MONGO_URI holds a user or password: take them out and give TONGBAN_MONGO_USERNAME and "
                "TONGBAN_MONGO_PASSWORD_FILE"
            )
        if self.mongo_auth_mechanism not in _MECHANISMS:
            known = ", ".join(_MECHANISMS[1:])
            raise ValueError(
                f"TONGBAN_MONGO_AUTH_MECHANISM={self.mongo_auth_mechanism!r}: give {known}, or leave it out"
            )
        if self.mongo_username and self.mongo_password_file is None and self.mongo_auth_mechanism != "MONGODB-X509":
            raise ValueError(
                "TONGBAN_MONGO_PASSWORD_FILE is not set: a user needs the path of a file with the password"
            )
        if self.mongo_password_file is not None and not self.mongo_username:
            raise ValueError("TONGBAN_MONGO_USERNAME is not set: a password needs its user")
        if (self.mongo_tls_ca_file or self.mongo_tls_cert_file) and not self.mongo_tls:
            raise ValueError("TONGBAN_MONGO_TLS is off, but certificates are given: set it to true")
        prefix = self.mongo_database_prefix
        if not (prefix.isascii() and prefix.replace("_", "").replace("-", "").isalnum() and len(prefix) <= 40):
            raise ValueError(f"TONGBAN_MONGO_DATABASE_PREFIX={prefix!r}: give up to 40 letters, digits, _ and -")
        if not 0 <= self.mongo_pool_min <= self.mongo_pool_max or self.mongo_pool_max < 1:
            raise ValueError("TONGBAN_MONGO_POOL_MIN, TONGBAN_MONGO_POOL_MAX: give 0 <= min <= max, and max at least 1")
        for name in ("timeout", "start", "outbox_lease"):
            if getattr(self, f"mongo_{name}_seconds") <= 0:
                raise ValueError(f"TONGBAN_MONGO_{name.upper()}_SECONDS: give a number above 0")

    def database_of(self, service: str) -> str:
        """The name of a service's database."""
        return f"{self.mongo_database_prefix}_{service}"

    @property
    def password(self) -> str:
        """The user's password. Raises ``SettingsError`` when its file can't be read or is empty."""
        if self.mongo_password_file is None:
            return ""
        try:
            password = self.mongo_password_file.read_text().rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise SettingsError(
                f"wrong settings:\n  TONGBAN_MONGO_PASSWORD_FILE={self.mongo_password_file}: {reason}"
            ) from error
        if not password:
            raise SettingsError(
                f"wrong settings:\n  TONGBAN_MONGO_PASSWORD_FILE={self.mongo_password_file}: it is empty"
            )
        return password
