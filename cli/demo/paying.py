"""What an approved case costs is counted, and paid online or at the bank (rules H01, H02)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from cli.demo.rest import Json, Rest
from kit.workdays import local_date

Wait = Callable[[Callable[[], Json], str], Json]


def settle_bill(*, public: Rest, clerk: Rest, chief: Rest, case: Json, code: str, now: datetime, wait: Wait) -> None:
    """Counts one of what is charged by unit, and pays: every second case at the bank, the others online."""
    bill = wait(lambda: public.get(f"bills/by-code/{code}"), f"the bill of case {case['number']}")
    if bill["state"] == "computing":
        quantities = [0 if charge["unit"] else 1 for charge in bill["charges"]]
        quantities[next(place for place, charge in enumerate(bill["charges"]) if charge["unit"])] = 1
        bill = chief.post(f"bills/{bill['id']}/compute", {"quantities": quantities}, does="computed")
    if int(case["number"][-1]) % 2:
        receipt = {
            "bank": "样例银行",
            "reference": f"样例-{case['number']}",
            "amount_fen": bill["total_fen"],
            "paid_on": local_date(now).isoformat(),
        }
        clerk.post(f"bills/{bill['id']}/payment", receipt, does="paid")
    else:
        public.post(f"bills/by-code/{code}/orders")
        public.post(f"bills/by-code/{code}/sandbox", does="paid")
