"""The processes of a site: the one list that the supervisor starts, and that compose and chart are checked against."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Component:
    """One process: its name, the module that ``python -m`` runs, and whether people and programs come to it."""

    name: str
    module: str
    #: Stopped before the others, so that nobody is served halfway.
    edge: bool = False


def main_module(module: str) -> str:
    """The module that has ``main`` where ``python -m`` is told ``module``: of a package, its ``__main__``."""
    found = find_spec(module)
    return f"{module}.__main__" if found is not None and found.submodule_search_locations is not None else module


def _service(name: str) -> Component:
    return Component(name, f"services.{name}.main")


#: In the order of starting; they come up in any order, but who is asked by many goes first.
COMPONENTS: Final = (
    _service("catalog"),
    _service("workforce"),
    _service("queuing"),
    _service("certificates"),
    _service("intake"),
    _service("approval_routing"),
    _service("fees"),
    _service("evaluation"),
    _service("complaint"),
    _service("relay"),
    _service("federation"),
    _service("supervision"),
    _service("archive"),
    Component("gateway", "gateway", edge=True),
)

#: Where a process listens that has a container of its own: a service, its health checks where calls need certificates,
#: and the gateway.
SERVICE_PORT: Final = 9000
HEALTH_PORT: Final = 9001
GATEWAY_PORT: Final = 8080

#: What every process is started with besides its settings. Two heaps, and large blocks given back at once: with the C
#: library's defaults each thread would keep the memory of its largest moment (measured: 335 MB for 63).
ENVIRONMENT: Final = MappingProxyType({"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "1048576"})
