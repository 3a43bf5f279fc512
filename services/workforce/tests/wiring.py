"""A workforce over a store, with a city center, a county below it and a township below that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from kit.actor import Actor
from kit.call import Call
from kit.clock import FixedClock
from kit.events import EventEncoder
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, actor, call, seeded_ids
from reference.testing import filled, sample_center
from services.workforce.domain.covers import Cover
from services.workforce.domain.sign_in import Session, SignInGuard
from services.workforce.domain.staff import Details, Employment, Role, Staff
from services.workforce.domain.windows import WindowAssignment
from services.workforce.events import TABLE
from services.workforce.handlers import Passwords, Workforce
from services.workforce.handlers.workforce import ASSIGNMENTS, COVERS, GUARDS, SESSIONS, STAFF, cover_keys

CITY, COUNTY, TOWNSHIP = "610900", "610902", "610902100"
PASSWORD = "Right-Horse-7"
#: Real time is not business time: the demo clock may be far ahead.
REAL_NOW = MONDAY - timedelta(days=30)

#: Hashing costs the same each time; one instance serves all tests.
PASSWORDS = Passwords()


def built(database: SqliteStore, **policy: object) -> Workforce:
    """The wiring of main.py over a store."""
    encoder = EventEncoder("test", "workforce", TABLE)
    ids = seeded_ids()
    centers = [
        sample_center(CITY),
        sample_center(COUNTY, parent_id=CITY),
        sample_center(TOWNSHIP, parent_id=COUNTY),
    ]
    return Workforce(
        staff=Repository(database, STAFF, Staff, encoder, ids),
        guards=Repository(database, GUARDS, SignInGuard, encoder, ids),
        sessions=Repository(database, SESSIONS, Session, encoder, ids),
        assignments=Repository(database, ASSIGNMENTS, WindowAssignment, encoder, ids),
        covers=Repository(database, COVERS, Cover, encoder, ids, keys=cover_keys),
        reference=filled(database, centers=centers, policy=policy),
        passwords=PASSWORDS,
        ids=ids,
        real=FixedClock(REAL_NOW),
    )


def by(*roles: str, center: str = COUNTY, id: str = "somebody") -> Call:
    return call(actor(*roles, id=id, center=center))


#: The operator, who may do everything everywhere.
OPERATOR = Call(Actor("operator", "运维", frozenset({"admin"}), frozenset({CITY, COUNTY, TOWNSHIP})), MONDAY)

CLERK = Details(
    name="样云帆",
    badge_number=None,
    department_key="",
    posts=(),
    roles=(Role.CLERK,),
    employment=Employment.ESTABLISHED,
)

Hire = Callable[..., Staff]


def event_names(database: SqliteStore) -> list[str]:
    return [pending.event.type.split(".")[2] for pending in database.pending(1000)]
