"""A site that was restored from an archive, held against what was acknowledged before and after the back-up."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Set
from contextlib import closing
from pathlib import Path

from tests.faults.accounts import VISIT
from tests.faults.load import ITEM, VISITORS, WINDOWS, Ledger
from tests.integration.people import Json, Town
from tests.integration.site import ROOT, TONGBAN, LiveSite
from tests.integration.visits import CENTER, short


def tongban(*arguments: object) -> str:
    """Runs a command that must succeed; what it said."""
    done = subprocess.run([TONGBAN, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def restored(secret: Path, archive: Path, folder: Path) -> LiveSite:
    """Another machine: the site's secret from its safe, and the archive. Not started."""
    secrets = folder / "data" / "secrets"
    secrets.mkdir(parents=True)
    (secrets / "site.secret").write_bytes(secret.read_bytes())
    tongban("restore", archive, "--data", folder / "data")
    return LiveSite(folder / "data")


def check(site: LiveSite, before: Ledger, after: Ledger, earlier: Set[str] = frozenset()) -> None:
    """What was acknowledged before the backup is there, nothing is there that never was, and the books agree.

    ``earlier``: tickets that others took, before any of it; their visits may have ended in other ways.
    """
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
            assert set(before.ids.get(what, ())) <= found, what
            assert earlier or found <= set(after.ids.get(what, ())), what
        assert there["tickets"] - earlier <= set(after.ids["tickets"])
        assert earlier or any(found < set(after.ids[what]) for what, found in there.items()), (
            "the site went on after the backup"
        )
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
        assert earlier or {type: tally.get(type, 0) for type in books} == books
        assert earlier or len(cases) == books["intake.application_accepted"]
        assert earlier or len(evaluations) == books["queuing.ticket_finished"]
        for each in tickets:
            if each["id"] in earlier:
                continue
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
    # People come in the same order to every town: behind all who came before the back-up, and may still be there.
    person = [town.stranger() for _ in range(VISITORS * len(WINDOWS) + 1)][-1]
    body = {"item_id": guide["id"], "id_number": person.id_number, "holder_name": person.name}
    taken = town.public.post(f"centers/{CENTER}/tickets", body)
    assert taken["number"] not in {each["number"] for each in tickets}
