"""Every state machine has its table, and a test that is made from the table and tries every act in every state."""

import importlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import ModuleType
from typing import Any

import pytest

from tests.architecture.tree import ROOT, repository_files

TABLES = ("ALLOWED", "TRANSITIONS")

# What an act may depend on besides the state (who holds it, what was promised, what is lacking), so that its table is one
# of situations and stands in the test; that test says that no state is missing.
TABLE_IN_TEST: dict[str, str] = {
    "approval_routing.CaseState": "test_every_transition.py",
    "approval_routing.ExtensionState": "test_every_transition.py",
    "approval_routing.LicenceState": "test_licence_table.py",
    "approval_routing.RecusalState": "test_every_transition.py",
    "approval_routing.StepState": "test_step_table.py",
    "archive.DestructionState": "test_every_transition.py",
    "archive.FileState": "test_every_transition.py",
    "archive.HandOverState": "test_every_transition.py",
    "catalog.ItemState": "test_every_transition.py",
    "fees.BillState": "test_fees_domain.py",
    "intake.ApplicationState": "test_application_table.py",
    "intake.DenialState": "test_every_transition.py",
    "intake.UndertakingState": "test_every_transition.py",
    "relay.LinkState": "test_link_states.py",
    "supervision.CardState": "test_every_transition.py",
    "supervision.OrderState": "test_every_transition.py",
}
# States that nobody moves by an act of theirs, each with its reason.
NO_MACHINE: dict[str, str] = {
    "certificates.HoldingState": "read off its dates and its end, which only a graver one replaces: test_holdings.py",
    "intake.MaterialState": "what somebody found of a paper: any may follow any while the application is open",
    "relay.FileState": "a copy of a file as the line finds it; test_attachments.py and the schedules run through it",
    "relay.ReportState": "ends once, by the line; test_reconciling.py and its crashes run through it",
    "supervision.WatchState": "follows what the watched tell; test_watch_domain.py runs through it",
    "workforce.StaffState": "set by an administrator with the rest of a person's details; nothing follows leaving",
}


@dataclass(frozen=True)
class Machine:
    """The states of something that a service keeps."""

    service: str
    states: type[StrEnum]

    def __str__(self) -> str:
        return f"{self.service}.{self.states.__name__}"


@cache
def domain(service: str) -> tuple[ModuleType, ...]:
    """The modules of a service's domain."""
    found = [
        ".".join(file.with_suffix("").parts).removesuffix(".__init__")
        for file in repository_files()
        if file.suffix == ".py" and file.parts[:2] == ("services", service) and "tests" not in file.parts
    ]
    own = f"services.{service}.domain"
    return tuple(importlib.import_module(name) for name in found if name == own or name.startswith(f"{own}."))


def machines() -> Iterator[Machine]:
    for service in sorted(
        {file.parts[1] for file in repository_files() if file.parts[0] == "services" and file.parts[2:]}
    ):
        for module in domain(service):
            for value in vars(module).values():
                ours = isinstance(value, type) and value.__module__ == module.__name__
                if ours and issubclass(value, StrEnum) and value.__name__.endswith("State"):
                    yield Machine(service, value)


def leaves(table: Any) -> Iterator[Any]:
    """Whatever stands in a table, however deep."""
    if isinstance(table, Mapping):
        yield from leaves(table.keys())
        yield from leaves(table.values())
    elif isinstance(table, Iterable) and not isinstance(table, str):
        for each in table:
            yield from leaves(each)
    else:
        yield table


def tables_of(machine: Machine) -> list[tuple[ModuleType, str]]:
    """The tables in its service's domain that speak of its states."""
    return [
        (module, name)
        for module in domain(machine.service)
        for name in TABLES
        if any(isinstance(leaf, machine.states) for leaf in leaves(getattr(module, name, {})))
    ]


def trying(machine: Machine) -> Iterator[tuple[str, str]]:
    """Tests of its service that go through all of its states: name and text."""
    every = re.compile(rf"(?:product|parametrize|set)\([^\n]*\b{machine.states.__name__}\b")
    for file in sorted((ROOT / "services" / machine.service / "tests").glob("test_*.py")):
        text = file.read_text(encoding="utf-8")
        if every.search(text):
            yield file.name, text


EVERY = list(machines())


@pytest.mark.parametrize("machine", EVERY, ids=str)
def test_a_state_machine_has_a_table_and_a_test_made_from_it(machine: Machine) -> None:
    if str(machine) in NO_MACHINE:
        return
    tests = dict(trying(machine))
    if str(machine) in TABLE_IN_TEST:
        assert TABLE_IN_TEST[str(machine)] in tests, "the test names every state"
        return
    tables = tables_of(machine)
    assert tables, f"give its domain an {' or '.join(TABLES)}: what may be done in which state; or an entry above"
    wanted = [re.compile(rf"\b{module.__name__.rpartition('.')[2]}\b[\s\S]*\b{name}\b") for module, name in tables]
    assert any(pattern.search(text) for pattern in wanted for text in tests.values()), "no test is made from its table"


def test_the_exceptions_are_still_there() -> None:
    known = {str(machine) for machine in EVERY}
    assert {*TABLE_IN_TEST, *NO_MACHINE} <= known
    assert not {*TABLE_IN_TEST} & {*NO_MACHINE}


def test_no_exception_hides_a_table() -> None:
    excused = {*TABLE_IN_TEST, *NO_MACHINE}
    assert not [str(machine) for machine in EVERY if str(machine) in excused and tables_of(machine)]
