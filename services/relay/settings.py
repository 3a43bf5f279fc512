"""What the relay is told besides what every process is told."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kit.settings import ServiceSettings


@dataclass(frozen=True)
class RelaySettings(ServiceSettings):
    """Who this site is, where other sites come to, and how lines to them are kept."""

    #: Folder with the site's identity (``tongban site init`` makes it); unset: ``secrets/relay`` in the data folder.
    #: Without one, relay runs and speaks to nobody.
    relay_identity_dir: Path | None = None
    #: Folder where bundles stand while they are made or read, on a disk that has room for them; unset: the data folder.
    relay_scratch_dir: Path | None = None
    #: Where other sites' lines come to (mutual TLS), e.g. ``0.0.0.0:7443``; empty: no line comes in.
    relay_listen: str = ""
    #: Whether this process dials parents and partners.
    relay_dials: bool = True
    #: Whose letters' files are sealed to their destination: ``never``, ``far`` (those that a hub carries) or ``always``.
    #: Our own choice.
    relay_seals: str = "far"
    #: How far a neighbour's clock may be off, in seconds; past it a line is refused. Our own choice.
    relay_clock_skew_seconds: float = 300.0
    #: After how long without a word a line is asked for a sign of life, in seconds. Our own choice.
    relay_ping_seconds: float = 15.0
    #: After how long without any word a line counts as broken, in seconds. Our own choice.
    relay_silence_seconds: float = 45.0
    #: The first pause before a broken line is dialled again, in seconds; it doubles, with jitter. Our own choice.
    relay_redial_first_seconds: float = 0.5
    #: The longest pause before a line is dialled again, in seconds. Our own choice.
    relay_redial_longest_seconds: float = 60.0
    #: How long the replica that dials a link keeps that to itself without renewing it, in seconds. Our own choice.
    relay_lease_seconds: float = 30.0
    #: Envelopes that a neighbour may send ahead of our acknowledgement. Our own choice.
    relay_window_envelopes: int = 1024
    #: Bytes of envelopes that a neighbour may send ahead of our acknowledgement. Our own choice.
    relay_window_bytes: int = 4 * 1024 * 1024
    #: Threads that work for all lines together.
    relay_threads: int = 8
    #: Lines that may be open at once.
    relay_max_lines: int = 2000

    #: How many days after its last word a letter stays in the register, what became of it with it; 0: for ever. Its
    #: envelope, which the chain and the signed history need, always stays. Our own choice.
    relay_keep_letters_days: int = 1095
    #: How many days reports of reconcilings are kept after they are done; 0: for ever. Our own choice.
    relay_keep_reports_days: int = 400

    #: How many days a copy of a file that was on its way is kept after the neighbour got all of it, or after it was opened
    #: here; also envelopes and letters that were held, once they stand in their chain; 0: for ever. Our own choice.
    relay_keep_files_days: int = 90

    #: After how many days a reconciling that the other end never answered is closed as unanswered, at the next night's
    #: turn; 0: it waits for ever. Our own choice.
    relay_reconcile_waits_days: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.relay_ping_seconds <= 0 or self.relay_silence_seconds <= self.relay_ping_seconds:
            raise ValueError(
                f"TONGBAN_RELAY_SILENCE_SECONDS={self.relay_silence_seconds:g}: give more than TONGBAN_RELAY_PING_SECONDS "
                f"({self.relay_ping_seconds:g}), which must be above 0: a quiet line is asked before it is given up"
            )
        if not 0 < self.relay_redial_first_seconds <= self.relay_redial_longest_seconds:
            raise ValueError(
                "TONGBAN_RELAY_REDIAL_FIRST_SECONDS: give more than 0 and no more than "
                f"TONGBAN_RELAY_REDIAL_LONGEST_SECONDS ({self.relay_redial_longest_seconds:g})"
            )
        if self.relay_seals not in ("never", "far", "always"):
            raise ValueError(f"TONGBAN_RELAY_SEALS={self.relay_seals!r}: give never, far or always")
        if self.relay_clock_skew_seconds < 1:
            raise ValueError(f"TONGBAN_RELAY_CLOCK_SKEW_SECONDS={self.relay_clock_skew_seconds:g}: give 1 or more")
        for name in ("letters", "reports", "files"):
            # A register that forgets within weeks would take a letter that comes again for a new one, and a neighbour whose
            # disk broke asks for its files again.
            if not 30 <= (days := getattr(self, f"relay_keep_{name}_days")) <= 36500 and days != 0:
                raise ValueError(f"TONGBAN_RELAY_KEEP_{name.upper()}_DAYS={days}: give 30 or more, or 0 for ever")
        if not 0 <= self.relay_reconcile_waits_days <= 365:
            raise ValueError(
                f"TONGBAN_RELAY_RECONCILE_WAITS_DAYS={self.relay_reconcile_waits_days}: give 1 to 365, or 0 for ever"
            )
        for name, least in (("window_envelopes", 1), ("window_bytes", 1024 * 1024), ("threads", 1), ("max_lines", 1)):
            value = getattr(self, f"relay_{name}")
            if value < least:
                raise ValueError(f"TONGBAN_RELAY_{name.upper()}={value}: give {least} or more")

    @property
    def identity_dir(self) -> Path:
        """Where the site's identity stands."""
        return self.relay_identity_dir or self.data / "secrets" / "relay"

    @property
    def scratch_dir(self) -> Path:
        """Where bundles stand while they are made or read."""
        return self.relay_scratch_dir or self.data
