"""The papers of an application as they lie: at the window, at a department, or left to be fetched (rules B08, C16).

What the center has follows the application; what of it went to the department follows the lists that it signed. The
rest waits at the window, and is on one open list at the most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from kit.errors import Conflict, Invalid
from services.intake.domain.officer import Officer


@dataclass(frozen=True, slots=True)
class Pieces:
    """Pieces of one material."""

    key: str
    name: str
    originals: int = 0
    copies: int = 0

    @property
    def any(self) -> bool:
        """Whether there is one."""
        return bool(self.originals or self.copies)

    def less(self, others: Iterable[Pieces]) -> Pieces:
        """Without those of the same material, never less than none."""
        same = [each for each in others if each.key == self.key]
        return replace(
            self,
            originals=max(0, self.originals - sum(each.originals for each in same)),
            copies=max(0, self.copies - sum(each.copies for each in same)),
        )

    def most(self, of: Iterable[Pieces]) -> Pieces:
        """No more than there are of the same material."""
        there = next((each for each in of if each.key == self.key), Pieces(self.key, self.name))
        return replace(self, originals=min(self.originals, there.originals), copies=min(self.copies, there.copies))


@dataclass(frozen=True, slots=True)
class Left:
    """Originals that the applicant is to fetch; ``fetched_by`` is masked."""

    pieces: tuple[Pieces, ...]
    place: str
    reason: str
    since: datetime
    #: When the applicant is reminded next.
    remind_at: datetime
    reminders: int = 0
    fetched_at: datetime | None = None
    fetched_by: str = ""
    given_by: str = ""
    #: Of the signature's file: SHA-256 and true media type.
    signature_sha256: str = ""
    signature_type: str = ""

    @property
    def open(self) -> bool:
        """Whether they lie there still."""
        return self.fetched_at is None


@dataclass(frozen=True, slots=True)
class Bundle:
    """The papers of an application; its id is the application's.

    ``waiting_since``: since when something waits for its department, to be handed over by ``hand_over_by``;
    ``told_at``: when it was told that it hadn't been. ``list_id``: the open list that it is on.
    """

    id: str
    application_number: str
    center_id: str
    department_key: str
    item_name: str
    journey: str
    window_number: str
    collected: tuple[Pieces, ...] = ()
    handed: tuple[Pieces, ...] = ()
    #: Whether the department is to have them: the application was accepted.
    accepted: bool = False
    waiting_since: datetime | None = None
    hand_over_by: datetime | None = None
    told_at: datetime | None = None
    list_id: str | None = None
    #: Signed lists on which something of it differed that isn't settled.
    differing: tuple[str, ...] = ()
    left: Left | None = None
    version: int = 0

    @property
    def waiting(self) -> tuple[Pieces, ...]:
        """What is to be handed over and isn't yet, nor is left to be fetched."""
        if not self.accepted:
            return ()
        elsewhere = (*self.handed, *(self.left.pieces if self.left is not None and self.left.open else ()))
        return tuple(rest for each in self.collected if (rest := each.less(elsewhere)).any)

    @property
    def wakes_at(self) -> datetime | None:
        """When it is told that something waits too long, or the applicant is reminded."""
        times = []
        if self.hand_over_by is not None and self.told_at is None:
            times.append(self.hand_over_by)
        if self.left is not None and self.left.open:
            times.append(self.left.remind_at)
        return min(times, default=None)


def follow(
    bundle: Bundle, collected: tuple[Pieces, ...], *, accepted: bool, hand_over_by: datetime, now: datetime
) -> Bundle:
    """With what the center has now; what was handed over, or is to be fetched, is never more than that.

    Left papers of which none is here any more were given back otherwise.
    """
    left = bundle.left
    if left is not None and left.open:
        rest = tuple(each for each in (each.most(collected) for each in left.pieces) if each.any)
        left = replace(left, pieces=rest) if rest else replace(left, fetched_at=now)
    handed = tuple(each for each in (each.most(collected) for each in bundle.handed) if each.any)
    changed = replace(bundle, collected=collected, handed=handed, accepted=accepted, left=left)
    return _timed(changed, hand_over_by, now)


def bind(bundle: Bundle, list_id: str) -> Bundle | None:
    """On a list; None: it is on another one, or nothing waits."""
    if bundle.list_id == list_id:
        return bundle
    return replace(bundle, list_id=list_id) if bundle.list_id is None and bundle.waiting else None


def release(bundle: Bundle, list_id: str) -> Bundle:
    """No more on this list; one that isn't on it stays as it is."""
    return replace(bundle, list_id=None) if bundle.list_id == list_id else bundle


