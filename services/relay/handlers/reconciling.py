"""Reconciling: counts and range hashes of both ends held against each other; what is missing is fetched, the report kept.

It is spoken in frames of the line, so that a link that stands still for a fork can be reconciled over it. Each end asks
for itself, about both directions. What this end lost of its own (a back-up was restored) comes back from the other end,
with this end's own signature; where this end has meanwhile said something else under the same number, that is put into
the lane anew, once an operator has asked for it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from kit.alarms import ALARMS, Alarm
from kit.call import Call
from kit.clock import to_ms
from kit.errors import Conflict, Invalid, Unavailable
from kit.store.port import Duplicate, Index, Kind, Range
from kit.store.repository import Found, Repository
from kit.text import clean
from services.relay.domain.chain import Lane, TypeRange, ranges
from services.relay.domain.envelope import Envelope, Head
from services.relay.domain.files import Way
from services.relay.domain.link import Link, LinkState
from services.relay.domain.reconcile import Report, ReportState, Round
from services.relay.handlers.desk import Desk
from services.relay.handlers.outgoing import append_held
from services.relay.handlers.place import Kept

log = logging.getLogger(__name__)

REPORTS: Final = Kind(
    "reconcile_report",
    (
        Index("by_link", ("link", "asked_at")),
        Index("by_state", ("link", "state")),
        # Null until it is done.
        Index("by_finished", ("finished_at",)),
        Index("by_agreed", ("link", "agreed_at")),
        Index("by_outcome", ("state", "finished_at")),
    ),
)
ROUNDS: Final = Kind("reconcile_round", (ALARMS,))
RECONCILE_KINDS: Final = (REPORTS, ROUNDS)

#: Numbers that one hash is about at the most.
RANGE: Final = 1000
#: What one answer returns at the most, in envelopes and bytes.
RETURNED: Final = 100
_RETURNED_BYTES: Final = 1024 * 1024
_PAGE: Final = 200
#: Links that are looked at for want of an answer, at the most: more aren't told apart.
_UNANSWERED: Final = 1000


@dataclass(frozen=True)
class Reconciling:
    """What reconciling works with."""

    desk: Desk
    reports: Repository[Report]
    rounds: Repository[Round]
    #: How long the other end is waited for before a report is closed without its answer; ``None``: for ever.
    waits: timedelta | None = None

    # ── Asked for ────────────────────────────────────────────────────────────────────────────────────────────

    def ask(self, *, call: Call, link_id: str, report_id: str, adopt: bool, reason: str) -> Report:
        """Asks for a reconciling of a link, which begins as soon as there is a line; a pending one is taken as this one.

        Raises ``NotFound`` (``link_not_found``), ``Invalid``, ``Conflict`` (``link_ended``).
        """
        link = self.desk.links.link(link_id)
        if link.state in (LinkState.REVOKED, LinkState.PROPOSED):
            raise Conflict("link_ended", "链路未建立或已终止，无法核对。", link=link.id)
        reason = clean(reason, field="reason", max_length=500, required=adopt, multiline=True)
        pending = self.pending(link.id)
        if pending is not None and pending.adopt == adopt:
            return pending
        report = Report(report_id, link.id, link.peer, call.now, call.actor.name or call.actor.id, reason, adopt)
        return self.ask_for(call, report)

    def ask_for(self, call: Call, report: Report) -> Report:
        """Keeps a report that is to be made."""
        return self.reports.create(report, [], call)

    def reports_of(self, *, link_id: str, limit: int, cursor: str) -> Found[Report]:
        """The reports of a link, the latest first."""
        return self.reports.find(
            "by_link", link=link_id, descending=True, limit=max(1, min(limit or 20, 100)), cursor=cursor
        )

    def agreed_last(self, link_id: str) -> Report | None:
        """The latest report of a link after which nothing was left to look at, however many others came since."""
        found = self.reports.find("by_agreed", range=Range(least=0), link=link_id, descending=True, limit=1).items
        return found[0] if found else None

    def unanswered(self, call: Call) -> frozenset[str]:
        """Links the other end of which didn't answer when it was last asked to compare.

        A link that goes on in silence has a report closed again and again, so only the latest of them are looked at.
        """
        if self.waits is None:
            return frozenset()
        # The wait, the night that closes the report, and a day for a site that was off at that hour.
        since = Range(least=to_ms(call.now - self.waits - timedelta(days=2)))
        closed = self.reports.find(
            "by_outcome", range=since, state=ReportState.UNANSWERED.value, descending=True, limit=_UNANSWERED
        )
        return frozenset(link for link in {each.link for each in closed.items} if self._waits_still(link))

    def _waits_still(self, link_id: str) -> bool:
        latest = self.reports_of(link_id=link_id, limit=5, cursor="").items
        finished = [each.state for each in latest if each.finished_at is not None]
        return bool(finished) and finished[0] is ReportState.UNANSWERED

    def pending(self, link_id: str) -> Report | None:
        """What is asked for and not done."""
        found = self.reports.find("by_state", link=link_id, state=ReportState.ASKED.value, limit=1).items
        return found[0] if found else None

    def finish(self, call: Call, report: Report) -> None:
        """Keeps a finished report; another line may have been as quick."""
        with suppress(Conflict):
            self.reports.save(report, [], call)

    # ── At night ─────────────────────────────────────────────────────────────────────────────────────────────

    def alarms(self) -> list[Alarm]:
        """The nightly turns of all links."""
        return [Alarm("relay.reconcile", self.rounds, self._turn)]

    def begin_rounds(self, call: Call, link: Link) -> None:
        """Gives a link its nightly turn, once."""
        if self.rounds.find_by_id(link.id) is None:
            with suppress(Duplicate):
                self.rounds.create(Round.begun(link.id, link.peer, call.now), [], call)

    def _turn(self, round: Round, call: Call) -> None:
        link = self.desk.links.link(round.id)
        if link.state is LinkState.REVOKED:
            self.rounds.save(round.ended(), [], call)
            return
        pending = self.pending(link.id)
        if pending is not None and self.waits is not None and call.now >= pending.asked_at + self.waits:
            # Whoever answers at this moment is as good: the later of the two saves is stale, and the turn is taken again.
            self.reports.save(pending.given_up(call.now), [], call)
            log.warning("link %s: nobody answered the reconciling of %s", link.id, pending.asked_at)
            pending = None
        if pending is None:
            # A night's report of a link has one id, so that a turn that is taken again asks once.
            report = Report(f"{link.id}-{call.now:%Y%m%d}", link.id, link.peer, call.now, "", "", adopt=False)
            with suppress(Duplicate):
                self.reports.create(report, [], call)
        self.rounds.save(round.turned(call.now), [], call)

    # ── What is here ─────────────────────────────────────────────────────────────────────────────────────────

    def lane(self, link: Link, from_site: str) -> Lane:
        """The lane of what a site wrote. Raises ``Invalid`` (``range_malformed``)."""
        for lane in (self.desk.outgoing(link), self.desk.incoming(link)):
            if lane.from_site == from_site:
                return lane
        raise Invalid("range_malformed", "核对请求的站点不在本链路上。", from_site=from_site[:64])

    def tell(self, link: Link, from_site: str, first: int, last: int) -> tuple[int, Head, tuple[TypeRange, ...]]:
        """What the other end asked: how far the range is filled here, the lane's head, the types. Raises ``Invalid``."""
        lane = self.lane(link, from_site)
        if first < 1 or not first - 1 <= last < first + RANGE:
            raise Invalid("range_malformed", "核对请求的范围不正确。", first=first, last=last)
        filled, types = self.range_of(lane, first, last)
        return filled, self.desk.envelopes.head(lane.key), types

    def range_of(self, lane: Lane, first: int, last: int) -> tuple[int, tuple[TypeRange, ...]]:
        """How far a range is filled here, and its types; from what is kept, not from what was noted of it."""
        rows: list[tuple[str, int, bytes]] = []
        for kept in self.kept(lane, first, last):
            rows.append((kept.type, kept.sequence, digest_of(kept)))
        return (rows[-1][1] if rows else first - 1), ranges(rows)

    def kept(self, lane: Lane, first: int, last: int) -> Sequence[Kept]:
        """What is kept of a range of at most ``RANGE`` numbers, in order."""
        found: list[Kept] = []
        after, last = first - 1, min(last, first + RANGE - 1)
        while after < last:
            page = self.desk.envelopes.after(lane.key, after, min(_PAGE, last - after))
            found += page
            if not page:
                break
            after = page[-1].sequence
        return found

    def returned(self, lane: Lane, first: int, last: int) -> list[Kept]:
        """What is returned of a range: as much as fits into one answer."""
        found: list[Kept] = []
        size = 0
        for kept in self.desk.envelopes.after(lane.key, first - 1, min(RETURNED, max(0, last - first + 1))):
            size += kept.size
            if kept.sequence > last or (found and size > _RETURNED_BYTES):
                break
            found.append(kept)
        return found

    # ── Mended ───────────────────────────────────────────────────────────────────────────────────────────────

    def fetch(self, call: Call, lane: Lane, envelope: Envelope, head: Head) -> Head:
        """Puts back an envelope of this site that it lost: its own signature says that it wrote it.

        ``head``: that of the envelope before it here. Raises ``Fork``, ``KeyRefused``, ``SignatureRefused``, ``Conflict``.
        """
        following = self._verified(call, lane, envelope, head)
        self.desk.envelopes.append(lane, [(envelope, following, "")], call.now)
        return following

    def adopt(self, call: Call, lane: Lane, envelope: Envelope, head: Head, ours: Kept) -> Head:
        """Takes back this site's own earlier word under a number; what stood there goes to the lane's end anew.

        Raises as ``fetch`` does.
        """
        following = self._verified(call, lane, envelope, head)
        # First what would be lost if a crash came between.
        self.desk.envelopes.hold_letter(lane, ours.envelope().letter, ours.via, call.now)
        self.desk.envelopes.replace(lane, envelope, following, call.now)
        return following

    def _verified(self, call: Call, lane: Lane, envelope: Envelope, head: Head) -> Head:
        lane.require_mine(envelope)
        if not lane.outgoing:
            raise Invalid("range_malformed", "只能取回本站点自己写的函件。")
        self.desk.keyring.verify(lane.from_site, envelope.key_id, envelope.canonical(), envelope.signature, call.now)
        if envelope.sequence != head.sequence + 1 or envelope.previous != head.digest:
            raise Conflict("chain_forked", "取回的函件与本站点的函件链不衔接。", sequence=envelope.sequence)
        return envelope.head()

    def rechain(self, call: Call, lane: Lane, head: Head) -> None:
        """Lets what stands behind ``head``, and nobody has yet, follow it again, signed anew; nothing where it does."""
        for kept in self._behind(lane, head):
            envelope = kept.envelope()
            if envelope.previous == head.digest:
                head = kept.head
                continue
            key_id = self.desk.keyring.signing_key_id(call.now)
            anew = lane.wrap(envelope.letter, head, key_id)
            canonical = anew.canonical()
            anew = replace(anew, signature=self.desk.keyring.sign(key_id, canonical))
            head = anew.head(canonical)
            self.desk.envelopes.replace(lane, anew, head, call.now, via=kept.via)

    def _behind(self, lane: Lane, head: Head) -> Iterator[Kept]:
        after = head.sequence
        while page := self.desk.envelopes.after(lane.key, after, _PAGE):
            yield from page
            after = page[-1].sequence

    def reopen(self, call: Call, link: Link, way: Way) -> None:
        """Lets a direction go on that both ends agree on again, with what was held for it meanwhile."""
        if self.desk.channel(link).stop_of(way) is None:
            return
        if way is Way.OUT:
            append_held(self.desk, call, link)
        self.desk.change(call, link, lambda channel: channel.reopened(way))
        if way is Way.OUT:
            append_held(self.desk, call, link)  # what came between
        self.desk.nudge(link.id, way is Way.OUT)


def digest_of(kept: Kept) -> bytes:
    """The digest of what is kept now; of what is damaged, one that nobody else has."""
    try:
        return kept.envelope().head().digest
    except (Invalid, Unavailable):
        return bytes(32)
