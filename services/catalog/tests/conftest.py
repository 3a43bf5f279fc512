"""Catalog on the real embedded store, with its events carried round by hand."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kit.actor import Actor, service_actor
from kit.call import Call
from kit.consumer import Delivery, Subscription
from kit.events import Event, EventEncoder
from kit.store.port import AlreadyApplied
from kit.store.repository import Repository
from kit.store.sqlite import SqliteStore
from kit.testing import MONDAY, seeded_ids, store
from kit.workdays import Limit, Unit
from reference import REFERENCE_KINDS, Reference
from services.catalog.domain.calendars import CenterCalendar
from services.catalog.domain.centers import Center, CenterLevel, Department, Lane, Window, WindowKind
from services.catalog.domain.codes import CodingScheme
from services.catalog.domain.items import Cooperation, Fee, Guide, Item, ItemKind, ItemResult, Material
from services.catalog.domain.policies import CenterPolicy
from services.catalog.domain.routes import Step
from services.catalog.domain.seals import Seal
from services.catalog.domain.standards import Standard
from services.catalog.events import TABLE, subscriptions
from services.catalog.handlers import KINDS, Catalog, put_center
from services.catalog.handlers.catalog import (
    CALENDARS,
    CENTERS,
    ITEMS,
    PAST_VERSIONS,
    POLICIES,
    SEALS,
    STANDARDS,
    PastVersion,
    center_keys,
    center_unknown,
    item_keys,
    item_unknown,
    seal_keys,
    seal_unknown,
    standard_keys,
)

CITY, COUNTY, TOWN = "610900", "610902", "610902107"
OTHER_CITY = "511600"


def actor(*roles: str, centers: tuple[str, ...] = (CITY, COUNTY, TOWN), department: str = "") -> Actor:
    """Somebody with these roles at these centers."""
    return Actor("staff-1", "样一", frozenset(roles), frozenset(centers), department)


ADMIN = actor("admin")
MANAGER = actor("manager")


def center(code: str = COUNTY, parent: str = "", **changes: Any) -> Center:
    """A center with two departments, two lanes and two windows."""
    levels = {CITY: CenterLevel.CITY, OTHER_CITY: CenterLevel.CITY, TOWN: CenterLevel.TOWNSHIP}
    values: dict[str, Any] = {
        "id": code,
        "name": "样例政务服务中心",
        "level": levels.get(code, CenterLevel.COUNTY),
        "parent_id": parent,
        "departments": (Department("market", "市场监管局", "11990902YL0000002W"), Department("labour", "人社局")),
        "lanes": (Lane("business", "A", "企业开办"), Lane("insurance", "B", "社保")),
        "windows": (
            Window("", "01", "综合办事窗口", WindowKind.GENERAL, ("business", "insurance")),
            Window("", "02", "综合咨询窗口", WindowKind.CONSULTING, ("insurance",)),
        ),
    }
    return Center(**{**values, **changes})


def guide(**changes: Any) -> Guide:
    """A complete guide of a licence."""
    values: dict[str, Any] = {
        "name": "食品经营许可",
        "implementation_code": "SP-001",
        "coding_scheme": CodingScheme.FREE,
        "type_code": "01",
        "kind": ItemKind.PROMISED,
        "cooperation": Cooperation.SINGLE,
        "statutory_limit": Limit(20, Unit.WORKING_DAY, "行政许可法第四十二条"),
        "promised_limit": Limit(10, Unit.WORKING_DAY),
        "extension_limit": Limit(10, Unit.WORKING_DAY),
        "department_key": "market",
        "lane": "business",
        "materials": (
            Material("form", "申请书", "applicant", "original"),
            Material("plan", "平面图", "applicant", "copy", main=False, copies=2, note="A3"),
        ),
        "fees": (Fee("工本费", "10 元", "样例依据", price_fen=1000, unit="证"),),
        "special_procedures": ("site_visit",),
        "steps": (Step("examine", "审查", "reviewer"), Step("decide", "决定", "approver")),
        "results": (ItemResult("食品经营许可证", "licence", "5年", valid_months=60, renewal_days=30),),
        "audience": ("1", "2"),
        "keywords": ("餐饮", "奶茶店"),
        "source_note": "样例",
        "assumptions": ("steps",),
    }
    return Guide(**{**values, **changes})


@dataclass
class World:
    """Catalog, another service's reference copy, and the events between them."""

    store: SqliteStore
    catalog: Catalog
    reference: Reference
    told: list[Event] = field(default_factory=list)

    def call(self, who: Actor = MANAGER) -> Call:
        return Call(who, MONDAY)

    def deliver(self, event: Event, groups: list[Subscription] | None = None) -> None:
        everybody = [*subscriptions(self.catalog), self.reference.subscription("queuing")]
        for group in everybody if groups is None else groups:
            handler = group.handlers.get(event.type)
            if handler is not None:
                try:
                    handler(Delivery(event, group.group, Call(service_actor("catalog"), MONDAY)))
                except AlreadyApplied:
                    continue

    def settle(self) -> list[Event]:
        """Carries every pending event round until none is left; returns what was told."""
        told: list[Event] = []
        while pending := self.store.pending(100):
            for one in pending:
                self.deliver(one.event)
                told.append(one.event)
            self.store.published(pending)
        self.told += told
        return told

    def add(self, one: Center) -> Center:
        """Adds a center and lets the news go round."""
        everywhere = actor("admin", centers=(one.id, one.parent_id))
        added = put_center(catalog=self.catalog, call=self.call(everywhere), center=one, expected_version=0)
        self.settle()
        return added


