"""``tongban demo-federation``: a city hub, a county, a township without a line and a partner province, on one machine.

Cases go between them in all directions; meanwhile the county's line is cut, a sealed file is carried by hand, and
somebody sends what he has forged and what he has seen before. At the end both places of every case are asked what they
know, line by line; a difference is an exit code of 1.
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.table import Table

from cli.demo_federation import office, routed, together
from cli.demo_federation.carrying import Courier
from cli.demo_federation.line import Line
from cli.demo_federation.office import Agreed, Sent
from cli.demo_federation.play import Play, differences, once_each, results
from cli.demo_federation.sites import DemoSite, join, line_to, start_all
from cli.demo_federation.together import Shared
from cli.refusal import Refusal
from cli.sample.people import Citizen, citizens

#: What is collected for the other place; both are in every sample center's catalogue.
_ITEMS: Final = ("公司设立登记", "护士执业注册")
_MODES: Final = ("collect_for", "fully_online")


@dataclass
class Board:
    """The live table: what each pair of sites has done so far."""

    console: Console
    rows: dict[str, Counter[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _live: Live | None = None

    def count(self, pair: str, what: str, more: int) -> None:
        """Adds to a cell."""
        self.rows.setdefault(pair, Counter())[what] += more
        self._show()

    def whole(self, pair: str) -> None:
        """A case from its beginning to its end."""
        for what in ("sent", "worked", "ended"):
            self.count(pair, what, 1)

    def note(self, text: str) -> None:
        """Says what happens to the lines."""
        self.notes.append(text)
        self._show()

    @contextmanager
    def shown(self) -> Iterator[Board]:
        """Shows it while it changes."""
        with Live(self._table(), console=self.console, refresh_per_second=4) as self._live:
            yield self
            self._show()

    def _show(self) -> None:
        if self._live is not None:
            self._live.update(self._table())

    def _table(self) -> Table:
        table = Table("收件地 → 办理地", "已发出", "已办理", "已知结果", caption=self.notes[-1] if self.notes else "")
        for pair, counted in self.rows.items():
            table.add_row(pair, *(str(counted[what]) for what in ("sent", "worked", "ended")))
        return table


@dataclass
class Stage:
    """The sites, and what is between them."""

    city: DemoSite
    county: DemoSite
    township: DemoSite | None
    partner: DemoSite | None
    county_line: Line

    @property
    def sites(self) -> list[DemoSite]:
        """All of them."""
        return [each for each in (self.city, self.county, self.township, self.partner) if each is not None]


@dataclass
class Played:
    """What the demo did."""

    sent: list[Sent]
    shared: list[Shared]
    incidents: dict[str, bool]


def run(folder: Path, cases: int, seed: int, *, small: bool = False) -> int:
    """Runs the demo; 0 when both ends of every case agree. ``small``: a city and a county alone.

    Raises ``Refusal``, ``Unexpected`` when something doesn't come about.
    """
    if cases < 4:
        raise Refusal(f"{cases} cases are too few: give 4 or more.", exit_code=2)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    began, console = time.monotonic(), Console()
    with raised(folder, small=small) as stage:
        console.print(f"[dim]{len(stage.sites)} sites are up and linked after {time.monotonic() - began:.0f} s[/dim]")
        return perform(console, folder, stage, cases, seed)


def perform(console: Console, folder: Path, stage: Stage, cases: int, seed: int) -> int:
    """Plays on sites that are up, compares both ends, and writes down what was found; 0 when they agree."""
    began = time.monotonic()
    with Board(console).shown() as board:
        played = _play(stage, board, folder, cases, seed)
    found = [
        *differences(played.sent),
        *once_each(played.sent),
        *results(played.sent),
        *together.differences(played.shared),
    ]
    figures = _summary(stage, played, found, seed, time.monotonic() - began)
    (folder / "summary.json").write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n")
    _write_histories(folder, played.sent)
    for each in found:
        console.print(f"[red]{each}[/red]")
    console.print(f"{figures['cases']} cases, {figures['letters']} letters, {len(found)} differences")
    console.print(f"[dim]{folder}: summary.json, histories-*.txt — synthetic people, seed {seed}[/dim]")
    return 1 if found or not figures["incidents_held"] else 0


@contextmanager
def raised(folder: Path, *, small: bool) -> Iterator[Stage]:
    """Sites with identities, running, linked; stopped at the end."""
    with ExitStack() as stack:
        yield _raise(stack, folder, small=small)


def _raise(stack: ExitStack, folder: Path, *, small: bool) -> Stage:
    city = DemoSite(folder / "city", "610900.ankang", "安康市", "610900", "ak")
    county = DemoSite(folder / "county", "610902.hanbin", "汉滨区", "610902", "hb")
    line = line_to(city)
    stack.callback(line.close)
    city.make(listens=True)
    county.make(listens=False)
    township = partner = None
    if not small:
        township = DemoSite(folder / "township", "610902107.hengkou", "恒口镇", "610902107", "hk", dials=False)
        township.make(listens=False)
        # The sample of another province: its center has the number of ours, its site has not.
        partner = DemoSite(folder / "partner", "511600.guangan", "广安市", "610900", "ak")
        partner.make(listens=True)
    stage = Stage(city, county, township, partner, line)
    for each in stage.sites:
        stack.callback(each.stop)
    start_all(stage.sites)
    join(city, county)
    if township is not None and partner is not None:
        join(county, township)
        join(city, partner, direction="partner")
        partner.tongban("relay", "route", "set", "6109*", city.id, "--by", "李处长")
    return stage


def _play(stage: Stage, board: Board, folder: Path, cases: int, seed: int) -> Played:
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    people = iter(citizens(cases + 8, seed=seed, today=datetime.now(UTC).date()))
    courier = Courier(stage, folder, board.note)
    agreed = _agreements(stage, courier)
    together_cases = max(3, cases // 20)
    shares = _shares(len(agreed), cases - together_cases)
    play = {each.id: Play(partial(board.count, _pair(each))) for each in agreed}
    first: dict[str, list[Sent]] = {}
    for each, share in zip(agreed, shares, strict=True):
        first[each.id] = play[each.id].collect(each, _take(people, share // 2), _MODES, rng)
    shared = _together(stage, board, people, together_cases)
    board.note("汉滨区线路中断：各地照常办理，函件待发")
    stage.county_line.cut()
    second = {
        each.id: play[each.id].collect(each, _take(people, share - share // 2), _MODES, rng)
        for each, share in zip(agreed, shares, strict=True)
    }
    stage.county.kill("relay")
    stage.county_line.mend()
    board.note("线路恢复，积压函件续传")
    for each in agreed:
        with courier.on_the_road(each):
            play[each.id].work_through((*first[each.id], *second[each.id]))
            play[each.id].finish((*first[each.id], *second[each.id]))
    return Played([sent for each in play.values() for sent in each.sent], shared, courier.incidents())


def _together(stage: Stage, board: Board, people: Iterator[Citizen], number: int) -> list[Shared]:
    """What several sites handle together: sent up, led by the city with parts elsewhere, sent up by an item's own route."""
    shared: list[Shared] = []
    item = routed.sent_up_item(stage.county, stage.city)
    for place in range(number):
        if place % 3 == 2:
            shared.append(routed.go_up(stage.county, stage.city, item, next(people)))
            board.whole("按事项流程上报：汉滨区 → 安康市")
            continue
        if place % 3 == 0:
            shared.append(together.send_up(stage.county, stage.city, next(people), place))
            board.whole("上报件：汉滨区 → 安康市")
            continue
        others = [stage.county, *([stage.partner] if stage.partner is not None else [])]
        shared += together.lead(stage.city, others, next(people), place)
        board.whole("多地联办：安康市牵头")
    return shared


