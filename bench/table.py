"""What is printed: every figure with its goal; a missed one says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from unicodedata import east_asian_width

from bench.figures import Figure

_HEAD = ("figure", "measured", "rounds", "goal", "")


def lines(report: dict[str, Any], figures: Sequence[Figure]) -> Iterator[str]:
    """The whole table."""
    machine = report["machine"]
    yield f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB; {machine['python']}"
    yield f"load of the machine by others and ourselves: {machine['load_before']} before, {machine['load_after']} after"
    yield ""
    yield from _floors(report["floor"])
    yield ""
    yield from rows_of(figures)


def rows_of(figures: Sequence[Figure]) -> Iterator[str]:
    """The figures in columns, and how many goals are met."""
    rows = [_HEAD, *(_row(figure) for figure in figures)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(_HEAD))]
    for place, row in enumerate(rows):
        cells = [
            _padded(cell, width, left=column in (0, 4))
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()
        if place == 0:
            yield "  ".join("─" * width for width in widths)
    missed = sum(figure.met is False for figure in figures)
    goals = sum(figure.met is not None for figure in figures)
    yield ""
    yield f"{goals - missed} of {goals} goals met" + (f", {missed} MISSED" if missed else "")


def _floors(floor: dict[str, dict[str, dict[str, float]]]) -> Iterator[str]:
    yield "the floor: each part alone, a second (processor time each)"
    for callers, rates in floor.items():
        told = "   ".join(f"{part} {of['rate']:,.0f} ({of['cpu_ms']:.2f} ms)" for part, of in rates.items())
        yield f"  {callers:>2} caller{'s' if callers != '1' else ' '}  {told}"


def _row(figure: Figure) -> tuple[str, ...]:
    low_high = f"{_number(min(figure.samples))}–{_number(max(figure.samples))}" if len(figure.samples) > 1 else ""
    met = {None: "", True: "met", False: "MISSED"}[figure.met]
    tail = [
        f"{name.removesuffix('_ms')} {value:g} ms" for name, value in figure.details.items() if name.endswith("_ms")
    ]
    return (
        f"{figure.title}{' (' + ', '.join(tail) + ')' if tail else ''}",
        f"{_number(figure.value)} {figure.unit}".rstrip(),
        low_high,
        str(figure.goal or ""),
        met,
    )


def _number(value: float) -> str:
    if value == int(value) or value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _width(text: str) -> int:
    return sum(2 if east_asian_width(each) in "WF" else 1 for each in text)


def _padded(text: str, width: int, *, left: bool) -> str:
    room = " " * (width - _width(text))
    return text + room if left else room + text
