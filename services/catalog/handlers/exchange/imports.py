"""Importing items: every row is judged first, then all are written or none (rules AB02).

Each row is one document and so one write. Before the first write all rows have been judged; a crash in between leaves
some rows imported and the others not, each of them whole, and importing the same file again completes it: what is
there already is unchanged.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from kit.call import Call
from kit.errors import Conflict, Invalid, TongbanError, Unavailable
from services.catalog.domain import items
from services.catalog.domain.centers import Center
from services.catalog.domain.items import Guide, Item, ItemEvent, ItemState
from services.catalog.domain.publication import (
    Finding,
    Rules,
    draft_problems,
    publication_problems,
    publication_warnings,
)
from services.catalog.handlers.catalog import Catalog
from services.catalog.handlers.exchange import files
from services.catalog.handlers.exchange.rows import guide_of
from services.catalog.handlers.guides import cleaned, rules_for

#: How often a row is written again when somebody else changed its item at the same moment.
ATTEMPTS: Final = 3

_NAMESPACE: Final = uuid.UUID("7d6c2f0e-3f5b-5f0a-9a7e-2b8a4c1d9e10")


class Outcome(StrEnum):
    """What became of a row, or would."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class RowReport:
    """What became of one row, and what it says for itself."""

    row: int
    name: str
    outcome: Outcome
    item_id: str = ""
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of a file; ``applied`` is false when nothing was written."""

    rows: tuple[RowReport, ...]
    applied: bool

    @property
    def imported(self) -> int:
        """Rows that were written."""
        return sum(row.outcome in (Outcome.ADDED, Outcome.CHANGED) for row in self.rows) if self.applied else 0

    @property
    def bad(self) -> int:
        """Rows that can't be imported."""
        return sum(row.outcome is Outcome.BAD for row in self.rows)


@dataclass(frozen=True, slots=True)
class _Plan:
    report: RowReport
    guide: Guide | None = None


@dataclass(frozen=True, slots=True)
class _Importer:
    catalog: Catalog
    call: Call
    center: Center
    rules: Rules
    publish: bool


def import_items(
    *,
    catalog: Catalog,
    call: Call,
    center_id: str,
    format: str,
    content: bytes,
    skip_bad_rows: bool = False,
    dry_run: bool = False,
    publish: bool = False,
) -> ImportReport:
    """Imports a file into a center with a report a row; one bad row imports nothing unless ``skip_bad_rows``.

    Rows are matched to items by their code. New ones become drafts, or are published at once with ``publish``; a draft
    that is in review stays as it is. Raises ``Invalid`` on what is no file, ``NotFound`` (``center_unknown``),
    ``Forbidden``; ``Unavailable`` when the store doesn't answer, be it in the middle: then the same file completes it.
    """
    call.actor.require("manager", "admin")
    center = catalog.centers.get(center_id)
    call.actor.require_center(center_id)
    rows = files.read(format, content)
    # One key can't make many documents; that a row is imported once follows from its code.
    call = replace(call, idempotency=None)
    importer = _Importer(catalog, call, center, rules_for(catalog, center_id), publish)
    read = [(row, *_read(row)) for row in rows]
    times = Counter(guide.implementation_code for _, guide, _ in read if guide)
    plans = [_planned(importer, row, guide, problems, times) for row, guide, problems in read]
    bad = any(plan.report.outcome is Outcome.BAD for plan in plans)
    if dry_run:
        return ImportReport(tuple(plan.report for plan in plans), applied=False)
    if bad and not skip_bad_rows:
        return ImportReport(tuple(_skipped(plan.report) for plan in plans), applied=False)
    return ImportReport(tuple(catalog.writers.map(lambda plan: _written(importer, plan), plans)), applied=True)


def item_id_of(center_id: str, code: str) -> str:
    """The id of an imported item: the same file gives the same ids, so that two imports at once make one item."""
    return str(uuid.uuid5(_NAMESPACE, f"{center_id}/{code}"))


# ── Judging ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _read(row: files.Row) -> tuple[Guide | None, list[str]]:
    guide, problems = guide_of(row)
    if guide is None:
        return None, problems
    try:
        return cleaned(guide), problems
    except Invalid as error:
        return None, [f"{error.details.get('field', '')}：{error.message}"]


