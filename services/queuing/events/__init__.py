"""Events out; none but the reference data's come in."""

from services.queuing.events.table import TABLE, TOPIC

__all__ = ["TABLE", "TOPIC"]
