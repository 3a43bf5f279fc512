"""Agreements ↔ messages."""

from __future__ import annotations

from datetime import date
from typing import Final

from kit.errors import Invalid
from kit.timestamps import to_timestamp
from kit.workdays import local_date
from services.federation.domain.agreement import (
    AgreedMaterial,
    Agreement,
    Contact,
    Edition,
    EditionState,
    Mode,
    Sealing,
    SegmentDays,
    Side,
    Terms,
)
from tongban.federation.v1 import messages_pb2 as pb

MODES: Final = {
    Mode.FULLY_ONLINE: pb.MODE_FULLY_ONLINE,
    Mode.COLLECT_FOR: pb.MODE_COLLECT_FOR,
    Mode.MULTI_PLACE: pb.MODE_MULTI_PLACE,
}
SIDES: Final = {
    Side.COLLECTING: pb.SIDE_COLLECTING,
    Side.HANDLING: pb.SIDE_HANDLING,
}
SEALINGS: Final = {
    Sealing.WHERE_POSSIBLE: pb.SEALING_WHERE_POSSIBLE,
    Sealing.REQUIRED: pb.SEALING_REQUIRED,
    Sealing.BY_SITE: pb.SEALING_BY_SITE,
}
_STATES: Final = {
    EditionState.PROPOSED: pb.EDITION_STATE_PROPOSED,
    EditionState.CONFIRMED: pb.EDITION_STATE_CONFIRMED,
    EditionState.DECLINED: pb.EDITION_STATE_DECLINED,
}
_SEALINGS_OF: Final[dict[int, Sealing]] = {number: sealing for sealing, number in SEALINGS.items()}
_MODES_OF: Final[dict[int, Mode]] = {number: mode for mode, number in MODES.items()}


def mode_of(number: int) -> Mode:
    """The mode of a message. Raises ``Invalid`` (``mode_unknown``)."""
    mode = _MODES_OF.get(number)
    if mode is None:
        raise Invalid("mode_unknown", "通办模式应为全程网办、异地代收代办或多地联办。", field="mode")
    return mode


def terms_message(terms: Terms) -> pb.Terms:
    """Terms as a message."""
    return pb.Terms(
        handling_site=terms.handling_site,
        handling_center_id=terms.handling_center_id,
        handling_center_name=terms.handling_center_name,
        collecting_site=terms.collecting_site,
        collecting_center_id=terms.collecting_center_id,
        collecting_center_name=terms.collecting_center_name,
        item_id=terms.item_id,
        item_code=terms.item_code,
        item_name=terms.item_name,
        modes=[MODES[mode] for mode in terms.modes],
        handling_unit=terms.handling_unit,
        materials=[
            pb.AgreedMaterial(key=each.key, name=each.name, main=each.main, form=each.form, standard=each.standard)
            for each in terms.materials
        ],
        deliveries=terms.deliveries,
        days=pb.SegmentDays(
            collection=terms.days.collection, transit=terms.days.transit, hand_back=terms.days.hand_back
        ),
        handling_contact=contact_message(terms.handling_contact),
        collecting_contact=contact_message(terms.collecting_contact),
        effective_from=terms.effective_from.isoformat(),
        effective_until=terms.effective_until.isoformat() if terms.effective_until else "",
        sealing=SEALINGS[terms.sealing],
    )


def terms_of(message: pb.Terms) -> Terms:
    """The terms of a message, as they stand there. Raises ``Invalid`` on a mode or a date that is none."""
    return Terms(
        handling_site=message.handling_site,
        handling_center_id=message.handling_center_id,
        handling_center_name=message.handling_center_name,
        collecting_site=message.collecting_site,
        collecting_center_id=message.collecting_center_id,
        collecting_center_name=message.collecting_center_name,
        item_id=message.item_id,
        item_code=message.item_code,
        item_name=message.item_name,
        modes=tuple(dict.fromkeys(map(mode_of, message.modes))),
        handling_unit=message.handling_unit,
        materials=tuple(
            AgreedMaterial(each.key, each.name, each.main, each.form, each.standard) for each in message.materials
        ),
        deliveries=tuple(dict.fromkeys(message.deliveries)),
        days=SegmentDays(message.days.collection, message.days.transit, message.days.hand_back),
        handling_contact=contact_of(message.handling_contact),
        collecting_contact=contact_of(message.collecting_contact),
        effective_from=day_of(message.effective_from, "effective_from"),
        effective_until=day_of(message.effective_until, "effective_until") if message.effective_until else None,
        sealing=_SEALINGS_OF.get(message.sealing, Sealing.WHERE_POSSIBLE),
    )


def day_of(text: str, field: str) -> date:
    """A day such as 2026-12-01. Raises ``Invalid`` (``date_invalid``)."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid("date_invalid", "日期应写作 2026-12-01 的形式，请更正。", field=field) from error


def contact_message(contact: Contact) -> pb.Contact:
    """A contact as a message."""
    return pb.Contact(name=contact.name, phone=contact.phone, department=contact.department)


def contact_of(message: pb.Contact) -> Contact:
    """A message's contact, as it stands there."""
    return Contact(message.name, message.phone, message.department)


def edition_message(edition: Edition) -> pb.Edition:
    """An edition as a message."""
    return pb.Edition(
        id=edition.id,
        state=_STATES[edition.state],
        terms=terms_message(edition.terms),
        proposed_by_site=edition.proposed_by_site,
        proposed_by_name=edition.proposed_by_name,
        proposed_at=to_timestamp(edition.proposed_at),
        answered_by_name=edition.answered_by_name,
        answered_at=to_timestamp(edition.answered_at),
        note=edition.note,
    )


def agreement_message(agreement: Agreement, site: str, today: date) -> pb.Agreement:
    """An agreement as this site shows it on a day."""
    pending, in_force = agreement.pending, agreement.in_force(today)
    return pb.Agreement(
        id=agreement.id,
        center_id=agreement.center_id,
        side=SIDES[agreement.side],
        peer_site=agreement.peer_site,
        editions=[edition_message(each) for each in agreement.editions],
        edition_in_force=in_force.id if in_force else "",
        waits_for_us=pending is not None and pending.proposed_by_site != site,
        ends_on=agreement.ends_on.isoformat() if agreement.ends_on else "",
        end_reason=agreement.end_reason,
        version=agreement.version,
    )


def told_agreement(agreement: Agreement) -> pb.Agreement:
    """An agreement as events tell it: on the day of its newest word, by the peer's site."""
    newest = agreement.editions[-1]
    today = local_date(newest.answered_at or newest.proposed_at)
    message = agreement_message(agreement, "", today)
    message.waits_for_us = agreement.pending is not None and newest.proposed_by_site == agreement.peer_site
    return message
