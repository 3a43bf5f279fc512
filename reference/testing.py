"""A filled Reference for unit tests of services: made of plain Python, without bus or catalog.

reference = filled(store(tmp_path, [*KINDS, *REFERENCE_KINDS]), policy={"pause_max_min": 20})
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from google.protobuf.struct_pb2 import Struct

from kit.actor import service_actor
from kit.call import Call
from kit.consumer import Delivery, Subscription
from kit.events import Event, event_type
from kit.store.port import Store
from kit.testing import MONDAY
from kit.workdays import Calendar, DayKind, Limit, SpecialDay, Unit, WeeklyHours, shipped_calendar
from reference.checklists import Material
from reference.lookups import Reference
from reference.model import (
    Center,
    CenterLevel,
    Cooperation,
    Department,
    Fee,
    ItemKind,
    ItemResult,
    Lane,
    Policy,
    ServiceItem,
    Step,
    Window,
    WindowKind,
)
from reference.papers.sealing import Seal
from reference.policies import ALL
from reference.stored import StoredCopy
from tongban.catalog.v1 import events_pb2, messages_pb2

CENTER_ID: Final = "610902"
DEPARTMENT: Final = "shichang-jianguan"
ITEM_ID: Final = "item-food"


def sample_center(center_id: str = CENTER_ID, parent_id: str = "", **changes: Any) -> Center:
    """A county center with two departments, two lanes (A, B) and windows ``…-01`` (A, B), ``…-02`` (B), ``…-03`` (A)."""
    center = Center(
        id=center_id,
        name="样例政务服务中心",
        level=CenterLevel.COUNTY,
        parent_id=parent_id,
        address="样例路1号",
        phone="0915-0020000",
        departments=(Department(DEPARTMENT, "市场监管局"), Department("renli-shebao", "人力资源和社会保障局")),
        lanes=(Lane("business", "A", "企业开办"), Lane("insurance", "B", "社保医保")),
        windows=(
            Window(f"{center_id}-01", "01", "综合办事窗口", WindowKind.GENERAL, ("business", "insurance")),
            Window(f"{center_id}-02", "02", "综合办事窗口", WindowKind.GENERAL, ("insurance",)),
            Window(f"{center_id}-03", "03", "综合咨询窗口", WindowKind.CONSULTING, ("business",)),
        ),
        version=1,
    )
    return replace(center, **changes)


def sample_item(item_id: str = ITEM_ID, center_id: str = CENTER_ID, **changes: Any) -> ServiceItem:
    """A promised, single licence: 20 working days by law, 10 promised, two materials (one main), three steps."""
    item = ServiceItem(
        id=item_id,
        item_version=1,
        center_id=center_id,
        name="食品经营许可",
        type_code="01",
        kind=ItemKind.PROMISED,
        cooperation=Cooperation.SINGLE,
        department_key=DEPARTMENT,
        lane="business",
        promised_limit=Limit(10, Unit.WORKING_DAY, "服务承诺"),
        statutory_limit=Limit(20, Unit.WORKING_DAY, "行政许可法第四十二条"),
        extension_limit=Limit(10, Unit.WORKING_DAY, "行政许可法第四十二条"),
        basic_code="000131024000",
        coding_scheme="free",
        implementation_code="SP-001",
        materials=(
            Material("application-form", "申请书"),
            Material("layout-plan", "平面图", main=False),
        ),
        steps=(
            Step("examine", "审查", "reviewer"),
            Step("confirm", "复核", "chief"),
            Step("decide", "决定", "approver"),
        ),
        results=(ItemResult("食品经营许可证", "licence", "5年"),),
        audience=("1", "2"),
        keywords=("食品",),
        version=1,
    )
    return replace(item, **changes)


def immediate_item(item_id: str = "item-card", center_id: str = CENTER_ID, **changes: Any) -> ServiceItem:
    """An item done on the spot: same day, one material, one step, one fee."""
    item = sample_item(
        item_id,
        center_id,
        name="社会保障卡补换",
        type_code="20",
        kind=ItemKind.IMMEDIATE,
        department_key="renli-shebao",
        lane="insurance",
        promised_limit=Limit.same_day(),
        statutory_limit=None,
        extension_limit=None,
        basic_code="",
        implementation_code="SBK-001",
        materials=(Material("id-card", "身份证", form="original"),),
        fees=(Fee("工本费", "16 元", "样例依据"),),
        steps=(Step("decide", "办理", "chief"),),
        results=(ItemResult("社会保障卡", "certificate"),),
    )
    return replace(item, **changes)


def sample_calendar(*hours: str, version: int = 1) -> Calendar:
    """The shipped years with these hours on weekdays (09:00–12:00 and 13:00–17:00 unless given)."""
    return replace(shipped_calendar(WeeklyHours.weekdays(*(hours or ("09:00-12:00", "13:00-17:00")))), version=version)


def filled(
    store: Store,
    *,
    centers: Iterable[Center] | None = None,
    items: Iterable[ServiceItem] | None = None,
    unpublished: Iterable[ServiceItem] = (),
    policy: Mapping[str, Any] | None = None,
    calendar: Calendar | None = None,
) -> Reference:
    """A Reference over ``store`` (which declares ``REFERENCE_KINDS``).

    Without arguments it holds ``sample_center()``, ``sample_item()`` and ``immediate_item()``, every setting at its
    default and the sample calendar. ``policy`` holds for all centers. Raises ``Invalid`` or ``KeyError`` on a setting
    that doesn't exist or doesn't fit.
    """
    reference, copy = Reference(store), StoredCopy(store)
    for center in [sample_center()] if centers is None else centers:
        copy.put_center(center)
        set_policy(store, center.id, policy or {}, reference=reference)
        set_calendar(store, center.id, calendar or sample_calendar(), reference=reference)
    for item in [sample_item(), immediate_item()] if items is None else items:
        copy.put_published(item)
    for item in unpublished:
        copy.put_draft(item.id, item.center_id)
    return reference


def set_policy(store: Store, center_id: str, values: Mapping[str, Any], *, reference: Reference | None = None) -> None:
    """Replaces what is set for a center, as if catalog had told it."""
    copy = StoredCopy(store)
    before = copy.policy(center_id)
    checked = {key: ALL[key].check(value) for key, value in values.items()}
    copy.put_policy(Policy(center_id, checked, 1 if before is None else before.version + 1))
    if reference is not None:
        reference.forget(center_id)


def set_calendar(store: Store, center_id: str, calendar: Calendar, *, reference: Reference | None = None) -> None:
    """Replaces a center's calendar, as if catalog had told it."""
    copy = StoredCopy(store)
    before = copy.calendar(center_id)
    version = 1 if before is None else before["source"] + 1
    copy.put_calendar(center_id, version, replace(calendar, version=version).to_data())
    if reference is not None:
        reference.forget(center_id)


