"""The menu leads to every desk, and stays short enough for a row."""

from __future__ import annotations

from itertools import chain
from typing import Final

import pytest

from gateway.pages.access import DESKS
from gateway.pages.menu import GROUPS
from gateway.pages.tests.visitor import Visitor

#: A page that each of them may open.
PAGE: Final = "/questions"
ROLES: Final = ("clerk", "chief", "reviewer", "approver", "supervisor", "manager")


def test_every_desk_has_its_place_in_one_group() -> None:
    grouped = list(chain.from_iterable(endpoints for _, endpoints in GROUPS))
    assert sorted(grouped) == sorted(desk.endpoint for desk in DESKS)


@pytest.mark.parametrize("role", ROLES)
def test_a_menu_leads_to_every_desk_that_one_may_open_and_to_no_other(visitor: Visitor, role: str) -> None:
    visitor.sign_in(role)
    top = visitor.get(PAGE)[1].partition("</header>")[0]
    for desk in DESKS:
        assert (f">{desk.name}</a>" in top) == (role in desk.roles), desk.name


@pytest.mark.parametrize("role", ROLES)
def test_what_stands_in_a_row_fits_there(visitor: Visitor, role: str) -> None:
    visitor.sign_in(role)
    top = visitor.get(PAGE)[1].partition("</header>")[0]
    behind = sum(part.count("<li>") for part in top.split("<details")[1:] for part in [part.partition("</details>")[0]])
    assert top.count("<li>") - behind <= 7, "with the way out"


def test_the_group_of_the_page_at_hand_is_marked(visitor: Visitor) -> None:
    visitor.sign_in("chief")
    top = visitor.get(PAGE)[1].partition("</header>")[0]
    assert top.count('<summary class="open">') == 1
    assert '<summary class="open">办件</summary>' in top
    assert top.count('aria-current="page"') == 1