def names(events: list[Event]) -> list[str]:
    """Short names of events, e.g. ``item_published``."""
    return [event.type.split(".")[2] for event in events]


def catalog_on(db: SqliteStore, writers: ThreadPoolExecutor, seed: int) -> Catalog:
    """The service's parts over a store."""
    encoder, ids = EventEncoder("test", "catalog", TABLE), seeded_ids(seed)
    return Catalog(
        centers=Repository(db, CENTERS, Center, encoder, ids, keys=center_keys, missing=center_unknown),
        items=Repository(db, ITEMS, Item, encoder, ids, keys=item_keys, missing=item_unknown),
        past_versions=Repository(db, PAST_VERSIONS, PastVersion, encoder, ids),
        policies=Repository(db, POLICIES, CenterPolicy, encoder, ids),
        calendars=Repository(db, CALENDARS, CenterCalendar, encoder, ids),
        standards=Repository(db, STANDARDS, Standard, encoder, ids, keys=standard_keys),
        seals=Repository(db, SEALS, Seal, encoder, ids, keys=seal_keys, missing=seal_unknown),
        ids=ids,
        writers=writers,
    )


@contextmanager
def opened(folder: Path, seed: int) -> Iterator[World]:
    """Catalog and another service on the files of a folder."""
    db, other = store(folder, KINDS), store(folder, REFERENCE_KINDS, "other")
    with ThreadPoolExecutor(4) as writers:
        yield World(db, catalog_on(db, writers, seed), Reference(other, now=_never_fresh()))
    db.close()
    other.close()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """An empty catalog."""
    with opened(tmp_path, seed=1) as world:
        yield world


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a city, a county under it and a township under that, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("federation")
    with opened(folder, seed=1) as world:
        world.add(center(CITY, name="安康市政务服务中心"))
        world.add(center(COUNTY, CITY, name="汉滨区政务服务中心"))
        world.add(center(TOWN, COUNTY, name="恒口镇为民服务中心"))
    return folder


@pytest.fixture
def federation(settled: Path, tmp_path: Path) -> Iterator[World]:
    """A city, a county under it, a township under that; all news has gone round."""
    shutil.copytree(settled, tmp_path, dirs_exist_ok=True)
    with opened(tmp_path, seed=2) as world:
        yield world


def _never_fresh() -> Callable[[], float]:
    """A clock that jumps, so that a Reference looks into its store at each question."""
    ticks = iter(range(0, 10**9, 10))
    return lambda: float(next(ticks))
