"""One bill of one approved case: computed, paid, waived, refunded (rules H01, H02; 许可法 58, 59)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from kit.errors import Conflict, Invalid
from services.fees.domain.reports import ChargeReport

#: The most that may be counted of a fee.
MAX_QUANTITY: Final = 1_000_000
#: The most that a bill may come to, in fen: ten thousand million yuan.
MAX_TOTAL_FEN: Final = 1_000_000_000_000


class BillState(StrEnum):
    """Life of a bill."""

    #: Quantities are still to be counted by the department (核算中).
    COMPUTING = "computing"
    #: 待缴费
    DUE = "due"
    #: 已缴费
    PAID = "paid"
    #: Let off, with a basis (减免).
    WAIVED = "waived"
    #: Paid, and on its way back (退费中).
    REFUNDING = "refunding"
    #: 已退费
    REFUNDED = "refunded"

    @property
    def settled(self) -> bool:
        """Nothing is owed any more."""
        return self not in (BillState.COMPUTING, BillState.DUE)


class Channel(StrEnum):
    """How money came. There is no cash: whoever takes papers in takes no money (收缴分离; rules H01)."""

    #: At the bank's own window; its receipt was shown.
    BANK = "bank"
    ONLINE = "online"


@dataclass(frozen=True, slots=True)
class Charge:
    """One fee of the item version that the case began with. ``quantity`` 0: not counted yet."""

    name: str
    #: Fen (分) a unit.
    price_fen: int
    basis: str
    #: What is counted; empty: once a case.
    unit: str = ""
    quantity: int = 0

    @property
    def amount_fen(self) -> int:
        """What it comes to, in fen."""
        return self.price_fen * self.quantity


@dataclass(frozen=True, slots=True)
class Attempt:
    """One order for paying online, with what was owed when it was opened."""

    id: str
    amount_fen: int
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back, or gone back: then it has the payer's or the bank's reference."""

    id: str
    reason: str = field(repr=False)
    asked_by: str
    asked_by_name: str
    asked_at: datetime
    reference: str = ""
    done_at: datetime | None = None
    #: How much of the payment; 0: all of it.
    amount_fen: int = 0


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that came. ``reference`` is the bank's or the provider's number for it."""

    id: str
    channel: Channel
    amount_fen: int
    bank: str
    reference: str
    paid_at: datetime
    recorded_by: str
    #: Owed no more, or another sum than was owed: it goes back whole.
    surplus: bool = False
    #: The newest: on its way back, or gone.
    refund: Refund | None = None
    #: Parts of it that had gone back before.
    refunded: tuple[Refund, ...] = ()

    @property
    def gone_fen(self) -> int:
        """What has gone back of it, in fen."""
        done = [*self.refunded, *([self.refund] if self.refund is not None and self.refund.done_at else [])]
        return sum(each.amount_fen or self.amount_fen for each in done)

    @property
    def kept_fen(self) -> int:
        """What is left of it, in fen."""
        return self.amount_fen - self.gone_fen


@dataclass(frozen=True, slots=True)
class Waiver:
    """Why nothing is charged."""

    reason: str = field(repr=False)
    basis: str
    by: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Bill:
    """One case's bill; its id is the case's, so that a case never has two."""

    id: str
    center_id: str
    department_key: str
    item_id: str
    item_version: int
    item_name: str
    case_number: str
    applicant_masked: str
    journey: str
    #: The case's own code: who holds it sees the bill and pays.
    code: str
    state: BillState
    charges: tuple[Charge, ...]
    opened_at: datetime
    computed_at: datetime | None = None
    computed_by: str = ""
    computed_by_name: str = ""
    attempts: tuple[Attempt, ...] = ()
    payments: tuple[Payment, ...] = ()
    settled_at: datetime | None = None
    #: Of the receipt for what was paid; empty until then.
    receipt_number: str = ""
    waiver: Waiver | None = None
    #: What was charged as it may not be, by whom else.
    reports: tuple[ChargeReport, ...] = ()
    version: int = 0

    @property
    def total_fen(self) -> int:
        """What is to be paid, in fen; before it is computed, what is known of it."""
        return sum(charge.amount_fen for charge in self.charges)

    @property
    def payment(self) -> Payment | None:
        """What paid it; ``None``: nothing did."""
        return next((each for each in self.payments if not each.surplus), None)

    def going_back(self) -> tuple[Payment, ...]:
        """Payments whose refund was asked for and isn't done."""
        return tuple(each for each in self.payments if each.refund is not None and each.refund.done_at is None)


