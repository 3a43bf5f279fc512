"""What goes into a letter comes out of it, for anything that a part may be."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.errors import Invalid
from kit.testing import MONDAY
from services.federation.domain.feedback import Feedback
from services.federation.domain.figures import DailyFigures
from services.federation.domain.parts import Part
from services.federation.domain.standards import Standard, StandardKind
from services.federation.domain.urging import Urging
from services.federation.protos.by_name import entity_of, message_of, read
from services.federation.tests.test_parts_domain import taken
from tongban.federation.v1 import figures_pb2, parts_pb2, standards_pb2, urging_pb2

TIMES = st.integers(0, 4_000_000_000_000).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC).replace(microsecond=0))
st.register_type_strategy(datetime, TIMES)
st.register_type_strategy(int, st.integers(0, 2**31 - 1))
st.register_type_strategy(dict, st.dictionaries(st.text(), st.text()))


# A whole part is much to draw: what takes its time on a busy machine isn't wrong.
@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.data())
def test_what_goes_into_a_letter_comes_out_of_it(data: st.DataObject) -> None:
    part = replace(data.draw(st.from_type(Part)), early=())
    sent = parts_pb2.PartTold(part=message_of(part, parts_pb2.Part()))
    assert entity_of(read(sent.SerializeToString(), parts_pb2.PartTold).part, Part) == part
    urging = data.draw(st.from_type(Urging))
    assert entity_of(message_of(urging, urging_pb2.Urging()), Urging) == urging
    feedback = data.draw(st.from_type(Feedback))
    assert entity_of(message_of(feedback, urging_pb2.Feedback()), Feedback) == feedback


def test_a_standards_content_and_a_days_figures_come_through() -> None:
    content = {"name": "食品经营许可", "promised_limit": {"amount": 3}, "materials": [1, None, 2.5, {"key": "form"}]}
    standard = Standard("i", StandardKind.ITEM, "k", "t", "s", 2, content, MONDAY, MONDAY, ("fees",))
    assert entity_of(message_of(standard, standards_pb2.Standard()), Standard) == standard
    figures = DailyFigures("i", "s", "c", "2026-11-23", 1, {"accepted": 3}, MONDAY)
    assert entity_of(message_of(figures, figures_pb2.DailyFigures()), DailyFigures) == figures


def test_what_is_missing_or_of_a_later_release_is_refused() -> None:
    for broken in (parts_pb2.Part(), message_of(taken(), parts_pb2.Part())):
        broken.kind = 9  # type: ignore[assignment]
        with pytest.raises(Invalid, match="letter_undecodable"):
            entity_of(broken, Part)
    with pytest.raises(Invalid, match="letter_undecodable"):
        read(b"\xff\xff", parts_pb2.PartTold)
