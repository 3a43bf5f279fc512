"""What the sample data consists of, as frozen dataclasses named like the catalog's messages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class ItemType(StrEnum):
    """Type of a matter (事项类型), GB/T 39046 A.1; 备案 is counted as 其他."""

    LICENSING = "01"
    PENALTY = "02"
    COERCION = "03"
    LEVY = "04"
    BENEFIT = "05"
    INSPECTION = "06"
    CONFIRMATION = "07"
    AWARD = "08"
    ADJUDICATION = "09"
    OTHER = "10"
    PUBLIC_SERVICE = "20"


class ItemKind(StrEnum):
    """Kind of case (办件类型), GB/T 39046 A.6: done at the window, or within a promised limit."""

    IMMEDIATE = "immediate"
    PROMISED = "promised"


class Cooperation(StrEnum):
    """How departments work together on it (协同方式), apart from the kind (rules F01)."""

    SINGLE = "single"
    JOINT = "joint"
    SENT_UP = "sent_up"


class LimitUnit(StrEnum):
    """Unit of a time limit."""

    WORKING_DAY = "working_day"
    CALENDAR_DAY = "calendar_day"


class SpecialProcedure(StrEnum):
    """What may have to happen besides the steps (特别程序, rules E01, E03)."""

    HEARING = "hearing"
    BIDDING = "bidding"
    AUCTION = "auction"
    INSPECTION = "inspection"
    TESTING = "testing"
    QUARANTINE = "quarantine"
    SURVEYING = "surveying"
    APPRAISAL = "appraisal"
    EXPERT_REVIEW = "expert_review"
    PUBLIC_NOTICE = "public_notice"
    SITE_VISIT = "site_visit"


class MaterialSource(StrEnum):
    """Where a material comes from."""

    APPLICANT = "applicant"
    GOVERNMENT = "government"
    THIRD_PARTY = "third_party"


class MaterialForm(StrEnum):
    """In which form a material is handed in."""

    ORIGINAL = "original"
    COPY = "copy"
    ELECTRONIC = "electronic"
    ORIGINAL_AND_COPY = "original_and_copy"


class Necessity(StrEnum):
    """Whether a missing material bars acceptance (main) or may be tolerated (secondary, rules D01)."""

    MAIN = "main"
    SECONDARY = "secondary"


class StepRole(StrEnum):
    """Who works on a step: 审查人员, 首席代表 (rules AA03) or 审批人员."""

    REVIEWER = "reviewer"
    CHIEF = "chief"
    APPROVER = "approver"


class ResultKind(StrEnum):
    """What the applicant gets: 证照, 批文, 证明 or 登记."""

    LICENCE = "licence"
    APPROVAL = "approval"
    CERTIFICATE = "certificate"
    REGISTRATION = "registration"


class Audience(StrEnum):
    """Whom a matter is for (服务对象), GB/T 39046 A.4."""

    NATURAL_PERSON = "1"
    ENTERPRISE = "2"
    PUBLIC_INSTITUTION = "3"
    SOCIAL_ORGANISATION = "4"
    AUTHORITY = "5"
    OTHER = "6"


class Confidence(StrEnum):
    """How sure the source of a row is: read in full, one secondary page, or a name only."""

    HIGH = "H"
    MEDIUM = "M"
    LOW = "L"


class CenterLevel(StrEnum):
    """Level of a center in the tree (rules AH21)."""

    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"


# 行使层级, GB/T 39046 A.2: the digit between credit code and basic code in an implementation code.
LEVEL_DIGITS: Final = MappingProxyType({CenterLevel.CITY: "3", CenterLevel.COUNTY: "4", CenterLevel.TOWNSHIP: "5"})


class WindowKind(StrEnum):
    """The seven kinds of window (rules B01)."""

    CONSULTING = "consulting"
    GENERAL = "general"
    ASSISTED = "assisted"
    CROSS_REGION = "cross_region"
    LIFE_EVENT = "life_event"
    POLICY_BENEFIT = "policy_benefit"
    STUCK_MATTER = "stuck_matter"


@dataclass(frozen=True)
class Limit:
    """A time limit; an amount of 0 means on the spot."""

    amount: int
    unit: LimitUnit
    basis: str
    note: str


@dataclass(frozen=True)
class ProcedureNeed:
    """A special procedure that an item may need; `excluded` ones don't count towards the limit (rules E02)."""

    kind: SpecialProcedure
    excluded: bool
    days: int | None


