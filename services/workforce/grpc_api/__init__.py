"""Proto to use case and back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from kit.call import Call, Idempotency, current_call
from kit.clock import to_ms
from kit.errors import Invalid
from services.workforce import handlers, queries
from services.workforce.domain.staff import Details, Post, Role, Staff
from services.workforce.events import EMPLOYMENTS, ROLES, STATES, assignment_message, staff_message
from services.workforce.grpc_api.covers import CoversApi
from services.workforce.handlers import NewAccount, Workforce
from tongban.workforce.v1 import messages_pb2, service_pb2

_STATES = {number: state for state, number in STATES.items()}
_EMPLOYMENTS = {number: employment for employment, number in EMPLOYMENTS.items()}
_ROLES: dict[int, Role] = {number: role for role, number in ROLES.items()}


class WorkforceApi(CoversApi):
    """Serves workforce's RPCs."""

    def __init__(self, workforce: Workforce) -> None:
        self._workforce = workforce

    def SignIn(self, request: service_pb2.SignInRequest, context: Any) -> service_pb2.SignInResponse:
        call = current_call()
        opened = handlers.sign_in(
            workforce=self._workforce, call=call, username=request.username, password=request.password
        )
        principal = queries.principal(workforce=self._workforce, call=call, opened=opened)
        return service_pb2.SignInResponse(session_token=opened.token, principal=_principal(principal))

    def GetSession(self, request: service_pb2.GetSessionRequest, context: Any) -> service_pb2.GetSessionResponse:
        call = current_call()
        opened = handlers.open_session(workforce=self._workforce, call=call, token=request.session_token)
        principal = queries.principal(workforce=self._workforce, call=call, opened=opened)
        return service_pb2.GetSessionResponse(principal=_principal(principal))

    def SignOut(self, request: service_pb2.SignOutRequest, context: Any) -> service_pb2.SignOutResponse:
        handlers.sign_out(workforce=self._workforce, call=current_call(), token=request.session_token)
        return service_pb2.SignOutResponse()

    def ChangePassword(
        self, request: service_pb2.ChangePasswordRequest, context: Any
    ) -> service_pb2.ChangePasswordResponse:
        handlers.change_password(
            workforce=self._workforce,
            call=current_call(),
            old=request.old_password,
            new=request.new_password,
            token=request.session_token,
        )
        return service_pb2.ChangePasswordResponse()

    def AddStaff(self, request: service_pb2.AddStaffRequest, context: Any) -> service_pb2.AddStaffResponse:
        staff = handlers.add_staff(
            workforce=self._workforce,
            call=_without_password(current_call(), request),
            center_id=request.staff.center_id,
            account=NewAccount(
                username=request.staff.username,
                password=request.password,
                password_hash=request.password_hash,
                password_is_final=request.password_is_final,
            ),
            details=_details(request.staff),
        )
        return service_pb2.AddStaffResponse(staff=staff_message(staff))

    def ChangeStaff(self, request: service_pb2.ChangeStaffRequest, context: Any) -> service_pb2.ChangeStaffResponse:
        call = current_call()
        staff = handlers.change_staff(
            workforce=self._workforce,
            call=call,
            staff_id=request.staff.id,
            details=_details(request.staff),
            state=_STATES.get(request.staff.state),
            expected_version=request.expected_version,
        )
        return service_pb2.ChangeStaffResponse(staff=self._with_window(call, staff))

    def GetStaff(self, request: service_pb2.GetStaffRequest, context: Any) -> service_pb2.GetStaffResponse:
        call = current_call()
        staff = queries.get_staff(workforce=self._workforce, call=call, staff_id=request.staff_id)
        return service_pb2.GetStaffResponse(staff=self._with_window(call, staff))

    def ListStaff(self, request: service_pb2.ListStaffRequest, context: Any) -> service_pb2.ListStaffResponse:
        found, windows = queries.list_staff(
            workforce=self._workforce,
            call=current_call(),
            center_id=request.center_id,
            limit=request.limit,
            cursor=request.cursor,
        )
        listed = [staff_message(staff, windows.get(staff.id, "")) for staff in found.items]
        return service_pb2.ListStaffResponse(staff=listed, next_cursor=found.cursor)

    def AssignWindow(self, request: service_pb2.AssignWindowRequest, context: Any) -> service_pb2.AssignWindowResponse:
        assignment = handlers.assign_window(
            workforce=self._workforce,
            call=current_call(),
            window_id=request.window_id,
            staff_id=request.staff_id,
            day=request.day,
        )
        return service_pb2.AssignWindowResponse(assignment=assignment_message(assignment))

    def ListAssignments(
        self, request: service_pb2.ListAssignmentsRequest, context: Any
    ) -> service_pb2.ListAssignmentsResponse:
        assignments = queries.list_assignments(
            workforce=self._workforce, call=current_call(), center_id=request.center_id, day=request.day
        )
        return service_pb2.ListAssignmentsResponse(assignments=[assignment_message(one) for one in assignments])

    def _with_window(self, call: Call, staff: Staff) -> messages_pb2.Staff:
        return staff_message(staff, queries.window_today(workforce=self._workforce, call=call, staff_id=staff.id))


def _principal(principal: queries.Principal) -> messages_pb2.Principal:
    expires = Timestamp()
    expires.FromMilliseconds(to_ms(principal.session_expires_at))
    return messages_pb2.Principal(
        staff_id=principal.staff.id,
        name=principal.staff.name,
        center_id=principal.staff.center_id,
        department_key=principal.staff.department_key,
        roles=[ROLES[role] for role in principal.staff.roles],
        session_expires_at=expires,
        window_id=principal.window_id,
        session_id=principal.session_id,
        must_change_password=principal.must_change_password,
        centers=principal.centers,
        away=principal.away,
        stand_in_name=principal.stand_in_name,
    )


def _details(staff: messages_pb2.Staff) -> Details:
    """What a request says about somebody. Raises ``Invalid``."""
    if staff.employment not in _EMPLOYMENTS:
        raise Invalid("employment_required", "请选择用工性质（在编或聘用）。", field="employment")
    return Details(
        name=staff.name,
        badge_number=staff.badge_number or None,
        department_key=staff.department_key,
        posts=_posts(staff.posts),
        roles=_roles(staff.roles),
        employment=_EMPLOYMENTS[staff.employment],
    )


def _posts(names: Sequence[str]) -> tuple[Post, ...]:
    try:
        return tuple(Post(name) for name in names)
    except ValueError as error:
        known = "、".join(Post)
        raise Invalid("post_unknown", f"岗位应为 {known} 之一，请更正。", field="posts") from error


def _roles(numbers: Sequence[int]) -> tuple[Role, ...]:
    try:
        return tuple(_ROLES[number] for number in numbers)
    except KeyError as error:
        raise Invalid("role_unknown", "该角色不能授予人员，请重新选择。", field="roles") from error


def _without_password(call: Call, request: service_pb2.AddStaffRequest) -> Call:
    """The call with a fingerprint that no password can be guessed from: it is kept with the account."""
    if call.idempotency is None:
        return call
    said = service_pb2.AddStaffRequest(staff=request.staff).SerializeToString(deterministic=True)
    return replace(call, idempotency=Idempotency(call.idempotency.key, hashlib.sha256(said).hexdigest()))
