"""Every kind of a case's papers looks as it was reviewed: words, pages, pictures (许可法 38, 42, 45)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from kit.testing import MONDAY
from reference.papers.layout import checked_layout
from reference.papers.tests.goldens import check_golden, check_layouts
from services.approval_routing.queries.samples import KINDS, LETTERHEAD

HERE: Final = Path(__file__).parent
TEMPLATES: Final = HERE.parent / "papers"


def test_every_kind_has_a_golden() -> None:
    assert {path.stem for path in TEMPLATES.iterdir()} == set(KINDS)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_paper_looks_as_it_was_reviewed(kind: str) -> None:
    data = {"number": "610902号〔2026〕000001号", **LETTERHEAD, **KINDS[kind]}
    check_golden(HERE / "goldens", kind, TEMPLATES / f"{kind}.typ", data, at=MONDAY)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_layout_of_all_defaults_changes_nothing_and_the_largest_leaves_nothing_out(kind: str) -> None:
    data = {"number": "610902号〔2026〕000001号", **LETTERHEAD, **KINDS[kind]}
    check_layouts(kind, TEMPLATES / f"{kind}.typ", data, at=MONDAY)


def test_a_certificate_that_a_center_lays_out_looks_as_it_was_reviewed() -> None:
    wanted = {
        "letterhead_colour": "black",
        "letterhead_line": "样例县行政审批",
        "title_size": 24,
        "rows": ["decision_number", "addressee", "item_name", "issued_at", "validity"],
        "labels": {"addressee": "经营者名称"},
        "hidden": ["border"],
    }
    data = {"number": "610902号〔2026〕000001号", **LETTERHEAD, **KINDS["result"]}
    data["layout"] = checked_layout("result", wanted)
    check_golden(HERE / "goldens", "result-laid-out", TEMPLATES / "result.typ", data, at=MONDAY)
