"""The life of an item: every path of commands, legal or not (rules AB01, AB02)."""

from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kit.errors import Conflict, NotFound
from kit.testing import MONDAY, examples
from services.catalog.domain import items
from services.catalog.domain.items import Guide, Item, ItemState, ItemVersion

NUMBERS = st.integers(0, 6)


class ItemLife(RuleBasedStateMachine):
    """Drives one item by random commands and keeps the books beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.item, events = items.start("item-1", "610902", Guide("第一版"))
        self.now = MONDAY
        self.written = {1: "第一版"}
        self.published_ever: list[int] = []
        assert len(events) == 1

    def save(self, changed: Item) -> None:
        self.item = changed

    @rule(name=st.sampled_from(["甲", "乙", "丙"]))
    def draft(self, name: str) -> None:
        reviewing = self.item.open is not None and self.item.open.state is ItemState.IN_REVIEW
        if reviewing:
            with pytest.raises(Conflict, match="item_in_review"):
                items.redraft(self.item, Guide(name))
            return
        changed, events = items.redraft(self.item, Guide(name))
        assert [type(event).__name__ for event in events] == ["ItemDrafted"]
        assert changed.open is not None
        self.written[changed.open.number] = name
        self.save(changed)

    @rule(number=NUMBERS)
    def submit(self, number: int) -> None:
        legal = self.is_open(number, ItemState.DRAFT)
        self.attempt(legal, number, lambda: items.submit(self.item, number)[0])

    @rule(number=NUMBERS)
    def send_back(self, number: int) -> None:
        legal = self.is_open(number, ItemState.IN_REVIEW)
        self.attempt(legal, number, lambda: items.send_back(self.item, number, "缺依据")[0])
        if legal:
            assert self.item.open is not None
            assert self.item.open.review_note == "缺依据"

    @rule(number=NUMBERS)
    def publish(self, number: int) -> None:
        legal = self.is_open(number, ItemState.IN_REVIEW)
        before = self.item.published
        self.now += timedelta(minutes=1)
        self.attempt(legal, number, lambda: items.publish(self.item, number, self.now)[0])
        if legal:
            assert self.item.published is not None
            assert (self.item.published.number, self.item.published.published_at) == (number, self.now)
            assert self.item.open is None
            self.published_ever.append(number)
            if before is not None:
                assert self.item.former is not None
                assert self.item.former.number == before.number

    @rule(number=NUMBERS)
    def retire(self, number: int) -> None:
        legal = self.item.published is not None and self.item.published.number == number
        self.attempt(legal, number, lambda: items.retire(self.item, number, "政策调整")[0])
        if legal:
            assert self.item.published is None

    @precondition(lambda self: self.item.published is not None)
    @rule()
    def retire_what_is_published(self) -> None:
        assert self.item.published is not None
        self.save(items.retire(self.item, self.item.published.number, "政策调整")[0])

    @precondition(lambda self: self.item.open is not None)
    @rule()
    def bring_to_publication(self) -> None:
        number = self.item.last_number
        if self.is_open(number, ItemState.DRAFT):
            self.submit(number)
        self.publish(number)

    def is_open(self, number: int, state: ItemState) -> bool:
        return self.item.open is not None and self.item.open.number == number and self.item.open.state is state

    def attempt(self, legal: bool, number: int, change: object) -> None:
        assert callable(change)
        if legal:
            self.save(change())
            return
        known = 1 <= number <= self.item.last_number
        with pytest.raises(Conflict if known else NotFound):
            change()

    @invariant()
    def one_version_at_most_is_published_and_each_stands_where_its_state_says(self) -> None:
        item = self.item
        places: list[tuple[ItemVersion | None, tuple[ItemState, ...]]] = [
            (item.open, (ItemState.DRAFT, ItemState.IN_REVIEW)),
            (item.published, (ItemState.PUBLISHED,)),
            (item.former, (ItemState.RETIRED,)),
        ]
        for version, states in places:
            assert version is None or version.state in states

    @invariant()
    def versions_grow_and_their_words_never_change(self) -> None:
        item = self.item
        there = [one for one in (item.former, item.published, item.open) if one]
        numbers = [one.number for one in there]
        assert numbers == sorted(set(numbers))
        assert max(numbers) <= item.last_number
        for one in there:
            assert one.guide.name == self.written[one.number]
        assert self.published_ever == sorted(set(self.published_ever))


ItemLife.TestCase.settings = settings(max_examples=examples(60), stateful_step_count=30, deadline=None)
TestItemLife = ItemLife.TestCase


def test_publishing_a_new_version_tells_it_before_the_former_one_is_retired() -> None:
    item, _ = items.start("item-1", "610902", Guide("第一版"))
    item, _ = items.submit(item, 1)
    item, _ = items.publish(item, 1, MONDAY)
    item, _ = items.redraft(item, Guide("第二版"))
    assert item.published is not None
    assert item.published.guide.name == "第一版"
    item, _ = items.submit(item, 2)
    item, events = items.publish(item, 2, MONDAY)
    assert [(type(event).__name__, event.content.number) for event in events] == [
        ("ItemPublished", 2),
        ("ItemRetired", 1),
    ]


def test_a_returned_draft_keeps_the_reason_until_it_is_handed_in_again() -> None:
    item, _ = items.start("item-1", "610902", Guide("第一版"))
    item, _ = items.submit(item, 1)
    item, _ = items.send_back(item, 1, "缺少法律依据")
    item, _ = items.redraft(item, Guide("改过"))
    assert item.latest.review_note == "缺少法律依据"
    item, _ = items.submit(item, 1)
    assert item.latest.review_note == ""
