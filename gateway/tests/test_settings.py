"""A wrong setting stops the start with a sentence that names it."""

from pathlib import Path

import pytest

from gateway.settings import GatewaySettings
from kit.settings import SettingsError, load


def test_the_defaults_listen_on_this_machine_only() -> None:
    settings = load(GatewaySettings, {})
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TONGBAN_PORT", "70000"),
        ("TONGBAN_PORT", "http"),
        ("TONGBAN_BASE_URL", "zw.example.cn"),
        ("TONGBAN_REQUEST_THREADS", "0"),
        ("TONGBAN_MAX_BOARDS", "5000"),
        ("TONGBAN_TRUSTED_PROXIES", "-1"),
        ("TONGBAN_RATE_TICKETS", "-5"),
        ("TONGBAN_RATE_EXEMPT", "10.0.0.0/99"),
        ("TONGBAN_MAX_UPLOAD", "20MB"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        load(GatewaySettings, {name: value})


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    settings = load(GatewaySettings, {"TONGBAN_PRIVATE_KEY_FILE": str(tmp_path / "none.pem")})
    with pytest.raises(SettingsError, match="TONGBAN_PRIVATE_KEY_FILE"):
        _ = settings.private_key


def test_cookies_are_marked_for_https_where_the_site_is_reached_by_it() -> None:
    assert load(GatewaySettings, {"TONGBAN_BASE_URL": "https://zw.example.cn"}).https
    assert not load(GatewaySettings, {"TONGBAN_BASE_URL": "http://zw.example.cn"}).https
