"""What every use case of federation works with, and how its documents are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from kit.alarms import ALARMS
from kit.blobs.port import Blobs
from kit.blobs.uses import USES_KINDS, Uses
from kit.clock import to_ms
from kit.errors import NotFound
from kit.ids import Ids
from kit.store.port import Body, Index, Kind
from kit.store.repository import Repository
from reference import Reference
from services.federation.domain import retention
from services.federation.domain.agreement import Agreement
from services.federation.domain.crossing import Crossing
from services.federation.domain.letters import File, RefusedLetter
from services.federation.domain.showing import Showing

AGREEMENTS: Final = Kind("agreement", (Index("by_center", ("center_id", "begun_at")),))
CROSSINGS: Final = Kind(
    "crossing",
    (
        Index("by_code", ("code",), unique=True),
        Index("by_application", ("application_id",), unique=True),
        Index("by_number", ("number", "opened_at")),
        Index("by_peer_number", ("peer_number", "opened_at")),
        Index("by_center", ("center_id", "side", "opened_at")),
        Index("by_center_state", ("center_id", "side", "state", "opened_at")),
        Index("by_holder", ("holder_key", "opened_at")),
        Index("by_journey", ("journey", "opened_at")),
        ALARMS,
    ),
)
SHOWINGS: Final = Kind("showing", (Index("by_crossing", ("crossing_id", "shown_at")),))
REFUSED_LETTERS: Final = Kind("refused_letter", (Index("by_time", ("refused_at",)),))

DESK_KINDS: Final = (AGREEMENTS, CROSSINGS, SHOWINGS, REFUSED_LETTERS, *USES_KINDS)


def agreement_keys(agreement: Agreement) -> Body:
    """When it was first proposed: the order of lists."""
    return {"begun_at": to_ms(agreement.editions[0].proposed_at)}


def crossing_keys(crossing: Crossing) -> Body:
    """The clock that a crossing wakes up by (``kit.alarms``), and the number at the other place."""
    wakes = [at for at in (crossing.wakes_at, retention.look_at(crossing)) if at is not None]
    return {"due_at": to_ms(min(wakes)) if wakes else None, "peer_number": crossing.peer_number}


def agreement_missing(id: str) -> NotFound:
    """What is raised for an id that isn't there."""
    return NotFound("agreement_not_found", "没有找到该通办协议，请核对编号。", id=id[:80])


def crossing_missing(id: str) -> NotFound:
    """What is raised for an id that isn't there."""
    return NotFound("crossing_not_found", "没有找到该跨域办件，请核对编号或查询码。", id=id[:80])


class Carrier(Protocol):
    """Where files are put for relay to carry beside a letter."""

    def keep(self, file: File, chunks: Iterator[bytes], *, token: str) -> None:
        """Hands a file over, in the name of whoever the token proves; the same one again does nothing."""
        ...

    def read(self, sha256: str, *, token: str) -> Iterator[bytes]:
        """A file that came with a letter. Raises ``NotFound``, ``Unavailable``."""
        ...


@dataclass(frozen=True)
class Desk:
    """The desk for what crosses (跨域通办台): plain wiring, built in main.py.

    ``site`` is this site's id; ``secret`` keys persons (``kit.privacy.person_key``).
    """

    site: str
    agreements: Repository[Agreement]
    crossings: Repository[Crossing]
    showings: Repository[Showing]
    refused_letters: Repository[RefusedLetter]
    reference: Reference
    carrier: Carrier
    blobs: Blobs
    uses: Uses
    ids: Ids
    secret: bytes
