"""The sample federation as the services' messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cli.sample.model import Center
from cli.sample.people import Employment, Staff
from cli.sample.terms import CenterLevel, WindowKind
from reference.policies import ALL
from tongban.access.v1 import access_pb2
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.workforce.v1 import messages_pb2 as workforce

_LEVELS: Final = {
    CenterLevel.CITY: catalog.CENTER_LEVEL_CITY,
    CenterLevel.COUNTY: catalog.CENTER_LEVEL_COUNTY,
    CenterLevel.TOWNSHIP: catalog.CENTER_LEVEL_TOWNSHIP,
}
_EMPLOYMENTS: Final = {
    Employment.ESTABLISHED: workforce.EMPLOYMENT_ESTABLISHED,
    Employment.CONTRACTED: workforce.EMPLOYMENT_CONTRACTED,
}


def window_id(center: str, number: str) -> str:
    """A window's id, as reference data has it."""
    return f"{center}-{number}"


def center_message(center: Center) -> catalog.Center:
    """A center with its departments, lanes and windows."""
    return catalog.Center(
        id=center.code,
        name=center.name,
        level=_LEVELS[center.level],
        parent_id=center.parent or "",
        address=center.address,
        phone=center.phone,
        departments=[
            catalog.Department(key=one.key, name=one.name, credit_code=one.credit_code, phone=one.phone)
            for one in center.departments
        ],
        lanes=[catalog.Lane(key=one.key, prefix=one.prefix, name=one.name) for one in center.lanes],
        windows=[
            catalog.Window(
                id=window_id(center.code, one.number),
                number=one.number,
                name=one.name,
                kind=_window_kind(one.kind),
                lanes=one.lanes,
            )
            for one in center.windows
        ],
    )


def hours_value(center: Center) -> Mapping[str, list[str]]:
    """Working hours in the form of the setting ``work_calendar`` (rules ZZ6), on the days that its default names."""
    hours = [f"{one.opens}-{one.closes}" for one in center.working_hours]
    return dict.fromkeys(ALL["work_calendar"].default, hours)


def staff_message(person: Staff) -> workforce.Staff:
    """A member of staff."""
    return workforce.Staff(
        username=person.username,
        name=person.name,
        badge_number=person.badge_number,
        center_id=person.center,
        department_key=person.department,
        posts=person.posts,
        roles=[access_pb2.Role.Value(f"ROLE_{role.name}") for role in person.roles],
        employment=_EMPLOYMENTS[person.employment],
    )


def _window_kind(kind: WindowKind) -> catalog.WindowKind.ValueType:
    return catalog.WindowKind.Value(f"WINDOW_KIND_{kind.name}")
