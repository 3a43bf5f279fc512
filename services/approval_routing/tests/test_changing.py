"""A changed case is what ``dataclasses.replace`` makes of it, and what has to be checked is not changed this way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kit.workdays import Limit, Unit
from services.approval_routing.domain.case import CaseState
from services.approval_routing.domain.changing import changed
from services.approval_routing.tests.approval_office import Bench


def test_a_changed_case_is_the_one_that_would_have_been_made_anew(bench: Bench) -> None:
    case = bench.at_last_step()
    assert changed(case, state=CaseState.PAUSED, version=9) == replace(case, state=CaseState.PAUSED, version=9)
    for step in case.steps:
        assert changed(step, opinion="同意") == replace(step, opinion="同意")
    assert changed(case) == case


def test_nothing_is_changed_that_checks_itself_or_isnt_there(bench: Bench) -> None:
    with pytest.raises(TypeError, match="Limit"):
        changed(Limit(1, Unit.WORKING_DAY), amount=-1)
    with pytest.raises(AttributeError):
        changed(bench.opened(), colour="红")
