"""A poison event, and an operator who deals with its dead letters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from kit.events import Event
from tests.integration.people import Json, Town
from tests.integration.site import until
from tests.integration.visits import MARRIAGE, Visit
from tests.stack.acceptances import INTAKE, NOT_PROTOBUF, acceptance, case_of, of_another
from tests.stack.site import StackSite

pytestmark = [pytest.mark.slow]

#: Who reads an acceptance, and so gives up on a broken one.
READERS: Final = (
    "approval_routing.cases",
    "approval_routing.licences",
    "supervision.journeys",
    "supervision.findings",
    "supervision.watches",
    "federation.cases",
    "federation.figures",
    "archive.files",
    "certificates.holdings",
)


@pytest.fixture(scope="module")
def broken(site: StackSite, town: Town) -> Iterator[tuple[Visit, Event]]:
    """An acceptance that nobody can read, given up by all who tried; and the visit whose it was."""
    visit = Visit(town, MARRIAGE)
    visit.accepted()
    with site.bus() as bus:
        good = acceptance(bus, visit)
        poison = replace(of_another(good), data=NOT_PROTOBUF)
        # One of the same key right behind it, which has to wait for it and not longer.
        next_one = of_another(good)
        bus.publish(INTAKE, [poison, replace(next_one, subject=poison.subject)])
    until(lambda: site.dead_letters().keys() >= set(READERS), "the dead letters")
    assert case_of(visit, next_one)["state"] == "in_progress"
    yield visit, poison
    site.operate("dlq", "drop", "--all")


def letters(site: StackSite, event: Event) -> dict[str, int]:
    """Numbers of the dead letters of an event that nobody has dealt with, by group, as an operator finds them."""
    listed = site.operate("dlq", "list").stdout
    found = re.findall(r"^\s*(\d+)\s+\S+\s+(\S+)\s.*\b" + re.escape(event.subject), listed, re.MULTILINE)
    return {group: int(number) for number, group in found}


def audited(told: str) -> list[Json]:
    """The lines for the operators' audit log."""
    return [json.loads(line.removeprefix("audit: ")) for line in told.splitlines() if line.startswith("audit: ")]


def test_a_poison_event_goes_to_the_dead_letters_of_its_groups_and_the_rest_go_on(
    site: StackSite, town: Town, broken: tuple[Visit, Event]
) -> None:
    _, poison = broken
    assert set(letters(site, poison)) == set(READERS)
    visit = Visit(town, MARRIAGE)
    assert visit.accepted()["state"] == "in_progress"
    assert visit.lines("intake.application_accepted", "approval_routing.case_opened")
    until(lambda: all(each.serves for each in site.replicas), "every process to be well")


def test_an_operator_looks_at_a_dead_letter_replays_it_and_drops_it(
    site: StackSite, broken: tuple[Visit, Event]
) -> None:
    _, poison = broken
    group = READERS[0]
    number = letters(site, poison)[group]

    shown: dict[str, Any] = json.loads(site.operate("dlq", "show", str(number), "--group", group).stdout)
    assert shown["headers"]["ce_id"] == poison.id
    assert shown["headers"]["dlq_code"] == "event_undecodable"
    assert shown["bytes"] == len(NOT_PROTOBUF)

    replayed = site.operate("dlq", "replay", str(number), "--group", group)
    assert [(line["action"], line["event"]) for line in audited(replayed.stderr)] == [("dlq_replayed", poison.id)]
    # It is as broken as before, so it comes back under another number.
    again = until(lambda: letters(site, poison).get(group), "the letter to come again")
    assert again != number

    dropped = site.operate("dlq", "drop", str(again), "--group", group)
    (line,) = audited(dropped.stderr)
    assert (line["action"], line["group"], line["event"]) == ("dlq_dropped", group, poison.id)
    assert line["who"]
    assert group not in letters(site, poison)
    assert "no such dead letter" in site.operate("dlq", "drop", str(again), "--group", group, check=False).stderr
