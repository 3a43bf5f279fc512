"""What other services tell is put on file: results, and papers of accepted applications (国办函〔2016〕108号)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from kit.call import Call
from kit.errors import Stale
from kit.events import DomainEvent
from kit.store.port import Duplicate, Mark
from kit.workdays import local_date
from services.certificates.domain import holding as holdings
from services.certificates.domain.events import HoldingEnded, HoldingKept
from services.certificates.domain.holding import Content, Ending, Holder, Holding, HoldingState, Origin, PaperFile
from services.certificates.domain.trust import Trust, kind_of
from services.certificates.handlers.library import Library

#: How a material may be obtained other than by handing it in, as items say it.
REUSED: Final = ("reuse", "library")

_DAYS: Final = {
    Trust.B: "verified_paper_days",
    Trust.C: "uploaded_paper_days",
    Trust.D: "declared_paper_days",
}


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted application: whose it is, and where its papers come from."""

    id: str
    number: str
    center_id: str
    item_id: str
    item_version: int
    item_name: str
    journey: str
    holder: Holder
    at: datetime
    #: Of the application, when it told so.
    told: int
    #: Who judged it; empty: the law did, and nobody has looked.
    judged_by: str


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A material as it was accepted. ``reused``: the level at which it was taken from the file itself."""

    key: str
    name: str
    files: tuple[PaperFile, ...]
    original_seen: bool
    declared: bool = False
    reused: Trust | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What a case gave."""

    case_id: str
    center_id: str
    department_key: str
    name: str
    number: str
    issued_at: datetime
    valid_from: date | None
    valid_until: date | None
    told: int


def expect_result(*, library: Library, call: Call, application: Accepted, mark: Mark) -> None:
    """An accepted application may come to a result: whose that will be is known from now on.

    Raises ``AlreadyApplied``, ``Stale``, ``Unavailable``.
    """

    def learn(holding: Holding) -> Holding:
        return holdings.of_holder(
            holding,
            application.holder,
            case_number=application.number,
            item_name=application.item_name,
            journey=application.journey,
        )

    _learn(library, call, _unknown_result(application.id, application.center_id), learn, mark)


def keep_paper(*, library: Library, call: Call, application: Accepted, paper: HandedIn, mark: Mark) -> None:
    """Puts a paper of an accepted application on file, if its item says that such a paper may be used again.

    Its level: B where a window compared it with its original, D where it is a declaration, else C. What was itself taken
    from the file isn't put there again, unless its original was seen for the first time. Raises ``AlreadyApplied``,
    ``Stale``, ``Unavailable`` (``reference_not_ready``).
    """
    if not paper.files or not (paper.declared or _may_be_reused(library, application, paper)):
        return
    trust = Trust.D if paper.declared else Trust.B if paper.original_seen and application.judged_by else Trust.C
    if paper.reused is not None and (trust is not Trust.B or paper.reused.suffices(Trust.B)):
        return
    policy = library.reference.policy(application.center_id)
    since = local_date(application.at)
    content = Content(
        kind=kind_of(paper.name, library.names(application.center_id)),
        name=paper.name,
        trust=trust,
        number="",
        issuer="",
        issued_at=application.at,
        valid_from=since,
        valid_until=since + timedelta(days=policy.integer(_DAYS[trust])),
        files=paper.files,
        verified_by=application.judged_by if trust is Trust.B else "",
        told=application.told,
    )
    blank = Holding(
        id=paper_id(application.id, paper.key),
        center_id=application.center_id,
        origin=Origin.MATERIAL,
        case_id=application.id,
        case_number=application.number,
        journey=application.journey,
        material_key=paper.key,
        item_name=application.item_name,
        holder=application.holder,
    )
    _learn(library, call, blank, lambda holding: holdings.with_content(holding, content), mark)


def keep_result(*, library: Library, call: Call, result: Result, mark: Mark) -> None:
    """Puts what a department issued on file, at level A. Raises ``AlreadyApplied``, ``Stale``, ``Unavailable``."""
    center = library.reference.center(result.center_id)
    department = center.department(result.department_key)
    content = Content(
        kind=kind_of(result.name),
        name=result.name,
        trust=Trust.A,
        number=result.number,
        issuer=department.name if department is not None else center.name,
        issued_at=result.issued_at,
        valid_from=result.valid_from or local_date(result.issued_at),
        valid_until=result.valid_until,
        told=result.told,
    )
    _learn(
        library,
        call,
        _unknown_result(result.case_id, result.center_id),
        lambda holding: holdings.with_content(holding, content),
        mark,
    )


def end_result(*, library: Library, call: Call, case_id: str, center_id: str, ending: Ending, mark: Mark) -> None:
    """A result was revoked, struck out, or followed by another one. Raises ``AlreadyApplied``, ``Stale``."""
    blank = _unknown_result(case_id, center_id)
    _learn(library, call, blank, lambda holding: holdings.end(holding, ending), mark)


def continue_result(*, library: Library, call: Call, case_id: str, center_id: str, mark: Mark) -> None:
    """A result goes on beyond its end, as its renewal wasn't decided in time (许可法 50)."""
    _learn(library, call, _unknown_result(case_id, center_id), holdings.continued, mark)


def paper_id(application_id: str, material_key: str) -> str:
    """The id of a material's holding: the same however often it is told."""
    return hashlib.sha256(f"{application_id}/{material_key}".encode()).hexdigest()[:32]


def replaced(number: str, at: datetime) -> Ending:
    """That another result followed it."""
    return Ending(HoldingState.REPLACED, f"已换发 {number}"[:200], at)


def _may_be_reused(library: Library, application: Accepted, paper: HandedIn) -> bool:
    item = library.reference.item(application.item_id, application.item_version)
    return any(each.key == paper.key and each.obtained in REUSED for each in item.materials)


def _unknown_result(case_id: str, center_id: str) -> Holding:
    return Holding(id=case_id, center_id=center_id, origin=Origin.RESULT, case_id=case_id, case_number="", journey="")


def _learn(library: Library, call: Call, blank: Holding, fact: Callable[[Holding], Holding], mark: Mark) -> None:
    """Writes a fact into the holding that it is about, which the first fact of it begins."""
    before = library.holdings.find_by_id(blank.id)
    after = fact(before or blank)
    after = holdings.with_retention(after, library.reference.policy(blank.center_id).integer("holding_retention_days"))
    if after == before:
        return
    if before is not None:
        library.holdings.save(after, _told(before, after), call, mark=mark)
        return
    try:
        library.holdings.create(after, _told(None, after), call, mark=mark)
    except Duplicate as error:
        raise Stale("holding_overtaken", "库中记录已被更新，请重试。", id=blank.id) from error


def _told(before: Holding | None, after: Holding) -> list[DomainEvent]:
    if not after.known:
        return []
    told: list[DomainEvent] = []
    if before is None or not before.known or before.content != after.content:
        told.append(HoldingKept(after))
    if before is not None and before.known and before.ended != after.ended:
        told.append(HoldingEnded(after))
    return told
