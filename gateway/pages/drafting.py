"""A draft as the values of a form, and a form as a draft (rules C15)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from gateway.pages.filling import Filling, commitment_in, filled_in
from gateway.pages.forms import Form
from gateway.wire import enum_names
from tongban.intake.v1 import commitments_pb2 as commitments
from tongban.intake.v1 import drafts_pb2 as drafts
from tongban.intake.v1 import messages_pb2 as messages

DELIVERIES = enum_names(messages.DeliveryMethod.DESCRIPTOR)
_DELIVERY_NAMES = {number: name for name, number in DELIVERIES.items()}
_CHOICE_NAMES = {number: name for name, number in enum_names(commitments.CommitmentChoice.DESCRIPTOR).items()}


def applicant_in(form: Form) -> messages.Applicant:
    """Who applies, as a form says."""
    return messages.Applicant(
        name=form.text("applicant_name"),
        id_type=form.text("id_type"),
        id_number=form.text("id_number").upper(),
        phone=form.text("phone"),
        address=form.text("address"),
        agent_name=form.text("agent_name"),
    )


def delivery_in(form: Form) -> messages.DeliveryMethod.ValueType:
    """How the result is to be delivered, as a form says."""
    return messages.DeliveryMethod.ValueType(DELIVERIES.get(form.text("delivery"), 0))


def draft_in(form: Form, filling: Filling, center_id: str, item_id: str) -> drafts.SaveDraftRequest:
    """What a form says so far, to be kept; over the draft that it was filled in from, if there is one."""
    return drafts.SaveDraftRequest(
        center_id=center_id,
        item_id=item_id,
        draft_id=form.text("draft_id"),
        applicant=applicant_in(form),
        situation=filling.situation,
        form_json=filled_in(form, filling),
        delivery=delivery_in(form),
        commitment=commitment_in(form),
        expected_version=form.number("draft_version"),
    )


def values_of(draft: drafts.Draft) -> dict[str, str]:
    """A draft as the values of the form that it was saved from."""
    who = draft.applicant
    values = {
        "draft_id": draft.id,
        "draft_code": draft.code,
        "draft_version": str(draft.version),
        "applicant_name": who.name,
        "id_type": who.id_type,
        "id_number": who.id_number,
        "phone": who.phone,
        "address": who.address,
        "agent_name": who.agent_name,
        "delivery": _DELIVERY_NAMES.get(draft.delivery, ""),
        "commitment": _CHOICE_NAMES.get(draft.commitment, ""),
        **{f"q-{each.question}": each.option for each in draft.situation},
    }
    return values | dict(_flat("form", _object(draft.form_json)))


def _object(text: str) -> Mapping[str, Any]:
    found = orjson.loads(text or "{}")
    return found if isinstance(found, dict) else {}


def _flat(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Each answer under its field's name: ``form.owners.0.name``."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from _flat(f"{name}.{key}", part)
    elif isinstance(value, list):
        for row, part in enumerate(value):
            yield from _flat(f"{name}.{row}", part)
    elif value is True:
        yield name, "1"
    elif value is not None and value is not False:
        yield name, str(value)
