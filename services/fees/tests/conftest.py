"""A treasury on the real embedded store, and approved cases as they come from approval."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kit.actor import Actor, service_actor
from kit.alarms import Sweeper
from kit.call import Call
from kit.clock import FixedClock
from kit.consumer import Delivery
from kit.events import Event, EventEncoder, event_type
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, seeded_ids, store
from kit.timestamps import to_timestamp
from reference import REFERENCE_KINDS
from reference.model import Fee
from reference.testing import CENTER_ID, DEPARTMENT, ITEM_ID, filled, sample_item
from services.fees.domain.bill import Bill
from services.fees.events import TABLE, subscriptions
from services.fees.handlers.refunding import alarms
from services.fees.handlers.treasury import BILLS, KINDS, Treasury, bill_keys, bill_missing
from services.fees.payments.port import Order, Paid
from services.fees.payments.sandbox import Sandbox
from tongban.approval_routing.v1 import events_pb2, messages_pb2

CARD = Fee("工本费", "每证 10 元", "样例依据一", price_fen=1000, unit="证")
REVIEW = Fee("审查费", "每件 50 元", "样例依据二", price_fen=5000)
ELSEWHERE = Fee("检测费", "由检测机构收取", "样例依据三")


class Provider(Sandbox):
    """The sandbox, which a test may take off the line, and asks what it was asked."""

    def __init__(self) -> None:
        super().__init__(b"a secret that only tests have")
        self.offline: Exception | None = None
        self.orders: list[Order] = []
        self.refunds: list[tuple[str, str, int]] = []

    def open(self, order: Order) -> str:
        self.orders.append(order)
        return super().open(order)

    def refund(self, order_id: str, refund_id: str, amount_fen: int) -> str:
        if self.offline is not None:
            raise self.offline
        self.refunds.append((order_id, refund_id, amount_fen))
        return super().refund(order_id, refund_id, amount_fen)

    def says(self, paid: Paid) -> tuple[bytes, str]:
        """Its notice of money that came."""
        return self.notice(paid.order_id, paid.amount_fen, paid.at)


@dataclass
class Bench:
    """The treasury, what feeds it, and what it has told."""

    treasury: Treasury
    provider: Provider
    store: SqliteStore
    clock: FixedClock

    def by(self, who: Actor) -> Call:
        return Call(who, self.clock.now())

    def decide(self, id: str = "c-1", *, item: str = ITEM_ID, approved: bool = True, event: str = "") -> None:
        """Approval decides a case."""
        outcome = messages_pb2.OUTCOME_APPROVED if approved else messages_pb2.OUTCOME_DENIED
        case = messages_pb2.Case(
            id=id,
            number=f"61090220261123{id}",
            center_id=CENTER_ID,
            department_key=DEPARTMENT,
            item_id=item,
            item_version=1,
            item_name="食品经营许可",
            applicant_masked="张*",
            code=f"code-{id}",
            decision=messages_pb2.Decision(outcome=outcome, decided_at=to_timestamp(self.clock.now())),
        )
        told = Event(
            id=event or f"decided-{id}",
            type=event_type("approval_routing", "CaseDecided"),
            source="local/approval_routing",
            subject=id,
            journey="j-1",
            at=self.clock.now(),
            data=events_pb2.CaseDecided(case=case).SerializeToString(),
        )
        for subscription in subscriptions(self.treasury):
            handler = subscription.handlers[told.type]
            handler(Delivery(told, subscription.group, Call(service_actor("fees"), self.clock.now())))

    def bill(self, id: str = "c-1") -> Bill:
        return self.treasury.bills.get(id)

    def told(self) -> list[str]:
        """The names of the events out, in order."""
        return [pending.event.type.split(".")[2] for pending in self.store.pending(1000)]

    def sweep(self) -> int:
        return Sweeper(alarms(self.treasury), self.clock, service_actor("fees"), real=_always_later()).sweep()


def _always_later() -> Any:
    """Real time in which what failed may be tried again at once."""
    moments = iter(range(0, 10**9, 3600))
    return lambda: float(next(moments))


def item(id: str, *fees: Fee) -> Any:
    return sample_item(id, fees=fees)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    kept = store(tmp_path, [*KINDS, *REFERENCE_KINDS])
    items = [item(ITEM_ID, REVIEW, ELSEWHERE), item("by-unit", CARD, REVIEW), item("free", ELSEWHERE)]
    provider = Provider()
    treasury = Treasury(
        bills=Repository(
            kept,
            BILLS,
            Bill,
            EventEncoder("local", "fees", TABLE),
            seeded_ids(),
            keys=bill_keys,
            missing=bill_missing,
        ),
        reference=filled(kept, items=items),
        payments=provider,
        public_url="https://zw.example.cn",
    )
    return Bench(treasury, provider, kept, FixedClock(MONDAY))
