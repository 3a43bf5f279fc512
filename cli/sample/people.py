"""Synthetic people: the staff of the sample centers, and seeded citizens and enterprises.

Nobody here exists. Staff are surnamed 样 and citizens 例, so that 样例 (sample) is read at a glance; ID
numbers and credit codes carry right check digits but a region code that no place has; telephone numbers
begin with 154, which no carrier was given.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import count as counting
from itertools import product
from typing import Final

from stdnum.cn import ric, uscc

from cli.sample.load import Federation
from cli.sample.model import Center
from cli.sample.terms import CenterLevel, WindowKind

# Every sample account has it. The seeding command refuses to set it outside embedded sample mode.
SAMPLE_PASSWORD: Final = "Tongban-2026"  # noqa: S105 — public on purpose, see README.md

# No province begins with 99 (GB/T 2260), today or in the past.
UNUSED_REGION: Final = "990101"
UNASSIGNED_PHONE_PREFIX: Final = "154"

# rules B11: 1.2 clerks a window; in tenths, to stay with whole numbers.
_CLERKS_PER_TEN_WINDOWS: Final = 12
_SUPERVISORS: Final = 2

# Of every 16 citizens two are 70 or older and one is disabled, so that rules A05 has somebody to serve.
_SENIOR_EVERY: Final = 8
_DISABLED_EVERY: Final = 16
_SENIOR_AGE: Final = 70
_OLDEST: Final = 92
_ADULT_AGE: Final = 18

_FIRST: Final = "云知思景书清亦安若予闻望雨星时"
_SECOND: Final = "帆夏远明宁和川禾言舟白青溪竹林"


class Role(StrEnum):
    """What an account may do, named like the roles of the access rules."""

    CLERK = "clerk"
    CHIEF = "chief"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    ADMIN = "admin"
    ARCHIVIST = "archivist"


class Employment(StrEnum):
    """Employment kind (用工性质): 在编, or 聘用、派遣, who hold no approval post (rules AH14)."""

    ESTABLISHED = "established"
    CONTRACTED = "contracted"


_POST_OF_WINDOW: Final = {
    WindowKind.CONSULTING: "guide",
    WindowKind.ASSISTED: "assist",
    WindowKind.STUCK_MATTER: "complaint",
}
_POSTS_BEHIND: Final = ("transfer", "delivery")


@dataclass(frozen=True)
class Staff:
    """A member of staff; `department` and `window` are empty where there is none."""

    username: str
    name: str
    badge_number: str
    center: str
    department: str
    # Posts (岗位, rules AH02), and `review`, `approve`, `represent` behind the window.
    posts: tuple[str, ...]
    roles: tuple[Role, ...]
    employment: Employment
    # Number of the window that is theirs by default.
    window: str
    synthetic: bool = True


@dataclass(frozen=True)
class Citizen:
    """A natural person as applicant."""

    name: str
    id_number: str
    phone: str
    birth_date: date
    disabled: bool
    synthetic: bool = True

    def age_on(self, day: date) -> int:
        """Say the age in whole years."""
        had_birthday = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - (0 if had_birthday else 1)


@dataclass(frozen=True)
class Enterprise:
    """An enterprise as applicant, and who acts for it."""

    name: str
    credit_code: str
    representative: Citizen
    synthetic: bool = True


def staff_of(federation: Federation) -> tuple[Staff, ...]:
    """List the staff of all centers; the same every time."""
    names = (f"样{first}{second}" for first, second in product(_FIRST, _SECOND))
    return tuple(person for center in federation.centers for person in _center_staff(center, names))


def citizens(number: int, *, seed: int, today: date) -> tuple[Citizen, ...]:
    """Make up adult citizens, seniors and disabled people among them; the same seed and day give the same people."""
    # Not for secrets: it has to repeat itself.
    rng = random.Random(seed)  # noqa: S311
    taken: set[str] = set()
    people = []
    for index in range(number):
        senior = index % _SENIOR_EVERY == _SENIOR_EVERY - 1
        birth_date = _birth_date(rng, today, senior=senior)
        people.append(
            Citizen(
                name=f"例{rng.choice(_FIRST)}{rng.choice(_SECOND)}",
                id_number=_id_number(rng, birth_date, taken),
                phone=f"{UNASSIGNED_PHONE_PREFIX}{index:08d}",
                birth_date=birth_date,
                disabled=index % _DISABLED_EVERY == _DISABLED_EVERY // 3,
            )
        )
    return tuple(people)


def enterprises(representatives: Sequence[Citizen]) -> tuple[Enterprise, ...]:
    """Make up one enterprise for each representative."""
    return tuple(
        Enterprise(
            name=f"样例第{number}号商贸有限公司",
            credit_code=_enterprise_code(number),
            representative=representative,
        )
        for number, representative in enumerate(representatives, start=1)
    )


def _center_staff(center: Center, names: Iterator[str]) -> Iterator[Staff]:
    badges = counting(1)
    numbers = {role: counting(1) for role in Role}

    def member(
        *roles: Role,
        posts: tuple[str, ...] = (),
        department: str = "",
        window: str = "",
        employment: Employment = Employment.ESTABLISHED,
    ) -> Staff:
        return Staff(
            username=f"{center.staff_prefix}-{roles[0]}-{next(numbers[roles[0]]):02d}",
            name=next(names),
            badge_number=f"{center.staff_prefix.upper()}{next(badges):03d}",
            center=center.code,
            department=department,
            posts=posts,
            roles=roles,
            employment=employment,
            window=window,
        )

    for window in center.windows:
        post = _POST_OF_WINDOW.get(window.kind, "intake")
        yield member(Role.CLERK, posts=(post,), window=window.number, employment=Employment.CONTRACTED)
    for spare in range(_clerks(center) - len(center.windows)):
        yield member(Role.CLERK, posts=("intake", _POSTS_BEHIND[spare % 2]), employment=Employment.ESTABLISHED)
    for department in center.departments:
        # A township's body is small: its chief representative also reviews. Our own choice.
        if center.level is CenterLevel.TOWNSHIP:
            yield member(Role.CHIEF, Role.REVIEWER, posts=("represent", "review"), department=department.key)
        else:
            yield member(Role.CHIEF, posts=("represent",), department=department.key)
            yield member(Role.REVIEWER, posts=("review",), department=department.key)
        yield member(Role.APPROVER, posts=("approve",), department=department.key)
    for _ in range(_SUPERVISORS):
        yield member(Role.SUPERVISOR, posts=("complaint",))
    yield member(Role.MANAGER)
    yield member(Role.ADMIN)
    yield member(Role.ARCHIVIST)


def _clerks(center: Center) -> int:
    return -(-len(center.windows) * _CLERKS_PER_TEN_WINDOWS // 10)


def _birth_date(rng: random.Random, today: date, *, senior: bool) -> date:
    youngest, oldest = (_SENIOR_AGE, _OLDEST) if senior else (_ADULT_AGE, _SENIOR_AGE - 1)
    latest = _years_before(today, youngest)
    earliest = _years_before(today, oldest + 1) + timedelta(days=1)
    return earliest + timedelta(days=rng.randrange((latest - earliest).days + 1))


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        # 29 February in a common year
        return day.replace(year=day.year - years, day=28)


def _id_number(rng: random.Random, birth_date: date, taken: set[str]) -> str:
    while True:
        body = f"{UNUSED_REGION}{birth_date:%Y%m%d}{rng.randrange(1, 1000):03d}"
        number = body + ric.calc_check_digit(body + "0")
        if number not in taken:
            taken.add(number)
            return number


def _enterprise_code(number: int) -> str:
    # 91: registered as an enterprise; the organisation part is made up and not checked by itself.
    body = f"91{UNUSED_REGION}YLQ{number:06d}"
    return body + uscc.calc_check_digit(body)
