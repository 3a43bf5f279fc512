"""Every kind of a case's papers looks as it was reviewed: words, pages, pictures (许可法 38, 42, 45)."""

from __future__ import annotations

from math import cos, sin
from pathlib import Path
from typing import Any, Final

import pytest

from kit.testing import MONDAY
from reference.papers.layout import checked_layout
from reference.papers.testing import grey_png
from reference.papers.tests.goldens import check_golden, check_layouts
from services.approval_routing.queries.samples import KINDS, LETTERHEAD

HERE: Final = Path(__file__).parent
TEMPLATES: Final = HERE.parent / "papers"


def test_every_kind_has_a_golden() -> None:
    assert {path.stem for path in TEMPLATES.iterdir()} == set(KINDS)


LATER: Final = KINDS["result"]["valid_until"]
#: Papers that look otherwise in other circumstances than a sample, each named after its kind.
MORE: Final[dict[str, dict[str, Any]]] = {
    "delivery_slip": {**KINDS["delivery_slip"], "signature_picture": "/pictures/signature.png"},
    "delivery_slip-posted": {
        **KINDS["delivery_slip"],
        "method": "post",
        "tracking_number": "EMS1234567890",
        "received_by": "",
        "by_agent": False,
        "check": "",
        "authority": "",
        "signature_sha256": "",
        "signature_picture": "",
        "receipt": {
            "signed_by": "例*",
            "by_proxy": True,
            "signed_on": LATER,
            "recorded_by": "例小窗",
            "recorded_at": LATER,
        },
    },
}


def drawn_signature() -> bytes:
    """A stroke as somebody draws it on a screen, 300 by 100 points."""
    width, height = 300, 100
    stroke = {(x, round(height / 2 + 30 * sin(x / 18) * cos(x / 47))) for x in range(20, width - 20)}
    ink = {(x, y + thick) for x, y in stroke for thick in range(-2, 3)}
    rows = b"".join(b"\0" + bytes(0 if (x, y) in ink else 255 for x in range(width)) for y in range(height))
    return grey_png(width, height, rows)


@pytest.mark.parametrize("name", list(KINDS | MORE))
def test_a_paper_looks_as_it_was_reviewed(name: str) -> None:
    kind = name.partition("-")[0]
    data = {"number": "610902号〔2026〕000001号", **LETTERHEAD, **(KINDS | MORE)[name]}
    shown = {"pictures/signature.png": drawn_signature()} if data.get("signature_picture") else {}
    check_golden(HERE / "goldens", name, TEMPLATES / f"{kind}.typ", data, at=MONDAY, shown=shown)


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
