"""The rounds: floor and site in turn, so that whatever else the machine does meets both alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.annex import Annex
from bench.callers import Times
from bench.case import STEPS, Office
from bench.figures import Figure, Parts, at_least, at_most, floor_rate, named, of_rounds, spread_ms
from bench.floor import PARTS, Alone, Floor
from bench.hall import Hall
from bench.site import RunningSite, cpu_of

CALLERS = 32
#: Callers of the annexes: enough to keep them busy, few enough that waiting for each other isn't what is measured.
ANNEX_CALLERS = 8

#: What the answer to a take, a call or a miss waits for.
REQUEST: Parts = {"http": 1, "grpc": 1, "write": 1}
#: The acceptance, a look for the case, a claim and a pass for all steps but the last, a claim and the decision; each
#: writes but the look, and so does the opening of the case.
_REQUESTS: int = 2 + 2 * STEPS
CASE: Parts = {"http": _REQUESTS, "grpc": _REQUESTS, "write": _REQUESTS}

RATIO = at_least(0.5)


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is measured."""

    rounds: int
    floor_seconds: float
    hall_seconds: float
    cases: int
    annex_rounds: int
    annex_seconds: float
    sizes: Sequence[int]
    boards: int
    board_calls: int


@dataclass
class Measured:
    """What the rounds gave."""

    floors: dict[int, list[dict[str, Alone]]] = field(default_factory=lambda: {1: [], CALLERS: []})
    halls: dict[int, list[Times]] = field(default_factory=lambda: {1: [], CALLERS: []})
    cases: list[Times] = field(default_factory=list)
    #: Milliseconds of processor time a request, by process, with many callers.
    cpu_ms: list[dict[str, float]] = field(default_factory=list)


def run_rounds(
    pace: Pace, site: RunningSite, floor: Floor, hall: Hall, office: Office, say: Callable[[str], None]
) -> Measured:
    """Measures the floor, take and call, and cases, in turn."""
    measured = Measured()
    for number in range(pace.rounds):
        say(f"round {number + 1} of {pace.rounds}: floor, take and call, cases")
        for callers in (1, CALLERS):
            measured.floors[callers].append({part: floor.alone(part, callers, pace.floor_seconds) for part in PARTS})
            before = cpu_of(site.pids)
            times = hall.work(site.address, callers, pace.hall_seconds)
            measured.halls[callers].append(times)
            if callers == CALLERS:
                measured.cpu_ms.append(_cpu_ms(before, cpu_of(site.pids), times.count))
        applications = office.receive(pace.cases)
        measured.cases.append(office.work(applications, CALLERS))
    return measured


def figures_of(measured: Measured) -> list[Figure]:
    """The rounds as figures."""
    many, one = measured.halls[CALLERS], measured.halls[1]
    together = {name: [time for times in many for time in times.by_name.get(name, ())] for name in ("take", "call")}
    cpu = {name: _median([each[name] for each in measured.cpu_ms]) for name in measured.cpu_ms[0]}
    figures = [
        of_rounds(
            "take_call.rate",
            f"take + call + miss, {CALLERS} callers",
            [times.rate() for times in many],
            "requests/s",
        ),
        *_ratios("take_call", [times.rate() for times in many], REQUEST, measured.floors[CALLERS]),
        of_rounds(
            "take_call.cpu",
            "… processor time a request, all processes",
            [sum(each.values()) for each in measured.cpu_ms],
            "ms",
            details={"by_process": cpu, "floor": _cpu_of_floor(REQUEST, measured.floors[CALLERS])},
        ),
        *(
            of_rounds(
                f"{name}.p50",
                f"… {name}: p50",
                [spread_ms(times.by_name[name])["p50_ms"] for times in many],
                "ms",
                details=spread_ms(together[name]),
            )
            for name in ("take", "call")
        ),
        of_rounds("take_call.alone", "take + call + miss, 1 caller", [times.rate() for times in one], "requests/s"),
        *_ratios("take_call.alone", [times.rate() for times in one], REQUEST, measured.floors[1], produce=False),
    ]
    rates = [len(times.by_name["case"]) / times.seconds for times in measured.cases]
    cases = [time for times in measured.cases for time in times.by_name["case"]]
    figures.append(
        of_rounds("case.rate", f"case of {STEPS} steps, accept to decision", rates, "cases/s", details=spread_ms(cases))
    )
    figures += _ratios("case", rates, CASE, measured.floors[CALLERS])
    return figures


