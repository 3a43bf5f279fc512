"""Events out with their messages, and in: results, and papers of accepted applications."""

from services.certificates.events.messages import USABILITIES, holding_message, look_message, trust_of
from services.certificates.events.subscriptions import subscription
from services.certificates.events.table import TABLE

__all__ = ["TABLE", "USABILITIES", "holding_message", "look_message", "subscription", "trust_of"]