def hand_over(
    bundle: Bundle, list_id: str, pieces: Iterable[Pieces], *, differs: bool, hand_over_by: datetime, now: datetime
) -> Bundle:
    """A department has signed the list; ``differs``: not for all of them. Done before, it stays as it is.

    What differed doesn't wait again before that is settled.
    """
    if bundle.list_id != list_id:
        return bundle
    differing = (*bundle.differing, list_id) if differs else bundle.differing
    handed = replace(bundle, list_id=None, handed=_sum(bundle.handed, pieces), differing=differing)
    return _timed(handed, hand_over_by, now)


def settle(
    bundle: Bundle, list_id: str, returned: Iterable[Pieces], *, hand_over_by: datetime, now: datetime
) -> Bundle:
    """What differed on a list is settled; what was returned waits again. Done before, it stays as it is."""
    if list_id not in bundle.differing:
        return bundle
    back = tuple(returned)
    handed = tuple(rest for each in bundle.handed if (rest := each.less(back)).any)
    differing = tuple(each for each in bundle.differing if each != list_id)
    return _timed(replace(bundle, handed=handed, differing=differing), hand_over_by, now)


def leave(
    bundle: Bundle, originals: Mapping[str, int], *, place: str, reason: str, remind_at: datetime, now: datetime
) -> Bundle:
    """With originals that the applicant is to fetch.

    Raises ``Conflict``: on an open list (``papers_listed``), something lies there already (``papers_left``);
    ``Invalid``: nothing named (``nothing_left``), an unknown material (``material_unknown``), more than there are
    (``originals_exceeded``).
    """
    require_unlisted(bundle)
    if bundle.left is not None and bundle.left.open:
        raise Conflict("papers_left", "该件已有待取回的材料，请先办理取回。", id=bundle.id)
    if not originals:
        raise Invalid("nothing_left", "请填写待取回的原件份数。", field="pieces")
    there = {each.key: each for each in bundle.collected}
    pieces = []
    for key, number in originals.items():
        if key not in there:
            raise Invalid("material_unknown", f"本件没有收下编号为“{key[:64]}”的纸质材料。", field="pieces")
        if not 1 <= number <= there[key].originals:
            message = f"材料“{there[key].name}”有 {there[key].originals} 份原件，请更正份数。"
            raise Invalid("originals_exceeded", message, field="pieces")
        pieces.append(Pieces(key, there[key].name, number))
    return replace(bundle, left=Left(tuple(pieces), place, reason, now, remind_at))


def tell(bundle: Bundle, *, now: datetime) -> Bundle:
    """It was told that its papers weren't handed over in time."""
    return replace(bundle, told_at=now)


def remind(bundle: Bundle, *, next_at: datetime) -> Bundle:
    """The applicant was reminded. Raises ``Conflict`` (``nothing_to_fetch``)."""
    left = _lying(bundle)
    return replace(bundle, left=replace(left, reminders=left.reminders + 1, remind_at=next_at))


def fetch(
    bundle: Bundle, *, by: str, given_by: Officer, signature_sha256: str, signature_type: str, now: datetime
) -> Bundle:
    """They were fetched, with a signature. Raises ``Conflict`` (``nothing_to_fetch``)."""
    left = _lying(bundle)
    fetched = replace(
        left,
        fetched_at=now,
        fetched_by=by,
        given_by=given_by.name,
        signature_sha256=signature_sha256,
        signature_type=signature_type,
    )
    return replace(bundle, left=fetched)


def require_unlisted(bundle: Bundle) -> None:
    """Raises ``Conflict`` (``papers_listed``) while an open list has its papers."""
    if bundle.list_id is not None:
        raise Conflict(
            "papers_listed", "该件的纸质材料在尚未签收的交接清单中，请先撤回清单或者等待签收。", id=bundle.id
        )


def _lying(bundle: Bundle) -> Left:
    if bundle.left is None or not bundle.left.open:
        raise Conflict("nothing_to_fetch", "该件没有待取回的材料，请刷新后查看。", id=bundle.id)
    return bundle.left


def _sum(pieces: tuple[Pieces, ...], more: Iterable[Pieces]) -> tuple[Pieces, ...]:
    total = {each.key: each for each in pieces}
    for each in more:
        had = total.get(each.key, Pieces(each.key, each.name))
        total[each.key] = replace(had, originals=had.originals + each.originals, copies=had.copies + each.copies)
    return tuple(total.values())


def _timed(bundle: Bundle, hand_over_by: datetime, now: datetime) -> Bundle:
    """Since when something waits, and by when it is to be handed over: kept while it waits, anew afterwards."""
    if not bundle.waiting:
        return replace(bundle, waiting_since=None, hand_over_by=None, told_at=None)
    if bundle.waiting_since is not None:
        return bundle
    return replace(bundle, waiting_since=now, hand_over_by=hand_over_by, told_at=None)
