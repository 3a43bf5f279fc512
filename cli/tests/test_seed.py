"""Seeding: what the catalog refuses is said, and isn't taken for loaded."""

from __future__ import annotations

from typing import Any, cast

import pytest

from cli.operator import Operator
from cli.refusal import Refusal
from cli.sample.load import load_federation
from cli.seed import Loader
from tongban.catalog.v1.service_pb2 import ImportItemsResponse, ImportRow


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


def test_what_was_taken_whole_counts() -> None:
    assert loader(ImportItemsResponse(imported=66, applied=True))._import_items() > 0
