"""A member of staff: post, roles, employment and state, with the password that proves them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from kit.errors import Conflict, Forbidden, Invalid


class StaffState(StrEnum):
    """State of a member of staff."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    #: For good: rights are gone at once (rules AA07).
    LEFT = "left"


class Employment(StrEnum):
    """Employment kind (用工性质, rules AH14, ZZ26)."""

    #: 在编
    ESTABLISHED = "established"
    #: 聘用、劳务派遣、购买服务
    CONTRACTED = "contracted"


class Role(StrEnum):
    """What an account may do; the names that access rules and actor tokens use."""

    CLERK = "clerk"
    CHIEF = "chief"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    ADMIN = "admin"
    ARCHIVIST = "archivist"


class Post(StrEnum):
    """Posts at the counter (综窗岗位, rules AH02), and behind it."""

    #: 咨询引导
    GUIDE = "guide"
    #: 帮办代办
    ASSIST = "assist"
    #: 接件受理
    INTAKE = "intake"
    #: 材料流转
    TRANSFER = "transfer"
    #: 结果送达
    DELIVERY = "delivery"
    #: 投诉处理
    COMPLAINT = "complaint"
    #: 首席代表 (rules AA03)
    REPRESENT = "represent"
    #: 审查
    REVIEW = "review"
    #: 审批
    APPROVE = "approve"


#: Roles that decide on applications: closed to contracted staff (rules AH14).
DECIDING = frozenset({Role.CHIEF, Role.APPROVER})
#: Roles whose work reaches the centers below their own.
OVERSEEING = frozenset({Role.SUPERVISOR, Role.MANAGER, Role.ADMIN})
#: Roles that only an admin gives, changes or takes, so that nobody raises themselves. Our own choice.
GRANTED_BY_ADMIN = frozenset({Role.MANAGER, Role.ADMIN})

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,31}")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What proves the holder of an account; times are real time.

    A session belongs to the ``generation`` that it began in; a changed password begins the next one, which ends all
    sessions but ``kept_session``.
    """

    password_hash: str = field(repr=False)
    changed_at: datetime
    must_change: bool
    generation: int = 1
    kept_session: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """What a center says about a member of staff and may change."""

    name: str
    #: Printed on the badge (rules B10), once in a center; ``None`` where there is none.
    badge_number: str | None
    #: Empty for who belongs to the center itself.
    department_key: str
    posts: tuple[Post, ...]
    roles: tuple[Role, ...]
    employment: Employment


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of staff of one center, with the account."""

    id: str
    username: str
    name: str
    badge_number: str | None
    center_id: str
    department_key: str
    posts: tuple[Post, ...]
    roles: tuple[Role, ...]
    employment: Employment
    state: StaffState
    credentials: Credentials
    version: int = 0

    @property
    def oversees(self) -> bool:
        """Whether the work reaches the centers below."""
        return not OVERSEEING.isdisjoint(self.roles)


@dataclass(frozen=True, slots=True)
class StaffJoined:
    """Somebody joined."""

    staff: Staff
    rules: str = "rules AH02"


@dataclass(frozen=True, slots=True)
class StaffChanged:
    """Somebody's post, roles, department or state changed."""

    staff: Staff
    rules: str = "rules AH02, AA07"


def usable_username(text: str) -> str:
    """The username in small letters. Raises ``Invalid``."""
    username = text.strip().lower()
    if not _USERNAME.fullmatch(username):
        raise Invalid(
            "username_invalid",
            "用户名应为 3 至 32 个字符，以字母开头，只含小写字母、数字、点、横线和下划线，请修改。",
            field="username",
        )
    return username


def join(
    *, id: str, username: str, center_id: str, details: Details, credentials: Credentials, contracted_may_decide: bool
) -> Staff:
    """A new member of staff, active at once. Raises ``Invalid``, ``Conflict`` (rules AH02, AH14)."""
    _check(details, contracted_may_decide)
    return Staff(
        id=id,
        username=usable_username(username),
        center_id=center_id,
        state=StaffState.ACTIVE,
        credentials=credentials,
        name=details.name,
        badge_number=details.badge_number,
        department_key=details.department_key,
        posts=details.posts,
        roles=details.roles,
        employment=details.employment,
    )


def change(staff: Staff, details: Details, state: StaffState, *, contracted_may_decide: bool) -> Staff:
    """The same person with another post, roles, department or state.

    Raises ``Conflict`` (``staff_left``) for who has left, and what ``join`` raises (rules AH02, AH14, AA07).
    """
    if staff.state is StaffState.LEFT:
        raise Conflict("staff_left", "该人员已离岗，不能再变更；重新入职请新建账号。")
    _check(details, contracted_may_decide)
    return replace(
        staff,
        state=state,
        name=details.name,
        badge_number=details.badge_number,
        department_key=details.department_key,
        posts=details.posts,
        roles=details.roles,
        employment=details.employment,
    )


def check_granting(
    *, granter_id: str, granter_is_admin: bool, before: Staff | None, roles: tuple[Role, ...], state: StaffState
) -> None:
    """Raises ``Forbidden`` where somebody would raise themselves, or shut themselves out (least privilege)."""
    touched = set(roles) | set(before.roles if before else ())
    if not granter_is_admin and not GRANTED_BY_ADMIN.isdisjoint(touched):
        raise Forbidden(
            "role_grant_not_allowed", "中心管理人员和系统管理员的账号只能由系统管理员设置，请联系系统管理员。"
        )
    if before is not None and before.id == granter_id and (set(before.roles) != set(roles) or before.state != state):
        raise Forbidden("own_rights_not_allowed", "不能变更本人的权限或状态，请由其他管理人员办理。")


def with_password(staff: Staff, password_hash: str) -> Staff:
    """A new account with its first password."""
    return replace(staff, credentials=replace(staff.credentials, password_hash=password_hash))


def change_password(staff: Staff, password_hash: str, *, now: datetime, keep_session: str) -> Staff:
    """The same person with a new password; all sessions end but the one kept."""
    credentials = Credentials(
        password_hash=password_hash,
        changed_at=now,
        must_change=False,
        generation=staff.credentials.generation + 1,
        kept_session=keep_session,
    )
    return replace(staff, credentials=credentials)


def _check(details: Details, contracted_may_decide: bool) -> None:
    if not details.roles:
        raise Invalid("roles_required", "请至少选择一个角色。", field="roles")
    if len(set(details.roles)) != len(details.roles) or len(set(details.posts)) != len(details.posts):
        raise Invalid("roles_repeated", "角色或岗位有重复，请去掉重复项。", field="roles")
    if details.employment is Employment.CONTRACTED and not contracted_may_decide:
        _check_contracted(details)


def _check_contracted(details: Details) -> None:
    if not DECIDING.isdisjoint(details.roles) or not {Post.REPRESENT, Post.APPROVE}.isdisjoint(details.posts):
        raise Conflict(
            "contracted_staff_may_not_decide",
            "聘用、派遣人员不得担任首席代表或审批岗位，请调整角色，或由在编人员担任。",
            rule="AH14",
        )
