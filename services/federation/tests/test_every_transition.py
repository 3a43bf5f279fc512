"""Every act in every state, from the tables: what they don't allow is refused with a code and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count, product

import pytest

from kit.store.port import Mark
from kit.testing import MONDAY, refused, unwritten
from services.federation.domain import agreement as agreements_domain
from services.federation.domain import crossing_acts
from services.federation.domain.agreement import Edition, EditionAct, EditionState
from services.federation.domain.crossing import Crossing, CrossingState, Status, WantedMaterial
from services.federation.domain.crossing_acts import CrossingAct
from services.federation.domain.letters import IncomingLetter
from services.federation.domain.ownership import Offer, Ownership
from services.federation.handlers import agreements, collecting, files, handing_over, results
from services.federation.tests.town import PDF, Town
from services.federation.tests.towns import World
from tongban.federation.v1 import letters_pb2

ELSEWHERE = "620000.elsewhere"
IDS = count(1)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two towns for all of it: each try has a document of its own."""
    made = World.at(tmp_path_factory.mktemp("towns"))
    yield made
    for town in (made.here, made.there):
        town.desk.crossings.store.close()


@dataclass(frozen=True)
class Try:
    """Who tries, with what, and how it is refused."""

    do: Callable[[Town, str], object]
    codes: tuple[str, ...]


# ── Crossings, where they are collected ──────────────────────────────────────────────────────────────────────────


def _upload(at: Town, id: str) -> object:
    return files.upload_scan(
        desk=at.desk, call=at.by(), crossing_id=id, code="", material_key="application-form", filename="b.pdf",
        media_type="application/pdf", chunks=[PDF + id.encode()],
    )  # fmt: skip


def _remove(at: Town, id: str) -> object:
    (scan,) = at.desk.crossings.get(id).materials[0].scans
    return files.remove_scan(
        desk=at.desk, call=at.by(), crossing_id=id, code="", material_key="application-form", sha256=scan.sha256,
        expected_version=0,
    )  # fmt: skip


def _check(at: Town, id: str) -> object:
    return files.check_material(
        desk=at.desk, call=at.by(), crossing_id=id, material_key="application-form", checked=False, originals=2,
        copies=0, expected_version=0,
    )  # fmt: skip


def _withdraw(at: Town, id: str) -> object:
    return collecting.withdraw_crossing(
        desk=at.desk, call=at.by(), crossing_id=id, code="", reason="不办了", expected_version=0
    )


#: By the acts that a use case is: giving up is cancelling before it is sent, and asking back afterwards.
COLLECTING: dict[tuple[CrossingAct, ...], tuple[Try, ...]] = {
    (CrossingAct.CHANGE_MATERIALS,): tuple(Try(do, ("crossing_sent",)) for do in (_upload, _remove, _check)),
    (CrossingAct.SEND,): (
        Try(
            lambda at, id: collecting.send_crossing(
                desk=at.desk, call=at.by(), crossing_id=id, code="", expected_version=0
            ),
            ("crossing_sent",),
        ),
    ),
    (CrossingAct.SEND_SUPPLEMENT,): (
        Try(
            lambda at, id: collecting.send_supplement(
                desk=at.desk, call=at.by(), crossing_id=id, code="", expected_version=0
            ),
            ("no_notice_given",),
        ),
    ),
    (CrossingAct.CANCEL, CrossingAct.ASK_BACK): (Try(_withdraw, ("too_late_to_withdraw",)),),
    (CrossingAct.RECEIVE_RESULT,): (
        Try(
            lambda at, id: results.receive_result(desk=at.desk, call=at.by(), crossing_id=id, expected_version=0),
            ("no_result_yet",),
        ),
    ),
    (CrossingAct.HAND_OVER_RESULT,): (
        Try(
            lambda at, id: results.hand_over_result(
                desk=at.desk, call=at.by(), crossing_id=id, received_by="张三丰", expected_version=0
            ),
            ("no_result_yet",),
        ),
    ),
}


@pytest.fixture(scope="module")
def collected(world: World) -> Crossing:
    """Ready to be sent."""
    return world.scan(world.open(world.agree()))


def _put(at: Town, crossing: Crossing) -> str:
    id = f"c-{next(IDS)}"
    at.desk.crossings.create(replace(crossing, id=id, code=f"code-{id}", version=0), [], at.by())
    return id


def _told(state: CrossingState) -> Status:
    wanted = (WantedMaterial("application-form", "申请书", "缺签字"),)
    return Status(1, state, MONDAY, wanted=wanted, outcome="denied")


