"""What archive tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.archive.domain.case_file import CaseFile
from services.archive.domain.destruction import Destruction
from services.archive.domain.hand_over import HandOver
from services.archive.domain.looks import Look


@dataclass(frozen=True, slots=True)
class CaseFileClosed:
    """The case has ended, and with it the file."""

    file: CaseFile
    rules: str = "rules J01"


@dataclass(frozen=True, slots=True)
class CaseFileCompleted:
    """What was lacking has come."""

    file: CaseFile
    rules: str = "rules J01"


@dataclass(frozen=True, slots=True)
class CaseFileFiled:
    """Its contents are kept here."""

    file: CaseFile
    rules: str = "rules J01"


@dataclass(frozen=True, slots=True)
class CaseFileSupplemented:
    """Something came after it was filed."""

    file: CaseFile
    rules: str = "rules J01"


@dataclass(frozen=True, slots=True)
class CaseFileOverdue:
    """What was asked for, or the hand-over, is over its time."""

    file: CaseFile
    what: str
    rules: str = "rules J02"


@dataclass(frozen=True, slots=True)
class CaseFileDeadlineRecomputed:
    """The date of its hand-over moved, or became certain."""

    file: CaseFile
    old_due_at: datetime
    reason: str
    rules: str = "许可法 82"


@dataclass(frozen=True, slots=True)
class CaseFileHandedOver:
    """The receiver has it."""

    file: CaseFile
    rules: str = "rules J02"


@dataclass(frozen=True, slots=True)
class CaseFileShown:
    """Somebody looked at it."""

    look: Look
    rules: str = "rules AG01"


@dataclass(frozen=True, slots=True)
class CaseFilesSearched:
    """Somebody looked for the files of a person or a unit."""

    look: Look
    rules: str = "rules AG01"


@dataclass(frozen=True, slots=True)
class ArchiveHandOverProposed:
    """The receiver is asked."""

    hand_over: HandOver
    rules: str = "rules J02"


@dataclass(frozen=True, slots=True)
class ArchiveHandOverConfirmed:
    """The receiver has it."""

    hand_over: HandOver
    rules: str = "rules J02"


@dataclass(frozen=True, slots=True)
class ArchiveHandOverReturned:
    """The receiver returned it."""

    hand_over: HandOver
    rules: str = "rules J02"


@dataclass(frozen=True, slots=True)
class CaseFileHeld:
    """It is kept whatever its term says."""

    file: CaseFile
    reason: str
    rules: str = "our own choice"


@dataclass(frozen=True, slots=True)
class CaseFileHoldLifted:
    """Its term counts again."""

    file: CaseFile
    reason: str
    rules: str = "our own choice"


@dataclass(frozen=True, slots=True)
class DestructionProposed:
    """Another person is asked."""

    destruction: Destruction
    rules: str = "our own choice"


@dataclass(frozen=True, slots=True)
class DestructionDecided:
    """Another person approved or rejected it."""

    destruction: Destruction
    rules: str = "our own choice"


@dataclass(frozen=True, slots=True)
class CaseFileDestroyed:
    """Its contents are gone."""

    file: CaseFile
    rules: str = "our own choice"
