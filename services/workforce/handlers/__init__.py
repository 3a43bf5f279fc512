"""Use cases: signing in, staff, who sits where, and who stands in for whom."""

from services.workforce.handlers.covers import Filing, confirm_cover, end_cover, file_cover
from services.workforce.handlers.passwords import Passwords
from services.workforce.handlers.sign_in import change_password, open_session, sign_in, sign_out
from services.workforce.handlers.staff import NewAccount, add_staff, change_staff
from services.workforce.handlers.standing_in import give_feedback, issue_badge, return_badge
from services.workforce.handlers.windows import assign_window
from services.workforce.handlers.workforce import KINDS, Workforce

__all__ = [
    "KINDS",
    "Filing",
    "NewAccount",
    "Passwords",
    "Workforce",
    "add_staff",
    "assign_window",
    "change_password",
    "change_staff",
    "confirm_cover",
    "end_cover",
    "file_cover",
    "give_feedback",
    "issue_badge",
    "open_session",
    "return_badge",
    "sign_in",
    "sign_out",
]
