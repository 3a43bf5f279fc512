"""The chart as the tests see it: rendered by helm with the values of each example."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
CHART = ROOT / "deploy" / "helm" / "tongban"
EXAMPLES = ROOT / "deploy" / "examples"
GOLDENS = Path(__file__).with_name("goldens")
HELM = ROOT / "build" / "tools" / "helm"

#: What we tell sites to begin with.
EXAMPLED = ("township", "county", "city-hub", "partner-province")
#: Values by name: what we tell sites to begin with, and what shows the rest.
VALUES: Mapping[str, Path] = {
    **{name: EXAMPLES / f"{name}.yaml" for name in EXAMPLED},
    **{path.stem: path for path in sorted(Path(__file__).with_name("values").glob("*.yaml"))},
}
#: Those on Kafka and MongoDB.
SERVICES = ("county", "city-hub", "partner-province", "every-option")

Manifest = Mapping[str, Any]


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs helm, away from whatever cluster and plugins this machine's user has."""
    return subprocess.run(
        [HELM, *arguments], capture_output=True, text=True, cwd=ROOT, env={"HOME": "/nonexistent"}, timeout=60
    )


@cache
def rendered(name: str) -> str:
    """The manifests of an example, as text."""
    run = helm("template", "tongban", str(CHART), "--namespace", "tongban", "--values", str(VALUES[name]))
    assert run.returncode == 0, run.stderr
    return run.stdout


@cache
def manifests(name: str) -> Sequence[Manifest]:
    """The manifests of an example."""
    return tuple(document for document in yaml.load_all(rendered(name), yaml.CSafeLoader) if document)


def of_kind(name: str, *kinds: str) -> Sequence[Manifest]:
    """Those of some kinds."""
    return [manifest for manifest in manifests(name) if manifest["kind"] in kinds]


def pods(name: str) -> Iterator[tuple[str, Manifest]]:
    """The spec of every pod that an example starts, with its workload's name."""
    for manifest in manifests(name):
        if manifest["kind"] == "Pod":
            yield manifest["metadata"]["name"], manifest["spec"]
        elif manifest["kind"] in ("Deployment", "StatefulSet", "Job"):
            yield manifest["metadata"]["name"], manifest["spec"]["template"]["spec"]
        elif manifest["kind"] == "CronJob":
            yield manifest["metadata"]["name"], manifest["spec"]["jobTemplate"]["spec"]["template"]["spec"]


@cache
def values() -> Manifest:
    """The chart's own values."""
    return dict(yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8")))
