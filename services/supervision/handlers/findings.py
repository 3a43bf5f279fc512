"""Writing down single facts that a card follows from, and that their cause is gone (facts 7)."""

from __future__ import annotations

import contextlib

from kit.call import Call
from kit.store.port import Duplicate, Mark
from services.supervision.domain import findings
from services.supervision.domain.cards import Trigger
from services.supervision.domain.findings import Fact
from services.supervision.handlers.tower import Tower


def note_fact(*, tower: Tower, call: Call, fact: Fact, mark: Mark) -> None:
    """Keeps a fact and raises the card that its rule wants, once however often it is told.

    The rules are those that were in force when it happened: told late, it is judged by no other.

    Raises ``AlreadyApplied``, ``Unavailable`` (``reference_not_ready``).
    """
    finding, events = findings.find(fact, tower.edition(fact.center_id, fact.at), call.now)
    with contextlib.suppress(Duplicate):
        tower.findings.create(finding, events, call, mark=mark)


def clear_facts(
    *, tower: Tower, call: Call, trigger: Trigger, subject_id: str, reason: str, round: int | None = None
) -> None:
    """A yellow card recovers as what it was for is mended; told again, nothing happens. Raises ``Stale``.

    ``round``: which one of the facts about the subject; ``None``: all of them.
    """
    for finding in tower.findings.each("by_subject", subject_id=subject_id, trigger=trigger.value):
        if round not in (None, finding.fact.round):
            continue
        cleared = findings.clear(finding, reason, call.now)
        if cleared is not None:
            tower.findings.save(cleared[0], cleared[1], call)
