"""What federation is told besides what every process is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from kit.settings import ServiceSettings

#: A day's figures may be corrected for 90 days (the policy ``figures_restate_days``): what they are counted of stays longer.
_LEAST: Final = 120


@dataclass(frozen=True)
class FederationSettings(ServiceSettings):
    """How long federation keeps what nobody needs for good."""

    #: How many days what a day's figures were counted of is kept; then the day stays as it was reported; 0: for ever. Our
    #: own choice.
    federation_keep_counted_days: int = 400
    #: How many days a letter that this site couldn't use is kept, to see why; 0: for ever. Our own choice.
    federation_keep_refused_days: int = 400

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, least in (("counted", _LEAST), ("refused", 1)):
            days = getattr(self, f"federation_keep_{name}_days")
            if days and not least <= days <= 36500:
                raise ValueError(
                    f"TONGBAN_FEDERATION_KEEP_{name.upper()}_DAYS={days}: give {least} or more, or 0 for ever"
                )
