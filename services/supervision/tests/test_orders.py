"""Orders to departments: answered in time, escalated when not, reviewed from outside (rules F06, G03, G04)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from kit.actor import Actor
from kit.clock import from_ms
from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale, TongbanError
from kit.testing import MONDAY, actor
from kit.timestamps import from_timestamp, to_timestamp
from reference.testing import sample_calendar, set_policy
from services.supervision.domain import orders
from services.supervision.domain.cards import CardState, Person, SubjectKind
from services.supervision.domain.orders import Order, OrderState, OrderTerms
from services.supervision.domain.watches import Sighting, Watch, WatchState
from services.supervision.grpc_api import SupervisionApi
from tongban.approval_routing.v1 import events_pb2 as approval_events
from tongban.approval_routing.v1 import messages_pb2 as approval
from tongban.intake.v1 import events_pb2 as intake_events
from tongban.intake.v1 import messages_pb2 as intake
from tongban.supervision.v1 import messages_pb2, service_pb2

if TYPE_CHECKING:
    from services.supervision.tests.conftest import Bench

CHIEF = replace(actor("chief"), id="staff-chief", name="何主任", department="minzheng")
SUPERVISOR = replace(actor("supervisor"), id="staff-supervisor", name="安监察")
OPEN, ANSWERED, CLOSED = (
    messages_pb2.ORDER_STATE_OPEN,
    messages_pb2.ORDER_STATE_ANSWERED,
    messages_pb2.ORDER_STATE_CLOSED,
)


def case(state: approval.CaseState.ValueType = approval.CASE_STATE_IN_PROGRESS, version: int = 1) -> approval.Case:
    return approval.Case(
        id="c-1",
        number="610902-1",
        center_id="610902",
        item_name="低保审核",
        department_key="minzheng",
        state=state,
        accepted_at=to_timestamp(MONDAY),
        due_at=to_timestamp(MONDAY + timedelta(days=1)),
        journey="j-1",
        version=version,
    )


@pytest.fixture
def api(bench: "Bench") -> SupervisionApi:
    bench.deliver("approval_routing", approval_events.CaseOpened(case=case()))
    return SupervisionApi(bench.tower)


def issue(bench: "Bench", api: SupervisionApi, text: str = "请说明未办理的原因") -> messages_pb2.Order:
    with bench.by(SUPERVISOR):
        return api.IssueOrder(service_pb2.IssueOrderRequest(watch_id="case-c-1", text=text), None).order


def answer(bench: "Bench", api: SupervisionApi, order: messages_pb2.Order, who: Actor = CHIEF) -> messages_pb2.Order:
    request = service_pb2.AnswerOrderRequest(
        order_id=order.id, text="材料今日送达，明日办结", expected_version=order.version
    )
    with bench.by(who):
        return api.AnswerOrder(request, None).order


def review(
    bench: "Bench",
    api: SupervisionApi,
    order: messages_pb2.Order,
    *,
    accepted: bool,
    note: str = "",
    who: Actor = SUPERVISOR,
) -> messages_pb2.Order:
    request = service_pb2.ReviewOrderRequest(
        order_id=order.id, accepted=accepted, note=note, expected_version=order.version
    )
    with bench.by(who):
        return api.ReviewOrder(request, None).order


def get(bench: "Bench", api: SupervisionApi, order: messages_pb2.Order) -> messages_pb2.Order:
    with bench.by(SUPERVISOR):
        return api.GetOrder(service_pb2.GetOrderRequest(order_id=order.id), None).order


def go_to(bench: "Bench", at: datetime) -> None:
    bench.clock.advance(at - bench.clock.now())
    bench.sweep()


def test_an_order_is_answered_sent_back_answered_again_and_closed(bench: "Bench", api: SupervisionApi) -> None:
    order = issue(bench, api)
    assert (order.state, order.department_key, order.issued_by_name) == (OPEN, "minzheng", "安监察")
    back = review(bench, api, answer(bench, api, order), accepted=False, note="没有写明原因")
    assert back.state == OPEN
    closed = review(bench, api, answer(bench, api, back), accepted=True)
    assert closed.state == CLOSED
    assert [said.review_note for said in closed.answers] == ["没有写明原因", ""]
    bench.listen()
    assert bench.told_types() == [
        "order_issued",
        "order_answered",
        "order_sent_back",
        "order_answered",
        "order_closed",
    ]


def test_a_card_that_no_clock_made_is_urged_about_while_it_stands(bench: "Bench", api: SupervisionApi) -> None:
    missing = intake.Application(id="a-1", number="610902-7", center_id="610902", department_key="minzheng")
    bench.deliver("intake", intake_events.FurtherNoticePermitted(application=missing, reason="图纸缺页"))
    bench.listen()
    with bench.by(SUPERVISOR):
        request = service_pb2.IssueOrderRequest(card_id="notice-a-1-yellow", text="请说明为何未一次告知")
        order = api.IssueOrder(request, None).order
    assert (order.subject_kind, order.subject_number, order.department_key) == ("application", "610902-7", "minzheng")
    assert review(bench, api, answer(bench, api, order), accepted=True).state == CLOSED
    recovered = replace(bench.tower.cards.get("notice-a-1-yellow"), state=CardState.RECOVERED)
    bench.tower.cards.save(recovered, [], bench.call())
    with bench.by(SUPERVISOR), pytest.raises(Conflict, match="card_not_active"):
        api.IssueOrder(request, None)
    with bench.by(SUPERVISOR), pytest.raises(NotFound, match="card_not_found"):
        api.IssueOrder(service_pb2.IssueOrderRequest(card_id="nothing", text="?"), None)


def test_an_order_that_nobody_answers_goes_up_level_by_level_and_then_stays(
    bench: "Bench", api: SupervisionApi
) -> None:
    set_policy(
        bench.store, "610902", {"order_escalation_levels": ["部门负责人", "监察机关"]}, reference=bench.tower.reference
    )
    order = issue(bench, api)
    for levels in (["部门负责人"], ["部门负责人", "监察机关"], ["部门负责人", "监察机关"]):
        go_to(bench, from_timestamp(get(bench, api, order).due_at))
        before = len(get(bench, api, order).escalations)
        go_to(bench, bench.clock.now() + timedelta(milliseconds=1))
        found = get(bench, api, order)
        assert [up.level for up in found.escalations] == levels
        assert before < len(levels) or not found.next_level
    assert found.state == OPEN
    answered = answer(bench, api, found)
    assert answered.state == ANSWERED
    go_to(bench, bench.clock.now() + timedelta(days=30))
    assert len(get(bench, api, order).escalations) == 2


def test_a_late_case_is_ordered_to_be_handled_at_once_and_its_decision_closes_the_order(
    bench: "Bench", api: SupervisionApi
) -> None:
    go_to(bench, MONDAY + timedelta(days=1, minutes=5))
    go_to(bench, MONDAY + timedelta(days=1, minutes=10))
    with bench.by(CHIEF):
        found = api.ListOrders(service_pb2.ListOrdersRequest(center_id="610902"), None).orders
    assert [(each.kind, each.state, each.issued_by_name) for each in found] == [
        (messages_pb2.ORDER_KIND_TACIT_APPROVAL, OPEN, "系统")
    ]
    decided = case(approval.CASE_STATE_APPROVED, version=2)
    decided.decision.decided_at.CopyFrom(to_timestamp(bench.clock.now()) or decided.decision.decided_at)
    event = bench.deliver("approval_routing", approval_events.CaseDecided(case=decided))
    bench.receive(event)
    assert get(bench, api, found[0]).state == CLOSED
    bench.listen()
    assert bench.told_types().count("order_issued") == bench.told_types().count("order_closed") == 1


def test_a_center_may_do_without_tacit_approval(bench: "Bench", api: SupervisionApi) -> None:
    set_policy(bench.store, "610902", {"tacit_approval": False}, reference=bench.tower.reference)
    go_to(bench, MONDAY + timedelta(days=1, minutes=5))
    go_to(bench, MONDAY + timedelta(days=1, minutes=10))
    assert "red_card_raised" in bench.told_types()
    assert "order_issued" not in bench.told_types()


def test_who_may_not_is_refused_and_nothing_changes(bench: "Bench", api: SupervisionApi) -> None:
    order = issue(bench, api)
    for stranger in (replace(CHIEF, department="renshe"), replace(CHIEF, centers=frozenset({"610903"}))):
        with pytest.raises(Forbidden):
            answer(bench, api, order, stranger)
        with bench.by(stranger), pytest.raises(Forbidden):
            api.GetOrder(service_pb2.GetOrderRequest(order_id=order.id), None)
    answered = answer(bench, api, order)
    with pytest.raises(Forbidden, match="own_answer"):
        review(bench, api, answered, accepted=True, who=replace(SUPERVISOR, id=CHIEF.id))
    with bench.by(replace(CHIEF, department="renshe")):
        assert not api.ListOrders(service_pb2.ListOrdersRequest(center_id="610902"), None).orders
    assert get(bench, api, order) == answered


def test_bad_input_is_refused_and_changes_nothing(bench: "Bench", api: SupervisionApi) -> None:
    with pytest.raises(Invalid):
        issue(bench, api, " ")
    with bench.by(SUPERVISOR), pytest.raises(NotFound, match="watch_not_found"):
        api.IssueOrder(service_pb2.IssueOrderRequest(watch_id="case-nothing", text="?"), None)
    order = issue(bench, api)
    with pytest.raises(Conflict, match="order_not_answered"):
        review(bench, api, order, accepted=True)
    answered = answer(bench, api, order)
    with pytest.raises(Stale):
        answer(bench, api, order)
    with pytest.raises(Invalid, match="review_note_required"):
        review(bench, api, answered, accepted=False)
    assert get(bench, api, order) == answered
    bench.deliver("approval_routing", approval_events.CaseDecided(case=case(approval.CASE_STATE_DENIED, version=2)))
    with pytest.raises(Conflict, match="watch_ended"):
        issue(bench, api)


class OrderMachine(RuleBasedStateMachine):
    """Whatever is tried in any state: what is refused changes nothing, and nothing said is ever lost."""

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        calendar = sample_calendar()
        seen = Sighting(
            kind=SubjectKind.CASE, id="c-1", number="1", title="低保审核", center_id="610902", department_key="minzheng",
            journey="j-1", state=WatchState.RUNNING, started_at=MONDAY, due_at=MONDAY, done_at=None, version=1,
        )  # fmt: skip
        self.calendar = calendar
        terms = OrderTerms(1, ("部门负责人", "监察机关"), calendar)
        watch = Watch("case-c-1", seen, MONDAY, None)
        self.order: Order = orders.urge("o-1", watch, "请说明", Person("s", "安监察"), terms, MONDAY)

    def tried(self, changed: Order) -> None:
        before, self.order = self.order, changed
        assert before.answers == changed.answers[: len(before.answers)]
        assert before.escalations == changed.escalations[: len(before.escalations)]
        assert len(changed.answers) == len(changed.reviews)
        assert before.state is not OrderState.CLOSED

    @rule(hours=st.integers(0, 72))
    def wait(self, hours: int) -> None:
        self.now = from_ms(int((self.now + timedelta(hours=hours)).timestamp() * 1000))

    @rule()
    def answer(self) -> None:
        allowed = self.order.state is OrderState.OPEN
        try:
            self.tried(orders.answer(self.order, "说明", Person("c", "何主任"), self.now))
            assert allowed
        except Conflict:
            assert not allowed

    @rule(accepted=st.booleans(), own=st.booleans(), note=st.sampled_from(["", "不清楚"]))
    def review(self, accepted: bool, own: bool, note: str) -> None:
        who = Person("c" if own else "s", "某人")
        allowed = self.order.state is OrderState.ANSWERED and not own and (accepted or bool(note))
        try:
            if accepted:
                self.tried(orders.close(self.order, note, who, self.now))
            else:
                self.tried(orders.send_back(self.order, note, who, self.calendar, self.now))
                assert self.order.answer_due_at > self.now
            assert allowed
        except TongbanError:
            assert not allowed

    @rule()
    def nobody_answers(self) -> None:
        if self.order.next_level and self.now > self.order.answer_due_at:
            self.tried(orders.escalate(self.order, self.calendar, self.now))
            assert self.order.answer_due_at > self.now


TestOrderMachine = OrderMachine.TestCase
