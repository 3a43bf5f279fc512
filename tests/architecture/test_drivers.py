"""A site on its embedded files never loads the driver of a database or a broker: memory and start are its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cli.components import COMPONENTS
from tests.architecture.tree import ROOT

_OPENING = """
import importlib, sys
from pathlib import Path
from kit.adapters import open_blobs, open_bus, open_store
from kit.settings import ServiceSettings
for module in sys.argv[2:]:
    importlib.import_module(module)
settings = ServiceSettings(data=Path(sys.argv[1]), run_dir=Path(sys.argv[1]))
for opened in (open_store(settings, "queuing", ()), open_bus(settings)):
    opened.close()
open_blobs(settings, "intake")
print(*sorted({"pymongo", "bson", "gridfs", "kafka"} & set(sys.modules)))
"""


@pytest.mark.slow
def test_no_process_of_an_embedded_site_loads_a_driver(tmp_path: Path) -> None:
    modules = [component.module for component in COMPONENTS]
    command = [sys.executable, "-c", _OPENING, str(tmp_path), *modules]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": ".:gen"}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
