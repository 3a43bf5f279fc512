"""Offices for the tests of approval."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reference.testing import sample_item
from services.approval_routing.tests.approval_office import Bench, MakeBench, build_bench


@pytest.fixture
def make_bench(tmp_path: Path) -> Iterator[MakeBench]:
    """Builds an office whose center has these settings; with ``items`` or ``centers`` for other reference data."""
    built: list[Bench] = []

    def make(policy: dict[str, Any] | None = None, **reference: Any) -> Bench:
        reference.setdefault("items", [sample_item(special_procedures=("expert_review", "site_visit"))])
        built.append(build_bench(tmp_path / f"office-{len(built)}", policy, **reference))
        return built[-1]

    yield make
    for bench in built:
        bench.store.close()


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """An office with every setting at its default; its item may need an expert review and a site visit."""
    return make_bench()
