"""How a center's papers look, as data: measures, choices, orders and labels within bounds, never code (decision 0029).

What the law asks a paper to say stays with the program's templates, and no layout can leave it out: a row may move and be
called otherwise, a copy may be added, and only a block that no rule asks for may go. The bounds keep everything legible.
They are our own choice, as no source gives them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from kit.errors import Invalid
from reference.papers.wording import printable
from reference.policies import ALL


@dataclass(frozen=True, slots=True)
class Measure:
    """A length or a size, in its unit."""

    key: str
    title: str
    default: float
    least: float
    most: float
    unit: str

    def check(self, value: Any) -> float:
        """The value, whole where it may be. Raises ``Invalid`` (``layout_value_invalid``)."""
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        if not number or not self.least <= value <= self.most:
            raise _bad(self.key, f"“{self.title}”应在 {self.least:g} 至 {self.most:g} {self.unit}之间")
        rounded = round(float(value), 2)
        return int(rounded) if rounded.is_integer() else rounded

    def show(self, value: Any) -> str:
        """A value for people."""
        return f"{value:g} {self.unit}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several ways, with what each is called."""

    key: str
    title: str
    default: str
    options: Mapping[str, str]

    def check(self, value: Any) -> str:
        """The value. Raises ``Invalid`` (``layout_value_invalid``)."""
        if not isinstance(value, str) or value not in self.options:
            raise _bad(self.key, f"“{self.title}”应为{'、'.join(self.options.values())}之一")
        return value

    def show(self, value: Any) -> str:
        """A value for people."""
        return self.options.get(value, str(value))


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text that a paper has beside what it says."""

    key: str
    title: str
    most: int
    default: str = ""

    def check(self, value: Any) -> str:
        """The value. Raises ``Invalid`` (``layout_value_invalid``)."""
        if not isinstance(value, str) or len(value) > self.most or not printable(value):
            raise _bad(self.key, f"“{self.title}”应为不超过 {self.most} 个字的一行文字")
        return value.strip()

    def show(self, value: Any) -> str:
        """A value for people."""
        return str(value) or "无"


Part = Measure | Choice | Line

_SIDES: Final = {"left": "居左", "center": "居中", "right": "居右"}

#: What may be laid out, in groups, as the page that edits it shows them. The defaults are those of ``official.typ``.
GROUPS: Final[Mapping[str, tuple[Part, ...]]] = {
    "页面": (
        Measure("margin_top", "上边距", 20, 15, 40, "毫米"),
        Measure("margin_bottom", "下边距", 18, 15, 40, "毫米"),
        Measure("margin_side", "左右边距", 26, 15, 35, "毫米"),
        Measure("font_size", "正文字号", 11.5, 10.5, 14, "磅"),
        Measure("table_size", "表格字号", 10, 9, 14, "磅"),
        Measure("line_spacing", "行距", 0.95, 0.7, 1.5, "字"),
    ),
    "文头和标题": (
        Measure("letterhead_size", "文头字号", 20, 14, 32, "磅"),
        Choice("letterhead_align", "文头位置", "center", {"left": "居左", "center": "居中"}),
        Choice("letterhead_colour", "文头颜色", "red", {"red": "红色", "black": "黑色"}),
        Choice("letterhead_rule", "文头线", "double", {"double": "双线", "single": "单线", "none": "不画线"}),
        Line("letterhead_line", "文头下的一行", 60),
        Choice("number_align", "文号位置", "right", _SIDES),
        Measure("title_size", "标题字号", 19, 16, 32, "磅"),
    ),
    "印章和二维码": (
        Choice("seal_position", "印章位置", "right", _SIDES),
        Measure("seal_size", "印章直径", 40, 36, 46, "毫米"),
        Choice("progress_side", "办理进度二维码", "left", {"left": "在左侧", "right": "在右侧"}),
        Measure("progress_size", "办理进度二维码边长", 24, 20, 32, "毫米"),
        Measure("verify_size", "验真码边长", 20, 18, 32, "毫米"),
    ),
    "页脚": (
        Choice("page_number", "页码", "page", {"page": "第几页", "page_of_pages": "第几页、共几页"}),
        Choice("footer_align", "页脚位置", "center", _SIDES),
        Measure("footer_size", "页脚字号", 8, 8, 10, "磅"),
        Line("footer_line", "页脚附加的一行", 60),
    ),
    "联系信息": (Choice("row_columns", "联系信息每行", "two", {"two": "两项", "one": "一项"}),),
}
#: Beside those: the order of rows, what they are called, blocks that are left out, and the marks of the copies.
ROWS, LABELS, HIDDEN, COPIES = "rows", "labels", "hidden", "copies"
#: The longest label and mark, in characters, the most copies, and the least bottom margin with two lines at the foot.
MOST_LABEL: Final = 12
MOST_MARK: Final = 8
MOST_COPIES: Final = 4
TWO_LINES: Final = 18


@dataclass(frozen=True, slots=True)
class Shape:
    """What of one kind of paper may be laid out: its rows with their labels, its optional blocks, and its copies.

    ``copies`` are those that it has by itself; as many have to stay. ``lacks`` are parts that it doesn't have, ``own``
    its own defaults.
    """

    rows: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, str] = field(default_factory=dict)
    copies: tuple[str, ...] = ()
    copied: bool = True
    lacks: frozenset[str] = frozenset()
    own: Mapping[str, Any] = field(default_factory=dict)

    @property
    def groups(self) -> dict[str, tuple[Part, ...]]:
        """Its parts in their groups, with its defaults; no group is empty."""
        found = {
            name: tuple(
                replace(part, default=self.own.get(part.key, part.default))
                for part in parts
                if part.key not in self.lacks
            )
            for name, parts in GROUPS.items()
        }
        return {name: parts for name, parts in found.items() if parts}

    @property
    def parts(self) -> dict[str, Part]:
        """Its parts by their keys."""
        return {part.key: part for parts in self.groups.values() for part in parts}


def _notice(who: str, **more: Any) -> Shape:
    rows = {
        "handled_by": who,
        "contact_phone": "联系电话",
        "department_name": "承办部门",
        "complaint_phone": "投诉电话",
    }
    return Shape(rows, **more)


def _of_case(place: str = "办理地点", **more: Any) -> Shape:
    rows = {
        "department_name": "承办部门",
        "contact_phone": "联系电话",
        "center_name": place,
        "complaint_phone": "投诉电话",
    }
    return Shape(rows, **more)


_BOTH: Final = ("送达联", "存根联")
_SIGNATURE: Final = {"signature": "申请人签字栏"}
_COUNTED: Final = {"counted": "期限的计算过程"}

#: Kinds of papers that a center may lay out.
SHAPES: Final[Mapping[str, Shape]] = {
    "receipt": _notice("收件人", blocks=_SIGNATURE),
    "acceptance": _notice("受理人", blocks=_SIGNATURE | _COUNTED),
    "one_time_notice": _notice("联系人", copies=_BOTH),
    "refusal": _notice("受理人", copies=_BOTH),
    "promise": _notice("受理人", copies=_BOTH),
    "commitment": _notice("受理人", copies=_BOTH),
    "correction": _notice("核查人", copies=_BOTH),
    "breach": _notice("认定人", copies=_BOTH),
    "approved": _of_case(),
    "denied": _of_case(copies=_BOTH),
    "special_procedure": _of_case(),
    "extension": _of_case(blocks=_COUNTED),
    "delivery_slip": _of_case("送达地点"),
    "result": Shape(
        {
            "addressee": "持证人",
            "item_name": "许可（办理）事项",
            "decision_number": "决定书文号",
            "validity": "有效期",
            "issued_at": "发证日期",
        },
        blocks={"border": "边框"},
        copied=False,
        lacks=frozenset(
            {
                "table_size",
                "letterhead_align",
                "letterhead_rule",
                "number_align",
                "seal_position",
                "progress_side",
                "progress_size",
                "row_columns",
                *(part.key for part in GROUPS["页脚"]),
            }
        ),
        own={
            "margin_top": 28,
            "margin_bottom": 28,
            "margin_side": 28,
            "font_size": 12.5,
            "letterhead_size": 17,
            "title_size": 28,
            "verify_size": 30,
        },
    ),
}


def shape_of(kind: str) -> Shape:
    """What of a kind may be laid out. Raises ``Invalid`` (``paper_kind_unknown``)."""
    shape = SHAPES.get(kind)
    if shape is None:
        raise kind_unknown(kind)
    return shape


def kind_unknown(kind: str) -> Invalid:
    """The error of a kind that there is none of, or that isn't laid out here."""
    return Invalid("paper_kind_unknown", "没有这种文书，或者它的版式不能修改，请核对文书种类。", kind=kind[:40])


