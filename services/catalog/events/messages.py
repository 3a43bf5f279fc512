"""Entities as catalog's messages, and what departments fill in back."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from kit.clock import from_ms
from kit.errors import Invalid
from kit.workdays import Calendar, Deadline, Limit, Unit
from reference.policies import ALL
from services.catalog.domain.centers import Center, CenterLevel, Department, Lane, Window, WindowKind
from services.catalog.domain.codes import CodingScheme
from services.catalog.domain.items import (
    Cooperation,
    Fee,
    Guide,
    ItemKind,
    ItemResult,
    ItemState,
    ItemVersion,
)
from services.catalog.domain.policies import Effective
from services.catalog.domain.routes import MergeRule
from services.catalog.events.checklists import (
    commitment_message,
    commitment_of,
    material_message,
    material_of,
    question_message,
    question_of,
)
from services.catalog.events.enums import known as _known
from services.catalog.events.routes import MERGE_RULES, step_message, step_of
from tongban.catalog.v1 import messages_pb2 as pb

WINDOW_KINDS: Final = {kind: pb.WindowKind.Value(f"WINDOW_KIND_{kind.name}") for kind in WindowKind}
ITEM_KINDS: Final = {kind: pb.ItemKind.Value(f"ITEM_KIND_{kind.name}") for kind in ItemKind}
COOPERATIONS: Final = {one: pb.Cooperation.Value(f"COOPERATION_{one.name}") for one in Cooperation}
STATES: Final = {state: pb.ItemState.Value(f"ITEM_STATE_{state.name}") for state in ItemState}
UNITS: Final = {
    Unit.WORKING_DAY: pb.LIMIT_UNIT_WORKING_DAY,
    Unit.CALENDAR_DAY: pb.LIMIT_UNIT_CALENDAR_DAY,
    Unit.HOUR: pb.LIMIT_UNIT_WORKING_HOUR,
}

# ── Centers ──────────────────────────────────────────────────────────────────────────────────────────────────────


def center_message(center: Center) -> pb.Center:
    """A center."""
    return pb.Center(
        id=center.id,
        name=center.name,
        level=pb.CenterLevel.Value(f"CENTER_LEVEL_{center.level.name}"),
        parent_id=center.parent_id,
        address=center.address,
        phone=center.phone,
        departments=[
            pb.Department(key=one.key, name=one.name, credit_code=one.credit_code, phone=one.phone)
            for one in center.departments
        ],
        lanes=[pb.Lane(key=lane.key, prefix=lane.prefix, name=lane.name) for lane in center.lanes],
        windows=[
            pb.Window(
                id=window.id,
                number=window.number,
                name=window.name,
                kind=WINDOW_KINDS[window.kind],
                lanes=window.lanes,
            )
            for window in center.windows
        ],
        version=center.version,
    )


def center_of(message: pb.Center) -> Center:
    """A center as an administrator describes it. Raises ``Invalid`` on an unknown level or kind of window."""
    levels = {level: int(level) for level in CenterLevel}
    return Center(
        id=message.id.strip(),
        name=message.name,
        level=_known(levels, message.level, "level"),
        parent_id=message.parent_id.strip(),
        address=message.address,
        phone=message.phone,
        departments=tuple(Department(d.key, d.name, d.credit_code, d.phone) for d in message.departments),
        lanes=tuple(Lane(lane.key, lane.prefix, lane.name) for lane in message.lanes),
        windows=tuple(
            Window(w.id, w.number, w.name, _known(WINDOW_KINDS, w.kind, "windows.kind"), tuple(w.lanes))
            for w in message.windows
        ),
    )


# ── Items ────────────────────────────────────────────────────────────────────────────────────────────────────────


def item_message(item_id: str, center_id: str, content: ItemVersion, version: int) -> pb.ServiceItem:
    """One version of an item; ``version`` is its document's."""
    guide = content.guide
    return pb.ServiceItem(
        id=item_id,
        item_version=content.number,
        center_id=center_id,
        state=STATES[content.state],
        name=guide.name,
        basic_code=guide.basic_code,
        implementation_code=guide.implementation_code,
        coding_scheme=guide.coding_scheme,
        type_code=guide.type_code,
        kind=ITEM_KINDS[guide.kind] if guide.kind else pb.ITEM_KIND_UNSPECIFIED,
        cooperation=COOPERATIONS[guide.cooperation] if guide.cooperation else pb.COOPERATION_UNSPECIFIED,
        statutory_limit=_limit_message(guide.statutory_limit),
        promised_limit=_limit_message(guide.promised_limit),
        extension_limit=_limit_message(guide.extension_limit),
        merge_rule=MERGE_RULES[guide.merge_rule],
        department_key=guide.department_key,
        lane=guide.lane,
        materials=map(material_message, guide.materials),
        fees=[
            pb.Fee(name=one.name, amount=one.amount, basis=one.basis, price_fen=one.price_fen, unit=one.unit)
            for one in guide.fees
        ],
        fee_note=guide.fee_note,
        special_procedures=guide.special_procedures,
        steps=map(step_message, guide.steps),
        results=[_result_message(one) for one in guide.results],
        audience=guide.audience,
        keywords=guide.keywords,
        source_note=guide.source_note,
        assumptions=guide.assumptions,
        review_note=content.review_note,
        published_at=_timestamp(content),
        warnings=content.warnings,
        version=version,
        questions=map(question_message, guide.questions),
        form_schema=guide.form_schema,
        commitment=commitment_message(guide.commitment),
    )


