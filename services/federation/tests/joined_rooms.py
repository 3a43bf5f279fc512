"""Several sites on real embedded stores, joined by a postman who may lose his way, come twice, and meet crashes.

The postman stands for relay: he carries what ``LetterPosted`` tells, in order for each pair of sites, and what a site
tells itself goes round as its own bus would bring it. Every event and letter is handed over as often as ``again`` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import permutations
from pathlib import Path

from kit.actor import Actor, service_actor
from kit.alarms import Sweeper
from kit.blobs.uses import KEPT_FILES, KeptFile, Uses
from kit.call import Call
from kit.clock import FixedClock
from kit.consumer import Delivery
from kit.errors import NotFound, Stale
from kit.events import Event, EventEncoder, event_type
from kit.store.port import AlreadyApplied, Mark
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, seeded_ids, store
from kit.timestamps import to_timestamp
from reference import REFERENCE_KINDS
from reference.testing import filled, sample_center
from services.federation.domain.agreement import Agreement
from services.federation.domain.commands import Command
from services.federation.domain.crossing import Crossing
from services.federation.domain.dispute import Dispute
from services.federation.domain.feedback import Feedback
from services.federation.domain.figures import Counted, DailyFigures
from services.federation.domain.joint import Joint
from services.federation.domain.letters import File, IncomingLetter, LetterPosted, RefusedLetter
from services.federation.domain.parts import Part
from services.federation.domain.showing import Showing
from services.federation.domain.standards import Standard
from services.federation.domain.urging import Urging
from services.federation.events import room_incoming
from services.federation.events.incoming import incoming_letter
from services.federation.events.outgoing import TABLE
from services.federation.events.room_outgoing import ROOM_TABLE
from services.federation.handlers import desk as desks
from services.federation.handlers import figures, joints, letters
from services.federation.handlers import room as rooms
from services.federation.handlers.letters import Settled
from tongban.federation.v1 import events_pb2 as pb
from tongban.relay.v1 import messages_pb2 as relay

TOWN, COUNTY, CITY, PARTNER = "610902100.town", "610902.county", "610900.city", "510000.partner"
CENTERS = {TOWN: "610902100", COUNTY: "610902", CITY: "610900", PARTNER: "510000"}
PEOPLE = frozenset({"clerk", "chief", "reviewer", "approver", "supervisor", "manager", "admin"})


class NoCarrier:
    """Takes any file."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def keep(self, file: File, chunks: Iterator[bytes], *, token: str) -> None:
        self.kept.append(file.sha256)

    def read(self, sha256: str, *, token: str) -> Iterator[bytes]:
        if sha256 not in self.kept:
            raise NotFound("attachment_not_found", "没有找到该文件。")
        return iter([b"x"])


class NoBlobs:
    """Has any file."""

    def has(self, sha256: str) -> bool:
        return True

    def get(self, sha256: str) -> Iterator[bytes]:
        return iter([b"x"])

    def renew(self, sha256: str) -> bool:
        return True


@dataclass
class Site:
    """One site: its room, its store, and what it told."""

    name: str
    room: rooms.Room
    store: SqliteStore
    carrier: NoCarrier
    told: list[Event] = field(default_factory=list)

    def told_types(self) -> list[str]:
        return [event.type.split(".")[2] for event in self.told]


class Joined:
    """Sites and the postman between them."""

    def __init__(self, folder: Path, *names: str, policy: dict[str, dict[str, object]] | None = None) -> None:
        self.clock = FixedClock(MONDAY)
        self.sites = {
            name: _site(folder, name, number, (policy or {}).get(name, {})) for number, name in enumerate(names, 1)
        }
        self.lines: dict[tuple[str, str], list[tuple[Event, relay.Letter]]] = {p: [] for p in permutations(names, 2)}
        self.again = 1
        #: Letter types that the other end never gets, with the settlement that its sender hears of.
        self.lost: dict[str, str] = {}

    def __getitem__(self, name: str) -> Site:
        return self.sites[name]

    def call(self, site: str, *, center: str = "", department: str = "", id: str = "staff-1") -> Call:
        who = Actor(id, f"{site} 的工作人员", PEOPLE, frozenset({center or CENTERS[site]}), department)
        return Call(who, self.clock.now())

    def system(self) -> Call:
        return Call(service_actor("federation"), self.clock.now())

    # ── The postman ──────────────────────────────────────────────────────────────────────────────────────────

    def collect(self, name: str) -> None:
        """Takes what a site has told: letters to their lines, its own events back to it."""
        site = self.sites[name]
        pending = site.store.pending(1000)
        for each in pending:
            event = each.event
            site.told.append(event)
            if event.type == event_type("federation", "LetterPosted"):
                letter = pb.LetterPosted.FromString(event.data).letter
                assert letter.id == event.id
                letter.origin = name
                self.lines[name, letter.destination].append((event, letter))
        site.store.published(pending)
        for each in pending:
            for subscription in room_incoming.subscriptions(site.room):
                handler = subscription.handlers.get(each.event.type)
                for _ in range(self.again if handler else 0):
                    assert handler is not None
                    _twice_safe(handler, Delivery(each.event, subscription.group, self.system()))

    def bring(self, pair: tuple[str, str]) -> None:
        """Brings the first letter of a line, as often as ``again`` says."""
        event, letter = self.lines[pair].pop(0)
        if letter.type in self.lost:
            self._settle(pair[0], letter, self.lost[letter.type])
            return
        desk = self.sites[pair[1]].room.desk
        takers = room_incoming.takers(self.sites[pair[1]].room)
        for _ in range(self.again):
            mark = Mark("federation.letters", f"arrived-{event.id}")
            again_when_overtaken(
                lambda mark=mark: letters.take_letter(  # type: ignore[misc]
                    desk=desk, call=self.system(), letter=incoming_letter(letter), mark=mark, takers=takers
                )
            )

    def _settle(self, origin: str, letter: relay.Letter, settlement: str) -> None:
        desk = self.sites[origin].room.desk
        happened = Settled(
            letter.id, letter.type, letter.journey, settlement, "no_route", "没有线路", letter.destination, self.clock.now()
        )  # fmt: skip
        settlers = room_incoming.settlers(self.sites[origin].room)
        for _ in range(self.again):
            mark = Mark("federation.letters", f"settled-{letter.id}")
            again_when_overtaken(
                lambda mark=mark: letters.settle_letter(  # type: ignore[misc]
                    desk=desk, call=self.system(), settled=happened, mark=mark, settlers=settlers
                )
            )

    def settle(self, *, times: int = 400) -> None:
        """Everything that is on its way arrives."""
        for _ in range(times):
            for name in self.sites:
                self.collect(name)
            waiting = [pair for pair, line in self.lines.items() if line]
            if not waiting and not any(site.store.pending_depth() for site in self.sites.values()):
                return
            for pair in waiting:
                self.bring(pair)
        raise AssertionError("letters go round for ever")

    def sweep(self, name: str) -> int:
        """Fires what is due at a site."""
        room = self.sites[name].room
        return Sweeper([*joints.alarms(room), *figures.alarms(room)], self.clock, service_actor("federation")).sweep()

    def refused(self, name: str) -> list[RefusedLetter]:
        return list(self.sites[name].room.desk.refused_letters.find("by_time").items)

    def word(self, origin: str, to: str, letter: IncomingLetter) -> None:
        """A letter that this site's federation never wrote, as a lying or broken one might."""
        takers = room_incoming.takers(self.sites[to].room)
        letters.take_letter(
            desk=self.sites[to].room.desk,
            call=self.system(),
            letter=letter,
            mark=Mark("federation.letters", f"arrived-{letter.id}"),
            takers=takers,
        )