def set_seal(store: Store, seal: Seal, *, reference: Reference) -> None:
    """Keeps a seal, as if catalog had told it."""
    StoredCopy(store).put_seal(seal, 1)
    reference.forget(seal.center_id)


def retire(store: Store, item: ServiceItem) -> None:
    """Takes a published item off offer."""
    StoredCopy(store).put_retired(item.id, item.center_id, item.item_version)


def closed_on(*closures: date) -> Calendar:
    """The sample calendar with these days closed by the center."""
    days = tuple(SpecialDay(on, DayKind.CLOSURE, "台风") for on in closures)
    return replace(sample_calendar(), days=days)


def change_calendar(
    store: Store, reference: Reference, subscription: Subscription, calendar: Calendar, *, event: str = ""
) -> None:
    """Replaces the sample center's calendar in a service's own copy, and then hands it the event of that."""
    set_calendar(store, CENTER_ID, calendar, reference=reference)
    tell_calendar(reference, subscription, event=event)


def tell_calendar(reference: Reference, subscription: Subscription, *, event: str = "", version: int = 0) -> None:
    """Hands a service the event of its present calendar, or of one of another version."""
    calendar = reference.calendar(CENTER_ID)
    data = Struct()
    data.update(dict(replace(calendar, version=version or calendar.version).to_data()))
    message = events_pb2.CalendarChanged(
        calendar=messages_pb2.Calendar(center_id=CENTER_ID, data=data, version=calendar.version)
    )
    type = event_type("catalog", "CalendarChanged")
    told = Event(
        id=event or f"calendar-{calendar.version}",
        type=type,
        source="local/catalog",
        subject=CENTER_ID,
        journey="",
        at=MONDAY,
        data=message.SerializeToString(),
    )
    call = Call(service_actor(subscription.group.partition(".")[0]), MONDAY)
    subscription.handlers[type](Delivery(told, subscription.group, call))
