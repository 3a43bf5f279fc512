"""What services that print papers are told besides what every service is told."""

from __future__ import annotations

from dataclasses import dataclass

from kit.settings import ServiceSettings


@dataclass(frozen=True)
class PrintingSettings(ServiceSettings):
    """How citizens reach the site, for the codes on papers."""

    #: As seen from outside, e.g. ``https://zw.example.cn``; empty: this machine.
    base_url: str = ""
    #: The gateway's port, for an empty ``base_url``.
    port: int = 8080

    def __post_init__(self) -> None:
        """Raises ``ValueError`` on an address that isn't one."""
        super().__post_init__()
        if self.base_url and not self.base_url.startswith(("http://", "https://")):
            raise ValueError(f"TONGBAN_BASE_URL={self.base_url!r}: give http://… or https://…")

    @property
    def public_url(self) -> str:
        """Where pages are, without a slash at the end."""
        return (self.base_url or f"http://127.0.0.1:{self.port}").rstrip("/")
