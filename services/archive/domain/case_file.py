"""A case file: open, closed, filed, handed over (rules J01, J02). Lines are added; nothing is edited."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from kit.errors import Conflict
from kit.workdays import local_date
from services.archive.domain.completeness import Demanded, Ending, Facts, Gap, Stage, gaps
from services.archive.domain.entries import Draft, Entry, Kept, Origin, appended, head_of


class FileState(StrEnum):
    """Life of a case file."""

    OPEN = "open"
    CLOSED = "closed"
    FILED = "filed"
    HANDED_OVER = "handed_over"
    #: Its contents are gone; that it was, and its hash, stay.
    DESTROYED = "destroyed"


class Term(StrEnum):
    """How long it is kept (保管期限; 国家档案局令第8号)."""

    PERMANENT = "permanent"
    YEARS_30 = "years_30"
    YEARS_10 = "years_10"

    @property
    def years(self) -> int:
        """0: for good."""
        return {Term.PERMANENT: 0, Term.YEARS_30: 30, Term.YEARS_10: 10}[self]


@dataclass(frozen=True, slots=True)
class Retention:
    """How long, and what says so (for people)."""

    term: Term
    source: str


@dataclass(frozen=True, slots=True)
class Person:
    """Who applies: masked, and a keyed hash of the number to be found by (``kit.privacy.person_key``)."""

    name: str = ""
    id_number: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is asked for what is lacking, and by when; what was told of its lateness (rules J02)."""

    staff_id: str
    staff_name: str
    due_at: datetime
    told: bool = False


@dataclass(frozen=True, slots=True)
class HandOverClock:
    """By when it is handed over: working days from the case's end (rules J02)."""

    since: datetime
    days: int
    due_at: datetime
    provisional: bool = False
    told: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """What keeps a file although its term is over (暂缓销毁)."""

    reason: str
    by_id: str
    by_name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The contents list as a paper (案卷目录), as it was when the lines up to one were filed."""

    upto: int
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class CaseHead:
    """What lists show of a file; its id is the case's. ``filed_upto`` and ``handed_upto`` say how many of its lines were
    filed and handed over, ``chain`` is the hash over all of them."""

    id: str
    number: str
    center_id: str
    item_id: str
    item_version: int
    item_name: str
    department_key: str
    journey: str
    state: FileState
    opened_at: datetime
    person: Person = Person()
    immediate: bool = False
    ending: Ending = Ending.NONE
    entry_count: int = 0
    chain: str = ""
    gaps: tuple[Gap, ...] = ()
    responsible_id: str = ""
    responsible_name: str = ""
    asked: Asked | None = None
    clock: HandOverClock | None = None
    retention: Retention | None = None
    closed_at: datetime | None = None
    filed_at: datetime | None = None
    filed_by_name: str = ""
    #: Why it was filed although something was lacking.
    despite: str = ""
    filed_upto: int = 0
    handed_upto: int = 0
    handed_over_at: datetime | None = None
    #: The hand-over that it is bound to; None: none.
    hand_over_id: str | None = None
    hold: Hold | None = None
    destroyed_at: datetime | None = None
    destruction_number: str = ""
    version: int = 0

    @property
    def unfiled(self) -> int:
        """Lines that came since it was filed; of one that wasn't filed, all."""
        return self.entry_count - self.filed_upto

    @property
    def not_handed_over(self) -> int:
        """Filed lines that weren't handed over."""
        return self.filed_upto - self.handed_upto

    @property
    def expires_on(self) -> date | None:
        """The last day of its term, counted from the end of the year in which its case ended; None: for good."""
        if self.retention is None or not self.retention.term.years or self.closed_at is None:
            return None
        return date(local_date(self.closed_at).year + self.retention.term.years, 12, 31)

    @property
    def wakes_at(self) -> datetime | None:
        """When something of it is over its time; none once that was told."""
        times = []
        if self.asked is not None and self.gaps and not self.asked.told:
            times.append(self.asked.due_at)
        if self.clock is not None and self.state is not FileState.HANDED_OVER and not self.clock.told:
            times.append(self.clock.due_at)
        return min(times, default=None)


@dataclass(frozen=True, slots=True)
class CaseFile(CaseHead):
    """One file with all that is in it: ``kept`` are the contents that are here."""

    materials: tuple[Demanded, ...] = ()
    stages: tuple[Stage, ...] = ()
    papers: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    kept: tuple[Kept, ...] = field(default=(), repr=False)
    catalogues: tuple[Catalogue, ...] = ()

    def entry(self, number: int) -> Entry | None:
        """The line of this number."""
        return self.entries[number - 1] if 1 <= number <= len(self.entries) else None

    def contents(self, first: int, last: int) -> tuple[tuple[int, str], ...]:
        """Number and SHA-256 of what is kept, or said, of these lines; without those whose content was gone."""
        kept = {each.number: each.sha256 for each in self.kept}
        lines = (
            (each.number, each.sha256 if each.origin is Origin.TEXT else kept.get(each.number, ""))
            for each in self.entries[first - 1 : last]
        )
        return tuple((number, sha256) for number, sha256 in lines if sha256)

    def content(self, number: int) -> Kept | None:
        """What is kept of a line."""
        return next((each for each in self.kept if each.number == number), None)


@dataclass(frozen=True, slots=True)
class Told:
    """What an event says of a case; None: it says nothing of that."""

    drafts: tuple[Draft, ...] = ()
    person: Person | None = None
    materials: tuple[Demanded, ...] | None = None
    stages: tuple[Stage, ...] | None = None
    papers: tuple[str, ...] = ()
    responsible: tuple[str, str] | None = None
    ending: Ending = Ending.NONE


