"""What samples of intake's papers are made of, all of it made up: goldens show them, and centers see their layout on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from kit.call import Call
from reference.papers.layout import checked_layout, checked_wording, kind_unknown
from reference.papers.printing import sample_pdf
from services.intake.domain.paper import Paper, PaperFields, PaperKind, PaperLine, PaperPart
from services.intake.handlers.desk import PAPERS_LETTER, Desk
from services.intake.queries.papers import TEMPLATES, paper_data

#: A Monday at ten.
_AT: Final = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
_LATER: Final = _AT + timedelta(days=14)
FIELDS: Final = PaperFields(
    center_name="样例县政务服务中心",
    center_address="样例路1号",
    department_name="样例县市场监督管理局",
    addressee="例云帆",
    agent_name="例代办",
    item_name="食品经营许可（新办）",
    application_number="6109022026112300001",
    handled_by="例小窗",
    contact_phone="0900-0000001",
    complaint_phone="12345",
    progress_url="http://127.0.0.1:8080/c/0123456789abcdefghjkmnpqrs",
    received_at=_AT,
    materials=(
        PaperLine("食品经营许可申请书", "handed_in", "原件一份", originals=1, files=1),
        PaperLine("平面图", "wrong_form", "标明面积", "请按比例重绘，并标明各功能区的面积", copies=1),
        PaperLine("健康证明", "missing"),
    ),
)
SPECIAL: Final[dict[PaperKind, dict[str, Any]]] = {
    PaperKind.RECEIPT: {"due_at": _LATER},
    PaperKind.ACCEPTANCE: {
        "limit": "10个工作日",
        "accepted_since": _AT,
        "special_procedures": ("inspection", "expert_review"),
        "reminder": "本受理单仅用于证明申请已被受理，与审批结果无关。",
        "delivery": "window",
        "delivery_window": "03",
        "promised_due_at": _LATER,
        "promise_provisional": True,
        "counted": ("11月23日受理，当日不计入", "11月24日至11月27日，计4个工作日", "11月30日至12月7日，计6个工作日"),
    },
    PaperKind.ONE_TIME_NOTICE: {"due_at": _LATER, "consequence": "逾期未补正的，本中心将依法作出不予受理决定。"},
    PaperKind.REFUSAL: {
        "reason": "所申请事项不属于本机关职权范围",
        "basis": "《中华人民共和国行政许可法》第三十二条",
        "rights": "如不服本通知，可以依法申请行政复议或者提起行政诉讼。",
        "authority": "样例市市场监督管理局",
    },
    PaperKind.PROMISE: {"due_at": _LATER, "consequence": "逾期未补齐的，不再适用容缺受理。", "signed_by": "例云帆"},
    PaperKind.COMMITMENT: {
        "limit": "10 个工作日内核查；需要整改的，5 个工作日内完成整改。",
        "parts": (
            PaperPart("法律、法规、规章名称和条款", "样例条例第八条"),
            PaperPart("条件、标准、时限和材料", "经营场所面积不少于五十平方米"),
        ),
    },
    PaperKind.CORRECTION: {"reason": "经营场所未按平面图设置", "due_at": _LATER},
    PaperKind.BREACH: {
        "reason": "逾期未整改",
        "basis": "承诺书载明的认定标准",
        "consequence": "信用修复前，在本中心不适用告知承诺。",
        "rights": "可以在收到之日起五个工作日内陈述、申辩。",
        "due_at": _LATER,
    },
}


def sample_paper(kind: PaperKind, **changes: Any) -> Paper:
    """A paper of a kind, of made-up data."""
    fields = replace(FIELDS, **SPECIAL[kind], **changes)
    return Paper("paper-1", kind, f"610902{kind.heading[0]}〔2026〕000001号", _AT, "例小窗", fields)


def preview_paper(
    *, desk: Desk, call: Call, center_id: str, kind: str, wording: Mapping[str, Any], layout: Mapping[str, Any]
) -> bytes:
    """A sample (样张) of a kind of paper in a center's words and layout; nothing is kept, and it bears no registered seal.

    Raises ``Invalid`` as ``checked_wording`` and ``checked_layout``, ``NotFound``, ``Forbidden``; ``Unavailable``,
    ``Exhausted``.
    """
    call.actor.require_center(center_id)
    if kind not in tuple(PaperKind):
        raise kind_unknown(kind)
    words, laid = checked_wording(kind, wording), checked_layout(kind, layout)
    paper = sample_paper(
        PaperKind(kind),
        center_name=desk.reference.center(center_id).name,
        progress_url=f"{desk.public_url}/c/{'0' * 26}",
        wording=words,
        layout=laid,
    )
    data = paper_data(paper)
    return sample_pdf(TEMPLATES / f"{kind}.typ", data, f"{desk.public_url}/verify/{'0' * 26}{PAPERS_LETTER}", at=_AT)
