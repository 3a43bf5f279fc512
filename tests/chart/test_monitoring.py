"""Dashboards and alert rules stand once in the repo; the chart gives them to the cluster as they are."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from cli.components import COMPONENTS
from tests.chart.chart import CHART, ROOT, VALUES, Manifest, helm, of_kind, pods
from tests.chart.test_manifests import KUBERNETES, problems

WATCHED = ROOT / "deploy" / "observability"


@pytest.fixture(scope="module")
def watched() -> Sequence[Manifest]:
    switched_on = ("dashboards.enabled=true", "alerts.enabled=true", "alerts.labels.release=prometheus")
    arguments = [part for each in switched_on for part in ("--set", f"monitoring.{each}")]
    run = helm("template", "tongban", str(CHART), "--values", str(VALUES["city-hub"]), *arguments)
    assert run.returncode == 0, run.stderr
    return [document for document in yaml.load_all(run.stdout, yaml.CSafeLoader) if document]


def test_every_dashboard_becomes_a_config_map_that_grafana_picks_up(watched: Sequence[Manifest]) -> None:
    files = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in WATCHED.glob("dashboards/*.json")}
    assert files
    found = {}
    for manifest in watched:
        if manifest["metadata"]["labels"].get("grafana_dashboard") == "1":
            ((key, text),) = manifest["data"].items()
            found[key.removeprefix("tongban-")] = json.loads(text)
            assert problems(manifest, KUBERNETES[-1]) == []
    assert found == files


def test_the_alert_rules_become_one_rule_that_prometheus_takes(watched: Sequence[Manifest]) -> None:
    (rule,) = [manifest for manifest in watched if manifest["kind"] == "PrometheusRule"]
    assert rule["spec"] == yaml.safe_load((WATCHED / "alerts.yaml").read_text(encoding="utf-8"))
    assert rule["metadata"]["labels"]["release"] == "prometheus"
    assert problems(rule, KUBERNETES[-1]) == []


def test_a_packed_chart_has_them_with_it(tmp_path: Path) -> None:
    run = helm("package", str(CHART), "--destination", str(tmp_path))
    assert run.returncode == 0, run.stderr
    (archive,) = tmp_path.glob("*.tgz")
    with tarfile.open(archive) as packed:
        names = set(packed.getnames())
    assert {f"tongban/dashboards/{path.name}" for path in WATCHED.glob("dashboards/*.json")} <= names
    assert "tongban/alerts/tongban.yaml" in names
    assert "tongban/values.schema.json" in names


def test_prometheus_finds_every_process_s_port_for_metrics() -> None:
    (monitor,) = of_kind("city-hub", "ServiceMonitor")
    port = monitor["spec"]["endpoints"][0]["port"]
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    services = [
        each
        for each in of_kind("city-hub", "Service")
        # Doors for other sites and partners lead to a process that another Service has the metrics of.
        if wanted <= each["metadata"]["labels"].items()
        and not each["metadata"]["name"].endswith(("-lines", "-partners"))
    ]
    measured = {
        where
        for where, pod in pods("city-hub")
        if any(each["name"] == port for each in pod["containers"][0].get("ports", ()))
    }
    assert {each["metadata"]["name"] for each in services} == measured
    assert len(measured) == len(COMPONENTS)
    for service in services:
        assert port in {each["name"] for each in service["spec"]["ports"]}
