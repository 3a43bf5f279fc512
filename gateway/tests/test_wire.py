"""Protobuf and JSON say the same, and the schemas tell the truth about it."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import jsonschema
import pytest
from google.protobuf.descriptor import FieldDescriptor, FileDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from gateway.clients import SERVICES
from gateway.schemas import components, references, schema_of
from gateway.testing import sample
from gateway.wire import build, enum_names, free, plain, to_json
from kit.rpc.access import service_descriptor
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.catalog.v1 import service_pb2 as catalog_service
from tongban.queuing.v1 import messages_pb2 as queuing
from tongban.workforce.v1 import messages_pb2 as workforce

ANSWERS: dict[str, Any] = {
    method.output_type.full_name: method.output_type
    for name in SERVICES.values()
    for method in service_descriptor(name).methods
}


def fits(message: Message) -> None:
    """The JSON of a message fits what the document says of it."""
    descriptor = message.DESCRIPTOR
    schema = schema_of(descriptor)  # type: ignore[arg-type]
    parts = components(references(schema), packages(descriptor.file))  # type: ignore[arg-type]
    jsonschema.validate(
        to_json(message),
        {**schema, "components": {"schemas": parts}},
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )


def packages(file: FileDescriptor) -> set[str]:
    """Its own, and those of our messages that it uses, however far away."""
    used = [each for each in file.dependencies if each.name.startswith("tongban/") and each.message_types_by_name]
    return {file.package}.union(*map(packages, used))


@pytest.mark.parametrize("name", ANSWERS)
def test_an_empty_answer_fits_its_schema(name: str) -> None:
    fits(ANSWERS[name]._concrete_class())


@pytest.mark.parametrize("name", ANSWERS)
def test_a_full_answer_fits_its_schema(name: str) -> None:
    fits(sample(ANSWERS[name]._concrete_class))


def test_a_schema_that_lies_is_found_out() -> None:
    ticket = to_json(queuing.Ticket(id="x"))
    schema = schema_of(queuing.Ticket.DESCRIPTOR)
    ticket["state"] = "lost"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(ticket, schema)


def test_names_of_enums_lose_their_prefix() -> None:
    assert list(enum_names(queuing.TicketState.DESCRIPTOR))[:2] == ["waiting", "called"]
    assert enum_names(catalog.CenterLevel.DESCRIPTOR)["city"] == 3


def test_times_are_utc_with_milliseconds() -> None:
    at = Timestamp(seconds=1_795_399_200, nanos=7_000_000)
    assert to_json(queuing.Ticket(called_at=at))["called_at"] == "2026-11-23T02:00:00.007Z"


def test_a_year_before_1000_keeps_its_four_digits() -> None:
    at = build(queuing.Ticket, called_at=datetime(167, 9, 2, 6, tzinfo=UTC))
    assert to_json(at)["called_at"] == "0167-09-02T06:00:00.000Z"


def test_what_is_unset_is_null() -> None:
    ticket = to_json(queuing.Ticket())
    assert ticket["state"] is None
    assert ticket["taken_at"] is None
    assert ticket["id"] == ""


@given(st.timedeltas(-timedelta(days=40_000), timedelta(days=90_000)), st.integers(-12, 14))
def test_a_time_keeps_its_milliseconds_both_ways(since: timedelta, hours: int) -> None:
    at = (datetime(1970, 1, 1, tzinfo=UTC) + since).astimezone(timezone(timedelta(hours=hours)))
    request = build(catalog_service.ComputeDeadlineRequest, start_at=at)
    back = datetime.fromisoformat(to_json(request)["start_at"])
    assert timedelta(0) <= at.astimezone(UTC) - back < timedelta(milliseconds=1)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.text()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(json_values)
def test_a_free_value_comes_back_as_it_went(value: Any) -> None:
    assert plain(free(value)) == value


def test_roles_and_lists_are_built_by_name() -> None:
    staff = build(workforce.Staff, roles=["clerk", "chief"], posts=["intake"], state="active", employment=None)
    assert to_json(staff)["roles"] == ["clerk", "chief"]
    assert (staff.state, staff.employment) == (workforce.STAFF_STATE_ACTIVE, 0)


@pytest.mark.parametrize("values", [{"no_such": 1}, {"limit": {"no_such": 1}}])
def test_a_field_that_is_not_the_messages_is_our_mistake(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no_such"):
        build(catalog_service.ComputeDeadlineRequest, **values)


def test_every_field_of_every_answer_can_be_written() -> None:
    known = {FieldDescriptor.CPPTYPE_STRING, FieldDescriptor.CPPTYPE_BOOL, FieldDescriptor.CPPTYPE_INT32}
    known |= {FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_ENUM, FieldDescriptor.CPPTYPE_MESSAGE}
    for descriptor in ANSWERS.values():
        assert {each.cpp_type for each in descriptor.fields} <= known
