"""What the sample data consists of, as frozen dataclasses named like the catalog's messages."""

from __future__ import annotations

from dataclasses import dataclass

from cli.sample.terms import (
    Audience,
    CenterLevel,
    Confidence,
    Cooperation,
    ItemKind,
    ItemType,
    LimitUnit,
    MaterialForm,
    MaterialSource,
    Necessity,
    ResultKind,
    SpecialProcedure,
    StepRole,
    WindowKind,
)


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
    # reuse: one that the center has already; library: a certificate; empty: handed in.
    obtained: str = ""


@dataclass(frozen=True)
class Fee:
    """What may be charged, with its basis (rules H04)."""

    name: str
    amount: str
    basis: str
    # Fen a unit; 0: not collected by the center, or not the same everywhere.
    price_fen: int = 0
    # What is counted; empty: once a case.
    unit: str = ""


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
    #: 0: not known, or without an end.
    valid_months: int = 0


@dataclass(frozen=True)
class Letter:
    """What the letter of a commitment says (告知承诺书; rules D04)."""

    laws: str
    conditions: str
    consequences: str
    supervision: str
    breach: str
    remedies: str
    # Working days.
    correction_days: int
    verification_days: int
    # Keys of materials that need not be handed in.
    waived: tuple[str, ...]


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
    # Where it is known what the letter of a commitment says; without one nobody is offered any.
    letter: Letter | None = None


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
