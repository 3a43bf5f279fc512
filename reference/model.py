"""What every service may know: centers, items, policies, as frozen values mirrored from catalog's messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from kit.workdays import Limit
from reference.checklists import Commitment, Material, SituationQuestion
from reference.policies import ALL


class CenterLevel(IntEnum):
    """Level of a center in the tree (rules AH21); the numbers are GB/T 39046 A.2's."""

    PROVINCE = 2
    CITY = 3
    COUNTY = 4
    TOWNSHIP = 5
    VILLAGE = 6


class WindowKind(StrEnum):
    """The seven kinds of window (rules B01)."""

    CONSULTING = "consulting"
    GENERAL = "general"
    ASSISTED = "assisted"
    CROSS_REGION = "cross_region"
    LIFE_EVENT = "life_event"
    POLICY_BENEFIT = "policy_benefit"
    STUCK_MATTER = "stuck_matter"


class ItemKind(StrEnum):
    """Kind of case (办件类型, GB/T 39046 A.6; rules F01)."""

    IMMEDIATE = "immediate"
    PROMISED = "promised"


class Cooperation(StrEnum):
    """How departments work together on it (协同方式; rules F01)."""

    SINGLE = "single"
    JOINT = "joint"
    SENT_UP = "sent_up"


@dataclass(frozen=True, slots=True)
class Department:
    """A body that has moved into a center (进驻部门)."""

    key: str
    name: str
    credit_code: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Lane:
    """A queue under one ticket letter (rules A01)."""

    key: str
    prefix: str
    name: str


@dataclass(frozen=True, slots=True)
class Window:
    """A counter window; ``lanes`` in order of preference. Its id is ``<center>-<number>``."""

    id: str
    number: str
    name: str
    kind: WindowKind
    lanes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Center:
    """A government-service center (政务服务中心)."""

    id: str
    name: str
    level: CenterLevel
    parent_id: str = ""
    address: str = ""
    phone: str = ""
    departments: tuple[Department, ...] = ()
    lanes: tuple[Lane, ...] = ()
    windows: tuple[Window, ...] = ()
    version: int = 0

    def department(self, key: str) -> Department | None:
        """The department of this key."""
        return next((one for one in self.departments if one.key == key), None)

    def lane(self, key: str) -> Lane | None:
        """The lane of this key."""
        return next((one for one in self.lanes if one.key == key), None)

    def window(self, window_id: str) -> Window | None:
        """The window of this id."""
        return next((one for one in self.windows if one.id == window_id), None)


@dataclass(frozen=True, slots=True)
class ElsewherePlace:
    """A department of a center of another site; ``days`` are working days of its own."""

    #: Its id, or ``parent``: the one that the center's ``parent_site`` names.
    site: str
    center_id: str = ""
    department_key: str = ""
    days: int = 0
    title: str = ""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where a step is done that isn't done here (rules F01, P01)."""

    #: sent_up or part.
    kind: str
    places: tuple[ElsewherePlace, ...]


@dataclass(frozen=True, slots=True)
class StepCondition:
    """That the application answers a field with one of these."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the approval behind the window; the last one decides. One that other sites do has no role."""

    key: str
    name: str
    role: str
    #: Empty: the item's department.
    department_key: str = ""
    elsewhere: Elsewhere | None = None
    #: review, countersign, site_visit, expert_review, hearing, public_notice, discussion or part.
    kind: str = "review"
    #: Keys of the steps that it follows, or ``start``; none: the one before it.
    after: tuple[str, ...] = ()
    #: All of these hold, or the step is left out.
    when: tuple[StepCondition, ...] = ()
    #: Working days that it has; 0: none of its own.
    days: int = 0
    #: How many others sign it.
    signers: int = 0
    sign_departments: tuple[str, ...] = ()
    #: Calendar days that a public notice stands.
    notice_days: int = 0


@dataclass(frozen=True, slots=True)
class Fee:
    """What may be charged, with its basis (rules H04, 许可法 58)."""

    name: str
    #: The standard, in words.
    amount: str
    basis: str
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
class ServiceItem:
    """One version of a service item, as it was published; it never changes (rules AB02).

    Whether it is still on offer isn't part of it: ask ``Reference.published_item``.
    """

    id: str
    item_version: int
    center_id: str
    name: str
    type_code: str
    kind: ItemKind
    cooperation: Cooperation
    department_key: str
    lane: str
    promised_limit: Limit
    #: None where no law sets one (rules F05).
    statutory_limit: Limit | None = None
    #: By how much the limit may be extended, once (许可法 42); None where nothing is known.
    extension_limit: Limit | None = None
    #: all, commitments or lead: when the lead of a joint case merges its parts (facts 3).
    merge_rule: str = "all"
    basic_code: str = ""
    implementation_code: str = ""
    coding_scheme: str = "national"
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
    version: int = 0
    questions: tuple[SituationQuestion, ...] = ()
    #: JSON Schema (``kit.forms``); empty: no form.
    form_schema: str = ""
    commitment: Commitment | None = None

    def step(self, key: str) -> Step | None:
        """The step of this key."""
        return next((one for one in self.steps if one.key == key), None)

    def material(self, key: str) -> Material | None:
        """The material of this key."""
        return next((one for one in self.materials if one.key == key), None)


@dataclass(frozen=True, slots=True)
class Policy:
    """A center's settings: what it or a parent set, and the declared default for the rest (rules ZZ1–ZZ31).

    Asking for an undeclared key, or for one of another type, is a mistake in the program: ``KeyError``, ``TypeError``.
    """

    center_id: str
    values: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0

    def integer(self, key: str) -> int:
        """A whole number."""
        value: int = self._of(key, int)
        return value

    def number(self, key: str) -> float:
        """A number."""
        value: float = self._of(key, float)
        return value

    def text(self, key: str) -> str:
        """A text."""
        value: str = self._of(key, str)
        return value

    def flag(self, key: str) -> bool:
        """Yes or no."""
        value: bool = self._of(key, bool)
        return value

    def data(self, key: str) -> Any:
        """A list or an object; not to be changed."""
        return self._of(key, list, dict)

    def _of(self, key: str, *types: type) -> Any:
        setting = ALL[key]
        if setting.type not in types:
            raise TypeError(f"{key} is a setting of type {setting.type.__name__}")
        return self.values.get(key, setting.default)