def guide_of(message: pb.ServiceItem) -> Guide:
    """What a department filled in. Raises ``Invalid`` on an unknown enum, scheme or unit, or a limit that is none."""
    return Guide(
        name=message.name,
        basic_code=message.basic_code,
        implementation_code=message.implementation_code,
        coding_scheme=_scheme(message.coding_scheme),
        type_code=message.type_code,
        kind=_known(ITEM_KINDS, message.kind, "kind") if message.kind else None,
        cooperation=_known(COOPERATIONS, message.cooperation, "cooperation") if message.cooperation else None,
        statutory_limit=limit_of(message.statutory_limit) if message.HasField("statutory_limit") else None,
        promised_limit=limit_of(message.promised_limit) if message.HasField("promised_limit") else None,
        extension_limit=limit_of(message.extension_limit) if message.HasField("extension_limit") else None,
        merge_rule=_known(MERGE_RULES, message.merge_rule, "merge_rule") if message.merge_rule else MergeRule.ALL,
        department_key=message.department_key,
        lane=message.lane,
        materials=tuple(map(material_of, message.materials)),
        fees=tuple(Fee(f.name, f.amount, f.basis, f.price_fen, f.unit) for f in message.fees),
        fee_note=message.fee_note,
        special_procedures=tuple(message.special_procedures),
        steps=tuple(map(step_of, message.steps)),
        results=tuple(map(_result_of, message.results)),
        audience=tuple(message.audience),
        keywords=tuple(message.keywords),
        source_note=message.source_note,
        assumptions=tuple(message.assumptions),
        questions=tuple(map(question_of, message.questions)),
        form_schema=message.form_schema,
        commitment=commitment_of(message),
    )


def version_of(message: pb.ServiceItem) -> ItemVersion:
    """A version as an event tells it."""
    published = message.published_at
    return ItemVersion(
        number=message.item_version,
        state=_known(STATES, message.state, "state"),
        guide=guide_of(message),
        review_note=message.review_note,
        published_at=from_ms(published.ToMilliseconds()) if message.HasField("published_at") else None,
        warnings=tuple(message.warnings),
    )


def state_of(number: int) -> ItemState:
    """The state that a list asks for; none asks for published ones. Raises ``Invalid``."""
    return _known(STATES, number, "state") if number else ItemState.PUBLISHED


def limit_of(message: pb.Limit) -> Limit:
    """A limit. Raises ``Invalid`` (``enum_unknown``, ``limit_invalid``)."""
    return Limit(message.amount, _known(UNITS, message.unit, "limit.unit"), message.basis)


# ── Policies and calendars ───────────────────────────────────────────────────────────────────────────────────────


def policy_message(center_id: str, found: Effective, version: int) -> pb.Policy:
    """Every declared setting as it stands for a center, defaults too."""
    settings = []
    for key, setting in ALL.items():
        entry = found.get(key)
        message = pb.PolicySetting(key=key, source=setting.source, title=setting.title)
        message.set_by_center = entry.set_by if entry else ""
        ParseDict(entry.value if entry else setting.default, message.value)
        settings.append(message)
    return pb.Policy(center_id=center_id, settings=settings, version=version)


def calendar_message(center_id: str, calendar: Calendar, version: int) -> pb.Calendar:
    """A calendar that holds."""
    return pb.Calendar(center_id=center_id, data=struct(dict(calendar.to_data())), version=version)


def struct(data: dict[str, Any]) -> Struct:
    """Plain data as a message."""
    message = Struct()
    message.update(data)
    return message


def deadline_message(deadline: Deadline) -> pb.Deadline:
    """A due date with each day's line."""
    message = pb.Deadline(provisional=deadline.provisional)
    if deadline.due_at is not None:
        message.due_at.FromDatetime(deadline.due_at)
    for line in deadline.explain():
        message.lines.add(
            date=line.on.isoformat(),
            weekday=line.weekday,
            effect=line.outcome,
            number=line.number or 0,
            reason=line.reason,
            provisional=line.provisional,
        )
    return message


# ── Parts ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _limit_message(limit: Limit | None) -> pb.Limit | None:
    return None if limit is None else pb.Limit(amount=limit.amount, unit=UNITS[limit.unit], basis=limit.basis)


def _timestamp(content: ItemVersion) -> Timestamp | None:
    if content.published_at is None:
        return None
    message = Timestamp()
    message.FromDatetime(content.published_at)
    return message


def _scheme(text: str) -> CodingScheme:
    try:
        return CodingScheme(text or CodingScheme.NATIONAL)
    except ValueError:
        raise Invalid(
            "coding_scheme_unknown", f"编码体系应为 {'、'.join(CodingScheme)} 之一。", coding_scheme=text[:40]
        ) from None


def _result_message(result: ItemResult) -> pb.ItemResult:
    return pb.ItemResult(
        name=result.name,
        kind=result.kind,
        validity=result.validity,
        valid_months=result.valid_months,
        renewal_days=result.renewal_days,
        renewal_field=result.renewal_field,
    )


def _result_of(message: pb.ItemResult) -> ItemResult:
    return ItemResult(
        message.name,
        message.kind,
        message.validity,
        message.valid_months,
        message.renewal_days,
        message.renewal_field,
    )
