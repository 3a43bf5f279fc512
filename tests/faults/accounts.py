"""The site's books against what was acknowledged."""

from __future__ import annotations

from collections import Counter

from cli.demo.books import EXPECTED
from tests.faults.load import Ledger
from tests.integration.people import Json, Town
from tests.integration.visits import CENTER, short

#: What one visit leaves in its journey, each line once.
VISIT = Counter(
    [
        "queuing.ticket_taken",
        "queuing.ticket_called",
        "queuing.serving_started",
        "queuing.ticket_finished",
        "intake.application_received",
        "intake.application_accepted",
        "approval_routing.case_opened",
        "approval_routing.step_claimed",
        "approval_routing.case_decided",
        "approval_routing.result_issued",
        "approval_routing.result_delivered",
        "archive.case_file_closed",
        "certificates.holding_kept",
        "evaluation.evaluation_invited",
        "evaluation.evaluation_submitted",
    ]
)
#: And what it may leave besides.
MORE = {
    "intake.material_recorded",
    "archive.case_file_completed",
    "certificates.holding_kept",
    "evaluation.rectification_opened",
    "complaint.complaint_filed",
}


def differences(town: Town, ledger: Ledger) -> list[str]:
    """Everything in which the books differ from what was acknowledged; empty: they balance."""
    manager, supervisor = town.staff("hb-manager-01"), town.staff("hb-supervisor-01")
    tickets = manager.pages(f"centers/{CENTER}/tickets")
    applications = manager.pages(f"centers/{CENTER}/applications")
    cases = manager.pages(f"centers/{CENTER}/cases", scope="center")
    evaluations = supervisor.pages(f"centers/{CENTER}/evaluations")
    rectifications = supervisor.pages(f"centers/{CENTER}/rectifications")
    complaints = supervisor.pages(f"centers/{CENTER}/complaints")
    wrong = [
        *_same("tickets", ledger.ids.get("tickets", []), [each["id"] for each in tickets]),
        *_same("called tickets", ledger.ids.get("calls", []), [each["id"] for each in tickets if each["called_at"]]),
        *_same("applications", ledger.ids.get("applications", []), [each["id"] for each in applications]),
        *_same("cases", ledger.ids.get("accepted", []), [each["id"] for each in cases]),
        *_same("invitations", ledger.ids.get("finished", []), [each["subject_id"] for each in evaluations]),
        *_same("complaints", ledger.ids.get("complaints", []), [each["id"] for each in complaints]),
        *_number("numbers", len(tickets), len({each["number"] for each in tickets})),
        *_number("rectifications", ledger.counted["dissatisfied"], len(rectifications)),
    ]
    wrong += [f"ticket {each['number']} was called {each['calls']} times" for each in tickets if each["calls"] != 1]
    wrong += [f"ticket {each['number']} is {each['state']}" for each in tickets if each["state"] != "finished"]
    wrong += [f"case {each['number']} is {each['state']}" for each in cases if each["state"] != "delivered"]
    wrong += [f"evaluation {each['id']} is {each['state']}" for each in evaluations if each["state"] != "submitted"]
    tally = {each["type"]: each["events"] for each in supervisor.get(f"centers/{CENTER}/tally")["items"]}
    for type, causes in EXPECTED.items():
        wrong += _number(short(type), sum(ledger.counted[cause] for cause in causes), tally.get(type, 0))
    wrong += _number("evaluation.evaluation_invited", ledger.counted["finished"], _events(tally, "evaluation_invited"))
    wrong += _number("intake.material_recorded", ledger.counted["uploads"], _events(tally, "material_recorded"))
    for each in tickets:
        lines = Counter(short(line["type"]) for line in supervisor.get(f"journeys/{each['journey']}")["lines"])
        odd = {type: number for type, number in (lines - VISIT).items() if type not in MORE or number > 1}
        if odd or VISIT - lines:
            wrong.append(f"journey of {each['number']}: twice or strange {odd}, missing {dict(VISIT - lines)}")
    return wrong


def _events(tally: Json, name: str) -> int:
    return sum(number for type, number in tally.items() if type.split(".")[2] == name)


def _same(what: str, acknowledged: list[str], there: list[str]) -> list[str]:
    lost, unknown = Counter(acknowledged) - Counter(there), Counter(there) - Counter(acknowledged)
    return [
        *(f"{what}: {id} was acknowledged {number} × more than it is there" for id, number in lost.items()),
        *(f"{what}: {id} is there {number} × more than it was acknowledged" for id, number in unknown.items()),
    ]


def _number(what: str, acknowledged: int, there: int) -> list[str]:
    return [] if acknowledged == there else [f"{what}: {acknowledged} acknowledged, {there} there"]
