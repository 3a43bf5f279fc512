"""Urgings, feedback, commands and standards: every act in every state, from the tables; what they don't allow writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count, product

import pytest
from google.protobuf.message import Message

from kit.store.port import Mark
from kit.testing import MONDAY, refused, unwritten
from kit.workdays import WeeklyHours
from reference.policies import ALL
from services.federation.domain import commands as commands_domain
from services.federation.domain import feedback as feedback_domain
from services.federation.domain import urging as urging_domain
from services.federation.domain.commands import Command, CommandState, Verb
from services.federation.domain.feedback import Conclusion, Feedback, FeedbackAct, FeedbackKind, FeedbackState
from services.federation.domain.letters import IncomingLetter
from services.federation.domain.parts import (
    Clock,
    Place,
)
from services.federation.domain.standards import Standard, StandardKind
from services.federation.domain.urging import Turn, Urging, UrgingAct, UrgingKind, UrgingState
from services.federation.handlers import commands, feedback, standards, urgings
from services.federation.protos.by_name import message_of
from services.federation.tests.joined_rooms import CITY, COUNTY, Joined
from tongban.federation.v1 import parts_pb2, urging_pb2

BELOW, ABOVE = Place(COUNTY, "610902"), Place(CITY, "610900")
CLOCK = Clock(MONDAY, 3, MONDAY + timedelta(days=3))
IDS = count(1)
HOURS = WeeklyHours.from_data(ALL["work_calendar"].default)


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Joined]:
    """A county and its city for all of it: each try has a document of its own."""
    made = Joined(tmp_path_factory.mktemp("sites"), COUNTY, CITY)
    yield made
    for site in made.sites.values():
        site.store.close()


def _letter(type: str, origin: str, said: Message) -> IncomingLetter:
    return IncomingLetter(f"l-{next(IDS)}", origin, type, 1, "j-1", said.SerializeToString(), MONDAY)


def _mark(letter: IncomingLetter) -> Mark:
    return Mark("federation.letters", letter.id)


@dataclass(frozen=True)
class Try:
    """Where somebody tries what, and how it is refused."""

    at: str
    do: Callable[[Joined, str, str], object]
    codes: tuple[str, ...]


# ── Urgings ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _review(accepted: bool) -> Callable[[Joined, str, str], object]:
    return lambda joined, site, id: urgings.review_urging(
        room=joined[site].room, call=joined.call(site), urging_id=id, accepted=accepted, text="不清楚",
        expected_version=0,
    )  # fmt: skip


ON_URGINGS: dict[UrgingAct, Try] = {
    UrgingAct.ANSWER: Try(
        CITY,
        lambda joined, site, id: urgings.answer_urging(
            room=joined[site].room, call=joined.call(site), urging_id=id, text="已办", expected_version=0
        ),
        ("urging_answered",),
    ),
    UrgingAct.ACCEPT: Try(COUNTY, _review(True), ("urging_not_answered",)),
    UrgingAct.SEND_BACK: Try(COUNTY, _review(False), ("urging_not_answered",)),
}


def _urging(state: UrgingState) -> Urging:
    said = () if state is UrgingState.ASKED else (Turn("已办", "王", MONDAY),)
    return Urging(
        f"u-{next(IDS)}", UrgingKind.SUPERVISE, "督办", "part-1", "1", BELOW, ABOVE, "j-1", state,
        (Turn("请尽快办理", "张督", MONDAY), *said), clock=CLOCK,
    )  # fmt: skip


@pytest.mark.parametrize(("state", "act"), list(product(UrgingState, UrgingAct)), ids=str)
def test_an_urging_does_what_its_state_allows_at_the_end_whose_turn_it_is(
    joined: Joined, state: UrgingState, act: UrgingAct
) -> None:
    tried, urging = ON_URGINGS[act], _urging(state)
    for site in (COUNTY, CITY):
        joined[site].room.urgings.create(urging, [], joined.call(site))
    other = CITY if tried.at == COUNTY else COUNTY
    with refused(joined[other].store, "not_this_end"):
        tried.do(joined, other, urging.id)
    if state in urging_domain.ALLOWED[act]:
        tried.do(joined, tried.at, urging.id)
        assert joined[tried.at].room.urgings.get(urging.id).version > 1
        return
    with refused(joined[tried.at].store, *tried.codes):
        tried.do(joined, tried.at, urging.id)


# ── Feedback ─────────────────────────────────────────────────────────────────────────────────────────────────────

SAID = Conclusion("属实", "已整改", "王", MONDAY)


def _feedback(state: FeedbackState) -> Feedback:
    done = SAID if state is FeedbackState.CONCLUDED else None
    return Feedback(
        f"f-{next(IDS)}", FeedbackKind.COMPLAINT, "s-1", "part-1", "1", "许可", BELOW, ABOVE, "j-1", MONDAY, state,
        text="太慢", clock=CLOCK, conclusion=done,
    )  # fmt: skip


@pytest.mark.parametrize("state", FeedbackState)
def test_feedback_is_concluded_once_and_by_the_end_that_it_concerns(joined: Joined, state: FeedbackState) -> None:
    held = _feedback(state)

    def conclude(site: str) -> object:
        return feedback.conclude_feedback(
            room=joined[site].room, call=joined.call(site, center="610900"), feedback_id=held.id, findings="属实",
            measures="", callback_note="", expected_version=0,
        )  # fmt: skip

    for site in (COUNTY, CITY):
        joined[site].room.feedbacks.create(held, [], joined.call(site))
    with refused(joined[COUNTY].store, "not_this_end"):
        conclude(COUNTY)
    if state in feedback_domain.ALLOWED[FeedbackAct.CONCLUDE]:
        conclude(CITY)
        assert joined[CITY].room.feedbacks.get(held.id).state is FeedbackState.CONCLUDED
        return
    with refused(joined[CITY].store, "feedback_concluded"):
        conclude(CITY)
    with unwritten(joined[CITY].store):
        feedback.conclude_by_itself(
            room=joined[CITY].room, call=joined.system(), feedback_id=held.id, said=SAID, mark=Mark("g", held.id)
        )


@pytest.mark.parametrize("state", FeedbackState)
def test_the_outcome_is_heard_once_and_from_the_end_that_it_concerns(joined: Joined, state: FeedbackState) -> None:
    room, held = joined[COUNTY].room, _feedback(state)
    room.feedbacks.create(held, [], joined.call(COUNTY))
    told = replace(held, state=FeedbackState.CONCLUDED, conclusion=SAID, clock=None)
    said = urging_pb2.FeedbackTold(feedback=message_of(told, urging_pb2.Feedback()))
    stranger = _letter("feedback.concluded", "510000.partner", said)
    with refused(joined[COUNTY].store, "not_of_this_feedback"):
        feedback.take_conclusion(room, joined.system(), stranger, _mark(stranger))
    letter = _letter("feedback.concluded", CITY, said)
    if state in feedback_domain.ALLOWED[FeedbackAct.HEAR]:
        feedback.take_conclusion(room, joined.system(), letter, _mark(letter))
        assert room.feedbacks.get(held.id).state is FeedbackState.CONCLUDED
        return
    with unwritten(joined[COUNTY].store):
        feedback.take_conclusion(room, joined.system(), letter, _mark(letter))


# ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("done", [True, False], ids=["done", "refused"])
@pytest.mark.parametrize("state", CommandState)
def test_a_command_is_answered_once_and_by_its_owner(joined: Joined, state: CommandState, done: bool) -> None:
    room = joined[COUNTY].room
    command = Command(
        f"command-{next(IDS)}", "part-1", Verb.CLOSE, CITY, "李", MONDAY, "j-1", letter_id=f"sent-{next(IDS)}",
        state=state,
    )  # fmt: skip
    room.commands.create(command, [], joined.call(COUNTY))
    said = parts_pb2.PartCommandAnswer(command_id=command.id, code="" if done else "part_state")
    stranger = _letter("part.answered", "510000.partner", said)
    with refused(joined[COUNTY].store, "command_of_another"):
        commands.take_answer(room, joined.system(), stranger, _mark(stranger))
    letter, to = _letter("part.answered", CITY, said), commands_domain.TRANSITIONS.get((state, done))
    if to is not None:
        commands.take_answer(room, joined.system(), letter, _mark(letter))
        assert room.commands.get(command.id).state is to
        return
    with unwritten(joined[COUNTY].store):
        commands.take_answer(room, joined.system(), letter, _mark(letter))


# ── Standards ────────────────────────────────────────────────────────────────────────────────────────────────────

#: Of a site's own standard and one from above, in force or not: how setting an open and a closed field is refused.
STANDARDS: dict[tuple[str, bool], tuple[str, str]] = {
    ("", False): ("", ""),
    (CITY, False): ("", "fixed_by_parent"),
    ("", True): ("standard_withdrawn", "standard_withdrawn"),
    (CITY, True): ("standard_withdrawn", "standard_withdrawn"),
}


@pytest.mark.parametrize("closed", [False, True], ids=["an open field", "a closed field"])
@pytest.mark.parametrize(("received_from", "withdrawn"), STANDARDS, ids=str)
def test_a_standard_is_localised_while_it_is_in_force_and_open(
    joined: Joined, received_from: str, withdrawn: bool, closed: bool
) -> None:
    room, id = joined[COUNTY].room, f"standard-{next(IDS)}"
    made = Standard(
        id, StandardKind.POLICY, "p", "参数", received_from or COUNTY, 1, {"a": 1, "b": 2}, MONDAY, MONDAY, ("a",),
        withdrawn, received_from,
    )  # fmt: skip
    kept = room.standards.create(made, [], joined.call(COUNTY))

    def localise() -> Standard:
        return standards.localise_standard(
            room=room, call=joined.call(COUNTY), id=id, local={"b" if closed else "a": 3}, sites=(), expected_version=0
        )

    code = STANDARDS[received_from, withdrawn][closed]
    if not code:
        assert localise().version > kept.version
        return
    with refused(joined[COUNTY].store, code):
        localise()
