"""The lock-out over any sequence of attempts at any times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.workforce.domain.sign_in import Attempt, LockoutRule, SignInGuard, attempt

BEGIN = datetime(2026, 11, 23, tzinfo=UTC)
RULE = LockoutRule(max_failures=3, lock=timedelta(minutes=10))

#: Seconds since the attempt before, and whether the password was right.
ATTEMPTS = st.lists(st.tuples(st.integers(0, 900), st.booleans()), max_size=60)


def run(attempts: list[tuple[int, bool]]) -> list[tuple[datetime, bool, SignInGuard, Attempt]]:
    """Each attempt's time, whether the guard was shut before it, the guard after it, and what came of it."""
    guard, now, seen = SignInGuard("x"), BEGIN, []
    for wait, proved in attempts:
        now += timedelta(seconds=wait)
        shut = guard.is_locked(now)
        guard, outcome = attempt(guard, proved=proved, rule=RULE, now=now)
        seen.append((now, shut, guard, outcome))
    return seen


@given(ATTEMPTS)
def test_nothing_is_accepted_while_it_is_shut_and_the_right_password_always_otherwise(
    attempts: list[tuple[int, bool]],
) -> None:
    for (_, proved), (_, shut, _, outcome) in zip(attempts, run(attempts), strict=True):
        assert (outcome is Attempt.ACCEPTED) == (proved and not shut)


@given(ATTEMPTS)
def test_a_lock_lasts_exactly_as_long_as_the_rule_says(attempts: list[tuple[int, bool]]) -> None:
    locked_at: datetime | None = None
    for now, shut, _, outcome in run(attempts):
        assert shut == (locked_at is not None and now < locked_at + RULE.lock)
        if outcome is Attempt.LOCKED:
            locked_at = now


@given(st.lists(st.integers(0, 900), min_size=1, max_size=80))
def test_wrong_guesses_that_count_are_few_in_any_stretch_of_time(waits: list[int]) -> None:
    counted = [now for now, shut, _, _ in run([(wait, False) for wait in waits]) if not shut]
    for now in counted:
        within = [other for other in counted if now <= other < now + RULE.lock]
        assert len(within) <= 2 * RULE.max_failures - 1


@given(ATTEMPTS)
def test_after_a_success_nothing_is_held_against_anybody(attempts: list[tuple[int, bool]]) -> None:
    for _, _, guard, outcome in run(attempts):
        if outcome is Attempt.ACCEPTED:
            assert guard == SignInGuard("x")
