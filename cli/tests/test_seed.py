"""Seeding: what the catalog refuses is said, and isn't taken for loaded."""

from __future__ import annotations

from typing import Any, cast

import pytest

from cli.operator import Operator
from cli.refusal import Refusal
from cli.sample.load import load_federation
from cli.sample.people import staff_of
from cli.seed import Loader
from kit.errors import Conflict
from tongban.catalog.v1.service_pb2 import ImportItemsResponse, ImportRow
from tongban.workforce.v1 import messages_pb2
from tongban.workforce.v1.service_pb2 import ListStaffResponse


class Answering:
    """An operator whose catalog answers every import so."""

    catalog = cast(Any, None)

    def __init__(self, answer: ImportItemsResponse) -> None:
        self._answer = answer
        self.catalog = type("Catalog", (), {"ImportItems": None})

    def ask(self, method: object, request: object, **_: object) -> ImportItemsResponse:
        return self._answer


def loader(answer: ImportItemsResponse) -> Loader:
    return Loader(cast(Operator, Answering(answer)), load_federation(), (), lambda line: None)


@pytest.mark.parametrize("applied", [True, False])
def test_a_row_that_was_refused_fails_the_load_and_is_named(applied: bool) -> None:
    bad = ImportRow(name="食品经营许可", problems=["承诺时限超过法定时限"])
    with pytest.raises(Refusal, match="食品经营许可: 承诺时限超过法定时限") as refused:
        loader(ImportItemsResponse(rows=[bad], imported=65, bad=1, applied=applied))._import_items()
    assert refused.value.exit_code != 0


class Full(Answering):
    """An operator whose workforce knows these usernames, and refuses everybody by their badge."""

    def __init__(self, *usernames: str) -> None:
        super().__init__(ImportItemsResponse())
        self.workforce = type("Workforce", (), {"AddStaff": "add", "ListStaff": "list"})
        self._usernames = usernames

    def ask(self, method: object, request: Any, **_: object) -> Any:
        if method == "add":
            raise Conflict("badge_number_taken", "该工牌编号已被使用，请换一个。")
        staff = [messages_pb2.Staff(id=f"id-{name}", username=name) for name in self._usernames]
        return ListStaffResponse(staff=staff if request.center_id == "610902" else [])


def test_who_is_there_from_an_earlier_load_is_found_by_the_username_whichever_key_is_told() -> None:
    federation = load_federation()
    first, second = [one for one in staff_of(federation) if one.center == "610902"][:2]
    both = Loader(cast(Operator, Full(first.username, second.username)), federation, [first, second], lambda line: None)
    assert both._add_staff() == {one.username: f"id-{one.username}" for one in (first, second)}
    one = Loader(cast(Operator, Full(first.username)), federation, [first, second], lambda line: None)
    with pytest.raises(Refusal, match=second.username):
        one._add_staff()


def test_what_was_taken_whole_counts() -> None:
    assert loader(ImportItemsResponse(imported=66, applied=True))._import_items() > 0