def _twice_safe(handler: Callable[[Delivery], None], delivery: Delivery) -> None:
    again_when_overtaken(lambda: handler(delivery))


def again_when_overtaken(work: Callable[[], None]) -> None:
    """As the consumer does it: an effect that was had is had, a lost race is run again."""
    for _ in range(5):
        try:
            work()
        except AlreadyApplied:
            return
        except Stale:
            continue
        return
    raise AssertionError("overtaken for ever")


def _site(folder: Path, name: str, seed: int, policy: dict[str, object]) -> Site:
    kept = store(folder, [*desks.DESK_KINDS, *rooms.ROOM_KINDS, *REFERENCE_KINDS], name)
    ids, encoder = seeded_ids(seed), EventEncoder(name, "federation", {**TABLE, **ROOM_TABLE})
    carrier = NoCarrier()
    reference = filled(kept, centers=[sample_center(CENTERS[name])], items=(), policy=policy)
    desk = desks.Desk(
        site=name,
        agreements=Repository(kept, desks.AGREEMENTS, Agreement, encoder, ids, keys=desks.agreement_keys),
        crossings=Repository(kept, desks.CROSSINGS, Crossing, encoder, ids, keys=desks.crossing_keys),
        showings=Repository(kept, desks.SHOWINGS, Showing, encoder, ids),
        refused_letters=Repository(kept, desks.REFUSED_LETTERS, RefusedLetter, encoder, ids),
        reference=reference,
        carrier=carrier,
        blobs=NoBlobs(),  # type: ignore[arg-type]
        uses=Uses("federation", Repository(kept, KEPT_FILES, KeptFile, encoder, ids), NoBlobs()),  # type: ignore[arg-type]
        ids=ids,
        secret=b"secret",
    )
    room = rooms.Room(
        desk=desk,
        parts=Repository(kept, rooms.PARTS, Part, encoder, ids, keys=rooms.part_keys(name), missing=rooms.part_missing),
        joints=Repository(kept, rooms.JOINTS, Joint, encoder, ids, keys=rooms.joint_keys),
        commands=Repository(kept, rooms.COMMANDS, Command, encoder, ids),
        urgings=Repository(kept, rooms.URGINGS, Urging, encoder, ids, keys=rooms.urging_keys(name)),
        feedbacks=Repository(kept, rooms.FEEDBACKS, Feedback, encoder, ids, keys=rooms.feedback_keys(name)),
        standards=Repository(kept, rooms.STANDARDS, Standard, encoder, ids),
        figures=Repository(kept, rooms.FIGURES, DailyFigures, encoder, ids, keys=rooms.figures_keys),
        counted=Repository(kept, rooms.COUNTED, Counted, encoder, ids, keys=rooms.counted_keys),
        disputes=Repository(kept, rooms.DISPUTES, Dispute, encoder, ids),
    )
    return Site(name, room, kept, carrier)


def incoming(id: str, origin: str, type: str, payload: bytes, at: datetime = MONDAY) -> IncomingLetter:
    """A letter as relay hands it over."""
    message = relay.Letter(
        id=id, origin=origin, type=type, type_version=1, payload=payload, journey="j-1", created_at=to_timestamp(at)
    )
    return incoming_letter(message)


__all__ = ["CITY", "COUNTY", "PARTNER", "TOWN", "Joined", "LetterPosted", "again_when_overtaken", "incoming"]