def _agreements(stage: Stage, courier: Courier) -> list[Agreed]:
    """Who does what for whom: up, down, over the hub to another province and back, and by hand."""
    pairs = [(stage.county, stage.city), (stage.city, stage.county)]
    if stage.partner is not None and stage.township is not None:
        pairs += [(stage.county, stage.partner), (stage.partner, stage.city), (stage.township, stage.county)]
    agreed = []
    for place, (collecting, handling) in enumerate(pairs):
        with courier.between(collecting, handling):
            agreed.append(office.agree(collecting, handling, _ITEMS[place % len(_ITEMS)], list(_MODES)))
    return agreed


def _shares(pairs: int, cases: int) -> list[int]:
    """How many cases each pair has; the pair by hand, the last, has the fewest."""
    last = max(2, cases // 10) if pairs > 2 else cases // pairs
    rest = cases - last
    shares = [rest // (pairs - 1)] * (pairs - 1)
    shares[0] += rest - sum(shares)
    return [*shares, last]


def _take(people: Iterator[Citizen], number: int) -> list[Citizen]:
    return [next(people) for _ in range(number)]


def _pair(agreed: Agreed) -> str:
    return f"{agreed.collecting.name} → {agreed.handling.name}"


def _summary(stage: Stage, played: Played, found: list[str], seed: int, seconds: float) -> dict[str, object]:
    sent, shared, incidents = played.sent, played.shared, played.incidents
    kinds = Counter(each.kind for each in shared)
    joints = {
        str(each.seen.get(each.sites[0].id, {}).get("case_id", "")) for each in shared if each.kind == "multi_place"
    }
    sent_up = kinds["sent_up"] + kinds["routed"]
    return {
        "sites": [each.id for each in stage.sites],
        "cases": len(sent) + sent_up + len(joints),
        "seed": seed,
        "seconds": round(seconds, 1),
        "modes": {**Counter(each.mode for each in sent), "multi_place": len(joints), "sent_up": sent_up},
        "by_their_own_route": kinds["routed"],
        "result_files": sum(office.has_result_file(each) for each in sent),
        "fates": dict(Counter(each.fate for each in sent)),
        "pairs": dict(Counter(_pair(each.agreed) for each in sent)),
        "letters": sum(len(each.seen["collecting"]["letters"]) for each in sent if each.seen),
        "line_cuts": stage.county_line.cuts,
        "incidents": incidents,
        "incidents_held": all(incidents.values()),
        "differences": found,
        "requests_resent": sum(each.account.resent for each in stage.sites),
    }


def _write_histories(folder: Path, played: list[Sent]) -> None:
    """Both ends' histories, a line a letter, for whoever wants to look."""
    for end in ("collecting", "handling"):
        with (folder / f"histories-{end}.txt").open("w") as file:
            for sent in played:
                for line in sent.seen.get(end, {}).get("letters", ()):
                    words = (sent.number, line["created_at"], line["id"], line["type"], line["origin"], line["digest"])
                    file.write(" ".join(words) + "\n")
