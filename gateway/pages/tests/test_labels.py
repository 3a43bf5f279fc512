"""Every value that a page may meet has a name in Chinese."""

import pytest
from google.protobuf.descriptor_pool import Default

from gateway.pages.labels import LABELS, label_of, spoken, state_of, word
from gateway.wire import enum_names
from tongban.approval_routing.v1 import messages_pb2 as routing
from tongban.archive.v1 import messages_pb2 as archive
from tongban.catalog.v1 import messages_pb2 as catalog
from tongban.catalog.v1 import routes_pb2 as catalog_routes
from tongban.complaint.v1 import messages_pb2 as complaint
from tongban.evaluation.v1 import messages_pb2 as evaluation
from tongban.federation.v1 import messages_pb2 as federation
from tongban.federation.v1 import parts_pb2 as federation_parts
from tongban.federation.v1 import standards_pb2 as federation_standards
from tongban.federation.v1 import urging_pb2 as federation_urging
from tongban.intake.v1 import messages_pb2 as intake
from tongban.queuing.v1 import messages_pb2 as queuing
from tongban.relay.v1 import messages_pb2 as relay
from tongban.relay.v1 import site_pb2 as relay_sites
from tongban.supervision.v1 import messages_pb2 as supervision
from tongban.workforce.v1 import messages_pb2 as workforce

MODULES = (
    *(
        archive,
        catalog,
        queuing,
        intake,
        routing,
        evaluation,
        complaint,
        supervision,
        workforce,
        federation,
        relay,
        relay_sites,
    ),
    *(catalog_routes, federation_parts, federation_standards, federation_urging),
)
ENUMS = {name: enum for module in MODULES for name, enum in module.DESCRIPTOR.enum_types_by_name.items()}
ENUMS["Role"] = Default().FindEnumTypeByName("tongban.access.v1.Role")
#: No page shows these.
UNSEEN = {"SubjectKind", "Employment"}


@pytest.mark.parametrize("name", sorted(ENUMS.keys() - UNSEEN))
def test_every_value_of_an_enum_has_a_label(name: str) -> None:
    assert LABELS[name].keys() == enum_names(ENUMS[name]).keys()


def test_a_state_is_known_by_its_name_and_its_label() -> None:
    ticket = queuing.Ticket(state=queuing.TICKET_STATE_MISSED)
    assert (state_of(ticket), label_of(ticket)) == ("missed", "已过号")


def test_a_state_that_is_not_set_has_neither() -> None:
    assert (state_of(queuing.Ticket()), label_of(queuing.Ticket())) == ("", "")


def test_a_field_that_is_no_enum_is_a_mistake() -> None:
    with pytest.raises(TypeError):
        state_of(queuing.Ticket(), "number")


@pytest.mark.parametrize(("number", "said"), [("A012", "A零一二"), ("K305", "K三零五"), ("07", "零七")])
def test_a_number_is_spoken_digit_by_digit(number: str, said: str) -> None:
    assert spoken(number) == said


def test_a_word_without_a_translation_stays_as_it_is() -> None:
    assert (word("post"), word("随意")) == ("邮政寄递", "随意")
