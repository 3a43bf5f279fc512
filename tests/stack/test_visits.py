"""The journeys of tests/integration, unchanged, on Kafka, MongoDB and GridFS with two replicas of everything."""

from tests.integration.test_visits_that_turn import (
    test_a_denial_gives_reason_basis_and_rights,
    test_a_refusal_gives_reason_basis_and_rights_and_opens_no_case,
    test_who_missed_the_call_comes_back_into_the_queue,
)
from tests.integration.test_whole_visit import (
    test_a_whole_visit_leaves_one_journey_in_order,
    test_an_immediate_item_is_decided_and_handed_over_while_the_visitor_waits,
    test_every_paper_of_the_visit_is_a_pdf_that_says_what_it_is,
    test_the_visitor_sees_the_visit_by_any_of_their_codes_and_nobody_by_none,
)

__all__ = [
    "test_a_denial_gives_reason_basis_and_rights",
    "test_a_refusal_gives_reason_basis_and_rights_and_opens_no_case",
    "test_a_whole_visit_leaves_one_journey_in_order",
    "test_an_immediate_item_is_decided_and_handed_over_while_the_visitor_waits",
    "test_every_paper_of_the_visit_is_a_pdf_that_says_what_it_is",
    "test_the_visitor_sees_the_visit_by_any_of_their_codes_and_nobody_by_none",
    "test_who_missed_the_call_comes_back_into_the_queue",
]
