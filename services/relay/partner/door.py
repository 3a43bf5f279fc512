"""The partner API put together, where it is switched on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from kit.actor import Actor
from kit.clock import Clock
from services.relay.partner.api import PartnerApi
from services.relay.partner.cards import CardCounter
from services.relay.partner.comparisons import Comparisons
from services.relay.partner.gate import Gate, Rates
from services.relay.partner.port import Office
from services.relay.partner.replay import Replays
from services.relay.partner.routes import Counter
from services.relay.partner.server import PartnerServer
from services.relay.partner.settings import PartnerSettings
from services.relay.partner.waiting import Waits


def open_door(
    settings: PartnerSettings,
    office: Office,
    replays: Replays,
    *,
    clock: Clock,
    actor: Actor,
    skew: timedelta,
    waits: Waits,
    refused: Callable[[str, str], None],
) -> PartnerServer | None:
    """The server, listening and not yet serving; ``None`` where it is off. Raises ``SettingsError``."""
    if not settings.relay_partner_port:
        return None
    gate = Gate(office, replays, Rates(settings.relay_partner_rate), skew, lambda: datetime.now(UTC))
    counter = Counter(office, gate, clock, actor, waits)
    app = PartnerApi(
        office,
        (*counter.routes(), *Comparisons(counter).routes(), *CardCounter(counter).routes()),
        clock=clock,
        base_url=settings.relay_partner_url,
        max_body=settings.relay_partner_max_body,
        refused=refused,
    )
    return PartnerServer(app, settings, waits)


@dataclass
class Door:
    """The door of a process, from its start to its end."""

    settings: PartnerSettings
    office: Office
    replays: Replays
    clock: Clock
    actor: Actor
    skew: timedelta
    #: Told of a request's link and why its signature was refused.
    refused: Callable[[str, str], None]
    waits: Waits = field(init=False)
    _server: PartnerServer | None = None

    def __post_init__(self) -> None:
        self.waits = Waits(self.settings.relay_partner_waits)

    def start(self) -> None:
        """Opens, where it is switched on. Raises ``SettingsError``."""
        self._server = open_door(
            self.settings,
            self.office,
            self.replays,
            clock=self.clock,
            actor=self.actor,
            skew=self.skew,
            waits=self.waits,
            refused=self.refused,
        )
        if self._server is not None:
            self._server.start()

    def stop(self, grace_seconds: float) -> None:
        """Answers what was asked, then closes."""
        if self._server is not None:
            self._server.stop(grace_seconds)
