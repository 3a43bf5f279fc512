"""Signing in: one answer to every failure, lock-out, sessions that end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from argon2 import PasswordHasher, extract_parameters

from kit.clock import FixedClock
from kit.errors import Forbidden, Invalid, Unauthenticated
from kit.store.sqlite import SqliteStore
from kit.testing import call
from services.workforce import handlers, queries
from services.workforce.domain.staff import Role, StaffState
from services.workforce.handlers import Workforce
from services.workforce.handlers.sign_in import Opened
from services.workforce.tests.wiring import CITY, CLERK, COUNTY, OPERATOR, PASSWORD, TOWNSHIP, Hire, by, event_names

PUBLIC = by("public")
WRONG = "Wrong-Horse-7"


def sign_in(workforce: Workforce, username: str = "hb-clerk-01", password: str = PASSWORD) -> Opened:
    return handlers.sign_in(workforce=workforce, call=PUBLIC, username=username, password=password)


def refused(workforce: Workforce, username: str = "hb-clerk-01", password: str = WRONG) -> Unauthenticated:
    with pytest.raises(Unauthenticated) as caught:
        sign_in(workforce, username, password)
    return caught.value


def open_session(workforce: Workforce, token: str) -> Opened:
    return handlers.open_session(workforce=workforce, call=PUBLIC, token=token)


def assert_ended(workforce: Workforce, token: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        open_session(workforce, token)
    assert caught.value.code == "session_expired"


def test_the_right_password_opens_a_session(workforce: Workforce, hire: Hire, database: SqliteStore) -> None:
    staff = hire()
    opened = sign_in(workforce, " HB-Clerk-01 ")
    assert opened.staff.id == staff.id
    assert open_session(workforce, opened.token).session.id == opened.session.id
    assert "signed_in" in event_names(database)


def test_a_database_that_is_stolen_opens_no_session(workforce: Workforce, hire: Hire, database: SqliteStore) -> None:
    hire()
    opened = sign_in(workforce)
    kept = str([document.body for kind in ("session", "staff") for document in database.scan(kind)])
    assert opened.token not in kept
    assert PASSWORD not in kept
    assert opened.token not in repr(opened)


def test_every_failure_has_the_same_answer(workforce: Workforce, hire: Hire) -> None:
    hire()
    hire("hb-clerk-02")
    suspended = workforce.staff.find_unique("by_username", "hb-clerk-02")
    assert suspended is not None
    suspend(workforce, suspended.id)
    answers = {
        str(refused(workforce)),
        str(refused(workforce, "nobody-at-all")),
        str(refused(workforce, "")),
        str(refused(workforce, "hb-clerk-01' OR '1'='1")),
        str(refused(workforce, "hb-clerk-02", PASSWORD)),
        str(refused(workforce, password="")),
        str(refused(workforce, password="x" * 100_000)),
    }
    assert len(answers) == 1
    assert refused(workforce).code == "sign_in_failed"


def test_a_name_that_nobody_has_costs_the_same_hash_and_the_same_write(
    workforce: Workforce, hire: Hire, database: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    hire()
    hashed: list[str] = []
    verify = PasswordHasher.verify

    def watched(self: PasswordHasher, known: str, password: str) -> bool:
        hashed.append(known)
        return verify(self, known, password)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    refused(workforce)
    refused(workforce, "nobody-at-all")
    assert len(hashed) == 2
    assert extract_parameters(hashed[0]) == extract_parameters(hashed[1])
    guards = list(database.scan("sign_in_guard"))
    assert [guard.body["failures"] for guard in guards] == [1, 1]


def test_guessing_names_fills_no_more_than_a_fixed_number_of_guards(
    workforce: Workforce, database: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workforce.passwords, "proves", lambda password, known: False)
    for number in range(600):
        refused(workforce, f"guess-{number}")
    assert len(list(database.scan("sign_in_guard"))) <= 256


def test_too_many_failures_lock_the_account_also_for_the_right_password(
    workforce: Workforce, hire: Hire, clock: FixedClock, database: SqliteStore
) -> None:
    hire()
    for _ in range(5):
        refused(workforce)
    assert event_names(database).count("account_locked") == 1
    refused(workforce, password=PASSWORD)
    clock.advance(timedelta(minutes=15))
    assert sign_in(workforce).token


def test_guessing_on_while_locked_does_not_lock_for_longer(workforce: Workforce, hire: Hire, clock: FixedClock) -> None:
    hire()
    for _ in range(9):
        refused(workforce)
    clock.advance(timedelta(minutes=15))
    assert sign_in(workforce).token


def test_a_success_forgets_the_failures_before_it(workforce: Workforce, hire: Hire, database: SqliteStore) -> None:
    hire()
    for _ in range(3):
        for _ in range(4):
            refused(workforce)
        sign_in(workforce)
    assert "account_locked" not in event_names(database)


def test_guesses_at_the_same_moment_are_all_counted(workforce: Workforce, hire: Hire, database: SqliteStore) -> None:
    staff = hire()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: refused(workforce), range(12)))
    guard = workforce.guards.get(staff.id)
    assert (guard.failures, guard.refused) == (5, 7)
    assert event_names(database).count("account_locked") == 1


def test_an_idempotency_key_does_not_give_one_persons_session_to_another(workforce: Workforce, hire: Hire) -> None:
    hire()
    hire("hb-clerk-02")
    keyed = call(PUBLIC.actor, PUBLIC.now, key="same", fingerprint="same")
    first = handlers.sign_in(workforce=workforce, call=keyed, username="hb-clerk-01", password=PASSWORD)
    second = handlers.sign_in(workforce=workforce, call=keyed, username="hb-clerk-02", password=PASSWORD)
    assert open_session(workforce, second.token).staff.username == "hb-clerk-02"
    assert open_session(workforce, first.token).staff.username == "hb-clerk-01"


# ── Sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_session_ends_when_it_is_not_used(workforce: Workforce, hire: Hire, clock: FixedClock) -> None:
    hire()
    token = sign_in(workforce).token
    clock.advance(timedelta(minutes=29))
    open_session(workforce, token)
    clock.advance(timedelta(minutes=29))
    open_session(workforce, token)
    clock.advance(timedelta(minutes=30))
    assert_ended(workforce, token)


def test_a_session_ends_at_last_however_much_it_is_used(workforce: Workforce, hire: Hire, clock: FixedClock) -> None:
    hire()
    token = sign_in(workforce).token
    for _ in range(12 * 3 - 1):
        clock.advance(timedelta(minutes=20))
        open_session(workforce, token)
    clock.advance(timedelta(minutes=20))
    assert_ended(workforce, token)


def test_a_session_in_use_is_written_at_most_once_a_minute(workforce: Workforce, hire: Hire, clock: FixedClock) -> None:
    hire()
    opened = sign_in(workforce)
    for _ in range(59):
        clock.advance(timedelta(seconds=1))
        assert open_session(workforce, opened.token).session.version == 1
    clock.advance(timedelta(seconds=1))
    assert open_session(workforce, opened.token).session.version == 2


def test_a_session_used_twice_at_once_stays_open_for_both(workforce: Workforce, hire: Hire, clock: FixedClock) -> None:
    hire()
    token = sign_in(workforce).token
    for _ in range(5):
        clock.advance(timedelta(minutes=2))
        with ThreadPoolExecutor(8) as pool:
            assert len(list(pool.map(lambda _: open_session(workforce, token), range(8)))) == 8


def test_signing_out_ends_the_session_and_no_other(workforce: Workforce, hire: Hire) -> None:
    hire()
    first, second = sign_in(workforce).token, sign_in(workforce).token
    handlers.sign_out(workforce=workforce, call=PUBLIC, token=first)
    handlers.sign_out(workforce=workforce, call=PUBLIC, token=first)
    handlers.sign_out(workforce=workforce, call=PUBLIC, token="no session at all")
    assert_ended(workforce, first)
    open_session(workforce, second)


@pytest.mark.parametrize("state", [StaffState.SUSPENDED, StaffState.LEFT])
def test_whoever_is_suspended_or_has_left_is_out_at_once(workforce: Workforce, hire: Hire, state: StaffState) -> None:
    staff = hire()
    token = sign_in(workforce).token
    suspend(workforce, staff.id, state)
    assert_ended(workforce, token)
    refused(workforce, password=PASSWORD)


@pytest.mark.parametrize("token", ["", "x", "\x00", "' OR 1=1 --", "é" * 50])
def test_a_token_that_was_never_given_opens_nothing(workforce: Workforce, token: str) -> None:
    assert_ended(workforce, token)


def suspend(workforce: Workforce, staff_id: str, state: StaffState = StaffState.SUSPENDED) -> None:
    handlers.change_staff(
        workforce=workforce, call=OPERATOR, staff_id=staff_id, details=CLERK, state=state, expected_version=0
    )


# ── Changing the password ────────────────────────────────────────────────────────────────────────────────────────

NEW = "Another-Horse-8"


def change(workforce: Workforce, staff_id: str, old: str = PASSWORD, new: str = NEW, token: str = "") -> None:
    handlers.change_password(workforce=workforce, call=by("clerk", id=staff_id), old=old, new=new, token=token)


def test_a_new_password_ends_all_other_sessions(workforce: Workforce, hire: Hire) -> None:
    staff = hire()
    mine, other = sign_in(workforce).token, sign_in(workforce).token
    change(workforce, staff.id, token=mine)
    open_session(workforce, mine)
    assert_ended(workforce, other)
    refused(workforce, password=PASSWORD)
    later = sign_in(workforce, password=NEW).token
    change(workforce, staff.id, NEW, "Third-Horse-9", token=later)
    open_session(workforce, later)
    assert_ended(workforce, mine)


def test_somebody_elses_session_is_not_kept_by_my_new_password(workforce: Workforce, hire: Hire) -> None:
    staff = hire()
    hire("hb-clerk-02")
    mine, theirs = sign_in(workforce).token, sign_in(workforce, "hb-clerk-02").token
    change(workforce, staff.id, token=theirs)
    assert_ended(workforce, mine)
    open_session(workforce, theirs)


def test_a_wrong_old_password_counts_as_a_failed_sign_in(workforce: Workforce, hire: Hire) -> None:
    staff = hire()
    for _ in range(5):
        with pytest.raises(Forbidden) as caught:
            change(workforce, staff.id, old=WRONG)
        assert caught.value.code == "old_password_wrong"
    refused(workforce, password=PASSWORD)


@pytest.mark.parametrize(
    ("new", "code"),
    [
        ("Short-1", "password_too_weak"),
        ("alllowercaseletters", "password_too_weak"),
        ("My-HB-Clerk-01-x", "password_too_weak"),
        ("Aa1-" + "x" * 125, "password_too_long"),
        (PASSWORD, "password_unchanged"),
    ],
)
def test_a_bad_new_password_is_refused(workforce: Workforce, hire: Hire, new: str, code: str) -> None:
    staff = hire()
    with pytest.raises(Invalid) as caught:
        change(workforce, staff.id, new=new)
    assert caught.value.code == code
    assert sign_in(workforce).token


# ── Who it is ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("role", "center", "centers"),
    [
        (Role.CLERK, CITY, (CITY,)),
        (Role.CHIEF, CITY, (CITY,)),
        (Role.APPROVER, CITY, (CITY,)),
        (Role.SUPERVISOR, CITY, (CITY, COUNTY, TOWNSHIP)),
        (Role.MANAGER, COUNTY, (COUNTY, TOWNSHIP)),
        (Role.ADMIN, TOWNSHIP, (TOWNSHIP,)),
    ],
)
def test_a_session_reaches_the_centers_that_the_role_oversees(
    workforce: Workforce, hire: Hire, role: Role, center: str, centers: tuple[str, ...]
) -> None:
    hire("somebody", role, center=center)
    principal = queries.principal(workforce=workforce, call=PUBLIC, opened=sign_in(workforce, "somebody"))
    assert principal.centers == centers


def test_a_password_that_somebody_else_set_is_to_be_changed(workforce: Workforce, hire: Hire) -> None:
    staff = hire("hb-clerk-03", as_call=by("manager"))

    def must_change() -> bool:
        opened = sign_in(workforce, "hb-clerk-03", NEW if changed else PASSWORD)
        return queries.principal(workforce=workforce, call=PUBLIC, opened=opened).must_change_password

    changed = False
    assert must_change()
    change(workforce, staff.id)
    changed = True
    assert not must_change()


def test_a_password_grows_old(workforce: Workforce, hire: Hire, clock: FixedClock) -> None:
    hire()
    clock.advance(timedelta(days=89))
    assert not queries.principal(workforce=workforce, call=PUBLIC, opened=sign_in(workforce)).must_change_password
    clock.advance(timedelta(days=1))
    assert queries.principal(workforce=workforce, call=PUBLIC, opened=sign_in(workforce)).must_change_password
