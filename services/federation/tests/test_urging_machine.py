"""Urging between two ends, in any order of acts and repeated letters: both ends see the same, and nobody acts for the other."""

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kit.errors import Conflict, Forbidden, Invalid
from kit.testing import MONDAY
from services.federation.domain import urging
from services.federation.domain.parts import Clock, Place
from services.federation.domain.urging import Turn, Urging, UrgingKind, UrgingState

HERE, THERE = "610902.county", "610900.city"
CLOCK = Clock(MONDAY, 3, MONDAY)


def asked(kind: UrgingKind = UrgingKind.SUPERVISE) -> Urging:
    words = (Turn("请尽快办理", "张督", MONDAY),)
    fresh = Urging(
        "u-1", kind, "催办", "part-1", "1", Place(HERE), Place(THERE), "j-1", UrgingState.ASKED, words
    )  # fmt: skip
    return urging.ask(fresh)


class UrgingMachine(RuleBasedStateMachine):
    @initialize(kind=st.sampled_from(list(UrgingKind)))
    def somebody_asks(self, kind: UrgingKind) -> None:
        self.ends = {HERE: asked(kind), THERE: urging.arrived(asked(kind), CLOCK)}
        self.lines: dict[str, list[Urging]] = {HERE: [], THERE: []}
        self.turns = 0

    def _act(self, here: str, changed: Urging) -> None:
        self.ends[here] = changed
        self.lines[changed.other(here)].append(changed)

    @rule(
        here=st.sampled_from((HERE, THERE)),
        act=st.sampled_from(("answer", "accept", "send_back")),
        words=st.sampled_from(("", "请看")),
    )
    def somebody_acts(self, here: str, act: str, words: str) -> None:
        held, said = self.ends[here], Turn(words, here, MONDAY)
        try:
            if act == "answer":
                self._act(here, urging.answer(held, here, said))
            elif act == "accept":
                self._act(here, urging.accept(held, here, MONDAY))
            else:
                self._act(here, urging.send_back(held, here, said))
        except (Conflict, Forbidden, Invalid):
            return
        answering = act == "answer"
        assert answering == (here == THERE)
        assert words or act == "accept"

    @rule(here=st.sampled_from((HERE, THERE)), again=st.booleans())
    def a_letter_arrives(self, here: str, again: bool) -> None:
        if self.lines[here]:
            told = self.lines[here][0] if again else self.lines[here].pop(0)
            other = THERE if here == HERE else HERE
            self.ends[here] = urging.hear(self.ends[here], told, other, here) or self.ends[here]

    @invariant()
    def the_ends_agree_when_nothing_is_on_its_way(self) -> None:
        if any(self.lines.values()):
            return
        one, other = (replace(end, clock=None) for end in self.ends.values())
        assert one == other

    @invariant()
    def only_a_supervision_is_reviewed(self) -> None:
        for end in self.ends.values():
            assert end.round == 1 or end.kind is UrgingKind.SUPERVISE
            assert end.state is not UrgingState.ANSWERED or end.kind is UrgingKind.SUPERVISE


TestUrgingMachine = UrgingMachine.TestCase


def test_nobody_answers_in_the_others_name() -> None:
    forged = replace(asked(), state=UrgingState.ANSWERED)
    with pytest.raises(Forbidden, match="not_their_turn"):
        urging.hear(urging.arrived(asked(), CLOCK), forged, HERE, THERE)


def test_a_third_site_has_no_say() -> None:
    with pytest.raises(Forbidden, match="not_of_this_urging"):
        urging.hear(asked(), replace(asked(), round=2), "510000.partner", HERE)


def test_an_answer_stops_the_clock_of_the_end_that_answers() -> None:
    answered = urging.answer(urging.arrived(asked(), CLOCK), THERE, Turn("已办", "王", MONDAY))
    assert answered.clock is not None
    assert answered.clock.done_at == MONDAY


@pytest.mark.parametrize(("site", "text"), [(HERE, "请办"), ("", "请办"), (THERE, "")])
def test_an_urging_goes_to_another_site_and_says_something(site: str, text: str) -> None:
    wrong = replace(asked(), asked_of=Place(site), turns=(Turn(text, "张", MONDAY),))
    with pytest.raises(Invalid):
        urging.ask(wrong)
