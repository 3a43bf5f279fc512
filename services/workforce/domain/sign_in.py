"""Signing in: passwords' form, failed attempts and lock-out, sessions. All times here are real time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from kit.errors import Invalid, Unauthenticated
from services.workforce.domain.staff import Staff, StaffState

#: Longer ones are refused, so that nobody makes the hash function read a book.
LONGEST_PASSWORD = 128

#: A session's idle expiry is written anew at the most this often, so that reads stay cheap.
SLIDE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class PasswordRule:
    """What a password must be like: length, kinds of character, and days until it must be changed (0: never)."""

    min_length: int
    min_classes: int
    max_age_days: int


@dataclass(frozen=True, slots=True)
class LockoutRule:
    """After how many failures within ``lock`` an account is locked, and for how long."""

    max_failures: int
    lock: timedelta


@dataclass(frozen=True, slots=True)
class SessionRule:
    """After how long without use, and after how long at all, a session ends."""

    idle: timedelta
    absolute: timedelta


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody signed in (audit)."""

    staff_id: str
    center_id: str
    rules: str = "GB/T 22239"


@dataclass(frozen=True, slots=True)
class AccountLocked:
    """Too many wrong passwords (audit)."""

    staff_id: str
    center_id: str
    rules: str = "GB/T 22239"


def sign_in_failed() -> Unauthenticated:
    """The one answer to every failed sign-in: it tells nobody which accounts there are, nor which are locked."""
    return Unauthenticated(
        "sign_in_failed", "用户名或密码不正确，请核对后重试；多次输错后账号会暂时锁定，请稍后再试或联系管理人员。"
    )


def session_expired() -> Unauthenticated:
    """The one answer to every session that isn't alive."""
    return Unauthenticated("session_expired", "登录已失效，请重新登录。")


# ── Passwords ────────────────────────────────────────────────────────────────────────────────────────────────────


def check_password(password: str, username: str, rule: PasswordRule) -> None:
    """Raises ``Invalid`` (``password_too_weak``, ``password_too_long``) unless the password is as the rule says."""
    if len(password) > LONGEST_PASSWORD:
        raise Invalid("password_too_long", f"密码最多 {LONGEST_PASSWORD} 个字符，请缩短。", field="password")
    if len(password) < rule.min_length or _classes(password) < rule.min_classes:
        raise Invalid(
            "password_too_weak",
            f"密码至少 {rule.min_length} 个字符，且须包含大写字母、小写字母、数字、其他字符中的 {rule.min_classes} 类，请修改。",
            field="password",
        )
    if username in password.lower():
        raise Invalid("password_too_weak", "密码不能包含用户名，请修改。", field="password")


def _classes(password: str) -> int:
    lower = any(character.islower() for character in password)
    upper = any(character.isupper() for character in password)
    digit = any(character.isdigit() for character in password)
    other = any(not character.isalnum() or not character.isascii() for character in password)
    return lower + upper + digit + other


def must_change_password(staff: Staff, rule: PasswordRule, now: datetime) -> bool:
    """Whether the password was set by somebody else, or is too old."""
    age = now - staff.credentials.changed_at
    return staff.credentials.must_change or 0 < rule.max_age_days <= age.days


# ── Failed attempts ──────────────────────────────────────────────────────────────────────────────────────────────


class Attempt(StrEnum):
    """What an attempt to sign in came to."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    #: Refused, and the account is locked by it.
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class SignInGuard:
    """The failed attempts on one account since the first of them; beyond the limit it stays shut until a time.

    ``refused`` counts what came while it was shut.
    """

    id: str
    failures: int = 0
    first_failed_at: datetime | None = None
    locked_until: datetime | None = None
    refused: int = 0
    version: int = 0

    def is_locked(self, now: datetime) -> bool:
        """Whether it is shut."""
        return self.locked_until is not None and now < self.locked_until


def attempt(guard: SignInGuard, *, proved: bool, rule: LockoutRule, now: datetime) -> tuple[SignInGuard, Attempt]:
    """What becomes of the guard, and of the one who tries.

    While it is shut the right password is refused as well, so that guessing on is of no use. Failures longer ago
    than the lock lasts are forgotten.
    """
    if guard.is_locked(now):
        return replace(guard, refused=guard.refused + 1), Attempt.REFUSED
    if proved:
        return SignInGuard(guard.id, version=guard.version), Attempt.ACCEPTED
    forgotten = (
        guard.first_failed_at is None or now - guard.first_failed_at >= rule.lock or guard.locked_until is not None
    )
    failures = 1 if forgotten else guard.failures + 1
    failed = replace(
        guard,
        failures=failures,
        first_failed_at=now if forgotten else guard.first_failed_at,
        locked_until=None,
        refused=0,
    )
    if failures < rule.max_failures:
        return failed, Attempt.REFUSED
    return replace(failed, locked_until=now + rule.lock), Attempt.LOCKED


# ── Sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in from somewhere. Only the SHA-256 of its token is kept."""

    id: str
    token_sha256: str
    staff_id: str
    center_id: str
    #: The generation of the password that it began with.
    generation: int
    began_at: datetime
    seen_at: datetime
    ends_at: datetime
    ended_at: datetime | None = None
    version: int = 0


def begin(*, id: str, token_sha256: str, staff: Staff, rule: SessionRule, now: datetime) -> Session:
    """A new session."""
    return Session(
        id=id,
        token_sha256=token_sha256,
        staff_id=staff.id,
        center_id=staff.center_id,
        generation=staff.credentials.generation,
        began_at=now,
        seen_at=now,
        ends_at=now + rule.absolute,
    )


def expires_at(session: Session, rule: SessionRule) -> datetime:
    """When it ends unless it is used before, at the latest at its absolute end."""
    return min(session.seen_at + rule.idle, session.ends_at)


def is_alive(session: Session, staff: Staff, rule: SessionRule, now: datetime) -> bool:
    """Whether it still opens the door: neither ended nor expired nor outlived by a new password, and the holder's
    rights stand (rules AA07)."""
    credentials = staff.credentials
    return (
        session.ended_at is None
        and now < expires_at(session, rule)
        and staff.state is StaffState.ACTIVE
        and (session.generation == credentials.generation or session.id == credentials.kept_session)
    )


def seen(session: Session, now: datetime) -> Session | None:
    """The session with its idle expiry moved on, or ``None`` when that was done a moment ago."""
    return replace(session, seen_at=now) if now - session.seen_at >= SLIDE_EVERY else None


def end(session: Session, now: datetime) -> Session | None:
    """The session ended, or ``None`` when it has ended before."""
    return None if session.ended_at is not None else replace(session, ended_at=now)
