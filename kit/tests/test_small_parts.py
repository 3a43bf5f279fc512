"""Settings, clock, ids, masking, text: the small parts that everybody leans on."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.clock import DemoClock, FixedClock, from_ms, to_ms
from kit.errors import Invalid
from kit.ids import Ids, uuid7
from kit.privacy import mask_id, mask_name, mask_phone, person_key
from kit.settings import ServiceSettings, SettingsError, load
from kit.testing import MONDAY
from kit.text import clean


@dataclass(frozen=True)
class Sample:
    port: int
    name: str = "x"
    hosts: tuple[str, ...] = ()
    secret_file: Path | None = None
    on: bool = False


def test_settings_are_read_by_type() -> None:
    env = {"TONGBAN_PORT": "8080", "TONGBAN_HOSTS": "a, b", "TONGBAN_ON": "yes", "TONGBAN_SECRET_FILE": "/x"}
    assert load(Sample, env) == Sample(8080, "x", ("a", "b"), Path("/x"), True)


def test_every_wrong_setting_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        load(Sample, {"TONGBAN_ON": "perhaps"})
    assert "TONGBAN_PORT is not set" in str(refused.value)
    assert "TONGBAN_ON='perhaps': give true or false" in str(refused.value)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"TONGBAN_TELEMETRY": "loud"}, "give off or otlp"),
        ({"TONGBAN_WORKERS": "0"}, "give 1 to 256"),
        ({"TONGBAN_SERVICES": "queuing"}, "no name=address"),
        ({"TONGBAN_SERVICES": "queuing=10.0.0.1:9000|queuing:9000"}, "no IPv4 address with a port"),
        ({"TONGBAN_SERVICES": "queuing=10.0.0.1:9000|10.0.0.2"}, "no IPv4 address with a port"),
        ({"TONGBAN_EMBEDDED": "false", "TONGBAN_DEMO_CLOCK": "/x"}, "embedded mode only"),
        ({"TONGBAN_LOG_LEVEL": "loud"}, "give DEBUG"),
    ],
)
def test_a_service_refuses_settings_that_make_no_sense(env: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load(ServiceSettings, env)


def test_a_service_has_one_address_or_one_a_replica() -> None:
    told = "queuing=queuing:9000,intake=10.0.0.1:9000|10.0.0.2:9001"
    settings = load(ServiceSettings, {"TONGBAN_SERVICES": told, "TONGBAN_RUN_DIR": "/r"})
    assert settings.address_of("queuing") == "queuing:9000"
    assert settings.address_of("intake") == "ipv4:10.0.0.1:9000,10.0.0.2:9001"
    assert settings.address_of("catalog") == "unix:/r/catalog.sock"


def test_a_missing_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TONGBAN_SITE_SECRET_FILE"):
        _ = load(ServiceSettings, {"TONGBAN_SITE_SECRET_FILE": str(tmp_path / "none")}).site_secret


def test_every_process_follows_the_demo_clock_at_once(tmp_path: Path) -> None:
    here, there = DemoClock(tmp_path / "clock", lambda: MONDAY), DemoClock(tmp_path / "clock", lambda: MONDAY)
    assert there.now() == MONDAY
    here.advance(timedelta(days=3, milliseconds=7))
    assert there.now() == MONDAY + timedelta(days=3, milliseconds=7)
    with pytest.raises(Invalid):
        there.advance(timedelta(seconds=-1))
    assert DemoClock(tmp_path / "clock", lambda: MONDAY).now() == here.now()


def test_a_demo_clock_that_a_killed_start_left_empty_is_made_whole(tmp_path: Path) -> None:
    (tmp_path / "clock").write_bytes(b"")
    assert DemoClock(tmp_path / "clock", lambda: MONDAY).now() == MONDAY


def test_processes_that_begin_at_once_dont_set_the_demo_clock_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = DemoClock(tmp_path / "clock", lambda: MONDAY)
    first.advance(timedelta(days=3))
    monkeypatch.setattr(Path, "exists", lambda path: False)  # as the second saw it a moment before
    assert DemoClock(tmp_path / "clock", lambda: MONDAY).now() == MONDAY + timedelta(days=3)
    assert first.now() == MONDAY + timedelta(days=3)


def test_a_fixed_clock_goes_forward_only() -> None:
    clock = FixedClock(MONDAY)
    assert clock.advance(timedelta(hours=1)) == MONDAY + timedelta(hours=1)
    with pytest.raises(Invalid):
        clock.advance(timedelta(hours=-1))


@given(st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_milliseconds_round_down_and_back(at: datetime) -> None:
    back = from_ms(to_ms(at))
    assert timedelta(0) <= at - back < timedelta(milliseconds=1)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        to_ms(datetime(2026, 11, 22))  # noqa: DTZ001


@given(st.lists(st.integers(0, 2**45), min_size=2, max_size=20, unique=True), st.binary(min_size=10, max_size=10))
def test_ids_sort_by_time_and_are_uuids_of_version_7(times: list[int], tail: bytes) -> None:
    ids = [uuid7(from_ms(ms), lambda _: tail) for ms in sorted(times)]
    assert ids == sorted(ids)
    assert {uuid.UUID(id).version for id in ids} == {7}


def test_codes_are_long_and_readable() -> None:
    codes = {Ids().new_code() for _ in range(1000)}
    assert len(codes) == 1000
    assert all(len(code) == 26 and not set(code) & set("ilou") for code in codes)


def test_personal_data_is_masked() -> None:
    assert mask_name("张三丰") == "张**"
    assert mask_id("610902199001011234") == "610902********1234"
    assert mask_phone("13800005678") == "138****5678"
    assert (mask_name(""), mask_id("1234"), mask_phone("12345")) == ("", "****", "*****")


def test_a_person_is_known_only_to_the_site_that_has_the_secret() -> None:
    assert person_key(b"a", "61090219900101123x") == person_key(b"a", " 61090219900101123X ")
    assert person_key(b"a", "610902199001011234") != person_key(b"b", "610902199001011234")


@pytest.mark.parametrize("text", ["' OR 1=1 --", '{"$gt": ""}', "<script>", "../../x", "𠮷野家"])
def test_text_stays_text(text: str) -> None:
    assert clean(f"  {text} ", field="text") == text


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("", "text_required"),
        ("  ", "text_required"),
        ("x" * 11, "text_too_long"),
        ("a\x00b", "text_invalid"),
        ("a\nb", "text_invalid"),
    ],
)
def test_text_out_of_bounds_is_refused(value: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean(value, field="name", max_length=10)
    assert refused.value.code == code
    assert refused.value.details["field"] == "name"


def test_lines_are_kept_where_they_are_wanted() -> None:
    assert clean("一\n二", field="text", multiline=True) == "一\n二"
    assert clean("一\r\n二\r\n", field="text", multiline=True) == "一\n二"
    with pytest.raises(Invalid):
        clean("一\r二", field="text", multiline=True)
