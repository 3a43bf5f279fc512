"""Whatever people do in whatever order: the hall's accounts balance after every step."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kit.errors import Conflict, Forbidden, TongbanError
from kit.testing import examples, store
from reference import REFERENCE_KINDS
from reference.testing import CENTER_ID
from services.queuing import handlers
from services.queuing.domain.ticket import ALLOWED, AT_WINDOW, Action, Ticket, TicketState
from services.queuing.handlers.hall import ticket_at_window
from services.queuing.handlers.kinds import KINDS
from services.queuing.tests.stage import Stage
from services.queuing.tests.test_serving import ACTS

WINDOWS = st.integers(1, 3)
PICKS = st.integers(0, 50)
ENDS = {TicketState.FINISHED, TicketState.CANCELLED, TicketState.EXPIRED}


class HallMachine(RuleBasedStateMachine):
    """Kiosks, clerks, holders, a manager and the clock."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hall-"))
        self.database = store(self.folder, [*KINDS, *REFERENCE_KINDS])
        self.stage = Stage(self.database)
        self.taken: list[str] = []
        self.changes = 0

    @rule(item=st.sampled_from(["item-food", "item-card"]), disabled=st.booleans())
    def take(self, item: str, disabled: bool) -> None:
        self.taken.append(self.stage.take(item_id=item, disabled=disabled).id)
        self.changes += 1

    @rule(window=WINDOWS)
    def open_window(self, window: int) -> None:
        self.stage.open(window)

    @rule(window=WINDOWS)
    def close_window(self, window: int) -> None:
        try:
            handlers.close_window(
                hall=self.stage.hall, call=self.stage.clerk(window), window_id=f"{CENTER_ID}-{window:02d}", reason=""
            )
        except Conflict as error:
            self.expect(error, "window_closed", "window_has_ticket")

    @rule(window=WINDOWS)
    def call_next(self, window: int) -> None:
        try:
            called = self.stage.next(window)
        except Conflict as error:
            self.expect(error, "window_not_open", "window_has_ticket")
            return
        if called is not None:
            self.changes += 1
            return
        lanes = self.stage.reference.window(f"{CENTER_ID}-{window:02d}")[1].lanes
        waiting = [
            ticket for ticket in map(self.stage.hall.tickets.get, self.taken) if ticket.state is TicketState.WAITING
        ]
        assert not [ticket for ticket in waiting if ticket.lane in lanes], "somebody waits and nobody is called"

    @rule(pick=PICKS, action=st.sampled_from(sorted(ACTS)), clerk=WINDOWS)
    def act(self, pick: int, action: Action, clerk: int) -> None:
        if self.taken:
            self.do(self.stage.hall.tickets.get(self.taken[pick % len(self.taken)]), action, clerk)

    def do(self, ticket: Ticket, action: Action, clerk: int) -> None:
        """Acts on a ticket; a refusal changes nothing and has its reason."""
        genuine = self.stage.clerk
        self.stage.clerk = lambda number=1: genuine(clerk)  # type: ignore[method-assign]
        try:
            ACTS[action](self.stage, ticket)
        except (Conflict, Forbidden) as error:
            if ticket.state not in ALLOWED[action]:
                refused_by_state = error.code if error.code.startswith("ticket_not_") else "window_not_open"
                self.expect(error, refused_by_state, "window_not_yours")
            assert self.stage.hall.tickets.get(ticket.id) == ticket
        else:
            assert ticket.state in ALLOWED[action]
            self.changes += 1
        finally:
            self.stage.clerk = genuine  # type: ignore[method-assign]

    @rule(window=WINDOWS, action=st.sampled_from([Action.START, Action.HOLD, Action.FINISH, Action.MISS]))
    def act_at_window(self, window: int, action: Action) -> None:
        """The clerk goes on with the ticket that is there."""
        ticket = ticket_at_window(self.stage.hall, f"{CENTER_ID}-{window:02d}")
        if ticket is not None:
            self.do(ticket, action, window)

    @rule(minutes=st.integers(0, 5))
    def wait(self, minutes: int) -> None:
        self.stage.clock.advance(timedelta(minutes=minutes))

    @staticmethod
    def expect(error: TongbanError, *codes: str) -> None:
        assert error.code in codes, error

    @invariant()
    def a_window_has_one_ticket_at_the_most(self) -> None:
        if not hasattr(self, "stage"):
            return
        tickets = [self.stage.hall.tickets.get(id) for id in self.taken]
        at = Counter(ticket.window_id for ticket in tickets if ticket.state in AT_WINDOW)
        assert not [window for window, count in at.items() if count > 1]

    @invariant()
    def every_change_was_told_once(self) -> None:
        if not hasattr(self, "stage"):
            return
        told = [name for name, subject in self.stage.events() if subject in set(self.taken)]
        assert len(told) == self.changes
        assert sum(self.stage.hall.tickets.get(id).version for id in self.taken) == self.changes

    def teardown(self) -> None:
        """Whatever was going on, the day's end leaves nothing open."""
        if not hasattr(self, "stage"):
            return
        try:
            for hour in (23, 33):
                self.stage.at(hour)
                while self.stage.sweep():
                    pass
            assert {self.stage.hall.tickets.get(id).state for id in self.taken} <= ENDS
            told = self.stage.times_told("ticket_expired")
            assert set(told.values()) <= {1}
        finally:
            self.database.close()
            shutil.rmtree(self.folder)


HallMachine.TestCase.settings = settings(max_examples=examples(25), stateful_step_count=30, deadline=None)
TestHall = HallMachine.TestCase
