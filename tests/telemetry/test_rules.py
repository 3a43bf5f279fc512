"""Dashboards, alerts, runbook and the catalogue of metrics agree."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from itertools import product
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml

from cli.components import COMPONENTS
from kit.telemetry import CATALOGUE, Metric

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/observability"
RUNBOOK = ROOT / "docs/operations/alerts.md"
#: Series of Prometheus → the metric of the catalogue.
SERIES = {name: metric for metric in CATALOGUE for name in metric.prometheus_names}
#: What comes from whoever fetches or collects: the process.
OF_THE_TARGET = {"service_name"}

RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"] for rule in group["rules"]]
BOARDS = {path.stem: json.loads(path.read_text()) for path in sorted((FOLDER / "dashboards").glob("*.json"))}


def queries() -> Iterator[tuple[str, str]]:
    """Every query with the name of what asks it."""
    for rule in RULES:
        yield rule["alert"], rule["expr"]
    for name, board in BOARDS.items():
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield f"{name}: {panel['title']}", target["expr"]
        for variable in board["templating"]["list"]:
            if variable["type"] == "query":
                yield f"{name}: {variable['name']}", variable["query"]


def series_of(query: str) -> list[str]:
    return re.findall(r"\btongban_\w+", query)


def labels_of(query: str) -> set[str]:
    """The labels that a query selects or groups by."""
    selected = (
        name for part in re.findall(r"\{([^}]*)\}", query) for name in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", part)
    )
    grouped = (name.strip() for part in re.findall(r"\bby \(([^)]*)\)", query) for name in part.split(","))
    listed = re.findall(r"label_values\(\w+, (\w+)\)", query)
    return {*selected, *grouped, *listed}


@pytest.mark.parametrize(("asker", "query"), list(queries()))
def test_every_query_names_metrics_and_labels_of_the_catalogue(asker: str, query: str) -> None:
    named = series_of(query)
    assert named
    assert not [each for each in named if each not in SERIES], asker
    known = set[str]().union(*(SERIES[each].prometheus_labels for each in named)) | OF_THE_TARGET
    assert labels_of(query) <= known, asker
    if not query.startswith("label_values"):
        promql_parser.parse(query.replace("$__rate_interval", "5m"))


def test_a_query_of_what_nobody_measures_would_be_found() -> None:
    assert [each for each in series_of("rate(tongban_rpc_server_duration_sum[5m])") if each not in SERIES]
    assert labels_of('sum by (le, method) (x{a="b", c=~"d"}) + label_values(y, z)') == {"le", "method", "a", "c", "z"}


def test_every_metric_stands_on_a_dashboard() -> None:
    shown = {SERIES[each].name for asker, query in queries() for each in series_of(query) if ": " in asker}
    assert shown == {metric.name for metric in CATALOGUE}


def test_every_alert_has_its_entry_in_the_runbook_and_every_entry_its_alert() -> None:
    entries = re.findall(r"^## (Tongban\w+)$", RUNBOOK.read_text(), re.MULTILINE)
    assert entries == [rule["alert"] for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_what_it_is_how_bad_and_where_to_read_on(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in ("critical", "warning")
    assert re.search(r"[一-鿿]", rule["annotations"]["summary"])
    assert rule["annotations"]["description"]
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert ROOT / page == RUNBOOK
    assert anchor == rule["alert"].lower()


def test_a_process_that_is_missing_is_missed() -> None:
    (rule,) = [rule for rule in RULES if rule["alert"] == "TongbanProcessMissing"]
    assert f"< {len(COMPONENTS)} or" in rule["expr"]


def test_the_dashboards_are_those_that_are_made() -> None:
    spec = spec_from_file_location("dashboards", FOLDER / "dashboards.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    made = {board.name: module.dashboard(board) for board in module.BOARDS}
    assert made == {path.stem: path.read_text() for path in (FOLDER / "dashboards").glob("*.json")}
    assert len({board["uid"] for board in BOARDS.values()}) == len(BOARDS)


def test_prometheus_gets_the_names_that_the_catalogue_says() -> None:
    """In a process of its own, as OpenTelemetry's providers are set once."""
    script = """
    import json
    from prometheus_client import generate_latest
    from kit import telemetry
    from kit.settings import ServiceSettings
    from kit.telemetry import metrics
    from kit.telemetry.catalogue import CATALOGUE, Form

    telemetry.set_up("queuing", ServiceSettings(metrics_listen="127.0.0.1:0"))
    for metric in CATALOGUE:
        labels = {name: "x" for name in metric.labels}
        if metric.form is Form.GAUGE:
            telemetry.observe(metric, lambda: 1, labels)
        elif metric.form is Form.COUNTER:
            metrics._counter(metric).add(1, labels)
        else:
            metrics._histogram(metric).record(1, labels)
    print(generate_latest().decode())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    told = dict[str, set[str]]()
    for name, labels in re.findall(r"^(tongban_\w+)\{(.*)\} ", done.stdout, re.MULTILINE):
        told.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    assert told.keys() == SERIES.keys()
    for name, labels in told.items():
        assert labels - OF_THE_TARGET == expected(SERIES[name], name), name
        assert labels >= OF_THE_TARGET, name


def expected(metric: Metric, series: str) -> set[str]:
    """A bucket's bound is a label of the buckets alone."""
    return set(metric.prometheus_labels) - (set() if series.endswith("_bucket") else {"le"})


def test_no_two_metrics_are_one_series() -> None:
    for one, other in product(CATALOGUE, CATALOGUE):
        assert one is other or not set(one.prometheus_names) & set(other.prometheus_names)
