"""What the use cases work with: documents, their indexes, and the rules that a center sets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kit.clock import Clock
from kit.ids import Ids
from kit.store.port import Body, Index, Kind
from kit.store.repository import Repository
from reference import Policy, Reference
from services.workforce.domain.covers import Cover
from services.workforce.domain.sign_in import LockoutRule, PasswordRule, Session, SessionRule, SignInGuard
from services.workforce.domain.staff import Staff
from services.workforce.domain.windows import WindowAssignment
from services.workforce.handlers.passwords import Passwords

STAFF = Kind(
    "staff",
    (
        Index("by_username", ("username",), unique=True),
        Index("by_badge", ("center_id", "badge_number"), unique=True),
        Index("by_center", ("center_id", "username")),
    ),
)
GUARDS = Kind("sign_in_guard")
SESSIONS = Kind("session", (Index("by_token", ("token_sha256",), unique=True),))
ASSIGNMENTS = Kind(
    "window_assignment",
    (
        Index("by_staff_day", ("staff_id", "day"), unique=True),
        Index("by_center_day", ("center_id", "day", "window_id")),
    ),
)
COVERS = Kind(
    "cover",
    (
        Index("by_staff", ("staff_id", "last_day")),
        Index("by_substitute", ("substitute_id", "last_day")),
        Index("by_center", ("center_id", "last_day")),
        Index("by_badge_out", ("badge_out",), unique=True),
    ),
)
KINDS = (STAFF, GUARDS, SESSIONS, ASSIGNMENTS, COVERS)


@dataclass(frozen=True)
class Workforce:
    """Plain wiring, built in main.py. ``real`` is real time also under a demo clock: sign-in runs on it."""

    staff: Repository[Staff]
    guards: Repository[SignInGuard]
    sessions: Repository[Session]
    assignments: Repository[WindowAssignment]
    covers: Repository[Cover]
    reference: Reference
    passwords: Passwords
    ids: Ids
    real: Clock

    def lockout_rule(self, staff: Staff | None) -> LockoutRule:
        """The rule of somebody's center; the declared one for nobody."""
        policy = Policy("") if staff is None else self.reference.policy(staff.center_id)
        return LockoutRule(
            policy.integer("sign_in_max_failures"), timedelta(minutes=policy.integer("sign_in_lock_min"))
        )

    def session_rule(self, center_id: str) -> SessionRule:
        """How long sessions of a center's staff last."""
        policy = self.reference.policy(center_id)
        return SessionRule(
            idle=timedelta(minutes=policy.integer("session_idle_min")),
            absolute=timedelta(hours=policy.integer("session_absolute_hours")),
        )

    def password_rule(self, center_id: str) -> PasswordRule:
        """What passwords of a center's staff must be like."""
        policy = self.reference.policy(center_id)
        return PasswordRule(
            min_length=policy.integer("password_min_length"),
            min_classes=policy.integer("password_min_classes"),
            max_age_days=policy.integer("password_max_age_days"),
        )

    def contracted_may_decide(self, center_id: str) -> bool:
        """Whether the center lets contracted staff hold approval posts (rules ZZ26)."""
        return self.reference.policy(center_id).text("post_employment_rule") == "any"


def cover_keys(cover: Cover) -> Body:
    """The temporary badge that is out, of which a center has one; null: none is."""
    out = cover.badge is not None and cover.badge.returned_at is None
    return {"badge_out": f"{cover.center_id}|{cover.badge.number}" if out and cover.badge is not None else None}
