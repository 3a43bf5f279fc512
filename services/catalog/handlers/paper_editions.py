"""Drafting and publishing a center's templates of papers, and reading them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from kit.call import Call
from kit.errors import Conflict, Invalid
from kit.store.port import Duplicate
from kit.store.repository import Found, check_version
from kit.text import clean
from kit.workdays import local_instant
from reference.papers.layout import SHAPES, checked_layout, checked_wording, shape_of
from services.catalog.domain import paper_editions
from services.catalog.domain.paper_editions import PaperEdition, PaperEditionPublished, edition_id
from services.catalog.handlers.catalog import Catalog
from services.catalog.handlers.effective import settings_of

#: Editions of one page.
PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class PaperTemplate:
    """How a center's papers of a kind stand; ``wording`` are the words of its settings, until an edition holds."""

    kind: str
    in_force: PaperEdition | None
    upcoming: tuple[PaperEdition, ...]
    draft: PaperEdition | None
    wording: dict[str, str]


def draft_edition(
    *,
    catalog: Catalog,
    call: Call,
    center_id: str,
    kind: str,
    wording: Mapping[str, Any],
    layout: Mapping[str, Any],
    expected_version: int,
) -> PaperEdition:
    """Starts the next edition, or edits its draft.

    Raises ``Invalid`` (as ``checked_wording`` and ``checked_layout``), ``NotFound`` (``center_unknown``), ``Forbidden``,
    ``Stale``, and ``Conflict`` (``edition_contended``) where somebody else starts it at the same moment.
    """
    _require_manager(catalog, call, center_id)
    words, laid = checked_wording(kind, wording), checked_layout(kind, layout)
    newest = next(_newest_first(catalog, center_id, kind), None)
    if newest is not None and newest.published_at is None:
        check_version(newest, expected_version)
        edited = paper_editions.edit(newest, wording=words, layout=laid, by=call.actor.name, now=call.now)
        return catalog.paper_editions.save(edited, [], call)
    number = newest.number + 1 if newest is not None else 1
    id = edition_id(center_id, kind, number)
    draft = PaperEdition(id, center_id, kind, number, call.actor.name, call.now, words, laid)
    try:
        return catalog.paper_editions.create(draft, [], call)
    except Duplicate as error:
        raise Conflict("edition_contended", "其他人员刚刚开始拟订新版，请刷新后再修改。", kind=kind) from error


def publish_edition(
    *,
    catalog: Catalog,
    call: Call,
    center_id: str,
    kind: str,
    number: int,
    effective_on: str,
    reason: str,
    expected_version: int,
) -> PaperEdition:
    """Publishes a draft for a day (2026-12-01); papers that are issued from then on are made by it.

    What it says is looked at once more, as a release in between may know better. Raises as ``paper_editions.publish`` and
    the checks of a draft; ``Invalid`` (``effective_on_invalid``, ``text_required``), ``NotFound``, ``Forbidden``, ``Stale``.
    """
    _require_manager(catalog, call, center_id)
    shape_of(kind)
    draft = catalog.paper_editions.get(edition_id(center_id, kind, number))
    check_version(draft, expected_version)
    checked_wording(kind, draft.wording)
    checked_layout(kind, draft.layout)
    try:
        begins = local_instant(date.fromisoformat(effective_on))
    except ValueError:
        raise Invalid("effective_on_invalid", "请填写施行日期，格式如 2026-12-01。", field="effective_on") from None
    published = paper_editions.publish(
        draft,
        _newest_first(catalog, center_id, kind),
        begins=begins,
        reason=clean(reason, field="reason", max_length=200),
        by=call.actor.name,
        now=call.now,
    )
    return catalog.paper_editions.save(published, [PaperEditionPublished(published)], call)


def list_templates(*, catalog: Catalog, call: Call, center_id: str, kind: str) -> list[PaperTemplate]:
    """How a center's papers stand, or one kind. Raises ``NotFound``, ``Forbidden``, ``Invalid`` (``paper_kind_unknown``)."""
    _require_reader(catalog, call, center_id)
    if kind:
        shape_of(kind)
    settings = settings_of(catalog, center_id)
    return [
        _template(catalog, call, center_id, one, settings.data(f"{one}_wording"))
        for one in ([kind] if kind else SHAPES)
    ]


def list_editions(
    *, catalog: Catalog, call: Call, center_id: str, kind: str, limit: int, cursor: str
) -> Found[PaperEdition]:
    """The editions of a kind, the newest first. Raises ``NotFound``, ``Forbidden``, ``Invalid``."""
    _require_reader(catalog, call, center_id)
    shape_of(kind)
    page = min(limit, PAGE) if limit > 0 else PAGE
    return catalog.paper_editions.find(
        "by_kind", center_id=center_id, kind=kind, descending=True, limit=page, cursor=cursor
    )


def get_edition(*, catalog: Catalog, call: Call, center_id: str, kind: str, number: int) -> PaperEdition:
    """One edition. Raises ``NotFound`` (``edition_unknown`` too), ``Forbidden``."""
    _require_reader(catalog, call, center_id)
    return catalog.paper_editions.get(edition_id(center_id, kind, number))


def _template(catalog: Catalog, call: Call, center_id: str, kind: str, wording: Mapping[str, str]) -> PaperTemplate:
    draft: PaperEdition | None = None
    upcoming: list[PaperEdition] = []
    for edition in _newest_first(catalog, center_id, kind):
        if edition.published_at is None:
            draft = edition
        elif edition.holds(call.now):
            return PaperTemplate(kind, edition, tuple(reversed(upcoming)), draft, dict(wording))
        else:
            upcoming.append(edition)
    return PaperTemplate(kind, None, tuple(reversed(upcoming)), draft, dict(wording))


def _newest_first(catalog: Catalog, center_id: str, kind: str) -> Iterator[PaperEdition]:
    cursor = ""
    while True:
        page = catalog.paper_editions.find(
            "by_kind", center_id=center_id, kind=kind, descending=True, limit=PAGE, cursor=cursor
        )
        yield from page.items
        cursor = page.cursor
        if not cursor:
            return


def _require_manager(catalog: Catalog, call: Call, center_id: str) -> None:
    call.actor.require("manager")
    _require_reader(catalog, call, center_id)


def _require_reader(catalog: Catalog, call: Call, center_id: str) -> None:
    catalog.centers.get(center_id)
    call.actor.require_center(center_id)
