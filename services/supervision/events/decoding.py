"""Any service's event: its message, and the center and the citizen's code that it tells, by their names alone."""

from __future__ import annotations

from types import ModuleType

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import Invalid
from kit.events import Event, event_type
from tongban.approval_routing.v1 import events_pb2 as approval_routing
from tongban.archive.v1 import events_pb2 as archive
from tongban.catalog.v1 import events_pb2 as catalog
from tongban.certificates.v1 import events_pb2 as certificates
from tongban.complaint.v1 import events_pb2 as complaint
from tongban.evaluation.v1 import events_pb2 as evaluation
from tongban.federation.v1 import crossing_events_pb2 as federation_crossings
from tongban.federation.v1 import events_pb2 as federation
from tongban.federation.v1 import feedback_events_pb2 as federation_feedback
from tongban.fees.v1 import events_pb2 as fees
from tongban.intake.v1 import events_pb2 as intake
from tongban.queuing.v1 import events_pb2 as queuing
from tongban.relay.v1 import events_pb2 as relay
from tongban.supervision.v1 import events_pb2 as supervision
from tongban.workforce.v1 import events_pb2 as workforce

#: Every service of the site, with its events.
SERVICES: dict[str, tuple[ModuleType, ...]] = {
    "approval_routing": (approval_routing,),
    "archive": (archive,),
    "catalog": (catalog,),
    "certificates": (certificates,),
    "complaint": (complaint,),
    "evaluation": (evaluation,),
    "federation": (federation, federation_crossings, federation_feedback),
    "fees": (fees,),
    "intake": (intake,),
    "queuing": (queuing,),
    "relay": (relay,),
    "supervision": (supervision,),
    "workforce": (workforce,),
}

#: Message class by event type.
MESSAGES: dict[str, type[Message]] = {
    event_type(service, name): getattr(module, name)
    for service, modules in SERVICES.items()
    for module in modules
    for name in module.DESCRIPTOR.message_types_by_name
}


def decode(event: Event) -> Message | None:
    """The event's message; ``None`` for a type that this release doesn't know.

    Raises ``Invalid`` (``event_undecodable``) on a known type with broken content.
    """
    message = MESSAGES.get(event.type)
    if message is None:
        return None
    try:
        return message.FromString(event.data)
    except DecodeError as error:
        raise Invalid("event_undecodable", "事件内容无法解析。", type=event.type) from error


def center_of(message: Message) -> str:
    """The center that an event belongs to: its own ``center_id``, or that of the document in it; else empty."""
    document = _document_in(message)
    own = _text(message, "center_id")
    if own or document is None:
        return own
    if document.DESCRIPTOR is catalog.CenterChanged.DESCRIPTOR.fields_by_name["center"].message_type:
        return _text(document, "id")
    return _text(document, "center_id")


def code_of(message: Message) -> str:
    """The unguessable code that the document in an event gave to a citizen; else empty."""
    document = _document_in(message)
    return "" if document is None else _text(document, "code")


def _document_in(message: Message) -> Message | None:
    """The first document that a message holds."""
    for field, value in message.ListFields():
        if (
            field.type == FieldDescriptor.TYPE_MESSAGE
            and isinstance(value, Message)
            and not isinstance(value, Timestamp)
        ):
            return value
    return None


def _text(message: Message, name: str) -> str:
    field = message.DESCRIPTOR.fields_by_name.get(name)
    return str(getattr(message, name)) if field is not None and field.type == FieldDescriptor.TYPE_STRING else ""
