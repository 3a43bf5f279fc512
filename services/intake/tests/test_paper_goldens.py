"""Every kind of intake's papers looks as it was reviewed: words, pages, pictures (rules C01–C04, D01, D04)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from kit.testing import MONDAY
from reference.papers.shelf import impression
from reference.papers.testing import sample_seal
from reference.papers.tests.goldens import check_golden
from services.intake.domain.hand_over import LineFinding
from services.intake.domain.paper import Paper, PaperFields, PaperKind, PaperLine, PaperPart
from services.intake.queries.keeping import list_data
from services.intake.queries.papers import paper_data
from services.intake.tests.test_paper_list_table import given, received

HERE: Final = Path(__file__).parent
TEMPLATES: Final = HERE.parent / "papers"
LATER: Final = MONDAY + timedelta(days=14)
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
    received_at=MONDAY,
    materials=(
        PaperLine("食品经营许可申请书", "handed_in", "原件一份", originals=1, files=1),
        PaperLine("平面图", "wrong_form", "标明面积", "请按比例重绘，并标明各功能区的面积", copies=1),
        PaperLine("健康证明", "missing"),
    ),
)
SPECIAL: Final[dict[PaperKind, dict[str, Any]]] = {
    PaperKind.RECEIPT: {"due_at": LATER},
    PaperKind.ACCEPTANCE: {
        "limit": "10个工作日",
        "accepted_since": MONDAY,
        "special_procedures": ("inspection", "expert_review"),
        "reminder": "本受理单仅用于证明申请已被受理，与审批结果无关。",
        "delivery": "window",
        "delivery_window": "03",
        "promised_due_at": LATER,
        "promise_provisional": True,
        "counted": ("11月23日受理，当日不计入", "11月24日至11月27日，计4个工作日", "11月30日至12月7日，计6个工作日"),
    },
    PaperKind.ONE_TIME_NOTICE: {"due_at": LATER, "consequence": "逾期未补正的，本中心将依法作出不予受理决定。"},
    PaperKind.REFUSAL: {
        "reason": "所申请事项不属于本机关职权范围",
        "basis": "《中华人民共和国行政许可法》第三十二条",
        "rights": "如不服本通知，可以依法申请行政复议或者提起行政诉讼。",
        "authority": "样例市市场监督管理局",
    },
    PaperKind.PROMISE: {"due_at": LATER, "consequence": "逾期未补齐的，不再适用容缺受理。", "signed_by": "例云帆"},
    PaperKind.COMMITMENT: {
        "limit": "10 个工作日内核查；需要整改的，5 个工作日内完成整改。",
        "parts": (
            PaperPart("法律、法规、规章名称和条款", "样例条例第八条"),
            PaperPart("条件、标准、时限和材料", "经营场所面积不少于五十平方米"),
        ),
    },
    PaperKind.CORRECTION: {"reason": "经营场所未按平面图设置", "due_at": LATER},
    PaperKind.BREACH: {
        "reason": "逾期未整改",
        "basis": "承诺书载明的认定标准",
        "consequence": "信用修复前，在本中心不适用告知承诺。",
        "rights": "可以在收到之日起五个工作日内陈述、申辩。",
        "due_at": LATER,
    },
}
WORDS: Final = {
    "letterhead": "样例县为民服务中心",
    "opening": "{addressee}：感谢您到{center_name}办事。",
    "closing": "如有疑问，请拨打 {contact_phone}。",
    "note": "本中心周六上午开放。",
    "seal": "样例收件章",
}


def paper_of(kind: PaperKind, **changes: Any) -> Paper:
    fields = replace(FIELDS, **SPECIAL[kind], **changes)
    return Paper("paper-1", kind, f"610902{kind.heading[0]}〔2026〕000001号", MONDAY, "例小窗", fields)


def data_of(kind: PaperKind, **changes: Any) -> dict[str, Any]:
    return {
        **paper_data(paper_of(kind, **changes)),
        "verify_url": "http://127.0.0.1:8080/verify/0123456789abcdefghjkmnpqrsn",
    }


def test_every_kind_has_a_golden() -> None:
    assert set(SPECIAL) == set(PaperKind)
    assert {path.stem for path in TEMPLATES.iterdir()} == {kind.value for kind in PaperKind} | {"hand_over"}


@pytest.mark.parametrize("kind", list(PaperKind))
def test_a_paper_looks_as_it_was_reviewed(kind: PaperKind) -> None:
    check_golden(HERE / "goldens", kind.value, TEMPLATES / f"{kind.value}.typ", data_of(kind), at=MONDAY)


def test_a_paper_in_a_centers_own_words_and_printed_again_looks_as_it_was_reviewed() -> None:
    mark = {"number": 2, "at": {"year": 2026, "month": 12, "day": 1, "hour": 9, "minute": 5}, "by": "例小窗"}
    data = {**data_of(PaperKind.RECEIPT, wording=WORDS), "copy": mark}
    check_golden(HERE / "goldens", "receipt-reprinted", TEMPLATES / "receipt.typ", data, at=MONDAY)


def test_a_paper_with_a_registered_seal_looks_as_it_was_reviewed() -> None:
    data = {**data_of(PaperKind.ACCEPTANCE), **impression(sample_seal())}
    check_golden(HERE / "goldens", "acceptance-sealed", TEMPLATES / "acceptance.typ", data, at=MONDAY)


@pytest.mark.parametrize("signed", [False, True], ids=["given", "signed"])
def test_a_list_of_papers_looks_as_it_was_reviewed(signed: bool) -> None:
    made = received(given(), LineFinding.MISSING) if signed else given()
    made = replace(made, center_name="样例县政务服务中心", department_name="样例县市场监督管理局")
    data = list_data(made) | {
        "progress_url": "http://127.0.0.1:8080/paper-lists/l-1",
        "verify_url": "http://127.0.0.1:8080/verify/0123456789abcdefghjkmnpqrsn",
    }
    name = "hand_over-signed" if signed else "hand_over"
    check_golden(HERE / "goldens", name, TEMPLATES / "hand_over.typ", data, at=MONDAY)
