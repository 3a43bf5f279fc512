"""Service items and their versions: draft → in review → published → retired (rules AB01, AB02).

An item is one document, so that one write moves it: its published version, its open one (draft or in review) and the
one retired last. Earlier versions stand in documents of their own, which never change.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NoReturn, TypeVar

from kit.errors import Conflict, NotFound
from kit.workdays import Limit
from services.catalog.domain.checklists import Commitment, SituationCondition, SituationQuestion
from services.catalog.domain.codes import CodingScheme
from services.catalog.domain.routes import MergeRule, Step


class ItemKind(StrEnum):
    """Kind of case (办件类型, GB/T 39046 A.6)."""

    IMMEDIATE = "immediate"
    PROMISED = "promised"


class Cooperation(StrEnum):
    """How departments work together on it (协同方式), apart from the kind (facts 3)."""

    SINGLE = "single"
    JOINT = "joint"
    SENT_UP = "sent_up"


class ItemState(StrEnum):
    """Life of an item version."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Material:
    """A paper that the applicant hands in; a missing main one bars acceptance (rules D01)."""

    key: str
    name: str
    source: str = ""
    form: str = ""
    main: bool = True
    copies: int = 1
    note: str = ""
    #: All of these hold where it is wanted.
    when: tuple[SituationCondition, ...] = ()
    sample: str = ""
    standard: str = ""
    obtained: str = ""
    #: The lowest level that suffices, A to D (facts 3).
    trust: str = ""
    deferrable: bool = False


@dataclass(frozen=True, slots=True)
class Fee:
    """What may be charged, with its basis (rules H04, 许可法 58)."""

    name: str
    #: The standard, in words.
    amount: str
    basis: str = ""
    #: Fen (分) a unit; 0: not collected here, whatever is said in words.
    price_fen: int = 0
    #: What is counted, e.g. 证 or 平方米; empty: once a case.
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What the applicant gets in the end."""

    name: str
    kind: str
    #: In words.
    validity: str = ""
    #: 0: without an end, or not known.
    valid_months: int = 0
    #: Days before it expires by which its renewal must be applied for (许可法 50); 0: as the center sets.
    renewal_days: int = 0
    #: Field of the form that names, by its number, the result that an application renews; empty: it renews none.
    renewal_field: str = ""


@dataclass(frozen=True, slots=True)
class Guide:
    """What a version says: all that a department fills in (rules AA06, AB01). Empty and None: not known yet."""

    name: str
    basic_code: str = ""
    implementation_code: str = ""
    coding_scheme: CodingScheme = CodingScheme.NATIONAL
    type_code: str = ""
    kind: ItemKind | None = None
    cooperation: Cooperation | None = None
    statutory_limit: Limit | None = None
    promised_limit: Limit | None = None
    extension_limit: Limit | None = None
    #: Of a joint item's parts.
    merge_rule: MergeRule = MergeRule.ALL
    department_key: str = ""
    lane: str = ""
    materials: tuple[Material, ...] = ()
    fees: tuple[Fee, ...] = ()
    fee_note: str = ""
    special_procedures: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    results: tuple[ItemResult, ...] = ()
    audience: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    source_note: str = ""
    assumptions: tuple[str, ...] = ()
    questions: tuple[SituationQuestion, ...] = ()
    #: JSON Schema; empty: no form.
    form_schema: str = ""
    commitment: Commitment | None = None


@dataclass(frozen=True, slots=True)
class ItemVersion:
    """One version of an item; its guide never changes once it is published."""

    number: int
    state: ItemState
    guide: Guide
    review_note: str = ""
    published_at: datetime | None = None
    #: What did not stop publication, e.g. compression below the policy (rules F02).
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A service item of one center (实施清单)."""

    id: str
    center_id: str
    open: ItemVersion | None = None
    published: ItemVersion | None = None
    #: The version that was retired last.
    former: ItemVersion | None = None
    last_number: int = 0
    version: int = 0

    @property
    def latest(self) -> ItemVersion:
        """The version that is being worked on, else the published one, else the one retired last."""
        found = self.open or self.published or self.former
        if found is None:
            raise LookupError(f"item {self.id} has no version")
        return found

    def numbered(self, number: int) -> ItemVersion | None:
        """The version of this number, if it is still in this document."""
        return next((one for one in (self.open, self.published, self.former) if one and one.number == number), None)


@dataclass(frozen=True, slots=True)
class _ItemEvent:
    item_id: str
    center_id: str
    content: ItemVersion
    #: The version that the item's document gets by this change.
    version: int


@dataclass(frozen=True, slots=True)
class ItemDrafted(_ItemEvent):
    """A draft was made or edited."""

    rules: str = field(default="rules AA06", kw_only=True)


@dataclass(frozen=True, slots=True)
class ItemSubmitted(_ItemEvent):
    """A draft was handed to the center."""

    rules: str = field(default="rules AB02", kw_only=True)


