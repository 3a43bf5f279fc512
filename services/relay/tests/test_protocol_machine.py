"""The protocol as a state machine: whatever happens in whatever order, what holds, holds after each step."""

from __future__ import annotations

import logging
from functools import partial

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kit.testing import examples
from services.relay.handlers.kept import Envelopes
from services.relay.tests.simulation import Site, World

ENDS = st.sampled_from([0, 1])
FATES = st.sampled_from(["carried", "carried", "carried", "lost", "doubled", "overtaken"])


class Protocol(RuleBasedStateMachine):
    """Two ends of one link. The model is a list of the letters that each was given, and what each end has said it has."""

    def __init__(self) -> None:
        super().__init__()
        logging.disable(logging.CRITICAL)
        self.world = World(0)

    @initialize(seed=st.integers(0, 2**32))
    def begin(self, seed: int) -> None:
        self.world = World(seed)

    def end(self, number: int) -> Site:
        return self.world.sites[number]

    # ── What may happen ──────────────────────────────────────────────────────────────────────────────────────

    @rule(end=ENDS)
    def is_given_a_letter(self, end: int) -> None:
        self.world.write_letter(self.end(end))

    @rule(end=ENDS)
    def works(self, end: int) -> None:
        self.world.alive(self.end(end), partial(self.world.work, self.end(end)))

    @rule()
    def dials(self) -> None:
        self.world.alive(self.end(0), partial(self.world.dial, self.world.wires[0]))

    @rule(end=ENDS)
    def speaks(self, end: int) -> None:
        self.world.alive(self.end(end), partial(self.world.speak, self.world.wires[0], self.end(end)))

    @rule(way=ENDS, fate=FATES)
    def frame_moves(self, way: int, fate: str) -> None:
        wire = self.world.wires[0]
        self.world.alive(wire.ends()[1 - way], partial(self.world.carry, wire, way, fate=fate))

    @rule()
    def talk_freely(self) -> None:
        """Or a line would hardly ever open: that takes four frames in a row."""
        wire = self.world.wires[0]
        self.dials()
        for _ in range(4):
            for end in (0, 1):
                self.speaks(end)
                while wire.under_way[end]:
                    self.frame_moves(end, "carried")

    @rule()
    def line_is_cut(self) -> None:
        self.world.wires[0].cut()

    @rule(way=ENDS)
    def bundle_is_carried(self, way: int) -> None:
        self.world.bundle(self.world.wires[0], way)

    @rule(end=ENDS, writes=st.integers(0, 3), how=st.sampled_from(["before", "within", "after"]))
    def will_crash(self, end: int, writes: int, how: str) -> None:
        self.end(end).store.fuse, self.end(end).store.how = writes, how

    @rule(seconds=st.sampled_from([0.5, 3.0, 11.0, 60.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    # ── What holds ───────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def what_is_there_is_the_beginning_of_what_was_written(self) -> None:
        for one, other in (self.world.sites, self.world.sites[::-1]):
            written, there = self._lane(one, "out"), self._lane(other, "in")
            assert there == written[: len(there)]

    @invariant()
    def numbers_have_no_gaps_and_each_letter_one_place(self) -> None:
        for site in self.world.sites:
            for way in ("out", "in"):
                kept = Envelopes(site.store).after(f"{self.world.wires[0].link}/{way}", 0, 1000)
                assert [each.sequence for each in kept] == list(range(1, len(kept) + 1))
                assert len({each.letter_id for each in kept}) == len(kept)

    @invariant()
    def nothing_is_acknowledged_that_is_not_durable(self) -> None:
        for one, other in (self.world.sites, self.world.sites[::-1]):
            session = one.sessions.get(self.world.wires[0].link)
            if session is not None and session.sending is not None:
                assert session.sending.acknowledged <= len(self._lane(other, "in"))

    @invariant()
    def what_was_told_is_the_beginning_of_what_was_given_each_once(self) -> None:
        for site in self.world.sites:
            came = [each.letter.id for each in site.office.arrived()]
            given = [each.id for each in self.world.posted if each.destination == site.office.site]
            assert came == given[: len(came)]

    @invariant()
    def nobody_is_told_of_a_delivery_that_was_not(self) -> None:
        for one, other in (self.world.sites, self.world.sites[::-1]):
            settled = [each.letter_id for each in one.office.settled()]
            assert len(set(settled)) == len(settled)
            assert set(settled) <= {each.letter.id for each in other.office.arrived()} | set(self._claimed(other))

    @invariant()
    def no_honest_link_stops(self) -> None:
        for site in self.world.sites:
            link = site.office.links.link(self.world.wires[0].link)
            assert site.office.desk.channel(link).stops == ()

    def teardown(self) -> None:
        """Left to itself, it all comes to its end."""
        for site in self.world.sites:
            site.store.fuse = None
        self.world.settle()
        self.world.verify()
        logging.disable(logging.NOTSET)

    def _lane(self, site: Site, way: str) -> list[bytes]:
        kept = Envelopes(site.store).after(f"{self.world.wires[0].link}/{way}", 0, 1000)
        return [each.digest for each in kept]

    def _claimed(self, site: Site) -> list[str]:
        """Letters that stand in the register: their receipts may leave before a crash, and their telling comes after it."""
        return [document.id for document in site.store.scan("letter")]


TestProtocol = Protocol.TestCase
TestProtocol.settings = settings(
    max_examples=examples(100), stateful_step_count=40, suppress_health_check=[HealthCheck.too_slow], deadline=None
)
