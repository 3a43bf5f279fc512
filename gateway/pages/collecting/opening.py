"""What an application for another place begins with, at a window or online (rules P01, P03)."""

from __future__ import annotations

import json

from gateway.clients import ask
from gateway.pages.forms import Form
from gateway.pages.lookups import clients
from kit.errors import NotFound
from tongban.federation.v1 import messages_pb2 as messages
from tongban.federation.v1 import service_pb2 as federation

#: The one question that a form asks where its item has none of its own; handed on as its answer.
NOTE = "情况说明"


def offered(center_id: str, agreement_id: str, mode: messages.Mode.ValueType) -> messages.OfferedItem:
    """What may be handed in here today under an agreement. Raises ``NotFound`` (``not_offered``)."""
    wanted = federation.ListOfferedItemsRequest(center_id=center_id, mode=mode)
    for each in ask(clients().federation.ListOfferedItems, wanted).items:
        if each.agreement_id == agreement_id:
            return each
    raise NotFound("not_offered", "本中心目前不能代收该事项，请核对通办清单。")


def opening(
    form: Form, center_id: str, agreement_id: str, mode: messages.Mode.ValueType
) -> federation.OpenCrossingRequest:
    """What somebody typed who begins an application."""
    note = form.text("note")
    return federation.OpenCrossingRequest(
        center_id=center_id,
        agreement_id=agreement_id,
        mode=mode,
        applicant=messages.CrossingApplicant(
            name=form.text("name"),
            id_type=form.text("id_type"),
            id_number=form.text("id_number").upper(),
            phone=form.text("phone"),
            address=form.text("address"),
            agent_name=form.text("agent_name"),
        ),
        identity_note=form.text("identity_note"),
        delivery=form.text("delivery"),
        form_json=json.dumps({NOTE: note}, ensure_ascii=False) if note else "",
        ticket_id=form.text("ticket"),
        journey=form.text("journey"),
    )
