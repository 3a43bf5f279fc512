"""What the demo leaves behind: tables on the screen, and a folder with summary, papers and one journey."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from statistics import quantiles
from typing import Final

from rich.console import Console
from rich.table import Table

from cli.demo.books import Books
from cli.demo.cast import World
from cli.demo.desk import Desk
from cli.demo.plan import Visit
from cli.demo.rest import Json

_LEVELS: Final = (
    ("very_satisfied", "非常满意"),
    ("satisfied", "满意"),
    ("fairly_satisfied", "基本满意"),
    ("dissatisfied", "不满意"),
    ("very_dissatisfied", "非常不满意"),
)
_KINDS: Final = {"immediate": "即办件", "promised": "承诺件"}
#: Papers of each kind that are kept.
_PAPERS_EACH: Final = 3


def summary(world: World, desk: Desk, books: Books, visits: tuple[Visit, ...], waits: list[float], seed: int) -> Json:
    """The figures, as ``summary.json`` holds them."""
    levels = Counter(one["level"] for one in books.evaluations if one["state"] == "submitted")
    kept, decided = books.on_time
    return {
        "seed": seed,
        "day": world.opening.date().isoformat(),
        "synthetic": True,
        "visits": len(visits),
        "tickets": len(books.tickets),
        "tickets_by_state": dict(Counter(one["state"] for one in books.tickets)),
        "wait_minutes": {"p50": round(_quantile(waits, 50), 1), "p90": round(_quantile(waits, 90), 1)},
        "applications": dict(Counter(one["state"] for one in books.applications)),
        "cases": dict(Counter(one["state"] for one in books.cases)),
        "cases_by_kind": {
            kind: dict(Counter(one["state"] for one in books.cases if one["item_kind"] == kind))
            for kind in sorted({one["item_kind"] for one in books.cases})
        },
        "decisions": dict(Counter(one["decision"]["outcome"] for one in books.cases if one["decision"])),
        "on_time": {"kept": kept, "decided": decided},
        "evaluations": {name: levels[name] for name, _ in _LEVELS}
        | {"not_evaluated": sum(one["state"] != "submitted" for one in books.evaluations)},
        "rectifications": len(books.rectifications),
        "complaints": len(books.complaints),
        "cards": dict(Counter(one["colour"] for one in books.cards)),
        "events": dict(sorted(books.tally.items())),
        "acknowledged": world.account.answered,
        "resent": world.account.resent,
        "lost": len(books.lost),
        "duplicated": len(books.duplicated),
        "unfinished": len(books.unfinished),
        "problems": [*books.lost, *books.duplicated, *books.unfinished][:50],
    }


def _quantile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100)[percent - 1] if len(values) > 1 else sum(values)


def write(folder: Path, world: World, desk: Desk, books: Books, figures: Json) -> None:
    """Fills ``build/demo``: summary.json, papers as PDF, one journey's timeline."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "summary.json").write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    papers = folder / "papers"
    papers.mkdir(exist_ok=True)
    for old in papers.glob("*.pdf"):
        old.unlink()
    kept: Counter[str] = Counter()
    codes = {one["id"]: desk.codes[visit] for visit, one in desk.applications.items()}
    for application in books.applications:
        for paper in application["papers"]:
            if kept[paper["kind"]] < _PAPERS_EACH:
                kept[paper["kind"]] += 1
                pdf = world.rest.get_bytes(f"applications/{codes[application['id']]}/papers/{paper['id']}")
                (papers / f"{paper['kind']}-{kept[paper['kind']]}.pdf").write_bytes(pdf)
    for case in books.cases:
        kind = f"decision-{case['decision']['outcome']}" if case["decision"] else ""
        if kind and kept[kind] < _PAPERS_EACH:
            kept[kind] += 1
            pdf = world.rest.get_bytes(f"cases/{codes[case['id']]}/decision-paper")
            (papers / f"{kind}-{kept[kind]}.pdf").write_bytes(pdf)
    _write_journey(folder, world, desk, books)


def _write_journey(folder: Path, world: World, desk: Desk, books: Books) -> None:
    """The journey with most to tell: a supplemented or a complained one where there is one."""
    told = (
        list(desk.complaints)
        or [visit for visit, one in desk.applications.items() if one["supplement_due_at"]]
        or list(desk.tickets)
    )
    ticket = desk.tickets.get(told[0]) if told else None
    if ticket is None:
        return
    journey = world.rest.get(f"journeys/{ticket['journey']}", code=ticket["code"])
    (folder / "journey.json").write_text(json.dumps(journey, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    lines = [_line(one) for one in journey["lines"]]
    (folder / "journey.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _line(one: Json) -> str:
    return f"{one['at']}  {one['title']}  （{one['actor_name'] or one['actor_id'] or '—'}；{one['rules'] or '—'}）"


def show(console: Console, figures: Json) -> None:
    """The tables."""
    console.print(_table("号票", figures["tickets_by_state"]))
    console.print(f"等候（分钟）  p50 {figures['wait_minutes']['p50']}  p90 {figures['wait_minutes']['p90']}")
    table = Table("办件", *sorted({state for states in figures["cases_by_kind"].values() for state in states}))
    for kind, states in figures["cases_by_kind"].items():
        counts = (str(states.get(str(column.header), 0)) for column in table.columns[1:])
        table.add_row(_KINDS.get(kind, kind), *counts)
    console.print(table)
    on_time = figures["on_time"]
    share = f"{100 * on_time['kept'] / on_time['decided']:.1f} %" if on_time["decided"] else "—"
    console.print(f"按时办结  {on_time['kept']} / {on_time['decided']}  {share}")
    levels = {chinese: figures["evaluations"][name] for name, chinese in _LEVELS}
    console.print(_table("评价", levels | {"未评": figures["evaluations"]["not_evaluated"]}))
    console.print(_table("提醒与黄红牌", figures["cards"]))
    console.print(f"投诉 {figures['complaints']}  整改 {figures['rectifications']}")
    verdict = "账目平衡：没有丢失，没有重复，全部办结" if not figures["problems"] else "账目不平："
    console.print(
        f"[bold]{verdict}[/bold]  lost {figures['lost']}  duplicated {figures['duplicated']}  unfinished {figures['unfinished']}"
    )
    for problem in figures["problems"]:
        console.print(f"  [red]{problem}[/red]")


def _table(title: str, values: Json) -> Table:
    table = Table(title, *values)
    table.add_row("", *(str(value) for value in values.values()))
    return table
