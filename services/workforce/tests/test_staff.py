"""Who may be added, with which rights, and by whom."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from kit.errors import Conflict, Forbidden, Invalid, NotFound, Stale, TongbanError
from kit.store.sqlite import SqliteStore
from kit.testing import call, store
from reference import REFERENCE_KINDS
from services.workforce import handlers, queries
from services.workforce.domain.staff import Details, Employment, Post, Role, Staff, StaffState
from services.workforce.handlers import KINDS, NewAccount, Workforce
from services.workforce.tests.wiring import (
    CITY,
    CLERK,
    COUNTY,
    OPERATOR,
    PASSWORD,
    TOWNSHIP,
    Hire,
    built,
    by,
    event_names,
)

MANAGER = by("manager")


def change(
    workforce: Workforce, staff: Staff, details: Details = CLERK, state: StaffState | None = None, **given: object
) -> Staff:
    arguments = {"call": MANAGER, "expected_version": 0} | given
    return handlers.change_staff(
        workforce=workforce,
        staff_id=staff.id,
        details=details,
        state=state,
        **arguments,  # type: ignore[arg-type]
    )


def refusal(work: object, *arguments: object, **named: object) -> str:
    with pytest.raises(TongbanError) as caught:
        work(*arguments, **named)  # type: ignore[operator]
    return caught.value.code


def test_somebody_who_joins_is_told_to_the_site_without_their_password(hire: Hire, database: SqliteStore) -> None:
    hire(badge_number=" HB001 ", posts=(Post.INTAKE,))
    [pending] = database.pending(10)
    assert pending.event.type == "tongban.workforce.staff_joined.v1"
    assert b"HB001" in pending.event.data
    assert b"argon2" not in pending.event.data


def test_a_username_is_given_once_in_the_site(workforce: Workforce, hire: Hire) -> None:
    hire()
    assert refusal(hire, "HB-Clerk-01", center=CITY) == "username_taken"


def test_a_badge_number_is_given_once_in_a_center(hire: Hire) -> None:
    hire(badge_number="001")
    hire("ak-clerk-01", center=CITY, badge_number="001")
    hire("hb-clerk-02")
    hire("hb-clerk-03")
    assert refusal(hire, "hb-clerk-04", badge_number="001") == "badge_number_taken"


def test_of_two_who_take_a_username_at_once_one_gets_it(workforce: Workforce, hire: Hire) -> None:
    def attempt(_: int) -> str:
        try:
            hire()
        except Conflict as error:
            return error.code
        return "added"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(attempt, range(4)))
    assert outcomes == ["added", "username_taken", "username_taken", "username_taken"]


def test_the_same_call_sent_again_adds_nobody(workforce: Workforce, database: SqliteStore) -> None:
    keyed = call(OPERATOR.actor, OPERATOR.now, key="k", fingerprint="f")
    added = [
        handlers.add_staff(
            workforce=workforce, call=keyed, center_id=COUNTY, account=NewAccount("abc", PASSWORD), details=CLERK
        )
        for _ in range(2)
    ]
    assert added[0].id == added[1].id
    assert event_names(database) == ["staff_joined"]


@pytest.mark.parametrize("username", ["", "ab", "1abc", "a b c", "a" * 33, "张三丰", "abc'--", "a/../b", "abc\x00"])
def test_a_username_that_cannot_be_typed_everywhere_is_refused(hire: Hire, username: str) -> None:
    assert refusal(hire, username) == "username_invalid"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "text_required"),
        ({"name": "样\x07"}, "text_invalid"),
        ({"name": "样" * 51}, "text_too_long"),
        ({"department_key": "no-such"}, "department_unknown"),
        ({"posts": (Post.GUIDE, Post.GUIDE)}, "roles_repeated"),
    ],
)
def test_details_that_do_not_fit_are_refused(hire: Hire, changes: dict[str, object], code: str) -> None:
    assert refusal(hire, **changes) == code


def test_an_unknown_center_has_no_staff(hire: Hire) -> None:
    nowhere = by("admin", center="999999")
    assert refusal(hire, center="999999", as_call=nowhere) in {"center_unknown", "reference_not_ready"}


# ── Contracted staff (rules AH14) ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("roles", "posts"), [((Role.APPROVER,), ()), ((Role.CLERK, Role.CHIEF), ()), ((Role.CLERK,), (Post.APPROVE,))]
)
def test_contracted_staff_may_not_decide(hire: Hire, roles: tuple[Role, ...], posts: tuple[Post, ...]) -> None:
    code = refusal(hire, "contracted", *roles, posts=posts, employment=Employment.CONTRACTED)
    assert code == "contracted_staff_may_not_decide"


def test_contracted_staff_may_serve(hire: Hire) -> None:
    assert hire("contracted", employment=Employment.CONTRACTED, posts=(Post.INTAKE,)).version == 1


def test_an_approver_cannot_be_made_contracted(workforce: Workforce, hire: Hire) -> None:
    staff = hire("approver", Role.APPROVER)
    contracted = replace(CLERK, roles=(Role.APPROVER,), employment=Employment.CONTRACTED)
    assert refusal(change, workforce, staff, contracted) == "contracted_staff_may_not_decide"


def test_a_center_may_set_the_rule_aside(tmp_path: Path) -> None:
    lenient = built(store(tmp_path, [*KINDS, *REFERENCE_KINDS]), post_employment_rule="any")
    details = replace(CLERK, roles=(Role.APPROVER,), employment=Employment.CONTRACTED)
    added = handlers.add_staff(
        workforce=lenient, call=OPERATOR, center_id=COUNTY, account=NewAccount("abc", PASSWORD), details=details
    )
    assert added.roles == (Role.APPROVER,)


# ── Who may give what ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", [Role.MANAGER, Role.ADMIN])
def test_a_manager_makes_no_manager(workforce: Workforce, hire: Hire, role: Role) -> None:
    assert refusal(hire, "new", role, as_call=MANAGER) == "role_grant_not_allowed"
    staff = hire()
    assert refusal(change, workforce, staff, replace(CLERK, roles=(role,))) == "role_grant_not_allowed"


def test_a_manager_does_not_suspend_an_admin(workforce: Workforce, hire: Hire) -> None:
    staff = hire("boss", Role.ADMIN)
    details = replace(CLERK, roles=(Role.ADMIN,))
    assert refusal(change, workforce, staff, details, StaffState.SUSPENDED) == "role_grant_not_allowed"


def test_nobody_changes_their_own_rights(workforce: Workforce, hire: Hire) -> None:
    staff = hire("boss", Role.ADMIN)
    own = call(replace(OPERATOR.actor, id=staff.id))
    details = replace(CLERK, roles=(Role.ADMIN,))
    assert refusal(change, workforce, staff, details, StaffState.LEFT, call=own) == "own_rights_not_allowed"
    more = replace(details, roles=(Role.ADMIN, Role.APPROVER))
    assert refusal(change, workforce, staff, more, call=own) == "own_rights_not_allowed"
    assert change(workforce, staff, replace(details, name="样思远"), call=own).name == "样思远"


@pytest.mark.parametrize("center", [CITY, TOWNSHIP])
def test_another_centers_manager_touches_nobody_here(workforce: Workforce, hire: Hire, center: str) -> None:
    staff = hire()
    stranger = by("manager", center=center)
    assert refusal(hire, "new", as_call=stranger) == "center_not_allowed"
    assert refusal(change, workforce, staff, call=stranger) == "center_not_allowed"
    with pytest.raises(Forbidden):
        queries.get_staff(workforce=workforce, call=stranger, staff_id=staff.id)
    with pytest.raises(Forbidden):
        queries.list_staff(workforce=workforce, call=stranger, center_id=COUNTY, limit=0, cursor="")


# ── Changes ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_change_is_told_to_the_site(workforce: Workforce, hire: Hire, database: SqliteStore) -> None:
    changed = change(workforce, hire(), replace(CLERK, roles=(Role.REVIEWER,), department_key="renli-shebao"))
    assert (changed.roles, changed.department_key, changed.state) == (
        (Role.REVIEWER,),
        "renli-shebao",
        StaffState.ACTIVE,
    )
    assert event_names(database) == ["staff_joined", "staff_changed"]


def test_a_change_to_what_somebody_else_changed_is_refused(workforce: Workforce, hire: Hire) -> None:
    staff = hire()
    change(workforce, staff, expected_version=1)
    with pytest.raises(Stale):
        change(workforce, staff, expected_version=1)


def test_whoever_was_suspended_can_come_back_and_whoever_left_cannot(workforce: Workforce, hire: Hire) -> None:
    staff = hire()
    change(workforce, staff, state=StaffState.SUSPENDED)
    assert change(workforce, staff, state=StaffState.ACTIVE).state is StaffState.ACTIVE
    change(workforce, staff, state=StaffState.LEFT)
    assert refusal(change, workforce, staff, state=StaffState.ACTIVE) == "staff_left"


def test_changing_somebody_leaves_their_password(workforce: Workforce, hire: Hire) -> None:
    staff = hire()
    assert change(workforce, staff).credentials == staff.credentials


def test_an_unknown_member_of_staff_is_not_found(workforce: Workforce, hire: Hire) -> None:
    ghost = replace(hire(), id="ghost")
    with pytest.raises(NotFound) as caught:
        change(workforce, ghost)
    assert caught.value.code == "staff_not_found"


# ── Passwords ────────────────────────────────────────────────────────────────────────────────────────────────────


def add(workforce: Workforce, account: NewAccount, as_call: object = OPERATOR) -> Staff:
    return handlers.add_staff(
        workforce=workforce,
        call=as_call,  # type: ignore[arg-type]
        center_id=COUNTY,
        account=account,
        details=CLERK,
    )


def test_an_operator_brings_a_hash_that_works(workforce: Workforce) -> None:
    add(workforce, NewAccount("abc", password_hash=workforce.passwords.hash(PASSWORD)))
    opened = handlers.sign_in(workforce=workforce, call=by("public"), username="abc", password=PASSWORD)
    assert opened.staff.username == "abc"


@pytest.mark.parametrize(
    "password_hash",
    ["x", "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHQ$aGFzaA", PasswordHasher(memory_cost=8192).hash("x"), PASSWORD],
    ids=["no hash", "dearer", "weaker", "the password itself"],  # a hash has salt: its own text differs in every run
)
def test_a_hash_that_is_weaker_or_dearer_than_ours_is_refused(workforce: Workforce, password_hash: str) -> None:
    with pytest.raises(Invalid) as caught:
        add(workforce, NewAccount("abc", password_hash=password_hash))
    assert caught.value.code == "password_hash_invalid"


@pytest.mark.parametrize(
    "account", [NewAccount("abc", PASSWORD, password_is_final=True), NewAccount("abc", password_hash="x")]
)
def test_a_manager_chooses_nobodys_last_password(workforce: Workforce, account: NewAccount) -> None:
    assert refusal(add, workforce, account, MANAGER) == "password_import_not_allowed"


def test_a_weak_first_password_is_refused(workforce: Workforce) -> None:
    assert refusal(add, workforce, NewAccount("abc", "password")) == "password_too_weak"


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_center_lists_its_own_staff_page_by_page(workforce: Workforce, hire: Hire) -> None:
    for number in range(5):
        hire(f"hb-clerk-{number:02}")
    hire("ak-clerk-01", center=CITY)
    names: list[str] = []
    cursor = ""
    while True:
        found, _ = queries.list_staff(workforce=workforce, call=MANAGER, center_id=COUNTY, limit=2, cursor=cursor)
        assert len(found.items) <= 2
        names += [staff.username for staff in found.items]
        cursor = found.cursor
        if not cursor:
            break
    assert names == [f"hb-clerk-{number:02}" for number in range(5)]
