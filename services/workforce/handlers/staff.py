"""Adding and changing staff."""

from __future__ import annotations

from dataclasses import dataclass, field

from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid
from kit.store.port import Duplicate
from kit.store.repository import check_version
from kit.text import clean
from services.workforce.domain import sign_in as rules
from services.workforce.domain import staff as people
from services.workforce.domain.staff import Credentials, Details, Staff, StaffChanged, StaffJoined, StaffState
from services.workforce.handlers.workforce import Workforce


@dataclass(frozen=True, slots=True)
class NewAccount:
    """How the holder of a new account will sign in: with a password, or one whose hash comes from elsewhere."""

    username: str
    password: str = field(default="", repr=False)
    password_hash: str = field(default="", repr=False)
    #: The holder chose the password and needn't change it.
    password_is_final: bool = False


def add_staff(*, workforce: Workforce, call: Call, center_id: str, account: NewAccount, details: Details) -> Staff:
    """Adds a member of staff with an account (rules AH02, AH14, B10).

    The first password is to be changed at the first sign-in. Raises ``Invalid``, ``Forbidden``, ``Conflict``
    (``username_taken``, ``badge_number_taken``, ``contracted_staff_may_not_decide``), ``NotFound``.
    """
    before = workforce.staff.created_before(call)
    if before is not None:
        return before
    call.actor.require_center(center_id)
    people.check_granting(
        granter_id=call.actor.id,
        granter_is_admin=call.actor.has("admin"),
        before=None,
        roles=details.roles,
        state=StaffState.ACTIVE,
    )
    now = workforce.real.now()
    staff = people.join(
        id=workforce.ids.new_id(call.now),
        username=account.username,
        center_id=center_id,
        details=_checked(workforce, center_id, details),
        credentials=Credentials("", now, must_change=not account.password_is_final),
        contracted_may_decide=workforce.contracted_may_decide(center_id),
    )
    if workforce.staff.find_unique("by_username", staff.username) is not None:
        raise _taken(Duplicate("staff", "by_username"))  # before a hash is spent on it; the index decides
    staff = people.with_password(staff, _password_hash(workforce, call, staff, account))
    try:
        return workforce.staff.create(staff, [StaffJoined(staff)], call)
    except Duplicate as duplicate:
        raise _taken(duplicate) from duplicate


def change_staff(
    *,
    workforce: Workforce,
    call: Call,
    staff_id: str,
    details: Details,
    state: StaffState | None,
    expected_version: int,
) -> Staff:
    """Changes posts, roles, department or state; suspended or left, all sessions end at once (rules AA07).

    ``state`` ``None`` leaves it. Raises what ``add_staff`` raises, and ``Stale``, ``Conflict`` (``staff_left``).
    """
    staff = workforce.staff.get(staff_id)
    call.actor.require_center(staff.center_id)
    check_version(staff, expected_version)
    state = state or staff.state
    people.check_granting(
        granter_id=call.actor.id,
        granter_is_admin=call.actor.has("admin"),
        before=staff,
        roles=details.roles,
        state=state,
    )
    changed = people.change(
        staff,
        _checked(workforce, staff.center_id, details),
        state,
        contracted_may_decide=workforce.contracted_may_decide(staff.center_id),
    )
    try:
        return workforce.staff.save(changed, [StaffChanged(changed)], call)
    except Duplicate as duplicate:
        raise _taken(duplicate) from duplicate


def _checked(workforce: Workforce, center_id: str, details: Details) -> Details:
    center = workforce.reference.center(center_id)
    if details.department_key and center.department(details.department_key) is None:
        raise Invalid("department_unknown", "本中心没有该部门，请核对。", field="department_key")
    badge = clean(details.badge_number or "", field="badge_number", max_length=32, required=False)
    return Details(
        name=clean(details.name, field="name", max_length=50),
        badge_number=badge or None,
        department_key=details.department_key,
        posts=details.posts,
        roles=details.roles,
        employment=details.employment,
    )


def _password_hash(workforce: Workforce, call: Call, staff: Staff, account: NewAccount) -> str:
    if (account.password_hash or account.password_is_final) and not call.actor.has("admin"):
        raise Forbidden("password_import_not_allowed", "只有系统管理员可以导入账号密码，请改用初始密码。")
    if account.password_hash:
        workforce.passwords.check_hash(account.password_hash)
        return account.password_hash
    rules.check_password(account.password, staff.username, workforce.password_rule(staff.center_id))
    return workforce.passwords.hash(account.password)


def _taken(duplicate: Duplicate) -> Conflict:
    if duplicate.index == "by_badge":
        return Conflict("badge_number_taken", "该工牌编号已被使用，请换一个。")
    return Conflict("username_taken", "该用户名已被使用，请换一个。")