def _planned(
    importer: _Importer, row: files.Row, guide: Guide | None, problems: list[str], times: Counter[str]
) -> _Plan:
    name = _sayable(row.name)
    if guide is None:
        return _Plan(RowReport(row.number, name, Outcome.BAD, problems=tuple(map(_sayable, problems))))
    item = _existing(importer, guide)
    found = [finding.message for finding in _problems(importer, guide, item)]
    if times[guide.implementation_code] > 1:
        found.append(f"编码 {guide.implementation_code} 在文件中重复")
    warnings = tuple(finding.message for finding in publication_warnings(guide, importer.rules))
    outcome = Outcome.BAD if found else _outcome(importer, guide, item)
    id = item.id if item else ""
    return _Plan(RowReport(row.number, name, outcome, id, tuple(map(_sayable, found)), warnings), guide)


def _problems(importer: _Importer, guide: Guide, item: Item | None) -> Iterator[Finding]:
    judge = publication_problems if importer.publish else draft_problems
    yield from judge(guide, importer.center, importer.rules)
    if item and item.open and item.open.state is ItemState.IN_REVIEW and item.open.guide != guide:
        yield Finding("item_in_review", "该事项有版本正在审核，请先退回或发布")


def _sayable(text: str) -> str:
    """A text that may be quoted in a report: JSON can hold halves of characters that no message can."""
    return text[:500].encode("utf-8", "replace").decode()


def _outcome(importer: _Importer, guide: Guide, item: Item | None) -> Outcome:
    if item is None:
        return Outcome.ADDED
    if importer.publish:
        same = item.open is None and item.published is not None and item.published.guide == guide
    else:
        same = item.latest.guide == guide and item.latest is not item.former
    return Outcome.UNCHANGED if same else Outcome.CHANGED


def _existing(importer: _Importer, guide: Guide) -> Item | None:
    return importer.catalog.items.find_unique("by_code", importer.center.id, guide.implementation_code)


def _skipped(report: RowReport) -> RowReport:
    return report if report.outcome is Outcome.BAD else replace(report, outcome=Outcome.SKIPPED)


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _written(importer: _Importer, plan: _Plan) -> RowReport:
    if plan.guide is None or plan.report.outcome is Outcome.BAD:
        return plan.report
    try:
        return _write(importer, plan.report, plan.guide)
    except Unavailable:
        raise  # that says nothing of the row: the file is sent again, and what was written is found unchanged
    except TongbanError as error:
        # Somebody put the item in review meanwhile: the other rows stand on their own.
        return replace(plan.report, outcome=Outcome.BAD, problems=(error.message,))


def _write(importer: _Importer, report: RowReport, guide: Guide) -> RowReport:
    attempt = 0
    while True:
        attempt += 1
        item = _existing(importer, guide)
        outcome = _outcome(importer, guide, item)
        if item is not None and outcome is Outcome.UNCHANGED:
            return replace(report, outcome=outcome, item_id=item.id)
        try:
            return replace(report, outcome=outcome, item_id=_put(importer, guide, item, report.warnings).id)
        except Conflict:  # somebody else's write came between the read and this one
            if attempt == ATTEMPTS:
                raise


def _put(importer: _Importer, guide: Guide, item: Item | None, warnings: tuple[str, ...]) -> Item:
    """One item in one write, with all the events of its way from a draft to where it is wanted."""
    call, repository = importer.call, importer.catalog.items
    events: list[ItemEvent] = []
    if item is None:
        changed, drafted = items.start(
            item_id_of(importer.center.id, guide.implementation_code), importer.center.id, guide
        )
        events += drafted
    elif item.open is None or item.open.guide != guide:
        changed, drafted = items.redraft(item, guide)
        events += drafted
    else:
        changed = item
    if importer.publish:
        if changed.latest.state is ItemState.DRAFT:
            changed, submitted = items.submit(changed, changed.last_number, warnings)
            events += submitted
        changed, published = items.publish(changed, changed.last_number, call.now, warnings)
        events += published
    put = repository.create if item is None else repository.save
    return put(changed, events, call)
