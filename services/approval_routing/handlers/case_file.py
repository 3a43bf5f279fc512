"""Cases as they are kept: every write adds a line to the case's own history, whoever writes (rules F12, G02)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kit.call import Call
from kit.events import DomainEvent, EventEncoder
from kit.ids import Ids
from kit.store.port import Mark, Store
from kit.store.remembered import RememberingRepository
from kit.store.steps import Steps
from services.approval_routing.domain.case import Case
from services.approval_routing.domain.history import remembered
from services.approval_routing.handlers.office import CASES, case_keys, case_missing

#: Cases that stay in memory while they are worked on, some ten kilobytes each.
_REMEMBERED: Final = 1024


class CaseFile(RememberingRepository[Case]):
    """The repository of cases; there is no other way to write one."""

    def create(self, entity: Case, events: Sequence[DomainEvent], call: Call, *, mark: Mark | None = None) -> Case:
        """As ``Repository.create``, with the first line of its history."""
        return super().create(_remembered(entity, events, call), events, call, mark=mark)

    def saving(
        self,
        entity: Case,
        events: Sequence[DomainEvent],
        call: Call,
        *,
        mark: Mark | None = None,
        durable: bool = True,
    ) -> Steps[Case]:
        """As ``Repository.saving``, with a further line of its history; so ``save`` has it as well."""
        return super().saving(_remembered(entity, events, call), events, call, mark=mark, durable=durable)


def case_file(store: Store, encoder: EventEncoder, ids: Ids, *, sole: bool) -> CaseFile:
    """The cases of a store; ``sole``: no other process writes to it, so what was read or written is known here."""
    most = _REMEMBERED if sole else 0
    return CaseFile(store, CASES, Case, encoder, ids, keys=case_keys, missing=case_missing, most=most)


def _remembered(case: Case, events: Sequence[DomainEvent], call: Call) -> Case:
    for event in events:
        case = remembered(
            case,
            what=type(event).__name__,
            step_key=str(getattr(event, "step_key", "")),
            actor_id=call.actor.id,
            actor_name=call.actor.name,
            at=call.now,
            behalf=str(getattr(event, "on_behalf_of", "")),
        )
    return case