def open_bill(bill: Bill) -> Bill:
    """A bill as its charges allow: to be paid at once where nothing has to be counted.

    Raises ``Invalid`` (``nothing_charged``) without charges.
    """
    if not bill.charges:
        raise Invalid("nothing_charged", "该事项不收费，无需开具缴费通知。")
    charges = tuple(charge if charge.unit else replace(charge, quantity=1) for charge in bill.charges)
    state = BillState.COMPUTING if any(not charge.quantity for charge in charges) else BillState.DUE
    return replace(bill, charges=charges, state=state)


def compute(bill: Bill, quantities: tuple[int, ...], *, by: str, by_name: str, now: datetime) -> Bill:
    """The bill with what was counted; again while nothing is paid, as people miscount (our own choice).

    Of fees that stand beside each other (a card renewed, or replaced) the one that doesn't apply counts 0.
    Raises ``Conflict`` (``bill_settled``), ``Invalid`` (``quantities_incomplete``, ``quantity_out_of_range``,
    ``quantity_fixed``, ``nothing_counted``, ``total_too_large``).
    """
    if bill.state.settled:
        raise Conflict("bill_settled", "该缴费单已缴费或已减免，不能再核算。", id=bill.id)
    if len(quantities) != len(bill.charges):
        raise Invalid("quantities_incomplete", f"应逐项填写数量，共 {len(bill.charges)} 项。", field="quantities")
    for charge, quantity in zip(bill.charges, quantities, strict=True):
        if not 0 <= quantity <= MAX_QUANTITY:
            raise Invalid(
                "quantity_out_of_range", f"“{charge.name}”的数量应为 0 至 {MAX_QUANTITY}。", field="quantities"
            )
        if not charge.unit and quantity != 1:
            raise Invalid("quantity_fixed", f"“{charge.name}”按件收取，数量应为 1。", field="quantities")
    charges = tuple(replace(each, quantity=count) for each, count in zip(bill.charges, quantities, strict=True))
    computed = replace(
        bill, charges=charges, state=BillState.DUE, computed_at=now, computed_by=by, computed_by_name=by_name
    )
    if not computed.total_fen:
        raise Invalid("nothing_counted", "至少应有一项的数量大于 0；不应收费的请依法减免。", field="quantities")
    if computed.total_fen > MAX_TOTAL_FEN:
        raise Invalid("total_too_large", "合计金额超出允许范围，请核对数量。", field="quantities")
    return computed


def require_due(bill: Bill) -> None:
    """Raises ``Conflict``: not computed yet (``bill_not_computed``), or nothing owed (``bill_settled``)."""
    if bill.state is BillState.COMPUTING:
        raise Conflict("bill_not_computed", "应缴金额尚未核算，请等待部门核算后再缴费。", id=bill.id)
    if bill.state is not BillState.DUE:
        raise Conflict("bill_settled", "该缴费单已缴费或已减免，无需再缴。", id=bill.id)


def require_amount(bill: Bill, amount_fen: int) -> None:
    """Raises as ``require_due``; ``Invalid`` (``amount_differs``) where a receipt is for another sum than is owed."""
    require_due(bill)
    if amount_fen != bill.total_fen:
        raise Invalid("amount_differs", "回执金额与应缴金额不一致，请核对后再登记。", field="amount_fen")


def attempt(bill: Bill, now: datetime) -> tuple[Bill, Attempt]:
    """An order for paying online: the one that stands open for this sum, or a new one. Raises as ``require_due``."""
    require_due(bill)
    last = bill.attempts[-1] if bill.attempts else None
    if last is not None and last.amount_fen == bill.total_fen:
        return bill, last
    opened = Attempt(f"{bill.id}.{len(bill.attempts) + 1}", bill.total_fen, now)
    return replace(bill, attempts=(*bill.attempts, opened)), opened


