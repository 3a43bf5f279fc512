"""What happens in the demo, case by case: planned by a seed, worked through in order, compared at the end."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from cli.demo.rest import Json
from cli.demo_federation import office
from cli.demo_federation.office import Agreed, Sent
from cli.demo_federation.sites import PATIENCE, until
from cli.sample.people import Citizen

#: Fates and how many of twenty have them; our own choice.
_FATES: Final = ("granted",) * 13 + ("supplemented",) * 3 + ("refused",) * 2 + ("denied",) * 2
#: Where a crossing of each fate ends.
ENDS: Final = {"granted": "delivered", "supplemented": "delivered", "denied": "delivered", "refused": "refused"}
#: What both places must show alike of a letter.
_LINE: Final = ("id", "type", "origin", "created_at", "digest")
#: What both places must show alike of the case.
_ALIKE: Final = ("id", "mode", "state", "number", "journey", "item_id", "item_name", "status")

Told = Callable[[str, int], None]


@dataclass
class Play:
    """The cases of the demo, and what is known of them."""

    told: Told
    sent: list[Sent] = field(default_factory=list)

    def collect(
        self, agreed: Agreed, people: Iterable[Citizen], modes: tuple[str, ...], rng: random.Random
    ) -> list[Sent]:
        """Takes applications in at one place for the other, and sends them."""
        made = []
        for place, person in enumerate(people):
            sent = office.collect(agreed, person, modes[place % len(modes)], rng.choice(_FATES))
            made.append(sent)
            self.sent.append(sent)
            self.told("sent", 1)
        return made

    def work_through(self, cases: Iterable[Sent]) -> None:
        """From the judgement to the end, several at once."""
        with ThreadPoolExecutor(4) as pool:
            for done in pool.map(self._work, cases):
                self.told("worked", done)

    def finish(self, cases: Iterable[Sent]) -> None:
        """Waits until the collecting place knows the end of each."""
        for sent in cases:
            end = ENDS[sent.fate]
            until(partial(_is, sent, end), f"{sent.number} to be {end}", PATIENCE)
            self.told("ended", 1)

    def _work(self, sent: Sent) -> int:
        office.judge(sent)
        if sent.fate == "refused":
            return 1
        if sent.fate == "supplemented":
            office.supplement(sent)
            office.accept_after_supplement(sent)
        office.decide(sent)
        if sent.mode != "fully_online":
            office.hand_over(sent)
        return 1


def _is(sent: Sent, state: str) -> bool:
    return bool(office.mirror(sent)["state"] == state)


def differences(cases: Iterable[Sent]) -> Iterator[str]:
    """Where two ends don't show the same: the case, or a line of its history."""
    for sent in cases:
        ours, theirs = office.mirror(sent), office.owned(sent)
        if theirs is None:
            yield f"{sent.number}: the handling place has nothing"
            continue
        sent.seen = {"collecting": ours, "handling": theirs}
        for name in _ALIKE:
            if ours[name] != theirs[name]:
                yield f"{sent.number}: {name} differs: {ours[name]!r} and {theirs[name]!r}"
        yield from _letters(sent.number, ours["letters"], theirs["letters"])


def _letters(number: str, ours: list[Json], theirs: list[Json]) -> Iterator[str]:
    for place in range(max(len(ours), len(theirs))):
        one = {name: ours[place][name] for name in _LINE} if place < len(ours) else None
        other = {name: theirs[place][name] for name in _LINE} if place < len(theirs) else None
        if one != other:
            yield f"{number}: line {place + 1} differs: {one} and {other}"


def results(cases: Iterable[Sent]) -> Iterator[str]:
    """Where a citizen who applied online doesn't get the very file that the handling place gave."""
    for sent in cases:
        if sent.mode != "fully_online" or ENDS[sent.fate] != "delivered" or sent.fate == "denied":
            continue
        if not office.has_result_file(sent):
            yield f"{sent.number}: no result file"
            continue
        site = sent.agreed.collecting
        citizen = site.api.as_citizen(sent.person.id_number, sent.person.name)
        if citizen.get_bytes(f"crossings/{sent.id}/result/file") != office.result_of(sent):
            yield f"{sent.number}: the result file is another"


def once_each(cases: Iterable[Sent]) -> Iterator[str]:
    """Where something is there more than once, or not at all, at the handling place."""
    by_site: dict[str, list[Sent]] = {}
    for sent in cases:
        by_site.setdefault(sent.agreed.handling.id, []).append(sent)
    for of_site in by_site.values():
        site = of_site[0].agreed.handling
        applications = [
            each["crossing_id"]
            for each in site.staff("clerk").pages(f"centers/{site.center}/applications")
            if each["crossing_id"]
        ]
        for sent in of_site:
            times = applications.count(sent.id)
            if times != 1:
                yield f"{sent.number}: {times} applications at {site.id}"
