"""Every kind of a case's papers looks as it was reviewed: words, pages, pictures (许可法 38, 42, 45)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from kit.testing import MONDAY
from reference.papers.printing import date_parts
from reference.papers.tests.goldens import check_golden

HERE: Final = Path(__file__).parent
TEMPLATES: Final = HERE.parent / "papers"
LATER: Final = date_parts(MONDAY + timedelta(days=14))
LETTERHEAD: Final[dict[str, Any]] = {
    "center_name": "样例县政务服务中心",
    "department_name": "样例县市场监督管理局",
    "contact_phone": "0900-0000001",
    "complaint_phone": "12345",
    "progress_url": "http://127.0.0.1:8080/c/0123456789abcdefghjkmnpqrs",
    "verify_url": "http://127.0.0.1:8080/verify/0123456789abcdefghjkmnpqrsr",
    "addressee": "例云帆",
    "item_name": "食品经营许可（新办）",
    "application_number": "6109022026112300001",
    "accepted_at": date_parts(MONDAY),
    "issued_at": date_parts(MONDAY),
}
DECIDED: Final = {
    "basis": "《样例条例》第十八条",
    "result_name": "食品经营许可证",
    "delivery": "window",
    "delivery_days": 10,
    "licence": True,
}
CLOCK: Final = {
    "old_due_at": date_parts(MONDAY),
    "new_due_at": LATER,
    "provisional": True,
    "counted": ["11月24日至11月27日，计4个工作日", "11月30日至12月7日，计6个工作日"],
    "basis": "",
}
KINDS: Final[dict[str, dict[str, Any]]] = {
    "approved": {"title": "准予行政许可决定书", "reason": "", "rights": "", **DECIDED},
    "denied": {
        "title": "不予行政许可决定书",
        "reason": "经营场所面积不足五十平方米",
        "rights": "如不服本决定，可以依法申请行政复议或者提起行政诉讼。",
        **DECIDED,
    },
    "special_procedure": {
        "title": "特别程序告知书",
        "reason": "组织专家评审",
        "kind": "expert_review",
        "expected_days": 5,
        "since": date_parts(MONDAY),
        **CLOCK,
    },
    "extension": {
        "title": "延长办理期限告知书",
        "reason": "需要向外地核实材料",
        "extended_by": "10个工作日",
        "level": "agency_head",
        **CLOCK,
    },
    "delivery_slip": {
        "title": "送达回证",
        "result_name": "食品经营许可证",
        "result_number": "610902证〔2026〕000001号",
        "method": "window",
        "tracking_number": "",
        "received_by": "例*",
        "by_agent": True,
        "id_type": "resident_id",
        "id_number": "990101********1230",
        "check": "seen",
        "authority": "授权委托书一份",
        "signature_sha256": "0" * 64,
        "given_by": "例小窗",
    },
    "result": {
        "title": "食品经营许可证",
        "decision_number": "610902准〔2026〕000001号",
        "valid_from": date_parts(MONDAY),
        "valid_until": LATER,
        "apply_by": LATER,
    },
}


def test_every_kind_has_a_golden() -> None:
    assert {path.stem for path in TEMPLATES.iterdir()} == set(KINDS)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_paper_looks_as_it_was_reviewed(kind: str) -> None:
    data = {"number": "610902号〔2026〕000001号", **LETTERHEAD, **KINDS[kind]}
    check_golden(HERE / "goldens", kind, TEMPLATES / f"{kind}.typ", data, at=MONDAY)
