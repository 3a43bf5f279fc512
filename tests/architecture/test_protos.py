"""The protos, the code and the READMEs name the same RPCs and events."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, Declared, events, rpcs, services

RPCS, EVENTS = list(rpcs()), list(events())
# Protos whose service is a folder with a README alone: what it will do comes with the issue that its README names.
NOT_YET: set[str] = set()
SERVICES = sorted({it.service for it in RPCS} - NOT_YET)


def of(declared: list[Declared], service: str) -> list[str]:
    return [it.name for it in declared if it.service == service]


def sources(service: str, module: str) -> list[Path]:
    """`grpc_api.py`, or the files of the folder that it grew into."""
    folder = ROOT / "services" / service
    return [path for path in [folder / f"{module}.py", *(folder / module).rglob("*.py")] if path.is_file()]


def test_there_is_something_to_check() -> None:
    assert RPCS
    assert EVENTS


def test_every_rpc_and_event_says_what_it_is() -> None:
    assert not [str(it) for it in [*RPCS, *EVENTS] if not it.comment]


def test_every_service_has_protos_and_every_proto_a_service() -> None:
    assert {service.name for service in services()} == {it.service for it in RPCS} | NOT_YET


@pytest.mark.parametrize("service", SERVICES)
def test_every_rpc_is_served(service: str) -> None:
    """A method that grpc_api leaves out would answer UNIMPLEMENTED, and at run time only."""
    trees = [ast.parse(path.read_text()) for path in sources(service, "grpc_api")]
    defined = {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert not set(of(RPCS, service)) - defined


@pytest.mark.parametrize("service", SERVICES)
def test_every_event_is_sent_by_its_service(service: str) -> None:
    """Some module of the service names the message, beside its tests."""
    folder = ROOT / "services" / service
    code = "\n".join(path.read_text() for path in folder.rglob("*.py") if "tests" not in path.relative_to(folder).parts)
    assert not [name for name in of(EVENTS, service) if not re.search(rf"\b{name}\b", code)]


@pytest.mark.parametrize("service", SERVICES)
def test_the_readme_lists_every_rpc_and_event(service: str) -> None:
    path = ROOT / "services" / service / "README.md"
    assert path.is_file(), f"{service} has no README"
    readme = path.read_text()
    assert not [name for name in of([*RPCS, *EVENTS], service) if not re.search(rf"\b{name}\b", readme)]
