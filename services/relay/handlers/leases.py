"""Leases of links among the replicas of a site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from kit.call import Call
from kit.errors import Conflict
from kit.store.port import Kind
from kit.store.repository import Repository
from services.relay.domain.lease import Lease

LEASES: Final = Kind("lease")


@dataclass(frozen=True)
class Leases:
    """One replica's view of them."""

    records: Repository[Lease]
    #: One run of one process.
    holder: str
    length: timedelta

    def take(self, call: Call, link: str) -> bool:
        """Takes or renews a link's; False: another replica has it. Raises ``Unavailable``."""
        lease = self.records.find_by_id(link)
        try:
            if lease is None:
                self.records.create(Lease(link, self.holder, call.now + self.length), (), call)
                return True
            if not lease.is_free(self.holder, call.now):
                return False
            self.records.save(lease.held_by(self.holder, call.now, self.length), (), call)
        except Conflict:
            return False  # another was faster
        return True

    def release(self, call: Call, link: str) -> None:
        """Lets go of a link, so that another replica needn't wait. Raises ``Unavailable``."""
        lease = self.records.find_by_id(link)
        if lease is None or lease.holder != self.holder:
            return
        try:
            self.records.save(lease.released(), (), call)
        except Conflict:
            return
