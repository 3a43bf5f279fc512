"""A center's templates of papers in editions: drafted, published for a day, never changed afterwards (decision 0029)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from kit.errors import Conflict, Invalid

#: How far ahead an edition may begin to hold. Our own choice.
FURTHEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class PaperEdition:
    """One edition for a kind of paper: its words, and what is laid out otherwise than the paper is by itself."""

    id: str
    center_id: str
    kind: str
    number: int
    edited_by: str
    edited_at: datetime
    wording: dict[str, str] = field(default_factory=dict)
    layout: dict[str, Any] = field(default_factory=dict)
    published_by: str = ""
    published_at: datetime | None = None
    #: From when on papers are issued under it; None while it is a draft.
    effective_from: datetime | None = None
    reason: str = ""
    version: int = 0

    def holds(self, at: datetime) -> bool:
        """Whether its day has come."""
        return self.effective_from is not None and self.effective_from <= at


@dataclass(frozen=True, slots=True)
class PaperEditionPublished:
    """An edition was published; it holds from its day on."""

    edition: PaperEdition
    rules: str = "rules C01"


def edition_id(center_id: str, kind: str, number: int) -> str:
    """The id of an edition: there is one of each number."""
    return f"{center_id}:{kind}:{number}"


def edit(
    edition: PaperEdition, *, wording: dict[str, str], layout: dict[str, Any], by: str, now: datetime
) -> PaperEdition:
    """The draft in other words, or laid out otherwise. Raises ``Conflict`` (``edition_published``)."""
    _require_draft(edition)
    return replace(edition, wording=wording, layout=layout, edited_by=by, edited_at=now)


def publish(
    edition: PaperEdition,
    published: Iterable[PaperEdition],
    *,
    begins: datetime,
    reason: str,
    by: str,
    now: datetime,
) -> PaperEdition:
    """The edition as it holds from the beginning of a day on; where that has passed today, from now on.

    Later editions begin no earlier than those before them, so that the newest whose day has come is the one that holds.
    Raises ``Conflict`` (``edition_published``, ``edition_before_another``), ``Invalid`` (``edition_backdated``,
    ``edition_too_far``).
    """
    _require_draft(edition)
    if begins <= now - timedelta(days=1):
        raise Invalid(
            "edition_backdated", "施行日期不能早于今天：已经出具的文书不会改变，请重新选择。", field="effective_on"
        )
    if begins > now + FURTHEST:
        raise Invalid("edition_too_far", f"施行日期最远为 {FURTHEST.days} 日以内，请重新选择。", field="effective_on")
    starts = max(begins, now)
    for other in published:
        if other.effective_from is not None and other.effective_from > starts:
            raise Conflict(
                "edition_before_another",
                f"第 {other.number} 版已经发布、尚未施行，新版的施行日期不能早于它，请改为同一天或者以后。",
                number=str(other.number),
                field="effective_on",
            )
    return replace(edition, effective_from=starts, reason=reason, published_by=by, published_at=now)


def _require_draft(edition: PaperEdition) -> None:
    if edition.published_at is not None:
        raise Conflict(
            "edition_published",
            f"第 {edition.number} 版已经发布，不能再改动；需要修改的，请另拟新版。",
            number=str(edition.number),
        )
