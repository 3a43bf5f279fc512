"""What the partner API is told."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class PartnerSettings:
    """Where partners' systems come to, and how much is taken from them."""

    #: Port of the partner API; 0: it is off.
    relay_partner_port: int = 0
    #: Address that it listens at. It speaks HTTP: whatever ends TLS in front of it comes there, and nobody else should.
    relay_partner_host: str = "127.0.0.1"
    #: How partners reach it, e.g. ``https://relay.zw.example.cn``, without a path. They sign this address, so what ends
    #: TLS in front of it passes paths and queries on as they come.
    relay_partner_url: str = ""
    #: Requests a minute of one link. Our own choice.
    relay_partner_rate: int = 600
    #: The largest request, in bytes. Our own choice.
    relay_partner_max_body: int = 8 * 1024 * 1024
    #: Threads that answer.
    relay_partner_threads: int = 8
    #: Polls that may wait for letters at once; each holds a thread of its own. The others are answered at once.
    relay_partner_waits: int = 64

    def __post_init__(self) -> None:
        if not 0 <= self.relay_partner_port <= 65535:
            raise ValueError(f"TONGBAN_RELAY_PARTNER_PORT={self.relay_partner_port}: give 0 (off) to 65535")
        url = urlsplit(self.relay_partner_url)
        if self.relay_partner_port and (url.scheme not in ("http", "https") or not url.netloc or url.path.strip("/")):
            raise ValueError(
                f"TONGBAN_RELAY_PARTNER_URL={self.relay_partner_url!r}: give the address that partners use, "
                "https://… without a path, with TONGBAN_RELAY_PARTNER_PORT"
            )
        for name, least, most in (
            ("rate", 1, 100_000),
            ("max_body", 1024 * 1024, 64 * 1024 * 1024),
            ("threads", 1, 256),
            ("waits", 0, 1000),
        ):
            value: int = getattr(self, f"relay_partner_{name}")
            if not least <= value <= most:
                raise ValueError(f"TONGBAN_RELAY_PARTNER_{name.upper()}={value}: give {least} to {most}")
