"""The demo: the plan repeats itself, the books can fail, and a small day balances against a real site."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from cli.demo import books as accounts
from cli.demo.books import Books
from cli.demo.command import run
from cli.demo.plan import Fate, Turn, plan
from cli.demo.rest import Account
from cli.sample.load import load_federation
from cli.sample.people import Citizen, staff_of
from kit.telemetry.logs import BLOT

DAY = date(2026, 11, 23)


def test_the_same_seed_gives_the_same_day() -> None:
    federation = load_federation()
    assert plan(federation, 60, 7, DAY) == plan(federation, 60, 7, DAY)
    assert plan(federation, 60, 7, DAY) != plan(federation, 60, 8, DAY)


def test_every_script_is_in_a_full_day() -> None:
    visits = plan(load_federation(), 300, 20261123, DAY)
    assert {visit.turn for visit in visits} == set(Turn)
    assert {visit.fate for visit in visits} == set(Fate)
    assert {visit.center for visit in visits} == {"610900", "610902", "610902107"}
    assert {visit.level for visit in visits} == {0, 1, 2, 3, 4, 5}
    assert any(visit.online for visit in visits)
    assert any(visit.complains for visit in visits)


class _World:
    def __init__(self, **answered: int) -> None:
        self.account = Account(answered)


class _Desk:
    applications: dict[int, dict[str, str]] = {}  # noqa: RUF012 - nobody writes it


def _ticket(id: str, number: str, state: str = "cancelled") -> dict[str, str]:
    return {"id": id, "number": number, "state": state, "center_id": "610902"}


@pytest.mark.parametrize(
    ("books", "answered", "wrong"),
    [
        (Books(tickets=[_ticket("a", "A001")]), {"tickets": 2}, "lost"),
        (Books(tickets=[_ticket("a", "A001"), _ticket("b", "A001")]), {"tickets": 2}, "duplicated"),
        (Books(tickets=[_ticket("a", "A001"), _ticket("b", "A002")]), {"tickets": 1}, "duplicated"),
        (Books(tickets=[_ticket("a", "A001", "waiting")]), {"tickets": 1}, "unfinished"),
        (Books(tickets=[_ticket("a", "A001", "finished")]), {"tickets": 1}, "lost"),
        (Books(), {"calls": 1}, "lost"),
    ],
)
def test_books_that_do_not_balance_say_so(books: Books, answered: dict[str, int], wrong: str) -> None:
    accounts._compare(books, _World(**answered), _Desk())  # type: ignore[arg-type]
    assert getattr(books, wrong)
    assert not books.balanced


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_small_day_balances(tmp_path: Path) -> None:
    assert run(tmp_path, visits=40, seed=7) == 0
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["visits"] == 40
    assert (summary["lost"], summary["duplicated"], summary["unfinished"]) == (0, 0, 0)
    assert sum(summary["cases"].values()) == summary["applications"]["accepted"]
    assert summary["cards"]["red"] >= 1
    assert {"lost", "duplicated", "tickets", "evaluations", "complaints"} <= summary.keys()
    kinds = {path.name.rsplit("-", 1)[0] for path in (tmp_path / "papers").glob("*.pdf")}
    assert {"receipt", "acceptance", "one_time_notice", "refusal", "decision-approved", "decision-denied"} <= kinds
    _nobody_stands_in_the_logs(
        tmp_path / "site" / "logs", [visit.person for visit in plan(load_federation(), 40, 7, DAY)]
    )
    lines = json.loads((tmp_path / "journey.json").read_text())["lines"]
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)


def _nobody_stands_in_the_logs(folder: Path, people: list[Citizen]) -> None:
    """Neither a visitor's number, name or phone nor a name of the staff; and nothing had to be blotted out."""
    logs = {path.stem: path.read_text() for path in folder.iterdir()}
    assert "POST /api/v1/centers/<center>/tickets 201" in logs["gateway"], "the logs were written"
    personal = {text for each in people for text in (each.id_number, each.name, each.phone)}
    personal |= {each.name for each in staff_of(load_federation())}
    for name, text in logs.items():
        assert not [each for each in personal if each in text], name
        assert BLOT not in text, name
