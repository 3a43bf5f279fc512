"""Anchoring anew: a direction whose chain forked goes on from where the operators of both ends agree.

Reconciling mends what a restored back-up lost. Where one end's key has signed two things for another reason (it was stolen,
or two copies of the site were at work), no end can know which is right: people agree on the last number that both have
alike. The writer's chain goes on from there; what the reader has behind it is kept as evidence. What was passed on of that
stays done, and its receipts stand.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from kit.call import Call
from kit.clock import to_ms
from kit.errors import Invalid
from kit.store.port import Duplicate, Index, Kind
from kit.store.repository import Repository
from services.relay.domain.anchor import Anchor, AnchorRefused, Reanchoring
from services.relay.domain.chain import Lane
from services.relay.domain.channel import Channel
from services.relay.domain.envelope import Head
from services.relay.domain.events import LinkReanchored
from services.relay.domain.files import Way
from services.relay.domain.link import Link
from services.relay.domain.proposal import Approval
from services.relay.handlers.desk import Desk
from services.relay.handlers.reconciling import Reconciling

log = logging.getLogger(__name__)

REANCHORINGS: Final = Kind("reanchoring", (Index("by_link", ("link", "begun_at")),))


@dataclass(frozen=True)
class Anchoring:
    """What it works with."""

    reconciling: Reconciling
    records: Repository[Reanchoring]

    @property
    def _desk(self) -> Desk:
        return self.reconciling.desk

    def say(self, *, call: Call, link_id: str, from_site: str, sequence: int, approved_by: str, reason: str) -> Anchor:
        """This end's word, for the other end's operator; nothing is changed.

        Raises ``NotFound``, ``Invalid`` (``approver_missing``, ``reason_missing``, ``anchor_not_here``).
        """
        link = self._desk.links.link(link_id)
        lane = self.reconciling.lane(link, from_site)
        return self._signed(
            call, Anchor(link.id, from_site, self._at(lane, sequence), self._by(call, approved_by, reason))
        )

    def go_on(self, *, call: Call, theirs: Anchor, approved_by: str, reason: str) -> tuple[Anchor, int]:
        """Lets a direction go on from where the other end's operator says; this end's word, and what was set aside.

        Raises as ``say`` does; ``AnchorRefused`` (``anchor_differs``, ``anchor_used``, ``anchor_expired``,
        ``link_not_stopped``), ``KeyRefused``, ``SignatureRefused``, ``Unavailable``. After a crash it is done again.
        """
        link = self._desk.links.link(theirs.link)
        lane = self.reconciling.lane(link, theirs.from_site)
        theirs.require_from(link.peer, lane, call.now)
        self._desk.keyring.verify(
            link.peer, theirs.key_id, theirs.canonical(), theirs.signature, call.now, theirs.approval.at
        )
        by = self._by(call, approved_by, reason)
        if self._at(lane, theirs.head.sequence) != theirs.head:
            raise AnchorRefused("anchor_differs", "本站点该序号的函件与对方所说的不同，请与对方另行商定衔接点。")
        mine = self._signed(call, replace(theirs, approval=by))
        record = self._begun(call, link, lane, theirs, by)
        stop = self._desk.channel(link).stop_of(Way.OUT if lane.outgoing else Way.IN)
        if stop is not None:
            record = replace(record, set_aside=record.set_aside + self._apply(call, link, lane, theirs, by))
        told = LinkReanchored(
            link.id, link.peer, theirs.from_site, theirs.head.sequence, by, theirs.approval, record.set_aside
        )
        done = self.records.save(replace(record, done_at=call.now), [told], call)
        log.warning("link %s goes on from %d of %s", link.id, theirs.head.sequence, theirs.from_site)
        self._desk.nudge(link.id, lane.outgoing)
        return mine, done.set_aside

    def _apply(self, call: Call, link: Link, lane: Lane, theirs: Anchor, by: Approval) -> int:
        if lane.outgoing:  # this end wrote it: its chain is as it is
            self.reconciling.reopen(call, link, Way.OUT)
            return 0
        sequence = theirs.head.sequence
        # First nobody passes on what is about to go; the direction opens last, so that a crash leaves it standing still.
        self._desk.change(call, link, lambda channel: replace(channel, waiting=channel.anchored(sequence).waiting))
        marks = {"set_aside_at": to_ms(call.now), "by": by.name, "reason": by.reason}
        count = self._desk.envelopes.set_aside(lane.key, sequence, marks)

        def opened(channel: Channel) -> Channel:
            return channel.anchored(sequence).reopened(Way.IN)

        self._desk.change(call, link, opened)
        return count

    def _begun(self, call: Call, link: Link, lane: Lane, theirs: Anchor, by: Approval) -> Reanchoring:
        """The record of it: a new one, or the one of an attempt that a crash cut off."""
        there = self.records.find_by_id(theirs.id)
        if there is not None and there.done_at is not None:
            raise AnchorRefused("anchor_used", "该衔接文件已经用过，请对方就现在的情况重新出具。")
        if there is not None:
            return there
        if self._desk.channel(link).stop_of(Way.OUT if lane.outgoing else Way.IN) is None:
            raise AnchorRefused("link_not_stopped", "链路的这一方向并未停止，无需重新衔接。", link=link.id)
        record = Reanchoring(theirs.id, link.id, theirs.from_site, theirs.head.sequence, by, theirs.approval, call.now)
        with suppress(Duplicate):
            return self.records.create(record, [], call)
        return self.records.get(theirs.id)

    def _at(self, lane: Lane, sequence: int) -> Head:
        if sequence == 0:
            return Head()
        kept = self._desk.envelopes.at(lane.key, sequence)
        if kept is None:
            raise Invalid("anchor_not_here", "本站点没有该序号的函件，请与对方另行商定衔接点。", sequence=sequence)
        return kept.head

    def _by(self, call: Call, name: str, reason: str) -> Approval:
        by = Approval(self._desk.site, name.strip(), call.actor.id, call.now, reason.strip())
        by.require_sound()
        if not by.reason:
            raise Invalid("reason_missing", "请填写理由，将记入登记簿。", field="reason")
        return by

    def _signed(self, call: Call, anchor: Anchor) -> Anchor:
        keyring = self._desk.keyring
        unsigned = replace(anchor, key_id=keyring.signing_key_id(call.now), signature=b"")
        return replace(unsigned, signature=keyring.sign(unsigned.key_id, unsigned.canonical()))
