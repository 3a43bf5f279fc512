"""What relay keeps for how long (docs/relay/protocol.md, "What is kept"). All else it keeps for good."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from kit.pruning import Rule
from services.relay.handlers.desk import REGISTER
from services.relay.handlers.reconciling import REPORTS


def rules(*, letters_days: int, reports_days: int) -> Iterator[Rule]:
    """Settled letters of the register, and reports of reconcilings; 0 days: for ever.

    Never a letter that waits for its operator, nor a report that isn't done: neither has a time in the index.
    """
    if letters_days:
        yield Rule(REGISTER, "by_settled", timedelta(days=letters_days))
    if reports_days:
        yield Rule(REPORTS, "by_finished", timedelta(days=reports_days))