@dataclass(frozen=True)
class Material:
    """A paper that belongs to an application."""

    key: str
    name: str
    source: MaterialSource
    form: MaterialForm
    necessity: Necessity
    copies: int
    note: str


@dataclass(frozen=True)
class Fee:
    """What may be charged, with its basis (rules H04)."""

    name: str
    amount: str
    basis: str


@dataclass(frozen=True)
class Step:
    """A step of the approval behind the window."""

    key: str
    name: str
    role: StepRole


@dataclass(frozen=True)
class Result:
    """What the applicant gets in the end; an empty validity is not known."""

    name: str
    kind: ResultKind
    validity: str


@dataclass(frozen=True)
class Item:
    """A service item (事项) as every center of the sample offers it."""

    key: str
    name: str
    department: str
    type: ItemType
    kind: ItemKind
    cooperation: Cooperation
    # May also be done by 告知承诺 (rules D03).
    commitment: bool
    # 12 digits; an assumed one begins with 99 and is no real code.
    basic_code: str
    basic_code_assumed: bool
    # None where no law sets one (rules F05).
    statutory_limit: Limit | None
    promised_limit: Limit
    extension_limit: Limit | None
    special_procedures: tuple[ProcedureNeed, ...]
    materials: tuple[Material, ...]
    # Empty: nothing is charged.
    fees: tuple[Fee, ...]
    fee_note: str
    steps: tuple[Step, ...]
    results: tuple[Result, ...]
    audience: tuple[Audience, ...]
    keywords: tuple[str, ...]
    source_note: str
    confidence: Confidence
    # Fields that are our own assumption, e.g. `steps` or `materials.form`.
    assumptions: tuple[str, ...]


@dataclass(frozen=True)
class DepartmentName:
    """A field of business that items belong to; each center has a body of its own for it."""

    key: str
    name: str


@dataclass(frozen=True)
class Department:
    """A body that has moved into a center (进驻部门); its credit code is made up where it says so."""

    key: str
    name: str
    credit_code: str
    credit_code_synthetic: bool
    phone: str


@dataclass(frozen=True)
class Lane:
    """A queue under one ticket letter (rules A01): the items of some departments, or the items named."""

    key: str
    prefix: str
    name: str
    departments: tuple[str, ...]
    # Named items stand in this lane even if their department has another one.
    items: tuple[str, ...]


@dataclass(frozen=True)
class Window:
    """A counter window and the lanes that it serves, in order of preference."""

    number: str
    name: str
    kind: WindowKind
    lanes: tuple[str, ...]


@dataclass(frozen=True)
class WorkingHours:
    """One stretch of a working day, as HH:MM of the center's local time."""

    opens: str
    closes: str


@dataclass(frozen=True)
class Center:
    """A government-service center and what it offers."""

    # GB/T 2260, nine digits for a township.
    code: str
    code_note: str
    name: str
    level: CenterLevel
    parent: str | None
    staff_prefix: str
    address: str
    phone: str
    working_hours: tuple[WorkingHours, ...]
    departments: tuple[Department, ...]
    lanes: tuple[Lane, ...]
    windows: tuple[Window, ...]
    items: tuple[str, ...]

    def department(self, key: str) -> Department:
        """Find a department of this center; raises KeyError."""
        for department in self.departments:
            if department.key == key:
                return department
        raise KeyError(key)

    def lane_of(self, item: Item) -> Lane:
        """Find the lane that an item's tickets stand in; raises KeyError."""
        for lane in self.lanes:
            if item.key in lane.items:
                return lane
        for lane in self.lanes:
            if item.department in lane.departments:
                return lane
        raise KeyError(item.key)
