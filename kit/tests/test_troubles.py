"""Waiting that is seen and ends where it may, and what a troubled process says of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from kit.errors import NotReady, Unavailable
from kit.patience import Patience
from kit.tests.test_chassis import run
from kit.troubles import Troubles, read_troubles, troubles_file

STORE_AWAY = Unavailable("store_unavailable", "…")
UNKNOWN_CENTER = NotReady("reference_not_ready", "…", center="610999")


class Wall:
    """Real time, moved by the test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def wall() -> Wall:
    return Wall()


def patience(wall: Wall, give_up_after: float = 3600.0) -> Patience:
    return Patience(tell_after=30, give_up_after=give_up_after, real=wall)


def wait(waits: Patience, wall: Wall, event: str, error: Unavailable, seconds: float) -> bool:
    """The event is tried every five seconds; whether it was given up on the way."""
    for _ in range(int(seconds / 5)):
        if waits.refused(event, error):
            return True
        wall.now += 5
    return False


def test_an_outage_shows_after_a_while_with_its_reason_and_is_never_given_up(wall: Wall) -> None:
    waits = patience(wall)
    assert not wait(waits, wall, "e1", STORE_AWAY, 25)
    assert waits.trouble == ""
    assert not wait(waits, wall, "e1", STORE_AWAY, 100_000)
    assert "e1 waits: store_unavailable" in waits.trouble
    waits.done("e1")
    assert waits.trouble == ""


def test_other_events_that_go_on_dont_hide_the_one_that_waits(wall: Wall) -> None:
    waits = patience(wall)
    for number in range(10):
        wait(waits, wall, "e1", STORE_AWAY, 5)
        waits.done(f"other{number}")
    assert "e1" in waits.trouble


def test_what_never_becomes_ready_is_given_up_after_a_long_time_and_the_next_of_its_kind_at_once(wall: Wall) -> None:
    waits = patience(wall)
    assert not wait(waits, wall, "e1", UNKNOWN_CENTER, 3595)
    assert "center=610999" in waits.trouble
    assert wait(waits, wall, "e1", UNKNOWN_CENTER, 10)
    assert wait(waits, wall, "e2", UNKNOWN_CENTER, 5)
    other = NotReady("reference_not_ready", "…", center="610903")
    assert not wait(waits, wall, "e3", other, 600), "another center has its own hour"


def test_what_became_ready_after_a_moment_is_no_trouble_later(wall: Wall) -> None:
    waits = patience(wall)
    wait(waits, wall, "e1", UNKNOWN_CENTER, 5)
    waits.done("e1")
    wall.now += 40
    assert waits.trouble == ""


def test_what_is_no_longer_met_is_over(wall: Wall) -> None:
    waits = patience(wall)
    wait(waits, wall, "e1", UNKNOWN_CENTER, 60)
    assert waits.trouble
    wall.now += 61
    assert waits.trouble == ""
    wall.now += 7200
    assert not waits.refused("e9", UNKNOWN_CENTER), "it was ready for two hours and isn't now"


def test_who_wants_to_wait_for_good_may(wall: Wall) -> None:
    assert not wait(patience(wall, 0), wall, "e1", UNKNOWN_CENTER, 100_000)


def test_troubles_stand_in_a_file_while_there_are_any(tmp_path: Path) -> None:
    file, told = troubles_file(tmp_path, "intake"), list[bool]()
    file.write_text('{"from": "a process that was killed"}', encoding="utf-8")
    troubles = Troubles(file, told.append)
    assert read_troubles(tmp_path, "intake") == {}
    troubles.say("intake.reference", "20 dead letters in a row")
    troubles.say("intake.calendar", "e1 waits")
    assert read_troubles(tmp_path, "intake")["intake.reference"] == "20 dead letters in a row"
    troubles.say("intake.reference", "")
    troubles.say("intake.calendar", "")
    assert read_troubles(tmp_path, "intake") == {}
    assert told == [False, False, False, True]


def test_a_group_that_stopped_shows_in_the_health_of_its_process_which_goes_on_serving() -> None:
    done = run(
        """
        import grpc, time
        from grpc_health.v1 import health_pb2, health_pb2_grpc
        from kit.consumer import Subscription
        from kit.errors import Invalid
        from kit.events import Event
        from kit.testing import MONDAY
        from kit.troubles import read_troubles

        def poisoned(delivery):
            raise Invalid("always", "…")

        def look():
            stub = health_pb2_grpc.HealthStub(grpc.insecure_channel(f"unix:{folder}/complaint.sock"))
            ask = lambda name: stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5, wait_for_ready=True).status
            while ask("tongban.complaint.v1.ComplaintService") != 1:
                time.sleep(0.02)
            whole = ask("")
            chassis.bus.publish("t", [Event(f"e{n}", "x.y.z.v1", "s", "s", "j", MONDAY, b"") for n in range(30)])
            while ask("") == whole:
                time.sleep(0.02)
            print(whole, ask(""), ask("tongban.complaint.v1.ComplaintService"))
            print(read_troubles(folder, "complaint"))
            chassis.stop()

        threading.Thread(target=look, daemon=True).start()
        group = Subscription("complaint.poisoned", ["t"], any_event=poisoned)
        chassis.run(servicers=[servicer], subscriptions=[group])
        """
    )
    assert done.stdout == "1 2 1\n{'complaint.poisoned': '20 dead letters in a row'}\n", done.stderr
