"""Envelopes as they are kept: appended once, never changed, read in their order."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from kit.clock import from_ms, to_ms
from kit.errors import Unavailable
from kit.store.port import Append, Body, Document, Duplicate, Index, Kind, Page, Query, Range, Store
from kit.store.steps import Steps, alone
from services.relay.domain.chain import Lane
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.letter import Letter
from services.relay.handlers.place import Kept, document_of, head_of, kept_of, place_id, placed
from services.relay.handlers.tails import Tails
from services.relay.protos import letter_message, letter_of
from tongban.relay.v1 import messages_pb2

#: A document's id is its lane and number, so that each number of a lane is given once.
ENVELOPES: Final = Kind(
    "envelope",
    (
        Index("by_lane", ("lane", "sequence")),
        # Null where a neighbour repeats a letter under another number: then it is in the chain, and is no letter.
        Index("by_letter", ("letter", "lane"), unique=True),
        Index("by_journey", ("journey", "at")),
    ),
)
#: Envelopes that came before their predecessors, in bundles, until those are there; and letters for a lane that stands
#: still, until it goes on.
HELD: Final = Kind("held", (Index("by_lane", ("lane", "sequence")), Index("by_look", ("look_at",))))


#: Envelopes that were taken out of a chain when both ends agreed on another. Never changed, never pruned.
EVIDENCE: Final = Kind("evidence", (Index("by_lane", ("lane", "sequence")), Index("by_letter", ("letter_id", "lane"))))
_BATCH: Final = 100


@dataclass(frozen=True)
class Envelopes:
    """The envelopes of all lanes of this site."""

    store: Store
    #: Where no other process writes to the store: the ends of lanes, so that they needn't be read back.
    tails: Tails = field(default_factory=Tails)

    def head(self, lane: str) -> Head:
        """How far a lane has come."""
        known = self.tails.head(lane)
        if known is not None:
            return known
        began = self.tails.began()
        page = self.store.find(Query("envelope", "by_lane", {"lane": lane}, descending=True, limit=1))
        head = head_of(page.documents[0]) if page.documents else Head()
        self.tails.found(lane, head, began)
        return head

    def digest(self, lane: str, sequence: int) -> bytes | None:
        """The digest of a number's envelope; ``None``: there is none."""
        head = self.tails.head(lane)
        if head is not None and head.sequence == sequence:
            return head.digest
        kept = self.at(lane, sequence)
        return None if kept is None else kept.digest

    def at(self, lane: str, sequence: int) -> Kept | None:
        """The envelope of a number."""
        known = self.tails.after(lane, sequence - 1, 1)
        if known:
            return known[0]
        document = self.store.get("envelope", place_id(lane, sequence))
        return None if document is None else kept_of(document)

    def after(self, lane: str, sequence: int, limit: int) -> Sequence[Kept]:
        """Those behind a number, in order."""
        known = self.tails.after(lane, sequence, limit)
        if known is not None:
            return known
        bounds = Range(least=sequence + 1)
        page = self.store.find(Query("envelope", "by_lane", {"lane": lane}, bounds, limit=limit))
        return [kept_of(each) for each in page.documents]

    def of_letter(self, letter_id: str, lane: str) -> Kept | None:
        """A letter's place in a lane."""
        document = self.store.find_unique("envelope", "by_letter", (letter_id, lane))
        return None if document is None else kept_of(document)

    def places(self, letter_id: str) -> Sequence[Kept]:
        """A letter's places in all lanes: a site on the way has two."""
        page = self.store.find(Query("envelope", "by_letter", {"letter": letter_id}, limit=100))
        return [kept_of(each) for each in page.documents]

    def of_journey(self, journey: str) -> Iterator[Kept]:
        """Every envelope of a journey, in the order in which this site kept them."""
        cursor = ""
        while True:
            page = self.store.find(Query("envelope", "by_journey", {"journey": journey}, limit=100, cursor=cursor))
            yield from (kept_of(each) for each in page.documents)
            cursor = page.cursor
            if not cursor:
                return

    def append(self, lane: Lane, envelopes: Sequence[tuple[Envelope, Head, str]], now: datetime) -> None:
        """Keeps (envelope, the head with it, via) in their order, durably.

        Raises ``Duplicate``: ``index`` ``id`` when somebody else was first (read the head anew), ``by_letter`` when the
        letter is in the lane already; ``id`` of it tells the number (``sequence_of``). Those before it stand.
        """
        alone(self.store, self.appending(lane, envelopes, now))

    def appending(self, lane: Lane, envelopes: Sequence[tuple[Envelope, Head, str]], now: datetime) -> Steps[None]:
        """``append`` as a step among others'."""
        if not envelopes:
            return
        began = self.tails.began()
        kept = [placed(lane.key, *each, now) for each in envelopes]
        try:
            yield Append("envelope", [document_of(each) for each in kept])
        except BaseException:  # some may stand, or all
            self.tails.forget(lane.key)
            raise
        self.tails.grew(lane.key, kept, began)

    def append_repeat(self, lane: Lane, envelope: Envelope, head: Head, now: datetime) -> None:
        """Keeps an envelope whose letter is in the lane already. Raises ``Duplicate``."""
        id, body = document_of(placed(lane.key, envelope, head, "", now))
        with self._changing(lane.key):
            self.store.append("envelope", [(id, body | {"letter": None})])

    @contextmanager
    def _changing(self, lane: str) -> Iterator[None]:
        """Around what changes a lane otherwise than by growing: what was known of its end, before or meanwhile, is not."""
        self.tails.forget(lane)
        try:
            yield
        finally:
            self.tails.forget(lane)

    def replace(self, lane: Lane, envelope: Envelope, head: Head, now: datetime, via: str = "") -> None:
        """Puts another envelope in a number's place: only reconciling does, with this site's own earlier word.

        Raises ``Stale`` when somebody else does so at the same time.
        """
        id, body = document_of(placed(lane.key, envelope, head, via, now))
        there = self.store.get("envelope", id)
        if there is None:
            return
        with self._changing(lane.key):
            try:
                self.store.save("envelope", id, body, there.version)
            except (
                Duplicate
            ):  # its letter stands under another number, too: there it is the letter, here a number of the chain
                self.store.save("envelope", id, body | {"letter": None}, there.version)

    def put_signed_anew(self, lane: Lane, envelope: Envelope, head: Head) -> None:
        """Puts an envelope that is signed anew in the place of the one of its number, which nobody has got yet.

        Raises ``Stale``, ``Unavailable`` (``envelope_missing``).
        """
        document = self.store.get("envelope", place_id(lane.key, envelope.sequence))
        if document is None:
            raise Unavailable(
                "envelope_missing", "函件存储内容缺失，请运行 tongban relay reconcile 核对。", lane=lane.key
            )
        old = document.body
        id, body = document_of(placed(lane.key, envelope, head, old["via"], from_ms(old["at"])))
        with self._changing(lane.key):
            self.store.save("envelope", id, body | {"letter": old["letter"]}, document.version)

    # ── Evidence ─────────────────────────────────────────────────────────────────────────────────────────────

    def set_aside(self, lane: str, sequence: int, marks: Body) -> int:
        """Takes what stands behind a number out of a lane, the last first, and keeps it as evidence; how many.

        Each is evidence before it goes, so that a crash in between loses none: then it is done again. ``marks``: what
        the evidence says of it.
        """
        with self._changing(lane):
            return sum(self._set_aside(kind, lane, sequence, marks) for kind in ("envelope", "held"))

    def _set_aside(self, kind: str, lane: str, sequence: int, marks: Body) -> int:
        count = 0
        query = Query(kind, "by_lane", {"lane": lane}, Range(least=sequence + 1), descending=True, limit=_BATCH)
        while found := self.store.find(query).documents:
            for each in found:
                id = f"{lane}/{each.body['sequence']}/{each.body['digest']}"
                with suppress(Duplicate):
                    self.store.append("evidence", [(id, {**each.body, **marks, "letter": None})])
            self.store.remove(kind, [(each.id, each.version) for each in found])
            count += len(found)
        return count

    def evidence(self, link: str, way: str, limit: int, cursor: str) -> Page:
        """What was set aside of a lane, in the order of its numbers."""
        return self.store.find(Query("evidence", "by_lane", {"lane": f"{link}/{way}"}, limit=limit, cursor=cursor))

    def evidence_of(self, letter_id: str, lane: str) -> Kept | None:
        """A letter that was set aside."""
        query = Query("evidence", "by_letter", {"letter_id": letter_id, "lane": lane}, limit=1)
        found = self.store.find(query).documents
        return kept_of(found[0]) if found else None

    # ── Held ─────────────────────────────────────────────────────────────────────────────────────────────────

    def hold(self, lane: Lane, envelope: Envelope, now: datetime) -> None:
        """Keeps an envelope until its predecessors are there; again without effect."""
        head = envelope.head()
        id, body = document_of(placed(lane.key, envelope, head, "", now))
        with self._changing(lane.key), suppress(Duplicate):
            self.store.append("held", [(f"{id}/{head.digest.hex()}", body | {"look_at": to_ms(now)})])

    def hold_letter(self, lane: Lane, letter: Letter, via: str, now: datetime) -> None:
        """Keeps a letter for a lane that stands still; again without effect."""
        data = letter_message(letter).SerializeToString(deterministic=True)
        body = {
            "lane": f"{lane.key}/letters",
            "sequence": to_ms(now),
            "via": via,
            "letter": b64encode(data).decode(),
            "look_at": to_ms(now),
        }
        with suppress(Duplicate):
            self.store.append("held", [(f"{lane.key}/letters/{letter.id}", body)])

    def held_letters(self, lane: Lane) -> Iterator[tuple[Letter, str]]:
        """Letters (and via) that were ever held for a lane, in the order in which they came."""
        cursor = ""
        while True:
            page = self.store.find(Query("held", "by_lane", {"lane": f"{lane.key}/letters"}, limit=100, cursor=cursor))
            for each in page.documents:
                message = messages_pb2.Letter.FromString(b64decode(each.body["letter"]))
                yield letter_of(message), each.body["via"]
            cursor = page.cursor
            if not cursor:
                return

    def held(self, lane: str, sequence: int) -> Sequence[Envelope]:
        """What is held for a number: one, but where somebody says different things."""
        if self.tails.holds_nothing(lane):
            return ()
        began, bounds = self.tails.began(), Range(least=sequence, below=sequence + 1)
        found = self.store.find(Query("held", "by_lane", {"lane": lane}, bounds, limit=10)).documents
        beyond = Query("held", "by_lane", {"lane": lane}, Range(least=sequence), limit=1)
        if not found and not self.store.count(beyond):
            self.tails.found_nothing_held(lane, began)
        return [kept_of(each).envelope() for each in found]


def has_its_place(store: Store, held: Document) -> bool:
    """Whether what was held stands in its chain by now, so that nobody needs it here any more.

    Not where its number has another's word: that is the proof that a neighbour said both.
    """
    lane, is_letters, _ = held.body["lane"].partition("/letters")
    if is_letters:
        return store.find_unique("envelope", "by_letter", (held.id.rpartition("/")[2], lane)) is not None
    there = store.get("envelope", place_id(lane, held.body["sequence"]))
    return there is not None and there.body["digest"] == held.body["digest"]


def sequence_of(refused: Duplicate) -> int:
    """The number of the envelope that an append was refused at."""
    return int(refused.id.rpartition("/")[2])
