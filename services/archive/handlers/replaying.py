"""Destruction carried out once more, on a site that was restored from a time before it (our own choice).

What was destroyed is in every backup that is older than its destruction. The lists are kept beside the backups, and a restore
does what they say before the site opens: whatever state a file comes back in, it was destroyed by a list that two people
answer for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from kit.blobs.uses import Uses
from kit.call import Call
from kit.store.repository import Repository
from services.archive.domain import destruction as rules
from services.archive.domain.case_file import CaseFile, FileState
from services.archive.domain.destruction import Destruction, DestructionState
from services.archive.domain.events import CaseFileDestroyed
from services.archive.handlers.room import holder_of


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back of an archive that destruction may concern."""

    files: Repository[CaseFile]
    destructions: Repository[Destruction]
    uses: Uses


@dataclass(frozen=True, slots=True)
class Replayed:
    """Files that were destroyed anew; that had been destroyed in the backup, too; that it doesn't have."""

    destroyed: int
    known: int
    absent: int


def replay(*, restored: Restored, call: Call, lists: Iterable[Destruction]) -> Replayed:
    """Does what lists that were carried out say, and keeps them; again without effect. Raises ``Unavailable``."""
    destroyed = known = absent = 0
    for each in lists:
        for line in each.lines:
            if line.kept_because:
                continue
            file = restored.files.find_by_id(line.file_id)
            if file is None:
                absent += 1
                continue
            if file.state is FileState.DESTROYED:
                known += 1
            else:
                destroyed += 1
                gone = rules.destroyed(file, each.number, each.done_at or call.now)
                restored.files.save(replace(gone, hold=None, hand_over_id=None), [CaseFileDestroyed(gone)], call)
            holder = holder_of(line.file_id)
            restored.uses.release(call, holder, restored.uses.held_by(holder))
        _keep(restored, call, each)
    return Replayed(destroyed, known, absent)


def _keep(restored: Restored, call: Call, each: Destruction) -> None:
    there = restored.destructions.find_by_id(each.id)
    if there is None:
        restored.destructions.append([replace(each, version=0)])
    elif there.state is not DestructionState.DONE:
        restored.destructions.save(replace(each, version=there.version), [], call)
