"""Three sites, any order of acts and of late and repeated letters: never two owners, and in the end one view."""

from dataclasses import dataclass, field, replace
from itertools import permutations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kit.errors import Conflict, Forbidden
from kit.testing import MONDAY
from services.federation.domain import ownership
from services.federation.domain.ownership import Offer, Ownership, Verdict

SITES = ("610900.city", "610902.county", "510000.partner")
A, B, C = SITES


@dataclass
class Site:
    """What one site holds: who owns it, what it says, and words that came too early."""

    name: str
    held: Ownership = field(default_factory=lambda: Ownership(A))
    content: int = 0
    early: dict[str, tuple[Ownership, int]] = field(default_factory=dict)

    def may_change(self) -> bool:
        return self.held.owner == self.name and self.held.offer is None

    def hear(self, sender: str, told: Ownership, content: int) -> None:
        verdict = ownership.judge(self.held, told, sender)
        if verdict is Verdict.EARLY:
            before = self.early.get(sender)
            if before is None or told.order > before[0].order:
                self.early[sender] = told, content
        elif verdict is Verdict.APPLY:
            self.held, self.content = told, content
            for other, kept in list(self.early.items()):
                if ownership.judge(self.held, kept[0], other) is not Verdict.EARLY:
                    del self.early[other]
                    self.hear(other, *kept)


class OwnershipMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.sites = {name: Site(name) for name in SITES}
        #: Letters on their way, in order by pair of sites.
        self.lines: dict[tuple[str, str], list[tuple[str, object]]] = {pair: [] for pair in permutations(SITES, 2)}
        self.offers = 0
        self.changes = 0

    def _tell(self, site: Site) -> None:
        for other in SITES:
            if other != site.name:
                self.lines[site.name, other].append(("told", (site.held, site.content)))

    def _hear(self, pair: tuple[str, str], held: Ownership, content: int) -> None:
        site = self.sites[pair[1]]
        before = site.held
        site.hear(pair[0], held, content)
        offer = site.held.offer
        if site.held != before and offer and offer.to_site == site.name and offer.withdrawn_at:
            self._decline(site)

    def _deliver(self, pair: tuple[str, str], *, keep: bool) -> None:
        line, site = self.lines[pair], self.sites[pair[1]]
        kind, word = line[0] if keep else line.pop(0)
        if kind == "told":
            self._hear(pair, *word)  # type: ignore[misc]
        else:
            back = ownership.declined(site.held, site.name, str(word))
            if back is not None:
                site.held = back
                self._tell(site)

    def _decline(self, site: Site) -> None:
        offer, owner = site.held.offer, site.held.owner
        site.held = ownership.decline(site.held, site.name)
        assert offer is not None
        self.lines[site.name, owner].append(("declined", offer.id))

    @rule(name=st.sampled_from(SITES))
    def somebody_changes_it(self, name: str) -> None:
        site = self.sites[name]
        if site.may_change():
            self.changes += 1
            site.held, site.content = ownership.changed(site.held, name), self.changes
            self._tell(site)
        else:
            with pytest.raises(Conflict):
                ownership.changed(site.held, name)

    @rule(name=st.sampled_from(SITES), to=st.sampled_from(SITES))
    def somebody_offers_it(self, name: str, to: str) -> None:
        site = self.sites[name]
        try:
            self.offers += 1
            made = Offer(f"offer-{self.offers}", to, "张三", MONDAY)
            site.held = ownership.offer(site.held, name, made)
        except Conflict:
            return
        self._tell(site)

    @rule(name=st.sampled_from(SITES))
    def somebody_asks_it_back(self, name: str) -> None:
        site = self.sites[name]
        try:
            site.held = ownership.ask_back(site.held, name, MONDAY)
        except Conflict:
            return
        self._tell(site)

    @rule(name=st.sampled_from(SITES))
    def somebody_takes_it(self, name: str) -> None:
        site = self.sites[name]
        try:
            site.held = ownership.take(site.held, name, "李四")
        except Conflict:
            return
        self._tell(site)

    @rule(name=st.sampled_from(SITES))
    def somebody_declines_it(self, name: str) -> None:
        if (offer := self.sites[name].held.offer) and offer.to_site == name and self.sites[name].held.owner != name:
            self._decline(self.sites[name])

    @rule(pair=st.sampled_from(list(permutations(SITES, 2))), keep=st.booleans(), many=st.integers(1, 4))
    def letters_arrive(self, pair: tuple[str, str], keep: bool, many: int) -> None:
        for _ in range(many):
            if self.lines[pair]:
                self._deliver(pair, keep=keep)

    @rule(name=st.sampled_from(SITES), term=st.integers(1, 9))
    def a_stranger_claims_it(self, name: str, term: int) -> None:
        before = replace(self.sites[name].held)
        with pytest.raises(Forbidden):
            ownership.judge(before, Ownership(C if before.owner != C else A, term), "999999.stranger")

    @invariant()
    def never_two_may_change_it(self) -> None:
        assert sum(site.may_change() for site in self.sites.values()) <= 1

    def teardown(self) -> None:
        while any(self.lines.values()):
            for pair, line in self.lines.items():
                if line:
                    self._deliver(pair, keep=False)
        views = {(site.held.owner, site.held.order, site.content) for site in self.sites.values()}
        offered = {site.held.offer.id for site in self.sites.values() if site.held.offer}
        assert len(views) == 1, views
        assert len(offered) <= 1
        assert not any(site.early for site in self.sites.values())
        owner = next(iter(views))[0]
        assert self.sites[owner].held.owner == owner


TestOwnershipMachine = OwnershipMachine.TestCase


def test_nobody_takes_it_in_anothers_name() -> None:
    with pytest.raises(Forbidden, match="not_the_owner"):
        ownership.judge(Ownership(A), Ownership(B, 2), A)


def test_an_offer_that_was_declined_cannot_be_taken_on_a_stale_page() -> None:
    offered = ownership.offer(Ownership(A), A, Offer("o", B, "张三", MONDAY))
    mirror = ownership.decline(offered, B)
    with pytest.raises(Conflict, match="not_offered_here"):
        ownership.take(mirror, B, "李四")


def test_the_offer_that_comes_again_does_not_undo_its_declining() -> None:
    offered = ownership.offer(Ownership(A), A, Offer("o", B, "张三", MONDAY))
    assert ownership.judge(ownership.decline(offered, B), offered, A) is Verdict.OLDER


def test_a_partner_that_says_it_took_it_waits_for_the_owners_offer() -> None:
    taken = ownership.take(ownership.offer(Ownership(A), A, Offer("o", B, "张三", MONDAY)), B, "李四")
    assert ownership.judge(Ownership(A), taken, B) is Verdict.EARLY
    assert ownership.judge(ownership.offer(Ownership(A), A, Offer("o", B, "张三", MONDAY)), taken, B) is Verdict.APPLY


def test_an_offer_that_was_asked_back_is_not_taken() -> None:
    offered = ownership.offer(Ownership(A), A, Offer("o", B, "张三", MONDAY))
    with pytest.raises(Conflict, match="offer_withdrawn"):
        ownership.take(ownership.ask_back(offered, A, MONDAY), B, "李四")
