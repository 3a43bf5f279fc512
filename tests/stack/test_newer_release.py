"""Events of a newer release pass through the services of an older one."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from tests.integration.people import Town
from tests.integration.visits import MARRIAGE, Visit
from tests.stack.acceptances import INTAKE, NOT_PROTOBUF, UNKNOWN_FIELD, acceptance, all_events, case_of, of_another
from tests.stack.site import StackSite

pytestmark = [pytest.mark.slow]


def test_unknown_fields_and_types_of_a_newer_release_pass_through_an_older_service(site: StackSite, town: Town) -> None:
    visit = Visit(town, MARRIAGE)
    visit.accepted()
    given_up = site.dead_letters()
    with site.bus() as bus:
        newer = of_another(acceptance(bus, visit))
        assert newer.data.count(UNKNOWN_FIELD) == 2
        unknown = replace(newer, id=uuid4().hex, type="tongban.intake.application_teleported.v1", data=NOT_PROTOBUF)
        bus.publish(INTAKE, [unknown, newer, unknown], [{"ce_newerattribute": "1"}] * 3)
        case = case_of(visit, newer)
        assert case["journey"] == newer.journey
        assert case["state"] == "in_progress"
        site.settle()
        (again,) = [each for each in all_events(bus, INTAKE) if each.id == newer.id]
    assert again.data == newer.data, "nobody has touched what others may understand"
    assert site.dead_letters() == given_up