def pay_at_bank(bill: Bill, payment: Payment, receipt_number: str) -> Bill:
    """The bill as paid at the bank, whose receipt was shown (rules H02).

    Raises as ``require_amount``.
    """
    require_amount(bill, payment.amount_fen)
    return _paid(bill, payment, receipt_number)


def takes(bill: Bill, order_id: str, amount_fen: int) -> bool:
    """Whether money for an order pays the bill; else it would be a surplus."""
    return bill.state is BillState.DUE and amount_fen == bill.total_fen and _attempt(bill, order_id) is not None


def pay_online(bill: Bill, payment: Payment, receipt_number: str) -> Bill:
    """The bill with money that came online for one of its orders. What it doesn't owe (paid twice, waived or computed
    anew meanwhile) goes back by itself: money that came is never lost sight of.

    Raises ``Conflict`` (``order_unknown``) for an order that isn't its own.
    """
    if _attempt(bill, payment.id) is None:
        raise Conflict("order_unknown", "没有这笔缴费订单，请核对。", id=bill.id)
    if takes(bill, payment.id, payment.amount_fen):
        return _paid(bill, payment, receipt_number)
    refund = Refund(f"{payment.id}.r", "重复缴费或金额与应缴不符，原路退回", "", "系统", payment.paid_at)
    return replace(bill, payments=(*bill.payments, replace(payment, surplus=True, refund=refund)))


def has_come(bill: Bill, order_id: str) -> bool:
    """Whether money for this order was taken in before: a provider may tell of it any number of times."""
    return any(each.id == order_id for each in bill.payments)


def waive(bill: Bill, waiver: Waiver) -> Bill:
    """The bill as let off. Raises ``Conflict`` (``bill_settled``)."""
    if bill.state.settled:
        raise Conflict("bill_settled", "该缴费单已缴费或已减免，不能再减免；已缴的请办理退费。", id=bill.id)
    return replace(bill, state=BillState.WAIVED, waiver=waiver, settled_at=waiver.at)


def ask_refund(bill: Bill, refund: Refund) -> Bill:
    """What was paid goes back, whole or in part; after a part the rest stays paid, and more of it may go back.

    Raises ``Conflict`` (``bill_not_paid``); ``Invalid`` (``refund_out_of_range``) for more than is left of it.
    """
    payment = bill.payment
    if bill.state is not BillState.PAID or payment is None:
        raise Conflict("bill_not_paid", "该缴费单没有可退的缴费，请核对状态。", id=bill.id)
    left = payment.kept_fen
    amount = refund.amount_fen or left
    if not 0 < amount <= left:
        message = f"退费金额应大于 0 且不超过尚未退回的 {left / 100:.2f} 元。"
        raise Invalid("refund_out_of_range", message, field="amount_fen")
    before = (*payment.refunded, *([payment.refund] if payment.refund is not None else []))
    asked = replace(refund, id=f"{refund.id}.{len(before) + 1}" if before else refund.id, amount_fen=amount)
    return replace(_with(bill, replace(payment, refund=asked, refunded=before)), state=BillState.REFUNDING)


def refunded(bill: Bill, payment_id: str, *, reference: str, now: datetime) -> Bill:
    """What was asked of a payment as gone back. Raises ``Conflict`` (``no_refund_asked``) where none waits for that."""
    payment = next((each for each in bill.going_back() if each.id == payment_id), None)
    if payment is None or payment.refund is None:
        raise Conflict("no_refund_asked", "这笔缴费没有待办的退费，请核对。", id=bill.id)
    done = replace(payment, refund=replace(payment.refund, reference=reference, done_at=now))
    if payment.surplus:
        return _with(bill, done)
    return replace(_with(bill, done), state=BillState.PAID if done.kept_fen else BillState.REFUNDED)


def _paid(bill: Bill, payment: Payment, receipt_number: str) -> Bill:
    return replace(
        bill,
        state=BillState.PAID,
        payments=(*bill.payments, payment),
        settled_at=payment.paid_at,
        receipt_number=receipt_number,
    )


def _attempt(bill: Bill, order_id: str) -> Attempt | None:
    return next((each for each in bill.attempts if each.id == order_id), None)


def _with(bill: Bill, payment: Payment) -> Bill:
    payments = tuple(payment if each.id == payment.id else each for each in bill.payments)
    return replace(bill, payments=payments)
