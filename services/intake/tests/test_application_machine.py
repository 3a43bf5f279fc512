"""Any order of legal and illegal steps: what must always hold of an application, holds."""

from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kit.errors import Conflict, Invalid
from kit.testing import MONDAY
from services.intake.domain import transitions
from services.intake.domain.application import Application, ApplicationState
from services.intake.domain.material import Declared, MaterialState
from services.intake.tests.application_samples import DAY, HANDED_IN, OFFICER, REFUSAL, WANTED, received


class ApplicationMachine(RuleBasedStateMachine):
    """Any order of legal and illegal steps: what must always hold, holds."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = MONDAY
        self.application = received(())
        self.notices = 0

    def _try(self, act: Callable[[Application], Application]) -> None:
        before = self.application
        try:
            self.application = act(before)
        except (Conflict, Invalid):
            assert self.application is before

    @rule(hours=st.integers(1, 400))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(key=st.sampled_from(["form", "plan", "note"]), state=st.sampled_from(list(MaterialState)))
    def a_material_is_recorded(self, key: str, state: MaterialState) -> None:
        self._try(lambda it: transitions.record_material(it, Declared(key, state, "问题"), now=self.now))

    @rule()
    def somebody_accepts(self) -> None:
        self._try(lambda it: transitions.accept(it, officer=OFFICER, on_spot=True, now=self.now))

    @rule()
    def the_alarm_rings(self) -> None:
        if self.application.wakes_at is not None and self.now >= self.application.wakes_at:
            later = self.now + 7 * DAY
            if self.application.state is ApplicationState.RECEIVED:
                self.application = transitions.deem_accepted(self.application, now=self.now)
            else:
                self.application = transitions.lapse(self.application, REFUSAL, notice_due_at=later, now=self.now)

    @rule()
    def somebody_gives_notice(self) -> None:
        def give(application: Application) -> Application:
            due_at = self.now + 40 * DAY
            given = transitions.request_supplement(
                application, WANTED, officer=OFFICER, due_at=due_at, lapses=True, now=self.now
            )
            self.notices += 1
            return given

        self._try(give)

    @rule()
    def the_supplement_comes(self) -> None:
        due_at = self.now + 7 * DAY
        self._try(lambda it: transitions.hand_in_supplement(it, HANDED_IN, notice_due_at=due_at, now=self.now))

    @precondition(lambda self: self.now > MONDAY + 20 * DAY)
    @rule()
    def somebody_refuses(self) -> None:
        self._try(lambda it: transitions.refuse(it, REFUSAL, officer=OFFICER, now=self.now))

    @invariant()
    def there_is_at_most_one_notice(self) -> None:
        assert self.notices <= 1

    @invariant()
    def it_is_accepted_complete_or_by_the_law(self) -> None:
        if self.application.state is ApplicationState.ACCEPTED:
            main = [material for material in self.application.materials if material.main]
            assert self.application.deemed or all(material.state.in_order for material in main)
            assert self.application.accepted_at is not None
            assert self.application.accepted_at >= self.application.received_at

    @invariant()
    def an_open_application_always_has_a_clock(self) -> None:
        assert self.application.state.judged == (self.application.wakes_at is None)


TestApplicationMachine = ApplicationMachine.TestCase
