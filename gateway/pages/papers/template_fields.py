"""A paper's template as a form's fields and back, and what one edition says otherwise than another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.pages.forms import Form
from kit.errors import Invalid
from reference.papers.layout import (
    COPIES,
    HIDDEN,
    LABELS,
    ROWS,
    Measure,
    Shape,
    shape_of,
    whole_layout,
)
from reference.papers.wording import PARTS

#: What a center may word, for people.
WORDS: Final = {
    "letterhead": "文头",
    "opening": "正文之前",
    "closing": "联系信息之前",
    "note": "页脚说明",
    "seal": "样章名称",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that an edition says or lays out otherwise."""

    name: str
    before: str
    after: str


def field_values(kind: str, wording: Mapping[str, Any], layout: Mapping[str, Any]) -> dict[str, str]:
    """What a form shows of a template."""
    shape, whole = shape_of(kind), whole_layout(kind, layout)
    values = {f"word_{part}": str(wording.get(part, "")) for part in PARTS}
    for key, part in shape.parts.items():
        values[key] = f"{whole[key]:g}" if isinstance(part, Measure) else str(whole[key])
    for place, row in enumerate(whole[ROWS], 1):
        values[f"place_{row}"] = str(place)
        values[f"label_{row}"] = whole[LABELS].get(row, shape.rows[row])
    for block in shape.blocks:
        values[f"hide_{block}"] = "1" if block in whole[HIDDEN] else ""
    values[COPIES] = "\n".join(whole.get(COPIES, ()))
    return values


def wording_of(form: Form) -> dict[str, Any]:
    """The words that a form asks for; a browser ends lines with CR LF."""
    said = {part: form.text(f"word_{part}").replace("\r\n", "\n") for part in WORDS}
    return {part: text for part, text in said.items() if text}


def layout_of(kind: str, form: Form) -> dict[str, Any]:
    """The layout that a form asks for. Raises ``Invalid`` on what is no number, and on two rows in one place."""
    shape = shape_of(kind)
    layout: dict[str, Any] = {
        key: _number(form, part) if isinstance(part, Measure) else form.text(key) for key, part in shape.parts.items()
    }
    layout[ROWS] = _rows(shape, form)
    layout[LABELS] = {row: form.text(f"label_{row}") for row in shape.rows}
    layout[HIDDEN] = [block for block in shape.blocks if form.flag(f"hide_{block}")]
    if shape.copied:
        layout[COPIES] = [line.strip() for line in form.text(COPIES).splitlines() if line.strip()]
    return layout


def differences(
    kind: str, before: tuple[Mapping[str, Any], Mapping[str, Any]], after: tuple[Mapping[str, Any], Mapping[str, Any]]
) -> list[Difference]:
    """What the second template (its words and layout) has otherwise than the first, in a form's order."""
    old, new = dict(_said(kind, *before)), dict(_said(kind, *after))
    return [Difference(name, old[name], new[name]) for name in old if old[name] != new[name]]


def _said(kind: str, wording: Mapping[str, Any], layout: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    shape, whole = shape_of(kind), whole_layout(kind, layout)
    for said, name in WORDS.items():
        yield name, str(wording.get(said, "")) or "无"
    for key, part in shape.parts.items():
        yield part.title, part.show(whole[key])
    yield "各行的先后", "、".join(shape.rows[row] for row in whole[ROWS])
    for row, own in shape.rows.items():
        yield f"“{own}”的名称", whole[LABELS].get(row, own)
    for block, name in shape.blocks.items():
        yield name, "省略" if block in whole[HIDDEN] else "显示"
    if shape.copied:
        yield "各联", "、".join(whole[COPIES]) or "一联"


def _number(form: Form, part: Measure) -> float:
    try:
        return float(form.text(part.key))
    except ValueError:
        raise Invalid("number_invalid", f"“{part.title}”请填写数字。", field=part.key) from None


def _rows(shape: Shape, form: Form) -> list[str]:
    places = {row: form.number(f"place_{row}") for row in shape.rows}
    if len(set(places.values())) < len(places):
        raise Invalid("layout_rows_contradictory", "有两行排在同一位置，请分别填写不同的顺序。", field=ROWS)
    return sorted(places, key=lambda row: places[row])
