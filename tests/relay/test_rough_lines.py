"""Real relays, killed at random, on a line that is cut, slow, trickling and corrupt: nothing lost, nothing twice, in order."""

from __future__ import annotations

import os
import random
import sys
import time
from functools import partial

import pytest

from tests.relay.conftest import Pair
from tests.relay.polling import until
from tests.relay.relay_site import RelaySite
from tests.relay.rough_line import RoughLine

SEED = int(os.environ.get("TONGBAN_SEED", "20261122"))
DELIVERED = 1  # Settlement


def require_whole(sender: RelaySite, receiver: RelaySite, ids: list[str], seconds: float = 60) -> None:
    """Every letter has arrived once, in order, and its sender knows."""
    until(lambda: len(receiver.look().arrived) >= len(ids), seconds, f"{receiver.site} has {len(ids)} letters")
    until(lambda: len(sender.look().settled) >= len(ids), seconds, f"{sender.site} has {len(ids)} receipts")
    receiver.look()
    assert [each.id for each in receiver.arrived] == ids
    assert {each.letter_id for each in sender.settled} == set(ids)
    assert len(sender.settled) == len(ids)
    assert {each.settlement for each in sender.settled} == {DELIVERED}


def arrived(site: RelaySite, count: int) -> bool:
    return len(site.look().arrived) >= count


def worsened(line: RoughLine, before: tuple[int, int]) -> bool:
    return (line.corrupted, line.cuts) > before


@pytest.fixture(autouse=True)
def seed() -> None:
    """Shown with a failure: `TONGBAN_SEED=… make test-relay` runs the same again."""
    sys.stdout.write(f"TONGBAN_SEED={SEED}\n")


@pytest.mark.fault
def test_either_end_is_killed_at_random_while_letters_go_both_ways(pair: Pair) -> None:
    chance = random.Random(SEED)
    pair.start()
    up: list[str] = []
    down: list[str] = []
    for number in range(6):
        up += pair.child.post(pair.hub.site, [b"up %d/%d" % (number, each) for each in range(40)])
        down += pair.hub.post(pair.child.site, [b"down %d/%d" % (number, each) for each in range(40)])
        time.sleep(chance.uniform(0.0, 0.6))
        victim = chance.choice((pair.hub, pair.child))
        victim.kill()
        if chance.random() < 0.3:
            pair.line.cut()
        victim.start()
    require_whole(pair.child, pair.hub, up)
    require_whole(pair.hub, pair.child, down)


@pytest.mark.fault
def test_a_line_in_all_weathers(pair: Pair) -> None:
    pair.start()
    line, up, down = pair.line, list[str](), list[str]()
    weathers = (("delay", 0.05), ("trickle", 40_000), ("corrupt_one_in", 6), ("cut_every", 30_000))
    for name, value in weathers:
        setattr(line, name, value)
        before = (line.corrupted, line.cuts)
        up += pair.child.post(pair.hub.site, [os.urandom(700) for _ in range(40)])
        down += pair.hub.post(pair.child.site, [os.urandom(700) for _ in range(40)])
        if name in ("delay", "trickle"):
            until(partial(arrived, pair.hub, len(up)), 60, name)
        else:
            until(partial(worsened, line, before), 60, name)
        setattr(line, name, 0)
    require_whole(pair.child, pair.hub, up)
    require_whole(pair.hub, pair.child, down)


@pytest.mark.fault
def test_a_line_that_says_nothing_any_more_is_given_up_by_both_ends(pair: Pair) -> None:
    """Half open: what is sent arrives, answers don't, and nobody is told."""
    pair.start()
    first = pair.child.post(pair.hub.site, [b"1"])
    require_whole(pair.child, pair.hub, first)
    pair.line.swallow_answers()
    second = pair.child.post(pair.hub.site, [b"2"])
    until(lambda: "silent" in pair.child.log.read_text(), 30, "the child gives the line up")
    pair.line.hear()
    require_whole(pair.child, pair.hub, first + second)


@pytest.mark.fault
def test_letters_that_were_posted_while_the_other_end_was_gone_arrive_when_it_is_back(pair: Pair) -> None:
    pair.child.start()
    pair.child.ready()
    ids = pair.child.post(pair.hub.site, [b"%d" % each for each in range(100)])
    pair.hub.start()
    pair.hub.ready()
    require_whole(pair.child, pair.hub, ids)


@pytest.mark.fault
def test_a_file_goes_on_over_a_line_that_is_cut_again_and_again_and_through_a_kill(pair: Pair) -> None:
    content = random.Random(SEED).randbytes(6_000_000)
    pair.line.cut_every = 1_200_000
    pair.start()
    with_file = pair.child.post(pair.hub.site, [b"with a file"], attachments=[pair.child.keep(content)])
    without = pair.child.post(pair.hub.site, [b"without"])
    until(lambda: without[0] in [each.id for each in pair.hub.look().arrived], 30, "the other letter doesn't wait")
    until(lambda: pair.line.passed > 3_000_000, 60)
    pair.hub.kill()
    pair.hub.start()
    until(lambda: with_file[0] in [each.id for each in pair.hub.look().arrived], 60, "the file is whole")
    assert pair.line.cuts >= 3
    # Each of the cuts and the kill costs half a MiB of pieces at most; TLS, frames and receipts are the rest.
    assert pair.line.passed < len(content) + (pair.line.cuts + 1) * 600_000 + 500_000
