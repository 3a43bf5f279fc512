"""One receipt that comes over two links at the same moment is one word, whoever is first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from services.relay.domain.letter import Letter
from services.relay.domain.register import Settled, Settlement
from services.relay.handlers.desk import KINDS
from services.relay.handlers.incoming import receive
from services.relay.handlers.outgoing import post
from services.relay.handlers.passing import pass_on
from services.relay.handlers.receipts import receipt_for
from services.relay.tests.world import COUNTY, HUB, KEY, PARTNER, TOWN, Office, join, office
from tests.contract.memory_store import MemoryStore


class Interrupting(MemoryStore):
    """Lets another replica have its turn just before a channel is saved."""

    before: Callable[[], object] | None = None

    def _let_in(self, kind: str) -> None:
        if kind == "channel" and self.before is not None:
            turn, self.before = self.before, None
            turn()

    def insert(self, kind: str, id: str, body: Any, **given: Any) -> Any:
        self._let_in(kind)
        return super().insert(kind, id, body, **given)

    def save(self, kind: str, id: str, body: Any, version: int, **given: Any) -> Any:
        self._let_in(kind)
        return super().save(kind, id, body, version, **given)


def _hand_over(receipt: Letter, over: Office, to: Office) -> None:
    link = over.link_to(to.site)
    lane = over.desk.outgoing(link)
    envelope = lane.wrap(receipt, over.desk.envelopes.head(lane.key), KEY)
    envelope = replace(envelope, signature=over.keys.sign(KEY, envelope.canonical()))
    receive(to.desk, to.now, to.link_to(over.site), [envelope])


def test_a_receipt_that_comes_over_two_links_at_once_is_told_once() -> None:
    store = Interrupting(KINDS)
    county, hub, partner, town = (
        office(COUNTY, store=store), office(HUB, seed=2), office(PARTNER, seed=3), office(TOWN, seed=4)
    )  # fmt: skip
    join(county, hub, number=1)
    join(county, partner, number=2)
    join(county, town, number=3)
    letter = county.letter(TOWN, b"x")
    post(desk=county.desk, call=county.now, letter=letter)
    settled = Settled(Settlement.DELIVERED, "", "", TOWN, town.now.now)
    receipt = receipt_for(town.desk, town.now, replace(letter, origin=COUNTY), settled)
    assert receipt is not None
    _hand_over(receipt, hub, county)
    _hand_over(receipt, partner, county)
    came_between: list[int] = []
    store.before = lambda: came_between.append(pass_on(county.desk, county.now, county.link_to(PARTNER)))
    pass_on(county.desk, county.now, county.link_to(HUB))
    assert came_between == [1]
    told = [each for each in county.told() if each.type == "tongban.relay.letter_settled.v1"]
    assert len(told) >= 1
    assert len({each.id for each in told}) == 1, "told again it is the same event, which has its effect once"
    entry = county.desk.register.get(letter.id)
    assert [each.receipt for each in entry.history] == [receipt.id]