def checked_wording(kind: str, wording: Mapping[str, Any]) -> dict[str, str]:
    """A center's words for a kind, without what is empty. Raises ``Invalid`` as ``wording_of``, ``paper_kind_unknown``."""
    shape_of(kind)
    said = {part: text for part, text in wording.items() if text != ""}
    ALL[f"{kind}_wording"].check(said)
    return said


def checked_layout(kind: str, layout: Mapping[str, Any]) -> dict[str, Any]:
    """A layout of a kind: what in it isn't as the paper is by itself.

    Raises ``Invalid``: ``paper_kind_unknown``, ``layout_field_unknown``, ``layout_value_invalid``,
    ``layout_rows_incomplete``, ``layout_block_required``, ``layout_copies_invalid``, ``layout_contradictory``.
    """
    shape = shape_of(kind)
    parts = shape.parts
    found: dict[str, Any] = {}
    for key, value in layout.items():
        if key in parts:
            found[key] = parts[key].check(value)
        elif key == ROWS:
            found[key] = _rows(shape, value)
        elif key == LABELS:
            found[key] = _labels(shape, value)
        elif key == HIDDEN:
            found[key] = _hidden(shape, value)
        elif key == COPIES and shape.copied:
            found[key] = _copies(shape, value)
        else:
            raise Invalid(
                "layout_field_unknown",
                f"文书版式没有“{key[:40]}”这一项，请删除后重试；可用的有{'、'.join(_keys(shape))}。",
                unknown=key[:40],
            )
    _agree(shape, whole_layout(kind, found))
    return {key: value for key, value in found.items() if value != _default(shape, key)}