@pytest.mark.parametrize("state", CrossingState)
@pytest.mark.parametrize("acts", COLLECTING, ids=lambda acts: "+".join(acts))
def test_the_collecting_end_does_what_the_state_allows(
    world: World, collected: Crossing, acts: tuple[CrossingAct, ...], state: CrossingState
) -> None:
    arrived = MONDAY if CrossingAct.HAND_OVER_RESULT in acts else None
    for tried in COLLECTING[acts]:
        id = _put(world.here, replace(collected, state=state, status=_told(state), result_arrived_at=arrived))
        if any(state in crossing_acts.ALLOWED[act] for act in acts):
            tried.do(world.here, id)
            assert world.mirror(id).version > 1
            continue
        with refused(world.here.store, *tried.codes):
            tried.do(world.here, id)


# ── Crossings, where they are handled ────────────────────────────────────────────────────────────────────────────


def _answer(accepted: bool) -> Callable[[Town, str], object]:
    return lambda at, id: handing_over.answer_offer(
        desk=at.desk, call=at.by(), crossing_id=id, accepted=accepted, item_id="item-food", reason="不属本地",
        expected_version=0,
    )  # fmt: skip


HANDLING: dict[CrossingAct, Try] = {
    CrossingAct.ATTACH_RESULT: Try(
        lambda at, id: results.upload_result(
            desk=at.desk, call=at.by(), crossing_id=id, filename="证.pdf", media_type="application/pdf", chunks=[PDF]
        ),
        ("no_result_yet", "owned_elsewhere"),
    ),
    CrossingAct.OFFER: Try(
        lambda at, id: handing_over.offer_crossing(
            desk=at.desk, call=at.by(), crossing_id=id, site=ELSEWHERE, center_id="620000", reason="不属本地",
            expected_version=0,
        ),
        ("too_late_to_hand_over",),
    ),
    CrossingAct.RECALL_OFFER: Try(
        lambda at, id: handing_over.ask_back(desk=at.desk, call=at.by(), crossing_id=id, expected_version=0),
        ("not_offered",),
    ),
    CrossingAct.TAKE: Try(_answer(True), ("not_offered_here",)),
    CrossingAct.DECLINE: Try(_answer(False), ("not_offered_here",)),
}  # fmt: skip


@pytest.fixture(scope="module")
def handled(world: World) -> Crossing:
    """As it arrived."""
    return replace(world.owned(world.sent().id), application_id=None)


def _owned(at: Town, state: CrossingState, act: CrossingAct) -> Ownership | None:
    """Who owns it: another site what it offers, this one what it offers another, as far as the act is about that."""
    if state in (CrossingState.OFFERED, CrossingState.DECLINED):
        made = Offer("o-1", at.site, "赵", MONDAY) if state is CrossingState.OFFERED else None
        return Ownership(ELSEWHERE, offer=made)
    offered = act is CrossingAct.RECALL_OFFER and state is CrossingState.ARRIVED
    return Ownership(at.site, offer=Offer("o-2", ELSEWHERE, "李", MONDAY)) if offered else None


@pytest.mark.parametrize("state", CrossingState)
@pytest.mark.parametrize("act", HANDLING)
def test_the_handling_end_does_what_the_state_allows(
    world: World, handled: Crossing, act: CrossingAct, state: CrossingState
) -> None:
    at = world.there
    id = _put(at, replace(handled, state=state, status=_told(state), ownership=_owned(at, state, act)))
    if state in crossing_acts.ALLOWED[act]:
        HANDLING[act].do(at, id)
        assert world.owned(id).version > 1
        return
    with refused(at.store, *HANDLING[act].codes):
        HANDLING[act].do(at, id)


@pytest.mark.parametrize("state", CrossingState)
def test_neither_end_does_what_is_the_others(
    world: World, collected: Crossing, handled: Crossing, state: CrossingState
) -> None:
    theirs = _put(world.there, replace(handled, state=state, status=_told(state)))
    for tries in COLLECTING.values():
        for tried in tries:
            if tried.do is not _remove:
                with refused(world.there.store, "handled_here"):
                    tried.do(world.there, theirs)
    ours = _put(world.here, replace(collected, state=state, status=_told(state)))
    for tried in HANDLING.values():
        with refused(world.here.store, "collected_here"):
            tried.do(world.here, ours)


