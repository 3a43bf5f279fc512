"""A provider that plays: for learning and for tests. No money moves, and it says so wherever it shows."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime
from typing import Any, Final

import orjson

from kit.errors import Forbidden, Invalid
from services.fees.payments.port import Order, Paid

_PURPOSE: Final = b"tongban sandbox of payments"


class Sandbox:
    """Says by signed notices what was paid, as a provider would. ``secret`` is the site's."""

    sandbox = True

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.new(secret, _PURPOSE, hashlib.sha256).digest()

    def open(self, order: Order) -> str:
        """The page of the sandbox, on this site."""
        return f"{order.return_url}/sandbox"

    def notice(self, order_id: str, amount_fen: int, at: datetime) -> tuple[bytes, str]:
        """What it says once somebody has pressed the button: notice and signature."""
        body = orjson.dumps(
            {
                "order_id": order_id,
                "amount_fen": amount_fen,
                "reference": f"SANDBOX-{order_id[-16:]}",
                "paid_at": at.isoformat(),
            }
        )
        return body, self._sign(body)

    def read(self, notice: bytes, signature: str) -> Paid:
        """Checks the signature before anything is read."""
        if not hmac.compare_digest(self._sign(notice).encode(), signature.encode()):
            raise Forbidden("notice_not_signed", "支付通知的签名不符，不予受理。")
        try:
            said: dict[str, Any] = orjson.loads(notice)
            at = datetime.fromisoformat(said["paid_at"])
            amount = said["amount_fen"]
            if not isinstance(amount, int) or at.tzinfo is None:
                raise ValueError
            return Paid(str(said["order_id"]), amount, str(said["reference"]), at)
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            raise Invalid("notice_malformed", "支付通知的内容无法识别。") from None

    def refund(self, order_id: str, refund_id: str, amount_fen: int) -> str:
        """Sends it back at once."""
        return f"SANDBOX-{refund_id[-18:]}"

    def _sign(self, body: bytes) -> str:
        return hmac.new(self._key, body, hashlib.sha256).hexdigest()


class NoPayments:
    """No provider: what is charged is paid at the bank's window."""

    sandbox = False

    def open(self, order: Order) -> str:
        """Raises ``Invalid`` (``online_payment_not_offered``)."""
        raise not_offered()

    def read(self, notice: bytes, signature: str) -> Paid:
        """Raises ``Invalid`` (``online_payment_not_offered``)."""
        raise not_offered()

    def refund(self, order_id: str, refund_id: str, amount_fen: int) -> str:
        """Raises ``Invalid`` (``online_payment_not_offered``)."""
        raise not_offered()


def not_offered() -> Invalid:
    """What is raised where nothing can be paid online."""
    return Invalid("online_payment_not_offered", "本中心未开通网上缴费，请到中心银行窗口缴纳。")
