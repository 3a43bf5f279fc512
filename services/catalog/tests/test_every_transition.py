"""Every act on an item in every state, and items that contradict themselves: refused, and nothing written (rules AB02)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from kit.testing import refused
from services.catalog.domain.items import Item, ItemState
from services.catalog.domain.routes import Step
from services.catalog.handlers import draft_item, publish_item, retire_item, return_item, submit_item
from services.catalog.tests.conftest import COUNTY, World, guide

Act = Callable[[World, Item], Item]
ACTS: dict[str, Act] = {
    "edit": lambda world, it: draft_item(
        catalog=world.catalog, call=world.call(), item_id=it.id, center_id=COUNTY, guide=guide(name="改过")
    ),
    "submit": lambda world, it: submit_item(catalog=world.catalog, call=world.call(), item_id=it.id, number=1),
    "send back": lambda world, it: return_item(
        catalog=world.catalog, call=world.call(), item_id=it.id, number=1, reason="缺依据"
    ),
    "publish": lambda world, it: publish_item(catalog=world.catalog, call=world.call(), item_id=it.id, number=1),
    "retire": lambda world, it: retire_item(
        catalog=world.catalog, call=world.call(), item_id=it.id, number=1, reason="政策调整"
    ),
}
#: How a first version comes to a state, and what may be done there; editing what was published begins the next version.
WAYS: dict[ItemState, tuple[str, ...]] = {
    ItemState.DRAFT: (),
    ItemState.IN_REVIEW: ("submit",),
    ItemState.PUBLISHED: ("submit", "publish"),
    ItemState.RETIRED: ("submit", "publish", "retire"),
}
LEGAL: dict[ItemState, set[str]] = {
    ItemState.DRAFT: {"edit", "submit"},
    ItemState.IN_REVIEW: {"send back", "publish"},
    ItemState.PUBLISHED: {"edit", "retire"},
    ItemState.RETIRED: {"edit"},
}
CODES = ("item_in_review", "item_not_draft", "item_not_in_review", "item_not_published")


@pytest.mark.parametrize(("state", "act"), list(product(ItemState, ACTS)))
def test_a_version_does_what_its_state_allows(federation: World, state: ItemState, act: str) -> None:
    item = draft_item(catalog=federation.catalog, call=federation.call(), item_id="", center_id=COUNTY, guide=guide())
    for step in WAYS[state]:
        item = ACTS[step](federation, item)
    if act in LEGAL[state]:
        assert ACTS[act](federation, item).version > item.version
        return
    with refused(federation.store, *CODES):
        ACTS[act](federation, item)


EXAMINE, DECIDE = Step("examine", "审查", "reviewer"), Step("decide", "决定", "approver")
UNDECLARED = '{"type": "object", "properties": {}, "required": ["shop"]}'


@pytest.mark.parametrize(
    "steps",
    [
        (replace(EXAMINE, after=("decide",)), replace(DECIDE, after=("examine",))),
        (replace(EXAMINE, after=("examine",)), DECIDE),
        (EXAMINE, replace(DECIDE, after=("nowhere",))),
        (EXAMINE, Step("aside", "旁支", "reviewer", after=("examine",)), replace(DECIDE, after=("examine",))),
    ],
    ids=["two in a loop", "one after itself", "after nothing", "a dead end"],
)
def test_a_route_that_cannot_be_gone_stays_a_draft(federation: World, steps: tuple[Step, ...]) -> None:
    item = draft_item(
        catalog=federation.catalog, call=federation.call(), item_id="", center_id=COUNTY, guide=guide(steps=steps)
    )
    with refused(federation.store, "route_loop", "route_step_unknown", "route_dead_end"):
        ACTS["submit"](federation, item)


@pytest.mark.parametrize(
    "changes", [{"form_schema": "{"}, {"form_schema": UNDECLARED}], ids=["no JSON", "asks for what it doesn't have"]
)
def test_a_form_that_contradicts_itself_is_not_kept(federation: World, changes: dict[str, Any]) -> None:
    item = draft_item(catalog=federation.catalog, call=federation.call(), item_id="", center_id=COUNTY, guide=guide())
    for id in ("", item.id):
        with refused(federation.store, "form_schema_invalid"):
            draft_item(
                catalog=federation.catalog, call=federation.call(), item_id=id, center_id=COUNTY,
                guide=guide(implementation_code="SP-002", **changes),
            )  # fmt: skip
