"""Who is let in, who is dialled, and what happens when a line breaks: the transport by itself, over real TLS."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from pathlib import Path

import pytest

from tests.relay.doors import CHILD, HUB, STRANGER, Site, dialling, listening
from tests.relay.polling import until
from tests.relay.rough_line import RoughLine


@pytest.fixture
def hub(tmp_path: Path) -> Site:
    return Site(tmp_path, HUB)


@pytest.fixture
def child(tmp_path: Path) -> Site:
    return Site(tmp_path, CHILD)


def test_two_sites_that_know_each_other_speak(hub: Site, child: Site) -> None:
    hub.knows(child)
    child.knows(hub)
    with listening(hub) as (network, answers), dialling(child, network.port) as (_, calls):
        until(lambda: calls.called and len(calls.called[0].heard) >= 20)
        assert answers.answered[0].heard[:3] == [1, 3, 5]
        assert calls.called[0].heard[:3] == [2, 4, 6]


def test_a_line_asks_for_the_other_site_by_its_id(hub: Site, child: Site) -> None:
    """So that what passes TLS through for many can tell where to, whatever the endpoint in the card is called."""
    child.knows(hub)
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(hub.files.cert_file, hub.files.key_file)
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    with socket.create_server(("127.0.0.1", 0)) as server, dialling(child, server.getsockname()[1]):
        server.settimeout(10)
        connection, _ = server.accept()
        with contextlib.suppress(OSError), context.wrap_socket(connection, server_side=True):
            pass
    assert asked == [HUB]


def test_a_stranger_is_not_let_in(hub: Site, child: Site, tmp_path: Path) -> None:
    stranger = Site(tmp_path, STRANGER)
    hub.knows(child)
    stranger.knows(hub)
    with listening(hub) as (network, answers), dialling(stranger, network.port) as (_, calls):
        until(lambda: network.port)
        threading.Event().wait(0.5)
        assert answers.answered == []
        assert calls.called == []


def test_another_certificate_under_the_same_name_is_not_let_in(hub: Site, child: Site, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    impostor = Site(tmp_path / "other", CHILD)
    hub.knows(child)
    impostor.knows(hub)
    with listening(hub) as (network, answers), dialling(impostor, network.port) as (_, calls):
        threading.Event().wait(0.5)
        assert answers.answered == []
        assert calls.called == []


def test_each_line_is_known_by_the_certificate_that_it_showed(hub: Site, child: Site, tmp_path: Path) -> None:
    """What is said on it is held against that."""
    other = Site(tmp_path, STRANGER)
    hub.knows(child, other)
    other.knows(hub)
    child.knows(hub)
    with listening(hub) as (network, answers), dialling(other, network.port), dialling(child, network.port):
        until(lambda: len(answers.answered) >= 2)
        assert set(answers.shown) == {CHILD, STRANGER}


def test_a_child_does_not_speak_to_a_false_hub(hub: Site, child: Site, tmp_path: Path) -> None:
    (tmp_path / "false").mkdir()
    false_hub = Site(tmp_path / "false", HUB)
    false_hub.knows(child)
    child.knows(hub)
    with listening(false_hub) as (network, answers), dialling(child, network.port) as (_, calls):
        threading.Event().wait(0.5)
        assert answers.answered == []
        assert calls.called == []


def test_a_new_link_is_let_in_and_an_ended_one_no_more_without_a_restart(
    hub: Site, child: Site, tmp_path: Path
) -> None:
    child.knows(hub)
    with listening(hub) as (network, answers), dialling(child, network.port) as (_, calls):
        threading.Event().wait(0.4)
        assert answers.answered == []
        hub.knows(child)
        until(lambda: answers.answered and calls.called)
        hub.knows(Site(tmp_path, STRANGER))
        here = len(answers.answered)
        network.hang_up(answers.answered[-1], "link_ended")
        assert answers.answered[here - 1].ended.wait(20)
        assert calls.called[-1].ended.wait(20)
        threading.Event().wait(0.5)
        assert len(answers.answered) == here


def test_a_cut_line_is_dialled_again(hub: Site, child: Site) -> None:
    hub.knows(child)
    child.knows(hub)
    with (
        listening(hub) as (network, answers),
        RoughLine(network.port) as line,
        dialling(child, line.port) as (_, calls),
    ):
        for _ in range(3):
            spoken = until(lambda: next((each for each in calls.called[-1:] if len(each.heard) > 3), None))
            heard = answers.answered[-1]
            line.cut()
            assert spoken.ended.wait(20)
            assert heard.ended.wait(20)
            until(lambda spoken=spoken: calls.called[-1] is not spoken)  # type: ignore[misc]
        until(lambda: calls.called[-1].heard)


def test_corruption_on_the_way_never_reaches_a_conversation(hub: Site, child: Site) -> None:
    hub.knows(child)
    child.knows(hub)
    with (
        listening(hub) as (network, answers),
        RoughLine(network.port, seed=3) as line,
        dialling(child, line.port) as (_, calls),
    ):
        until(lambda: calls.called and len(calls.called[-1].heard) > 3)
        line.corrupt_one_in = 5
        until(lambda: line.corrupted >= 3)
        line.corrupt_one_in = 0
        until(lambda: len(calls.called) >= 2 and len(calls.called[-1].heard) > 3)
        for each in (*calls.called, *answers.answered):
            assert each.heard == sorted(each.heard)
            assert all(later - earlier == 2 for earlier, later in zip(each.heard, each.heard[1:], strict=False))


def test_a_line_that_waits_is_no_thread(hub: Site, child: Site) -> None:
    hub.knows(child)
    child.knows(hub)
    with listening(hub) as (network, answers), dialling(child, network.port) as (calling, calls):
        until(lambda: calls.called)
        before = threading.active_count()
        calls.dials = tuple(type(calls.dials[0])(f"link-{number}", HUB, calls.dials[0].targets) for number in range(60))
        calling.look_round()
        until(lambda: sum(bool(each.heard) for each in answers.answered) >= 60)
        assert threading.active_count() - before <= 16
