"""A service in a process of its own, as in a container: nothing that it needs was loaded by the ones beside it."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor import FileDescriptor

from tests.architecture.tree import ROOT

SERVICES = sorted(path.parent for path in (ROOT / "services").glob("*/main.py"))


def _trees(service: Path) -> Iterator[ast.Module]:
    for path in service.rglob("*.py"):
        if "tests" not in path.relative_to(service).parts:
            yield ast.parse(path.read_text())


def _named(tree: ast.Module) -> Iterator[str]:
    """Services that are named by a text, such as ``tongban.intake.v1.IntakeService``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            parts = node.value.split(".")
            if parts[0] == "tongban" and len(parts) == 4 and parts[3].endswith("Service"):
                yield node.value


def _imported(tree: ast.Module) -> Iterator[str]:
    """Generated modules, as ``tongban.intake.v1.service_pb2``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tongban."):
            yield str(node.module)
            yield from (f"{node.module}.{each.name}" for each in node.names)


def _with_imports(file: FileDescriptor) -> Iterator[FileDescriptor]:
    yield file
    for each in file.dependencies:
        yield from _with_imports(each)


def _services(module: str) -> Iterator[str]:
    """The services whose descriptors are there once a generated module is."""
    if not module.endswith(("_pb2", "_pb2_grpc")):
        return
    if module.endswith("_pb2_grpc"):
        # It loads the files whose messages it sends, and not always the one that it was made from.
        tree = ast.parse(Path(importlib.import_module(module).__file__ or "").read_text())
        for each in set(_imported(tree)) - {module}:
            yield from _services(each)
        return
    for file in _with_imports(importlib.import_module(module).DESCRIPTOR):
        yield from (service.full_name for service in file.services_by_name.values())


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_a_service_loads_the_descriptors_of_all_that_it_calls_by_name(service: Path) -> None:
    trees = list(_trees(service))
    named = {name for tree in trees for name in _named(tree)}
    loaded = {name for tree in trees for module in _imported(tree) for name in _services(module)}
    assert not named - loaded, "import the _pb2 of their files: in a process of its own nobody else does"