@dataclass(frozen=True, slots=True)
class ItemReturned(_ItemEvent):
    """The center sent a draft back."""

    rules: str = field(default="rules AB01, AB02", kw_only=True)


@dataclass(frozen=True, slots=True)
class ItemPublished(_ItemEvent):
    """A version may be applied for from now on."""

    rules: str = field(default="rules AB01, AB02", kw_only=True)


@dataclass(frozen=True, slots=True)
class ItemRetired(_ItemEvent):
    """A version may not be applied for any more; running cases keep it."""

    rules: str = field(default="rules AB01", kw_only=True)


E = TypeVar("E", bound=_ItemEvent)
ItemEvent = ItemDrafted | ItemSubmitted | ItemReturned | ItemPublished | ItemRetired
Change = tuple[Item, list[ItemEvent]]


def start(id: str, center_id: str, guide: Guide) -> Change:
    """A new item with its first draft."""
    draft = ItemVersion(1, ItemState.DRAFT, guide)
    item = Item(id, center_id, open=draft, last_number=1)
    return item, [_event(ItemDrafted, item, draft)]


def redraft(item: Item, guide: Guide) -> Change:
    """Edits the open draft, or opens the next version. Raises ``Conflict`` (``item_in_review``)."""
    if item.open is None:
        draft = ItemVersion(item.last_number + 1, ItemState.DRAFT, guide)
    elif item.open.state is ItemState.DRAFT:
        draft = replace(item.open, guide=guide)
    else:
        raise Conflict("item_in_review", "该版本正在审核，不能修改；请先由中心退回。", item=item.id)
    changed = replace(item, open=draft, last_number=draft.number)
    return changed, [_event(ItemDrafted, changed, draft)]


def submit(item: Item, number: int, warnings: tuple[str, ...] = ()) -> Change:
    """Hands the open draft to the center (rules AB02). Raises ``NotFound``, ``Conflict`` (``item_not_draft``)."""
    draft = _open(item, number, ItemState.DRAFT, "item_not_draft", "只有草稿可以提交审核")
    submitted = replace(draft, state=ItemState.IN_REVIEW, review_note="", warnings=warnings)
    changed = replace(item, open=submitted)
    return changed, [_event(ItemSubmitted, changed, submitted)]


def send_back(item: Item, number: int, reason: str) -> Change:
    """Returns a submitted draft with a reason. Raises ``NotFound``, ``Conflict`` (``item_not_in_review``)."""
    submitted = _open(item, number, ItemState.IN_REVIEW, "item_not_in_review", "只有审核中的版本可以退回")
    draft = replace(submitted, state=ItemState.DRAFT, review_note=reason)
    changed = replace(item, open=draft)
    return changed, [_event(ItemReturned, changed, draft)]


def publish(item: Item, number: int, now: datetime, warnings: tuple[str, ...] = ()) -> Change:
    """Publishes a reviewed version; the former one is retired by the same change (rules AB01, AB02).

    The new version is told first, so that nobody sees a moment without one. Raises ``NotFound``, ``Conflict``
    (``item_not_in_review``).
    """
    reviewed = _open(item, number, ItemState.IN_REVIEW, "item_not_in_review", "只有审核中的版本可以发布")
    fresh = replace(reviewed, state=ItemState.PUBLISHED, published_at=now, warnings=warnings)
    before = item.published
    former = item.former if before is None else replace(before, state=ItemState.RETIRED)
    changed = replace(item, open=None, published=fresh, former=former)
    events: list[ItemEvent] = [_event(ItemPublished, changed, fresh)]
    if before is not None and former is not None:
        events.append(_event(ItemRetired, changed, former))
    return changed, events


def retire(item: Item, number: int, reason: str) -> Change:
    """Takes the published version off offer. Raises ``NotFound``, ``Conflict`` (``item_not_published``)."""
    published = item.published
    if published is None or published.number != number:
        _refuse(item, number, "item_not_published", "只有已发布的版本可以停用")
    former = replace(published, state=ItemState.RETIRED, review_note=reason)
    changed = replace(item, published=None, former=former)
    return changed, [_event(ItemRetired, changed, former)]


def _open(item: Item, number: int, state: ItemState, code: str, problem: str) -> ItemVersion:
    if item.open is None or item.open.number != number or item.open.state is not state:
        _refuse(item, number, code, problem)
    return item.open


def _refuse(item: Item, number: int, code: str, problem: str) -> NoReturn:
    if not 1 <= number <= item.last_number:
        raise NotFound("item_version_unknown", "该事项没有这个版本，请核对版本号。", item=item.id, item_version=number)
    raise Conflict(code, f"{problem}，请刷新后核对状态。", item=item.id, item_version=number)


def _event(kind: type[E], item: Item, content: ItemVersion) -> E:
    return kind(item.id, item.center_id, content, item.version + 1)