def whole_layout(kind: str, layout: Mapping[str, Any]) -> dict[str, Any]:
    """A checked layout with the defaults for all that it leaves open. Raises ``Invalid`` (``paper_kind_unknown``)."""
    shape = shape_of(kind)
    return {key: layout.get(key, _default(shape, key)) for key in _keys(shape)}


def _default(shape: Shape, key: str) -> Any:
    others: dict[str, Any] = {ROWS: list(shape.rows), LABELS: {}, HIDDEN: [], COPIES: list(shape.copies)}
    return others[key] if key in others else shape.parts[key].default


def _keys(shape: Shape) -> tuple[str, ...]:
    return (*shape.parts, ROWS, LABELS, HIDDEN, *((COPIES,) if shape.copied else ()))


def _rows(shape: Shape, value: Any) -> list[str]:
    if not isinstance(value, list) or sorted(map(str, value)) != sorted(shape.rows):
        raise Invalid(
            "layout_rows_incomplete",
            f"各行只能调整先后，不能增减或者重复，须恰好包含{'、'.join(shape.rows.values())}，请更正。",
            field=ROWS,
        )
    return list(map(str, value))


def _labels(shape: Shape, value: Any) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise _bad(LABELS, "各行的名称应逐行填写")
    found = {}
    for row, label in value.items():
        if row not in shape.rows:
            raise Invalid(
                "layout_field_unknown",
                f"该文书没有“{str(row)[:40]}”这一行，请核对。",
                unknown=str(row)[:40],
                field=LABELS,
            )
        if not isinstance(label, str) or not 0 < len(label.strip()) <= MOST_LABEL or not printable(label):
            raise _bad(f"label_{row}", f"“{shape.rows[row]}”的名称应为不超过 {MOST_LABEL} 个字的一行文字，不能为空")
        if label.strip() != shape.rows[row]:
            found[row] = label.strip()
    return found


def _hidden(shape: Shape, value: Any) -> list[str]:
    if not isinstance(value, list) or any(not isinstance(block, str) or block not in shape.blocks for block in value):
        may = "、".join(shape.blocks.values())
        raise Invalid(
            "layout_block_required",
            f"只有{may}可以省略，其余内容须保留，请更正。" if may else "该文书的内容都须保留，不能省略，请更正。",
            field=HIDDEN,
        )
    return [block for block in shape.blocks if block in value]


def _copies(shape: Shape, value: Any) -> list[str]:
    fits = isinstance(value, list) and len(shape.copies) <= len(value) <= MOST_COPIES
    marks = [mark.strip() for mark in value if isinstance(mark, str)] if fits else []
    if not fits or len(marks) != len(value) or any(not _is_mark(mark) for mark in marks):
        least = f"不少于 {len(shape.copies)} 联（送达一联、留存一联），" if shape.copies else ""
        raise Invalid(
            "layout_copies_invalid",
            f"各联的名称{least}不超过 {MOST_COPIES} 联，每联一行，各不超过 {MOST_MARK} 个字，请更正。",
            field=COPIES,
        )
    return marks


def _is_mark(mark: str) -> bool:
    return 0 < len(mark) <= MOST_MARK and printable(mark)


def _agree(shape: Shape, layout: Mapping[str, Any]) -> None:
    """Raises ``Invalid`` (``layout_contradictory``) on parts that can't be had together."""
    labels = [layout[LABELS].get(row, label) for row, label in shape.rows.items()]
    if len(set(labels)) < len(labels):
        raise _contradictory(LABELS, "有两行的名称相同，看不出各是什么")
    copies = layout.get(COPIES, [])
    if len(set(copies)) < len(copies):
        raise _contradictory(COPIES, "有两联的名称相同，分不清各归谁")
    if layout.get("table_size", 0) > layout["font_size"]:
        raise _contradictory("table_size", "表格字号大于正文字号")
    if layout.get("footer_line") and layout["margin_bottom"] < TWO_LINES:
        raise _contradictory("margin_bottom", f"页脚有附加的一行时，下边距不能小于 {TWO_LINES} 毫米")


def _contradictory(key: str, problem: str) -> Invalid:
    return Invalid("layout_contradictory", f"版式前后矛盾：{problem}，请更正。", field=key)


def _bad(key: str, problem: str) -> Invalid:
    return Invalid("layout_value_invalid", f"{problem}，请更正。", field=key)