def test_every_act_on_a_crossing_is_tried() -> None:
    assert {act for acts in COLLECTING for act in acts} | set(HANDLING) == set(CrossingAct)


# ── Editions of agreements ───────────────────────────────────────────────────────────────────────────────────────

ANSWERS = {EditionAct.CONFIRM: EditionState.CONFIRMED, EditionAct.DECLINE: EditionState.DECLINED}


def _agreement(world: World, at: Town, by_site: str, state: EditionState) -> str:
    """An agreement whose newest edition is in this state, proposed by a site."""
    id = f"a-{next(IDS)}"
    edition = Edition(f"e-{id}", world.terms(), state, by_site, "赵", MONDAY)
    side = agreements_domain.Side.COLLECTING if at is world.here else agreements_domain.Side.HANDLING
    at.desk.agreements.create(agreements_domain.begin(id, side, edition), [], at.by())
    return id


def _answer_edition(at: Town, id: str, act: EditionAct) -> object:
    return agreements.answer_agreement(
        desk=at.desk, call=at.by("manager"), agreement_id=id, edition_id=f"e-{id}",
        confirmed=act is EditionAct.CONFIRM, note="不同意", expected_version=0,
    )  # fmt: skip


@pytest.mark.parametrize(("state", "act"), list(product(EditionState, ANSWERS)), ids=str)
def test_an_edition_is_answered_once(world: World, state: EditionState, act: EditionAct) -> None:
    at = world.there
    id = _agreement(world, at, world.here.site, state)
    if state in agreements_domain.ALLOWED[act]:
        _answer_edition(at, id, act)
        assert at.desk.agreements.get(id).editions[-1].state is ANSWERS[act]
    elif ANSWERS[act] is state:  # the answer that it has
        with unwritten(at.store):
            _answer_edition(at, id, act)
    else:
        with refused(at.store, "edition_answered"):
            _answer_edition(at, id, act)


@pytest.mark.parametrize(("state", "act"), list(product(EditionState, ANSWERS)), ids=str)
def test_nobody_answers_their_own_edition(world: World, state: EditionState, act: EditionAct) -> None:
    id = _agreement(world, world.here, world.here.site, state)
    with refused(world.here.store, "own_proposal"):
        _answer_edition(world.here, id, act)


@pytest.mark.parametrize("state", EditionState)
def test_the_next_edition_waits_for_the_answer_to_the_last_one(world: World, state: EditionState) -> None:
    at = world.here
    id = _agreement(world, at, world.there.site, state)

    def propose() -> object:
        return agreements.propose_agreement(
            desk=at.desk, call=at.by("manager"), agreement_id=id, terms=world.terms(handling_unit="另一单位")
        )

    if state in agreements_domain.ALLOWED[EditionAct.FOLLOW]:
        propose()
        assert len(at.desk.agreements.get(id).editions) == 2
    else:
        with refused(at.store, "proposal_pending"):
            propose()


@pytest.mark.parametrize(("state", "act"), list(product(EditionState, ANSWERS)), ids=str)
def test_a_letter_that_answers_again_tells_nothing_again(world: World, state: EditionState, act: EditionAct) -> None:
    at = world.here
    id = _agreement(world, at, at.site, state)
    before, told = at.desk.agreements.get(id), at.desk.agreements.store.pending_depth()
    said = letters_pb2.AgreementAnswer(
        agreement_id=id, edition_id=f"e-{id}", confirmed=act is EditionAct.CONFIRM, answered_by_name="钱"
    )
    letter = IncomingLetter(f"l-{id}", world.there.site, "agreement.answered", 1, id, said.SerializeToString(), MONDAY)
    if state in agreements_domain.ALLOWED[act]:
        agreements.LETTERS[letter.type](at.desk, at.own(), letter, Mark("federation.letters", letter.id))
        assert at.desk.agreements.get(id).editions[-1].state is ANSWERS[act]
    elif ANSWERS[act] is state:
        agreements.LETTERS[letter.type](at.desk, at.own(), letter, Mark("federation.letters", letter.id))
        assert at.desk.agreements.get(id).editions == before.editions
        assert at.desk.agreements.store.pending_depth() == told + 1, "the receipt alone"
    else:
        with refused(at.store, "edition_answered"):
            agreements.LETTERS[letter.type](at.desk, at.own(), letter, Mark("federation.letters", letter.id))


def test_every_act_on_an_edition_is_tried() -> None:
    assert {*ANSWERS, EditionAct.FOLLOW} == set(EditionAct)
