"""The port to whoever takes money online (非税支付平台, a bank, a payment company)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be paid. ``id`` is the provider's key as well: the same order asked for again is the same order."""

    id: str
    amount_fen: int
    title: str
    #: Where the payer comes back to.
    return_url: str


@dataclass(frozen=True, slots=True)
class Paid:
    """What the provider says has come for an order. ``reference`` is its own number for the money."""

    order_id: str
    amount_fen: int
    reference: str
    at: datetime


class PaymentPort(Protocol):
    """A provider. It keeps nothing of ours: every call may be made again, and has one effect."""

    #: Whether it only plays: no money moves.
    sandbox: bool

    def open(self, order: Order) -> str:
        """The address where the order is paid. Raises ``Unavailable`` (``payments_unavailable``)."""

    def read(self, notice: bytes, signature: str) -> Paid:
        """What a notice of the provider says. Raises ``Forbidden`` (``notice_not_signed``) on a forged one, ``Invalid``
        (``notice_malformed``) on one that says nothing."""

    def refund(self, order_id: str, refund_id: str, amount_fen: int) -> str:
        """Sends an order's money back, once a ``refund_id``; its reference. Raises ``Unavailable``
        (``payments_unavailable``): then it is tried again."""
