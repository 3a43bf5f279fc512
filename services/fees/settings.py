"""What fees is told besides what every process is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from reference.papers.settings import PrintingSettings

_PAYMENTS: Final = ("none", "sandbox")


@dataclass(frozen=True)
class FeesSettings(PrintingSettings):
    """Who takes money online."""

    #: ``none``: what is charged is paid at the bank's window only; ``sandbox``: a provider that plays, on sites for
    #: learning (``TONGBAN_EMBEDDED``) only.
    payments: str = "none"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.payments not in _PAYMENTS:
            raise ValueError(f"TONGBAN_PAYMENTS={self.payments!r}: give {' or '.join(_PAYMENTS)}")
        if self.payments == "sandbox" and not self.embedded:
            raise ValueError("TONGBAN_PAYMENTS=sandbox: no money moves in it; it works in embedded mode only")
