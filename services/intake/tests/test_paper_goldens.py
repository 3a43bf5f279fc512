"""Every kind of intake's papers looks as it was reviewed: words, pages, pictures (rules C01–C04, D01, D04)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from kit.testing import MONDAY
from reference.papers.layout import checked_layout
from reference.papers.shelf import impression
from reference.papers.testing import sample_seal
from reference.papers.tests.goldens import check_golden, check_layouts
from services.intake.domain.hand_over import LineFinding
from services.intake.domain.paper import PaperKind
from services.intake.queries.keeping import list_data
from services.intake.queries.papers import paper_data
from services.intake.queries.samples import SPECIAL, sample_paper
from services.intake.tests.test_paper_list_table import given, received

HERE: Final = Path(__file__).parent
TEMPLATES: Final = HERE.parent / "papers"
WORDS: Final = {
    "letterhead": "样例县为民服务中心",
    "opening": "{addressee}：感谢您到{center_name}办事。",
    "closing": "如有疑问，请拨打 {contact_phone}。",
    "note": "本中心周六上午开放。",
    "seal": "样例收件章",
}
LAID_OUT: Final = {
    "margin_top": 16,
    "margin_bottom": 22,
    "margin_side": 22,
    "font_size": 12,
    "letterhead_size": 24,
    "letterhead_align": "left",
    "letterhead_colour": "black",
    "letterhead_rule": "single",
    "letterhead_line": "样例路1号　0900-0000001",
    "number_align": "left",
    "seal_position": "left",
    "seal_size": 42,
    "progress_side": "right",
    "page_number": "page_of_pages",
    "footer_align": "left",
    "footer_line": "样例县政务服务中心印制",
    "row_columns": "one",
    "rows": ["complaint_phone", "contact_phone", "department_name", "handled_by"],
    "labels": {"handled_by": "窗口人员"},
    "hidden": ["counted"],
    "copies": ["送达联", "存根联"],
}


def data_of(kind: PaperKind, **changes: Any) -> dict[str, Any]:
    return {
        **paper_data(sample_paper(kind, **changes)),
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


@pytest.mark.parametrize("kind", list(PaperKind))
def test_a_layout_of_all_defaults_changes_nothing_and_the_largest_leaves_nothing_out(kind: PaperKind) -> None:
    check_layouts(kind.value, TEMPLATES / f"{kind.value}.typ", data_of(kind), at=MONDAY)


def test_a_paper_that_a_center_lays_out_looks_as_it_was_reviewed() -> None:
    layout = checked_layout("acceptance", LAID_OUT)
    data = data_of(PaperKind.ACCEPTANCE, layout=layout)
    check_golden(HERE / "goldens", "acceptance-laid-out", TEMPLATES / "acceptance.typ", data, at=MONDAY)


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
