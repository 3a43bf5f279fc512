"""`tongban init`: nothing to do where everything is embedded, patience for servers, and clear ends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from cli import init
from cli.main import app
from kit.errors import Unavailable
from kit.settings import ServiceSettings, SettingsError

Part = init.Part


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(init, "_PAUSE", 0.0)


def parts(monkeypatch: pytest.MonkeyPatch, *made: Part) -> None:
    monkeypatch.setattr(init, "_PARTS", made)


def test_an_embedded_site_needs_nothing_made() -> None:
    result = CliRunner().invoke(app, ["init"])
    assert (result.exit_code, result.stdout) == (0, "nothing to do: everything is there\n")


def test_a_server_that_is_not_up_yet_is_waited_for_and_that_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tries = []

    def made(settings: ServiceSettings, alter: bool) -> Iterator[str]:
        tries.append(alter)
        if len(tries) < 4:
            raise Unavailable("bus_unavailable", "不在")
        yield "topic made: t"

    parts(monkeypatch, made)
    result = CliRunner().invoke(app, ["init", "--alter"])
    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["waiting: bus_unavailable: 不在", "topic made: t"]
    assert tries == [True] * 4


def test_a_server_that_never_comes_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(settings: ServiceSettings, alter: bool) -> Iterator[str]:
        yield from ()
        raise Unavailable("bus_unavailable", "不在", servers="kafka:9092")

    parts(monkeypatch, made)
    result = CliRunner().invoke(app, ["init", "--wait", "0"])
    assert result.exit_code == 1
    assert "bus_unavailable servers=kafka:9092" in result.stderr


def test_what_differs_ends_it_at_once_and_the_next_part_is_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []

    def differs(settings: ServiceSettings, alter: bool) -> Iterator[str]:
        yield "topic made: a"
        raise SettingsError("the topics are not as declared")

    def other(settings: ServiceSettings, alter: bool) -> Iterator[str]:
        begun.append(1)
        yield "index made"

    parts(monkeypatch, differs, other)
    result = CliRunner().invoke(app, ["init"])
    assert (result.exit_code, begun) == (2, [])
    assert "the topics are not as declared" in result.stderr
