"""Receipts and notes of refunds look as they were reviewed: words, pages, pictures (rules H02)."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from kit.testing import MONDAY
from reference.papers.printing import date_parts
from reference.papers.tests.goldens import check_golden

HERE: Final = Path(__file__).parent
TEMPLATES: Final = HERE.parent / "papers"
LETTERHEAD: Final[dict[str, Any]] = {
    "center_name": "样例县政务服务中心",
    "department_name": "样例县公安局",
    "contact_phone": "0900-0000001",
    "complaint_phone": "12345",
    "progress_url": "http://127.0.0.1:8080/c/0123456789abcdefghjkmnpqrs",
    "verify_url": "http://127.0.0.1:8080/verify/0123456789abcdefghjkmnpqrsf",
    "addressee": "例云帆",
    "item_name": "普通护照签发",
    "application_number": "6109022026112300001",
    "issued_at": date_parts(MONDAY),
    "issued_by": "例小窗",
    "channel": "bank",
    "bank": "样例银行营业部",
    "reference": "R-20261123-0001",
}
RECEIPT: Final[dict[str, Any]] = {
    "title": "缴费凭证",
    "paid_at": date_parts(MONDAY),
    "charges": [
        {
            "name": "工本费",
            "price": "120.00",
            "unit": "本",
            "quantity": 2,
            "amount": "240.00",
            "basis": "《样例办法》第三条",
        },
        {
            "name": "加注费",
            "price": "20.00",
            "unit": "",
            "quantity": 1,
            "amount": "20.00",
            "basis": "《样例办法》第四条",
        },
    ],
    "total": "260.00",
    "total_in_words": "贰佰陆拾元整",
    "refunded": [],
    "void": False,
}
GONE: Final = [{"at": date_parts(MONDAY), "amount": "260.00", "reference": "B-1"}]
REFUND: Final[dict[str, Any]] = {
    "title": "退费凭证",
    "receipt_number": "610902费〔2026〕000001号",
    "paid": "260.00",
    "amount": "120.00",
    "amount_in_words": "壹佰贰拾元整",
    "refunded_at": date_parts(MONDAY),
    "refund_reference": "B-1",
    "reason": "多计一本",
    "asked_by": "例科长",
}
SHOWN: Final = {
    "fee_receipt": ("fee_receipt", RECEIPT),
    "fee_receipt-void": ("fee_receipt", RECEIPT | {"refunded": GONE, "void": True}),
    "fee_refund": ("fee_refund", REFUND),
}


def test_every_kind_has_a_golden() -> None:
    assert {path.stem for path in TEMPLATES.iterdir()} == {kind for kind, _ in SHOWN.values()}


@pytest.mark.parametrize("name", list(SHOWN))
def test_a_paper_looks_as_it_was_reviewed(name: str) -> None:
    kind, special = SHOWN[name]
    data = {"number": "610902号〔2026〕000001号", **LETTERHEAD, **special}
    check_golden(HERE / "goldens", name, TEMPLATES / f"{kind}.typ", data, at=MONDAY)
