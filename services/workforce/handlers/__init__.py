"""Use cases: signing in, staff, and who sits where."""

from services.workforce.handlers.passwords import Passwords
from services.workforce.handlers.sign_in import change_password, open_session, sign_in, sign_out
from services.workforce.handlers.staff import NewAccount, add_staff, change_staff
from services.workforce.handlers.windows import assign_window
from services.workforce.handlers.workforce import KINDS, Workforce

__all__ = [
    "KINDS",
    "NewAccount",
    "Passwords",
    "Workforce",
    "add_staff",
    "assign_window",
    "change_password",
    "change_staff",
    "open_session",
    "sign_in",
    "sign_out",
]
