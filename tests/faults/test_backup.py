"""A backup of a site that is at work, restored elsewhere: one instant of it, in which all books agree."""

from __future__ import annotations

import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from copy import deepcopy
from pathlib import Path

import pytest

from cli.backup.check import verify
from tests.faults.accounts import VISIT, differences
from tests.faults.crowd import pause, progress, under_load
from tests.faults.load import ITEM, Ledger
from tests.integration.conftest import to_monday
from tests.integration.people import Json, Town
from tests.integration.site import ROOT, TONGBAN, LiveSite, live_site
from tests.integration.visits import CENTER, short

pytestmark = [pytest.mark.fault, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def site() -> Iterator[LiveSite]:
    with live_site() as started, closing(Town(started.address)) as town:
        to_monday(started, town)
        yield started


def tongban(*arguments: object) -> str:
    """Runs a command that must succeed; what it said."""
    done = subprocess.run([TONGBAN, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def restored(site: LiveSite, archive: Path, folder: Path) -> LiveSite:
    """Another machine: the site's secret from its safe, and the archive."""
    secrets = folder / "data" / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "site.secret").write_bytes(site.files.site_secret_file.read_bytes())
    tongban("restore", archive, "--data", folder / "data")
    return LiveSite(folder / "data")


def test_a_backup_under_load_is_one_instant_and_the_books_of_the_restored_site_agree(
    site: LiveSite, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("b")
    ledger = Ledger()
    archives: list[tuple[Path, Ledger]] = []
    with closing(Town(site.address)) as town, under_load([town], ledger, random.Random(4)):
        for number in range(3):
            pause(random.Random(number))
            before = deepcopy(ledger)
            archive = folder / f"{number}.tar"
            tongban("backup", archive, "--data", site.data)
            archives.append((archive, before))
            assert "the books balance" in tongban("reconcile", "--data", site.data), "at every instant"
            progress(ledger, 6)
    with closing(Town(site.address)) as town:
        site.settle(60)
        assert differences(town, ledger) == [], "the backup disturbed nothing"
    site.stop()
    for number, (archive, before) in enumerate(archives):
        assert verify(archive).counts.topics
        copy = restored(site, archive, folder / f"site{number}")
        try:
            copy.start()
            check(copy, before, ledger)
        finally:
            copy.stop()


def check(site: LiveSite, before: Ledger, after: Ledger) -> None:
    """What was acknowledged before the backup is there, nothing is there that never was, and the books agree."""
    with closing(Town(site.address)) as town:
        site.settle(60)
        assert not site.dead_letters()
        manager, supervisor = town.staff("hb-manager-01"), town.staff("hb-supervisor-01")
        tickets = manager.pages(f"centers/{CENTER}/tickets")
        cases = manager.pages(f"centers/{CENTER}/cases", scope="center")
        applications = manager.pages(f"centers/{CENTER}/applications")
        evaluations = supervisor.pages(f"centers/{CENTER}/evaluations")
        complaints = supervisor.pages(f"centers/{CENTER}/complaints")
        there = {
            "tickets": ids(tickets),
            "calls": {each["id"] for each in tickets if each["called_at"]},
            "finished": {each["id"] for each in tickets if each["state"] == "finished"},
            "applications": ids(applications),
            "accepted": ids(cases),
            "complaints": ids(complaints),
        }
        for what, found in there.items():
            assert set(before.ids.get(what, ())) <= found <= set(after.ids.get(what, ())), what
        assert any(found < set(after.ids[what]) for what, found in there.items()), "the site went on after the backup"
        tally = {short(each["type"]): each["events"] for each in supervisor.get(f"centers/{CENTER}/tally")["items"]}
        delivered = sum(each["state"] == "delivered" for each in cases)
        books = {
            "queuing.ticket_taken": len(there["tickets"]),
            "queuing.ticket_called": len(there["calls"]),
            "queuing.ticket_finished": len(there["finished"]),
            "intake.application_received": len(applications),
            "intake.application_accepted": sum(each["state"] == "accepted" for each in applications),
            "approval_routing.case_opened": len(cases),
            "approval_routing.result_delivered": delivered,
            "evaluation.evaluation_invited": len(evaluations),
            "evaluation.evaluation_submitted": sum(each["state"] == "submitted" for each in evaluations),
            "complaint.complaint_filed": len(complaints),
        }
        assert {type: tally.get(type, 0) for type in books} == books
        assert len(cases) == books["intake.application_accepted"]
        assert len(evaluations) == books["queuing.ticket_finished"]
        for each in tickets:
            lines = Counter(short(line["type"]) for line in supervisor.get(f"journeys/{each['journey']}")["lines"])
            assert all(number == 1 for type, number in lines.items() if type in VISIT), lines
        newcomer(town, tickets)
        site.settle(60)
        assert "the books balance" in tongban("reconcile", "--data", site.data)
        assert not site.dead_letters()


def ids(found: list[Json]) -> set[str]:
    return {each["id"] for each in found}


def newcomer(town: Town, tickets: list[Json]) -> None:
    """Somebody comes to the restored site, and gets a number that nobody had."""
    guide = next(
        each for each in town.public.get(f"centers/{CENTER}/items", query=ITEM)["items"] if each["name"] == ITEM
    )
    person = town.stranger()
    body = {"item_id": guide["id"], "id_number": person.id_number, "holder_name": person.name}
    taken = town.public.post(f"centers/{CENTER}/tickets", body)
    assert taken["number"] not in {each["number"] for each in tickets}
