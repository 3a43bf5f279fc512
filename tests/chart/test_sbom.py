"""`make sbom` lists every package that the image is made of, with the hash that its lock holds."""

from __future__ import annotations

import base64
import json
import re
import subprocess
from typing import Any

from tests.chart.chart import ROOT


def test_every_locked_package_is_in_the_bill_of_materials_with_its_hash() -> None:
    run = subprocess.run(["make", "sbom"], cwd=ROOT, capture_output=True, text=True, timeout=110)
    assert run.returncode == 0, run.stderr
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    packages = dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==([^\s;]+)", lock, re.MULTILINE))
    listed = _components("python")
    assert {name: each["version"] for name, each in listed.items()} == packages
    for each in listed.values():
        assert any(reference.get("hashes") for reference in each["externalReferences"]), each["name"]

    npm = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    locked = {path.removeprefix("node_modules/"): each for path, each in npm.items() if path}
    listed = _components("assets")
    assert {name: each["version"] for name, each in listed.items()} == {
        name: each["version"] for name, each in locked.items()
    }
    for name, each in listed.items():
        held = base64.b64decode(locked[name]["integrity"].removeprefix("sha512-")).hex()
        assert each["hashes"] == [{"alg": "SHA-512", "content": held}], name


def _components(part: str) -> dict[str, Any]:
    bill = json.loads((ROOT / "build" / "sbom" / f"{part}.cdx.json").read_text(encoding="utf-8"))
    assert bill["bomFormat"] == "CycloneDX"
    return {each["name"]: each for each in bill["components"]}
