"""What the gateway is told besides what every process is told."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from kit.settings import ServiceSettings, read_secret


@dataclass(frozen=True)
class GatewaySettings(ServiceSettings):
    """Where the gateway listens, what it signs with, and how much it takes from whom."""

    #: Address that browsers and programs come to.
    host: str = "127.0.0.1"
    #: Its port.
    port: int = 8080
    #: How the site is reached from outside, for QR codes and cookies, e.g. ``https://zw.example.cn``; empty: as asked.
    base_url: str = ""
    #: Private key (PEM file) that actor tokens are signed with; only the gateway reads it.
    private_key_file: Path = Path(".data/secrets/actor.pem")
    #: Reverse proxies in front whose X-Forwarded-For and -Proto are believed.
    trusted_proxies: int = 0
    #: Citizens sign in with a code that the page shows, as whoever they say they are: for demonstrations only.
    citizen_demo: bool = False
    #: Hall boards that may listen at once; each holds a thread.
    max_boards: int = 128
    #: Hall boards of one address that may listen at once, so that nobody takes the places of all; 0: no limit. Networks
    #: in rate_exempt aren't counted.
    boards_per_address: int = 32
    #: Threads that answer everything else.
    request_threads: int = 16

    #: The largest request, in bytes.
    max_body: int = 1024 * 1024
    #: The largest upload, in bytes.
    max_upload: int = 20 * 1024 * 1024
    #: The largest import of items, in bytes; it travels as one message between the services.
    max_import: int = 6 * 1024 * 1024

    # Limits: so much a minute, a quarter of it at once; 0: no limit.
    #: Requests of one address.
    rate_address: int = 6000
    #: Requests of one session.
    rate_session: int = 6000
    #: Tickets that one address takes.
    rate_tickets: int = 1200
    #: Attempts to sign in from one address.
    rate_sign_in: int = 60
    #: Wrong codes and ids that one address may ask for.
    rate_misses: int = 240
    #: Networks whose kiosks and tools are counted neither by address nor by ticket.
    rate_exempt: tuple[str, ...] = ()

    # Operators' tools.
    #: Networks that may fetch ``/metrics``; a request that an unknown proxy passes on is in none of them.
    metrics_networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.port <= 65535:
            raise ValueError(f"TONGBAN_PORT={self.port}: give 0 to 65535")
        if self.base_url and not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"TONGBAN_BASE_URL={self.base_url!r}: give http://… or https://…")
        for name, least, most in (
            ("max_boards", 0, 1000),
            ("boards_per_address", 0, 1000),
            ("request_threads", 1, 256),
            ("trusted_proxies", 0, 10),
        ):
            value: int = getattr(self, name)
            if not least <= value <= most:
                raise ValueError(f"TONGBAN_{name.upper()}={value}: give {least} to {most}")
        for name in ("rate_address", "rate_session", "rate_tickets", "rate_sign_in", "rate_misses"):
            if getattr(self, name) < 0:
                raise ValueError(f"TONGBAN_{name.upper()}: give 0 (no limit) or more")
        for name in ("rate_exempt", "metrics_networks"):
            for network in getattr(self, name):
                try:
                    ipaddress.ip_network(network)
                except ValueError as error:
                    raise ValueError(f"TONGBAN_{name.upper()}: {error}") from error

    @property
    def private_key(self) -> str:
        """The private key's PEM text. Raises ``SettingsError`` when the file isn't there."""
        return read_secret(self.private_key_file, "TONGBAN_PRIVATE_KEY_FILE").decode(errors="replace")

    @property
    def https(self) -> bool:
        """Whether browsers come by https, so that cookies are marked for it."""
        return self.base_url.startswith("https://")
