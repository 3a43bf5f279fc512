"""An item's route as a picture: who does what after what, and where a case is in it (rules F08, F12).

Rows are drawn from top to bottom, what runs side by side in one row; the list beside it says the same in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from gateway.pages.labels import label_of, state_of, word
from tongban.approval_routing.v1 import messages_pb2 as routing
from tongban.catalog.v1 import messages_pb2 as catalog

AnyStep: TypeAlias = catalog.Step | routing.CaseStep

#: What a step follows that begins with the acceptance.
_START: Final = "start"
#: In the picture's own units.
_BOX_WIDTH, _BOX_HEIGHT, _GAP, _ROW = 168, 56, 20, 96
_EDGE: Final = 8
#: Characters of a name that fit into a box.
_FITS: Final = 10
_BEGIN, _END = "受理", "结果送达"


@dataclass(frozen=True, slots=True)
class Box:
    """A step in the picture; ``mark`` is what a case has come to there: done, now, left or nothing."""

    x: int
    y: int
    name: str
    under: str
    mark: str
    full: str

    @property
    def middle(self) -> int:
        """Where lines begin and end."""
        return self.x + _BOX_WIDTH // 2


@dataclass(frozen=True, slots=True)
class Line:
    """A way from one box down to another."""

    path: str
    taken: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A step in words."""

    name: str
    details: tuple[str, ...]
    mark: str
    state: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What the template draws."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    steps: tuple[Told, ...]
    box_width: int = _BOX_WIDTH
    box_height: int = _BOX_HEIGHT

    @property
    def words(self) -> str:
        """The whole route in one sentence, for those who don't see it."""
        said = "；".join(f"{one.name}{'（' + one.state + '）' if one.state else ''}" for one in self.steps)
        return f"由上至下：{_BEGIN}；{said}；{_END}。"


def followed(steps: Sequence[AnyStep]) -> dict[str, tuple[str, ...]]:
    """What each step follows, by keys; nothing: the acceptance."""
    known = {step.key for step in steps}
    found: dict[str, tuple[str, ...]] = {}
    before = ""
    for step in steps:
        keys = tuple(step.after) or ((before,) if before else ())
        found[step.key] = tuple(key for key in keys if key != _START and key in known)
        before = step.key
    return found


def behind(steps: Sequence[AnyStep], key: str) -> set[str]:
    """All that a step follows, nearer and further; a route that loops, as a draft's may, ends there."""
    route = followed(steps)
    found: set[str] = set()
    ahead = list(route.get(key, ()))
    while ahead:
        one = ahead.pop()
        if one not in found:
            found.add(one)
            ahead += route[one]
    return found


def picture(steps: Sequence[AnyStep], departments: Mapping[str, str], department_key: str) -> Picture:
    """The route of an item version, or of a case with its place in it."""
    route = followed(steps)
    rows = _rows(steps, route)
    widest = max([1, *map(len, rows)])
    width = widest * (_BOX_WIDTH + _GAP) - _GAP + 2 * _EDGE
    boxes = {_START: _box(0, 0, 1, width, _BEGIN, "", "done" if _is_case(steps) else "")}
    for number, row in enumerate(rows, start=1):
        for place, step in enumerate(row):
            who = departments.get(step.department_key or department_key, "") if not _there(step) else _sites(step)
            boxes[step.key] = _box(number, place, len(row), width, step.name, who, _mark(step))
    end = _box(len(rows) + 1, 0, 1, width, _END, "", "")
    lines = [
        _line(boxes[key], boxes[step.key])
        for row in rows
        for step in row
        for key in route[step.key] or (_START,)
        if boxes[key].y < boxes[step.key].y
    ]
    last = boxes[steps[-1].key] if steps else boxes[_START]
    return Picture(
        width=width,
        height=(len(rows) + 2) * _ROW - (_ROW - _BOX_HEIGHT) + 2 * _EDGE,
        boxes=(*boxes.values(), end),
        lines=(*lines, _line(last, end)),
        steps=tuple(_told(step, steps, route, departments, department_key) for step in steps),
    )


def _rows(steps: Sequence[AnyStep], route: Mapping[str, tuple[str, ...]]) -> list[list[AnyStep]]:
    """Steps by how far from the acceptance they are; a loop is cut where it closes."""
    depth: dict[str, int] = {}

    def of(key: str, seen: frozenset[str]) -> int:
        if key not in depth:
            depth[key] = 1 + max((of(one, seen | {key}) for one in route[key] if one not in seen | {key}), default=-1)
        return depth[key]

    rows: dict[int, list[AnyStep]] = {}
    for step in steps:
        rows.setdefault(of(step.key, frozenset()), []).append(step)
    return [rows[number] for number in sorted(rows)]


def _box(row: int, place: int, among: int, width: int, name: str, under: str, mark: str) -> Box:
    used = among * (_BOX_WIDTH + _GAP) - _GAP
    return Box(
        x=(width - used) // 2 + place * (_BOX_WIDTH + _GAP),
        y=_EDGE + row * _ROW,
        name=_short(name),
        under=_short(under),
        mark=mark,
        full="，".join(filter(None, (name, under))),
    )


def _line(upper: Box, lower: Box) -> Line:
    top, bottom = upper.y + _BOX_HEIGHT, lower.y - 2
    bend = bottom - (_ROW - _BOX_HEIGHT) // 2
    way = f"M{upper.middle} {top} V{bend} H{lower.middle} V{bottom}"
    return Line(way, upper.mark == "done" and lower.mark in ("done", "now"))


def _short(text: str) -> str:
    return text if len(text) <= _FITS else f"{text[: _FITS - 1]}…"


def _is_case(steps: Sequence[AnyStep]) -> bool:
    return any(isinstance(step, routing.CaseStep) for step in steps)


def _mark(step: AnyStep) -> str:
    if not isinstance(step, routing.CaseStep):
        return ""
    marks = {"waiting": "", "skipped": "left", "open": "now", "claimed": "now", "elsewhere": "now"}
    return marks.get(state_of(step), "done")


def _there(step: AnyStep) -> bool:
    return step.HasField("elsewhere")


def _sites(step: AnyStep) -> str:
    return "上级" if state_of(step.elsewhere, "kind") == "sent_up" else "其他站点"


def _told(
    step: AnyStep,
    steps: Sequence[AnyStep],
    route: Mapping[str, tuple[str, ...]],
    departments: Mapping[str, str],
    department_key: str,
) -> Told:
    names = {one.key: one.name for one in steps}
    details = [_sites(step)] if _there(step) else [departments.get(step.department_key or department_key, "")]
    if step.role:
        details.append(word(step.role))
    if state_of(step, "kind") not in ("", "review"):
        details.append(label_of(step, "kind"))
    details.append(f"在{'、'.join(names[key] for key in route[step.key]) or _BEGIN}之后")
    if step.days:
        details.append(f"{step.days} 个工作日")
    if step.notice_days:
        details.append(f"公示 {step.notice_days} 天")
    if step.sign_departments:
        details.append(f"会签：{'、'.join(departments.get(key, key) for key in step.sign_departments)}")
    elif step.signers:
        details.append(f"另有 {step.signers} 人签署")
    if isinstance(step, catalog.Step):
        details += [f"仅当“{one.field}”为{'、'.join(one.values)}" for one in step.when]
    state = label_of(step) if isinstance(step, routing.CaseStep) else ""
    return Told(step.name, tuple(filter(None, details)), _mark(step), state)
