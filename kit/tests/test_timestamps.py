from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kit.timestamps import from_timestamp, to_timestamp


@given(st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_a_time_comes_back_to_the_millisecond(naive: datetime) -> None:
    at = naive.replace(tzinfo=UTC)
    sent = to_timestamp(at)
    assert sent is not None
    assert timedelta(0) <= at - from_timestamp(sent) < timedelta(milliseconds=1)


def test_no_time_leaves_the_field_unset() -> None:
    assert to_timestamp(None) is None
