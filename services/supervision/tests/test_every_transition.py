"""Every step that no table allows is refused and changes nothing; whose work is watched may touch nothing of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from kit.errors import Conflict
from kit.testing import MONDAY, actor
from services.supervision.domain.cards import Appeal, Card, CardState, Colour, Person, Ruling, SubjectKind
from services.supervision.domain.measures import TRANSITIONS, Act, Measure, MeasureState, step
from services.supervision.domain.orders import Answer, Order, OrderKind, OrderState
from services.supervision.domain.rules import Sanction
from services.supervision.grpc_api import SupervisionApi
from tongban.access.v1 import access_pb2
from tongban.supervision.v1 import measure_requests_pb2, service_pb2

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

CENTER = "610902"
CHIEF = replace(actor("chief"), id="staff-chief", name="何主任", department="minzheng")
SUPERVISOR = replace(actor("supervisor"), id="staff-supervisor", name="安监察")


@dataclass(frozen=True)
class Try:
    """What somebody tries on a document in some state."""

    by: Any
    ask: Callable[[SupervisionApi], Any]


def refused(bench: "Bench", tried: Try, kept: Any, id: str) -> None:
    before = kept.get(id)
    with bench.by(tried.by), pytest.raises(Conflict):
        tried.ask(SupervisionApi(bench.tower))
    assert kept.get(id) == before
    bench.listen()
    assert not bench.told


# ── Measures ─────────────────────────────────────────────────────────────────────────────────────────────────────

ASKED = {
    Act.IMPOSE: Try(SUPERVISOR, lambda api: api.DecideMeasure(
        measure_requests_pb2.DecideMeasureRequest(measure_id="m", imposed=True, reason="查实"), None)),
    Act.DISMISS: Try(SUPERVISOR, lambda api: api.DecideMeasure(
        measure_requests_pb2.DecideMeasureRequest(measure_id="m", imposed=False, reason="情有可原"), None)),
    Act.ANSWER: Try(replace(CHIEF, roles=frozenset({"manager"})), lambda api: api.AnswerMeasure(
        measure_requests_pb2.AnswerMeasureRequest(measure_id="m", text="已整改"), None)),
    Act.CLOSE: Try(SUPERVISOR, lambda api: api.ConcludeMeasure(
        measure_requests_pb2.ConcludeMeasureRequest(measure_id="m", note="已执行"), None)),
    Act.REVOKE: Try(SUPERVISOR, lambda api: api.ConcludeMeasure(
        measure_requests_pb2.ConcludeMeasureRequest(measure_id="m", revoked=True, note="申诉成立"), None)),
}  # fmt: skip


def measure(state: MeasureState) -> Measure:
    return Measure("m", CENTER, "minzheng", None, "2026Q4", Sanction.CRITICISM, 10, 10, 0, (), state, MONDAY)


ILLEGAL = [pair for pair in product(MeasureState, Act) if pair not in TRANSITIONS]


@pytest.mark.parametrize(("state", "act"), [each for each in ILLEGAL if each[1] in ASKED])
def test_a_measure_refuses_what_its_state_does_not_allow(bench: "Bench", state: MeasureState, act: Act) -> None:
    bench.tower.measures.create(measure(state), [], bench.call())
    refused(bench, ASKED[act], bench.tower.measures, "m")


@pytest.mark.parametrize(("state", "act"), ILLEGAL)
def test_the_table_of_measures_holds_for_the_system_too(state: MeasureState, act: Act) -> None:
    with pytest.raises(Conflict):
        step(measure(state), act)


@pytest.mark.parametrize(("state", "act"), [each for each in TRANSITIONS if each[1] in ASKED])
def test_a_measure_does_what_its_state_allows(bench: "Bench", state: MeasureState, act: Act) -> None:
    bench.tower.measures.create(measure(state), [], bench.call())
    with bench.by(ASKED[act].by):
        ASKED[act].ask(SupervisionApi(bench.tower))
    assert bench.tower.measures.get("m").state is TRANSITIONS[state, act]


# ── Orders ───────────────────────────────────────────────────────────────────────────────────────────────────────

_ORDER_ACTS = {
    "answer": Try(CHIEF, lambda api: api.AnswerOrder(
        service_pb2.AnswerOrderRequest(order_id="o", text="已办"), None)),
    "close": Try(SUPERVISOR, lambda api: api.ReviewOrder(
        service_pb2.ReviewOrderRequest(order_id="o", accepted=True), None)),
    "send back": Try(SUPERVISOR, lambda api: api.ReviewOrder(
        service_pb2.ReviewOrderRequest(order_id="o", note="不清楚"), None)),
}  # fmt: skip
_ORDERS = {
    (OrderState.OPEN, "answer"): OrderState.ANSWERED,
    (OrderState.ANSWERED, "close"): OrderState.CLOSED,
    (OrderState.ANSWERED, "send back"): OrderState.OPEN,
}


def order(state: OrderState) -> Order:
    said = () if state is OrderState.OPEN else (Answer("已办", Person("c", "何主任"), MONDAY),)
    return Order(
        "o", CENTER, OrderKind.URGE, state, "minzheng", SubjectKind.CASE, "c-1", "1", "低保审核", "j-1", "请说明",
        Person("s", "安监察"), MONDAY, 1, MONDAY, MONDAY, False, answers=said, reviews=tuple("" for _ in said),
    )  # fmt: skip


@pytest.mark.parametrize(("state", "act"), list(product(OrderState, _ORDER_ACTS)))
def test_an_order_does_what_its_state_allows_and_nothing_else(bench: "Bench", state: OrderState, act: str) -> None:
    bench.tower.orders.create(order(state), [], bench.call())
    allowed = _ORDERS.get((state, act))
    if allowed is None:
        refused(bench, _ORDER_ACTS[act], bench.tower.orders, "o")
        return
    with bench.by(_ORDER_ACTS[act].by):
        _ORDER_ACTS[act].ask(SupervisionApi(bench.tower))
    assert bench.tower.orders.get("o").state is allowed


# ── Cards ────────────────────────────────────────────────────────────────────────────────────────────────────────

_CARD_ACTS = {
    "appeal": Try(CHIEF, lambda api: api.AppealCard(
        service_pb2.AppealCardRequest(card_id="k", grounds="停电"), None)),
    "uphold": Try(SUPERVISOR, lambda api: api.RuleOnAppeal(
        service_pb2.RuleOnAppealRequest(card_id="k", reason="不属实"), None)),
    "overturn": Try(SUPERVISOR, lambda api: api.RuleOnAppeal(
        service_pb2.RuleOnAppealRequest(card_id="k", overturned=True, reason="属实"), None)),
}  # fmt: skip
_CARDS = {
    (Colour.RED, CardState.ACTIVE, None, "appeal"),
    (Colour.RED, CardState.ACTIVE, Ruling.PENDING, "uphold"),
    (Colour.RED, CardState.ACTIVE, Ruling.PENDING, "overturn"),
}
#: A card is overturned by a ruling alone, recovers only while it isn't red, and only a red one has an appeal.
_POSSIBLE = [
    (colour, state, ruling)
    for colour, state, ruling in product(Colour, CardState, (None, *Ruling))
    if (state is CardState.OVERTURNED) is (ruling is Ruling.OVERTURNED)
    and not (colour is Colour.RED and state is CardState.RECOVERED)
    and (colour is Colour.RED or ruling is None)
]


def card(colour: Colour, state: CardState, ruling: Ruling | None) -> Card:
    said = None if ruling is None else Appeal("停电", Person("c", "何主任"), MONDAY, ruling)
    return Card(
        "k", CENTER, colour, state, SubjectKind.CASE, "c-1", "1", "低保审核", "minzheng", MONDAY, MONDAY, None, "已超期",
        "j-1", said,
    )  # fmt: skip


@pytest.mark.parametrize(("face", "act"), list(product(_POSSIBLE, _CARD_ACTS)))
def test_a_card_is_appealed_and_ruled_on_only_as_its_state_allows(
    bench: "Bench", face: tuple[Colour, CardState, Ruling | None], act: str
) -> None:
    bench.tower.cards.create(card(*face), [], bench.call())
    if (*face, act) not in _CARDS:
        refused(bench, _CARD_ACTS[act], bench.tower.cards, "k")
        return
    with bench.by(_CARD_ACTS[act].by):
        _CARD_ACTS[act].ask(SupervisionApi(bench.tower))
    assert bench.tower.cards.get("k").appeal is not None


# ── Whose work is watched ────────────────────────────────────────────────────────────────────────────────────────

_METHODS = list(service_pb2.DESCRIPTOR.services_by_name["SupervisionService"].methods)
#: What departments say for themselves; all else that changes anything is supervision's.
_OWN_WORDS = {"AppealCard", "AnswerOrder", "AnswerMeasure"}


@pytest.mark.parametrize("method", _METHODS, ids=lambda method: str(method.name))
def test_departments_speak_for_themselves_and_touch_nothing_else(method: Any) -> None:
    allowed = {access_pb2.Role.Name(role) for role in method.GetOptions().Extensions[access_pb2.allow]}
    reads = method.GetOptions().idempotency_level == 1
    if reads:
        return
    if method.name in _OWN_WORDS:
        assert "ROLE_SUPERVISOR" not in allowed
    else:
        assert allowed == {"ROLE_SUPERVISOR"}
