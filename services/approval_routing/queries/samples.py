"""What samples of a case's papers are made of, all of it made up: goldens show them, and centers see their layout on them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from kit.call import Call
from reference.papers.layout import checked_layout, checked_wording, kind_unknown
from reference.papers.printing import date_parts, sample_pdf
from reference.papers.wording import worded
from services.approval_routing.handlers.office import PAPERS_LETTER, Office

_TEMPLATES: Final = Path(__file__).resolve().parents[1] / "papers"
#: A Monday at ten.
_AT: Final = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
_LATER: Final = date_parts(_AT + timedelta(days=14))
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
    "accepted_at": date_parts(_AT),
    "issued_at": date_parts(_AT),
}
_DECIDED: Final = {
    "basis": "《样例条例》第十八条",
    "result_name": "食品经营许可证",
    "delivery": "window",
    "delivery_days": 10,
    "licence": True,
}
_CLOCK: Final = {
    "old_due_at": date_parts(_AT),
    "new_due_at": _LATER,
    "provisional": True,
    "counted": ["11月24日至11月27日，计4个工作日", "11月30日至12月7日，计6个工作日"],
    "basis": "",
}
KINDS: Final[dict[str, dict[str, Any]]] = {
    "approved": {"title": "准予行政许可决定书", "reason": "", "rights": "", **_DECIDED},
    "denied": {
        "title": "不予行政许可决定书",
        "reason": "经营场所面积不足五十平方米",
        "rights": "如不服本决定，可以依法申请行政复议或者提起行政诉讼。",
        **_DECIDED,
    },
    "special_procedure": {
        "title": "特别程序告知书",
        "reason": "组织专家评审",
        "kind": "expert_review",
        "expected_days": 5,
        "since": date_parts(_AT),
        **_CLOCK,
    },
    "extension": {
        "title": "延长办理期限告知书",
        "reason": "需要向外地核实材料",
        "extended_by": "10个工作日",
        "level": "agency_head",
        **_CLOCK,
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
        "compared": True,
        "compared": True,
        "authority": "授权委托书一份",
        "signature_sha256": "0" * 64,
        "signature_picture": "",
        "given_by": "例小窗",
        "receipt": None,
    },
    "result": {
        "title": "食品经营许可证",
        "decision_number": "610902准〔2026〕000001号",
        "valid_from": date_parts(_AT),
        "valid_until": _LATER,
        "apply_by": _LATER,
    },
}


def preview_case_paper(
    *, office: Office, call: Call, center_id: str, kind: str, wording: Mapping[str, Any], layout: Mapping[str, Any]
) -> bytes:
    """A sample (样张) of a kind of paper in a center's words and layout; nothing is kept, and it bears no registered seal.

    Raises ``Invalid`` as ``checked_wording`` and ``checked_layout``, ``NotFound``, ``Forbidden``; ``Unavailable``,
    ``Exhausted``.
    """
    call.actor.require_center(center_id)
    if kind not in KINDS:
        raise kind_unknown(kind)
    words, laid = checked_wording(kind, wording), checked_layout(kind, layout)
    data = {
        "number": "610902号〔2026〕000001号",
        **LETTERHEAD,
        **KINDS[kind],
        "center_name": office.reference.center(center_id).name,
        "progress_url": f"{office.public_url}/c/{'0' * 26}",
        "layout": laid,
    }
    data["wording"] = worded(words, data)
    verify_url = f"{office.public_url}/verify/{'0' * 26}{PAPERS_LETTER}"
    return sample_pdf(_TEMPLATES / f"{kind}.typ", data, verify_url, at=_AT)
