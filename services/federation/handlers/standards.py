"""Catalogue down: standards issued for the sites below, received from above, localised (rules AB01, ZZ)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from kit.call import Call
from kit.errors import Forbidden, Invalid
from kit.events import DomainEvent
from kit.store.port import Mark
from kit.store.repository import check_version
from kit.text import clean
from services.federation.domain import standards
from services.federation.domain.divisions import is_above
from services.federation.domain.letters import IncomingLetter, LetterPosted
from services.federation.domain.part_events import StandardIssued, StandardLocalised, StandardReceived
from services.federation.domain.standards import Standard, StandardKind, standard_id
from services.federation.handlers import letters
from services.federation.handlers.letters import answered
from services.federation.handlers.room import Room
from services.federation.protos.by_name import entity_of, message_of
from tongban.federation.v1 import standards_pb2

#: Bytes of a standard as JSON: what a letter holds, with room to spare.
MAX_BYTES: Final = 256 * 1024


def issue_standard(*, room: Room, call: Call, fresh: Standard, sites: Iterable[str], expected_version: int) -> Standard:
    """Sets a standard, or its next number, and sends it to sites below.

    Raises ``Invalid`` (``site_not_below``, ``standard_empty``, ``standard_too_large``), ``Conflict``
    (``issued_above``), ``Stale``.
    """
    key = clean(fresh.key, field="key", max_length=64)
    id = standard_id(room.here, fresh.kind, key)
    before = room.standards.find_by_id(id)
    if before is not None:
        check_version(before, expected_version)
    issued = standards.issue(
        before,
        replace(
            fresh,
            id=id,
            key=key,
            title=clean(fresh.title, field="title", max_length=200),
            issued_by=room.here,
            issued_at=call.now,
        ),
    )
    _require_size(issued)
    events: list[DomainEvent] = [StandardIssued(issued), *_hand_down(room, call, issued, sites)]
    put = room.standards.create if before is None else room.standards.save
    return put(issued, events, call)


def localise_standard(
    *, room: Room, call: Call, id: str, local: dict[str, Any], sites: Iterable[str], expected_version: int
) -> Standard:
    """Sets what was left open, and hands the whole on to sites below. Raises ``Conflict`` (``fixed_by_parent``)."""
    held = room.standards.get(id)
    check_version(held, expected_version)
    localised = standards.localise(held, local)
    _require_size(localised)
    events: list[DomainEvent] = [StandardLocalised(localised), *_hand_down(room, call, localised, sites)]
    return room.standards.save(localised, events, call)


def take_standard(room: Room, call: Call, letter: IncomingLetter, mark: Mark) -> None:
    """A site above set a standard. Raises ``Forbidden`` when it isn't above, or isn't the one that it came from."""
    told = entity_of(letters.read(letter, standards_pb2.StandardTold).standard, Standard)
    if told.id != standard_id(told.issued_by, told.kind, told.key):
        raise Forbidden("standard_misnamed", "标准编号与发布站点不符。", id=told.id[:120])
    parents = [letter.origin] if is_above(letter.origin, room.here) else []
    held = room.standards.find_by_id(told.id)
    after = standards.receive(held, told, letter.origin, parents)
    if after is None:
        return
    events: list[DomainEvent] = [StandardReceived(after), answered(letter, call, "acted_on")]
    if held is None:
        room.standards.create(after, events, call, mark=mark)
    else:
        room.standards.save(after, events, call, mark=mark)


def require_site(room: Room, call: Call, center_id: str) -> None:
    """Whoever sets standards works for the site's own center. Raises ``Forbidden``, ``NotFound``."""
    call.actor.require_center(center_id)
    if not room.speaks_for_site(center_id):
        raise Forbidden("site_center_only", "标准由本站点所在层级的中心管理，请由其办理。", center=center_id)


def kind_of(kind: StandardKind | None) -> StandardKind:
    """The kind. Raises ``Invalid`` without one."""
    if kind is None:
        raise Invalid("standard_kind_unknown", "请选择事项标准、参数或者日历。", field="kind")
    return kind


def _hand_down(room: Room, call: Call, standard: Standard, sites: Iterable[str]) -> list[LetterPosted]:
    said = standards_pb2.StandardTold(standard=message_of(standards.handed_down(standard), standards_pb2.Standard()))
    posted = []
    for site in dict.fromkeys(sites):
        if not is_above(room.here, site):
            raise Invalid("site_not_below", "标准只能下发给下级站点，请核对。", field="sites", site=site)
        letter = letters.write(room.desk, call, to=site, type="standard.told", journey=standard.id, payload=said)
        posted.append(LetterPosted(letter))
    return posted


def _require_size(standard: Standard) -> None:
    if len(json.dumps([standard.content, standard.local])) > MAX_BYTES:
        raise Invalid("standard_too_large", "标准内容过大，请分为多项发布。", field="content")
