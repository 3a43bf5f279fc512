"""What comes over the wire is what the use cases say, and no password comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kit.call import Call, enter_call, leave_call
from kit.errors import Invalid
from kit.store.sqlite import SqliteStore
from kit.testing import call
from services.workforce.grpc_api import WorkforceApi
from services.workforce.handlers import Workforce
from services.workforce.tests.wiring import CITY, COUNTY, OPERATOR, PASSWORD, TOWNSHIP, by
from tongban.access.v1 import access_pb2
from tongban.workforce.v1 import messages_pb2 as messages
from tongban.workforce.v1 import service_pb2 as service


@contextmanager
def calling(as_call: Call) -> Iterator[None]:
    token = enter_call(as_call)
    try:
        yield
    finally:
        leave_call(token)


Ask = Callable[..., Any]


@pytest.fixture
def ask(workforce: Workforce) -> Ask:
    api = WorkforceApi(workforce)

    def send(name: str, request: object, as_call: Call = OPERATOR) -> Any:
        with calling(as_call):
            return getattr(api, name)(request, None)

    return send


def manager(**changes: Any) -> messages.Staff:
    fields = {
        "username": "hb-manager-01",
        "name": "样云帆",
        "badge_number": "HB001",
        "center_id": COUNTY,
        "posts": ["guide"],
        "roles": [access_pb2.ROLE_MANAGER, access_pb2.ROLE_CLERK],
        "employment": messages.EMPLOYMENT_ESTABLISHED,
    }
    return messages.Staff(**{**fields, **changes})


def test_a_member_of_staff_goes_round(ask: Ask) -> None:
    added = ask("AddStaff", service.AddStaffRequest(staff=manager(), password=PASSWORD, password_is_final=True)).staff
    assert added.state == messages.STAFF_STATE_ACTIVE
    assert added.version == 1
    assert list(added.roles) == [access_pb2.ROLE_MANAGER, access_pb2.ROLE_CLERK]
    assert ask("GetStaff", service.GetStaffRequest(staff_id=added.id)).staff == added
    assert list(ask("ListStaff", service.ListStaffRequest(center_id=COUNTY)).staff) == [added]

    added.badge_number = "HB002"
    added.state = messages.STAFF_STATE_UNSPECIFIED
    changed = ask("ChangeStaff", service.ChangeStaffRequest(staff=added, expected_version=1)).staff
    assert (changed.badge_number, changed.state, changed.version) == ("HB002", messages.STAFF_STATE_ACTIVE, 2)


def test_a_session_says_who_it_is_and_what_it_reaches(ask: Ask) -> None:
    added = ask("AddStaff", service.AddStaffRequest(staff=manager(), password=PASSWORD, password_is_final=True)).staff
    own = by("manager", id="another")
    seat = service.AssignWindowRequest(window_id=f"{COUNTY}-01", staff_id=added.id)
    assert ask("AssignWindow", seat, own).assignment.staff_name == "样云帆"
    assert len(ask("ListAssignments", service.ListAssignmentsRequest(center_id=COUNTY), own).assignments) == 1

    signed_in = ask("SignIn", service.SignInRequest(username="hb-manager-01", password=PASSWORD), by("public"))
    principal = signed_in.principal
    assert (principal.staff_id, principal.center_id, principal.window_id) == (added.id, COUNTY, f"{COUNTY}-01")
    assert list(principal.centers) == [COUNTY, TOWNSHIP]
    assert CITY not in principal.centers
    assert not principal.must_change_password
    again = ask("GetSession", service.GetSessionRequest(session_token=signed_in.session_token), by("public"))
    assert again.principal == principal

    mine = by("manager", id=added.id)
    new = service.ChangePasswordRequest(old_password=PASSWORD, new_password="Another-Horse-8")
    ask("ChangePassword", new, mine)
    ask("SignOut", service.SignOutRequest(session_token=signed_in.session_token), by("public"))


def test_what_is_kept_of_a_call_tells_nothing_of_the_password(ask: Ask, database: SqliteStore) -> None:
    keyed = [call(OPERATOR.actor, OPERATOR.now, key="k", fingerprint=said) for said in ("one", "other")]
    ids = {
        ask("AddStaff", service.AddStaffRequest(staff=manager(), password=password), keyed[number]).staff.id
        for number, password in enumerate([PASSWORD, "Another-Horse-8"])
    }
    assert len(ids) == 1, "the fingerprint is of the staff alone"
    [kept] = database.scan("staff")
    assert kept.fingerprint not in {"one", "other"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"roles": [access_pb2.ROLE_SERVICE]}, "role_unknown"),
        ({"roles": [access_pb2.ROLE_CITIZEN]}, "role_unknown"),
        ({"roles": [access_pb2.ROLE_UNSPECIFIED]}, "role_unknown"),
        ({"roles": [access_pb2.ROLE_CLERK] * 2}, "roles_repeated"),
        ({"roles": []}, "roles_required"),
        ({"posts": ["king"]}, "post_unknown"),
        ({"employment": messages.EMPLOYMENT_UNSPECIFIED}, "employment_required"),
    ],
)
def test_what_cannot_be_meant_is_refused(ask: Ask, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as caught:
        ask("AddStaff", service.AddStaffRequest(staff=manager(**changes), password=PASSWORD))
    assert caught.value.code == code