def follow(file: CaseFile, told: Told, *, event_id: str, event_type: str) -> CaseFile:
    """The file after an event: what it says of the case, and its lines behind those that are there (rules J01).

    What comes once it is filed is a supplement (补充归档); to one that was destroyed nothing comes any more.
    """
    if file.state is FileState.DESTROYED:
        return file
    entries = appended(
        file.entries,
        told.drafts,
        event_id=event_id,
        event_type=event_type,
        supplement=file.state in (FileState.FILED, FileState.HANDED_OVER),
    )
    responsible = told.responsible or (file.responsible_id, file.responsible_name)
    return replace(
        file,
        entries=entries,
        entry_count=len(entries),
        chain=head_of(entries, len(entries)),
        person=file.person if told.person is None or not told.person.name else told.person,
        materials=file.materials if told.materials is None else told.materials,
        stages=file.stages if told.stages is None else told.stages,
        papers=(*file.papers, *(each for each in told.papers if each not in file.papers)),
        responsible_id=responsible[0],
        responsible_name=responsible[1],
        ending=told.ending or file.ending,
    )


def facts(file: CaseFile) -> Facts:
    """What the file is judged by."""
    return Facts(file.ending, file.materials, file.stages, frozenset(file.papers), file.immediate)


def close(
    file: CaseFile, now: datetime, *, scans_wanted: bool, asked: Asked, clock: HandOverClock, retention: Retention
) -> CaseFile:
    """The file of a case that has ended, with what is lacking and who is asked for it (rules J01, J02)."""
    found = gaps(facts(file), scans_wanted=scans_wanted)
    return replace(
        file,
        state=FileState.CLOSED,
        closed_at=now,
        gaps=found,
        asked=asked if found else None,
        clock=clock,
        retention=retention,
    )


def looked_over(file: CaseFile, *, scans_wanted: bool) -> CaseFile:
    """The closed file with what is lacking now; nobody is asked for what has come."""
    found = gaps(facts(file), scans_wanted=scans_wanted)
    return replace(file, gaps=found, asked=file.asked if found else None)


def file_away(file: CaseFile, kept: Iterable[Kept], now: datetime, *, by_name: str, despite: str) -> CaseFile:
    """The file with its contents kept here (归档); again for what came later.

    Raises ``Conflict``: ``file_open`` while the case goes on, ``file_filed`` when nothing new is in it,
    ``file_incomplete`` when something is lacking and nobody says why it is filed all the same.
    """
    require_fileable(file, despite=despite)
    first = file.state is FileState.CLOSED
    return replace(
        file,
        state=FileState.FILED if first else file.state,
        kept=(*file.kept, *kept),
        filed_upto=len(file.entries),
        filed_at=now if first else file.filed_at,
        filed_by_name=by_name if first else file.filed_by_name,
        despite=despite if first and file.gaps else file.despite,
        asked=None,
    )


def with_catalogue(file: CaseFile, sha256: str, size: int) -> CaseFile:
    """The filed file with its list as a paper."""
    return replace(file, catalogues=(*file.catalogues, Catalogue(file.filed_upto, sha256, size)))


def require_fileable(file: CaseFile, *, despite: str) -> None:
    """Raises as ``file_away``."""
    if file.state is FileState.OPEN:
        raise Conflict("file_open", "该件尚未办结，办结后才能归档。", id=file.id)
    if file.state is not FileState.CLOSED and not file.unfiled:
        raise Conflict("file_filed", "案卷已归档，没有新增的材料。", id=file.id)
    if file.hand_over_id is not None:
        raise Conflict("file_in_hand_over", "案卷正在移交，请待接收人确认或退回后再归档新增材料。", id=file.id)
    if file.state is FileState.CLOSED and file.gaps and not despite:
        raise Conflict(
            "file_incomplete",
            f"案卷缺 {len(file.gaps)} 项，请补齐后归档；确实无法补齐的，请写明原因。",
            id=file.id,
            gaps=[gap.title for gap in file.gaps][:20],
        )


def bind(file: CaseFile, hand_over_id: str) -> CaseFile | None:
    """The file bound to a hand-over; None where there is nothing to hand over or another has it."""
    if file.hand_over_id == hand_over_id:
        return file
    if file.hand_over_id is not None or not file.not_handed_over:
        return None
    return replace(file, hand_over_id=hand_over_id)


def release(file: CaseFile, hand_over_id: str) -> CaseFile:
    """The file free again, as it was returned."""
    return replace(file, hand_over_id=None) if file.hand_over_id == hand_over_id else file


def hand_over(file: CaseFile, hand_over_id: str, upto: int, now: datetime) -> CaseFile:
    """The file whose lines up to one have been received (rules J02); again without effect."""
    if file.hand_over_id != hand_over_id:
        return file
    return replace(
        file,
        state=FileState.HANDED_OVER,
        handed_upto=max(file.handed_upto, upto),
        handed_over_at=now,
        hand_over_id=None,
    )


def overdue(file: CaseFile, now: datetime) -> tuple[CaseFile, tuple[str, ...]]:
    """The file with what is over its time told, and what that is: ``gaps``, ``hand_over``."""
    what: list[str] = []
    if file.asked is not None and file.gaps and not file.asked.told and file.asked.due_at <= now:
        file = replace(file, asked=replace(file.asked, told=True))
        what.append("gaps")
    clock = file.clock
    if clock is not None and file.state is not FileState.HANDED_OVER and not clock.told and clock.due_at <= now:
        file = replace(file, clock=replace(clock, told=True))
        what.append("hand_over")
    return file, tuple(what)
