"""Signing in and out, sessions, passwords. Runs on real time (``Workforce.real``), also under a demo clock."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field, replace

from kit.actor import Actor
from kit.call import Call
from kit.errors import Conflict, Forbidden, Invalid, Stale
from kit.ids import new_secret
from kit.store.port import Duplicate
from services.workforce.domain import sign_in as rules
from services.workforce.domain import staff as people
from services.workforce.domain.sign_in import (
    LONGEST_PASSWORD,
    AccountLocked,
    Attempt,
    Session,
    SignedIn,
    SignInGuard,
)
from services.workforce.domain.staff import Staff, StaffState
from services.workforce.handlers.workforce import Workforce

log = logging.getLogger(__name__)

#: Usernames that don't exist share this many guards, so that guessing them costs the same and fills nothing.
_NOBODYS_GUARDS = 256
#: How often an attempt is counted anew when others fail on the same account at the same moment.
_OVERTAKEN = 20


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that is alive, whose it is, and the token that opens it (only at sign-in)."""

    session: Session
    staff: Staff
    token: str = field(default="", repr=False)


def sign_in(*, workforce: Workforce, call: Call, username: str, password: str) -> Opened:
    """Opens a session (等保 身份鉴别).

    Whether the name is unknown, the password wrong, the account locked or its holder gone: the answer
    (``sign_in_failed``), the hash and the one write that counts the attempt are the same. Raises
    ``Unauthenticated``, ``Exhausted``.
    """
    call = replace(call, idempotency=None)  # each attempt is an attempt of its own, and no token is given twice
    name = username.strip().lower()
    staff = workforce.staff.find_unique("by_username", name)
    known = None if staff is None else staff.credentials.password_hash
    proved = workforce.passwords.proves(password[: LONGEST_PASSWORD + 1], known)
    active = staff is not None and staff.state is StaffState.ACTIVE
    if not _count(workforce, call, name, staff, proved=proved and active) or staff is None:
        raise rules.sign_in_failed()
    return _begin(workforce, call, staff)


def _count(workforce: Workforce, call: Call, username: str, staff: Staff | None, *, proved: bool) -> bool:
    """Writes the attempt down; True when it is accepted."""
    guard_id = staff.id if staff else f"nobody-{hashlib.sha256(username.encode()).digest()[0] % _NOBODYS_GUARDS:02x}"
    rule = workforce.lockout_rule(staff)
    for _ in range(_OVERTAKEN):
        before = workforce.guards.find_by_id(guard_id) or SignInGuard(guard_id)
        guard, outcome = rules.attempt(before, proved=proved, rule=rule, now=workforce.real.now())
        if outcome is Attempt.ACCEPTED and before == guard:
            return True  # nothing to forget
        locked = [AccountLocked(staff.id, staff.center_id)] if staff and outcome is Attempt.LOCKED else []
        try:
            if guard.version:
                workforce.guards.save(guard, locked, call)
            else:
                workforce.guards.create(guard, locked, call)
        except (Stale, Duplicate):
            continue  # another attempt on the same account was written first: count on top of it
        if locked:
            log.warning("account %s is locked after %d failures", guard_id, guard.failures)
        return outcome is Attempt.ACCEPTED
    raise Conflict("overtaken", "该账号同时有多人尝试登录，请稍后重试。")


def _begin(workforce: Workforce, call: Call, staff: Staff) -> Opened:
    now = workforce.real.now()
    token = new_secret()
    session = rules.begin(
        id=workforce.ids.new_id(now),
        token_sha256=_digest(token),
        staff=staff,
        rule=workforce.session_rule(staff.center_id),
        now=now,
    )
    by_holder = call.by(Actor(staff.id, staff.name))
    return Opened(workforce.sessions.create(session, [SignedIn(staff.id, staff.center_id)], by_holder), staff, token)


def open_session(*, workforce: Workforce, call: Call, token: str) -> Opened:
    """Says whose session it is, and keeps it alive: at the most one write a minute.

    Raises ``Unauthenticated`` (``session_expired``) when it has ended, by itself, by a new password, or because its
    holder was suspended or has left (rules AA07).
    """
    opened = _alive(workforce, token)
    moved = rules.seen(opened.session, workforce.real.now())
    if moved is None:
        return opened
    try:
        return Opened(workforce.sessions.save(moved, [], call), opened.staff)
    except Stale:
        return _alive(workforce, token)  # somebody else kept it alive, or ended it


def sign_out(*, workforce: Workforce, call: Call, token: str) -> None:
    """Ends a session; an unknown or ended one is left as it is."""
    session = _session(workforce, token)
    ended = None if session is None else rules.end(session, workforce.real.now())
    if ended is not None:
        workforce.sessions.save(ended, [], call)


def change_password(*, workforce: Workforce, call: Call, old: str, new: str, token: str) -> None:
    """Changes the caller's own password; all their sessions end but the one of ``token``.

    A wrong old password counts as a failed sign-in. Raises ``Forbidden`` (``old_password_wrong``), ``Invalid``.
    """
    call = replace(call, idempotency=None)
    staff = workforce.staff.get(call.actor.id)
    rules.check_password(new, staff.username, workforce.password_rule(staff.center_id))
    if new == old:
        raise Invalid("password_unchanged", "新密码不能与原密码相同，请修改。", field="new_password")
    proved = workforce.passwords.proves(old[: LONGEST_PASSWORD + 1], staff.credentials.password_hash)
    if not _count(workforce, call, staff.username, staff, proved=proved):
        raise Forbidden("old_password_wrong", "原密码不正确，请核对后重试；多次输错后账号会暂时锁定。")
    session = _session(workforce, token)
    kept = session.id if session is not None and session.staff_id == staff.id else ""
    hashed = workforce.passwords.hash(new)
    changed = people.change_password(staff, hashed, now=workforce.real.now(), keep_session=kept)
    workforce.staff.save(changed, [], call)


def _alive(workforce: Workforce, token: str) -> Opened:
    session = _session(workforce, token)
    staff = None if session is None else workforce.staff.find_by_id(session.staff_id)
    if session is None or staff is None:
        raise rules.session_expired()
    if not rules.is_alive(session, staff, workforce.session_rule(staff.center_id), workforce.real.now()):
        raise rules.session_expired()
    return Opened(session, staff)


def _session(workforce: Workforce, token: str) -> Session | None:
    return workforce.sessions.find_unique("by_token", _digest(token)) if token else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