def floors_of(measured: Measured) -> dict[str, dict[str, dict[str, float]]]:
    """The parts alone, by callers: the median rate of each, a second, and milliseconds of processor time."""
    return {
        str(callers): {
            part: {
                "rate": round(_median([each[part].rate for each in rounds]), 1),
                "cpu_ms": round(_median([each[part].cpu_ms for each in rounds]), 3),
            }
            for part in PARTS
        }
        for callers, rounds in measured.floors.items()
    }


def _cpu_of_floor(parts: Parts, floors: Sequence[Mapping[str, Alone]]) -> float:
    """Milliseconds of processor time that these parts take."""
    return round(sum(number * _median([floor[part].cpu_ms for floor in floors]) for part, number in parts.items()), 3)


def _ratios(
    key: str, rates: Sequence[float], parts: Parts, floors: Sequence[Mapping[str, Alone]], *, produce: bool = True
) -> list[Figure]:
    """Rate by rate of the floor, round by round: of what is waited for, and of that with what it is told by."""
    figures = []
    ways: list[tuple[str, Parts]] = [(f"{key}.ratio", parts)]
    if produce:
        ways.append((f"{key}.ratio_with_produce", {**parts, "produce": parts["write"]}))
    for name, composed in ways:
        samples = [
            rate / floor_rate(composed, {part: alone.rate for part, alone in floor.items()})
            for rate, floor in zip(rates, floors, strict=True)
        ]
        figures.append(
            of_rounds(name, f"… of {named(composed)}", samples, "of floor", RATIO, {"parts": dict(composed)})
        )
    return figures


# ── Growth ───────────────────────────────────────────────────────────────────────────────────────────────────────


def run_growth(pace: Pace, found: Sequence[Annex], hall: Hall, say: Callable[[str], None]) -> list[Figure]:
    """The same work over stores of different sizes, in turn; the smallest is what the others are compared with.

    Each annex has a copy of the hall's queue, and so a book of its own.
    """
    halls = {annex.tickets: hall.copied() for annex in found}
    cost: dict[int, list[float]] = {annex.tickets: [] for annex in found}
    cpu: dict[int, list[float]] = {annex.tickets: [] for annex in found}
    for number in range(pace.annex_rounds):
        say(f"round {number + 1} of {pace.annex_rounds}: over {', '.join(f'{size:,}' for size in cost)} tickets")
        turn = number % len(found)
        for annex in [*found[turn:], *found[:turn]]:
            before = cpu_of(annex.pids)
            times = halls[annex.tickets].work(annex.address, ANNEX_CALLERS, pace.annex_seconds)
            cost[annex.tickets].append(1000 / times.rate())
            cpu[annex.tickets].append(sum(_cpu_ms(before, cpu_of(annex.pids), times.count).values()))
    for each in halls.values():
        hall.book.add(each.book)
    least, *larger = sorted(cost)
    figures = [of_rounds(f"stored.{least}", f"a request with {least:,} tickets stored", cost[least], "ms")]
    for size in larger:
        ratios = [now / then for now, then in zip(cost[size], cost[least], strict=True)]
        cpu_ratios = [now / then for now, then in zip(cpu[size], cpu[least], strict=True)]
        figures.append(of_rounds(f"stored.{size}", f"a request with {size:,} tickets stored", cost[size], "ms"))
        figures.append(of_rounds(f"stored.{size}.growth", "… cost", ratios, f"× {least:,}", at_most(1.3)))
        figures.append(of_rounds(f"stored.{size}.cpu", "… processor time", cpu_ratios, f"× {least:,}", at_most(1.3)))
    return figures


def _cpu_ms(before: Mapping[str, float], after: Mapping[str, float], requests: int) -> dict[str, float]:
    return {name: round((after[name] - before[name]) * 1000 / requests, 3) for name in before}


def _median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
