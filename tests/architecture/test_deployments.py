"""What the code is, the chart's values and the image say as well: processes, ports, calls, consumer groups, settings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import pytest
import yaml

from cli.components import COMPONENTS, ENVIRONMENT, GATEWAY_PORT, HEALTH_PORT, SERVICE_PORT
from gateway import clients
from gateway.settings import GatewaySettings
from kit.bus.kafka.settings import KafkaSettings
from kit.settings import ServiceSettings
from kit.store.mongo.settings import MongoSettings
from tests.architecture.conftest import Wired
from tests.architecture.tree import ROOT

CHART = ROOT / "deploy" / "helm" / "tongban"
VALUES: Mapping[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
SCHEMA: Mapping[str, Any] = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
SETTINGS_TEMPLATE = (CHART / "templates" / "_settings.tpl").read_text(encoding="utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
#: The chart's processes; jobs, the operators' place and the one pod are no processes of the list.
CHARTED: Mapping[str, Any] = {
    name: component
    for name, component in VALUES["components"].items()
    if component["shape"] == "services" and "port" in component
}


def test_the_chart_has_every_process_and_no_other() -> None:
    assert set(CHARTED) == {component.name for component in COMPONENTS}
    for component in COMPONENTS:
        charted = CHARTED[component.name]
        assert charted["command"] == ["python", "-m", component.module]
        assert charted["port"] == (GATEWAY_PORT if component.edge else SERVICE_PORT)
        assert charted["protocol"] == ("http" if component.edge else "grpc")
        assert charted.get("edge", False) is component.edge
        assert charted.get("serves") == (None if component.edge else clients.SERVICES[component.name])
    assert HEALTH_PORT == SERVICE_PORT + 1  # as the templates reckon it


def test_the_chart_knows_no_component_that_its_schema_does_not_and_the_other_way_round() -> None:
    assert VALUES["components"].keys() == SCHEMA["properties"]["components"]["properties"].keys()


def test_the_chart_draws_the_arrows_that_the_code_has(wired: Mapping[str, Wired]) -> None:
    for name, service in wired.items():
        assert sorted(CHARTED[name]["calls"]) == sorted(set(service.asks)), name
    assert sorted(CHARTED["gateway"]["calls"]) == sorted(set(clients.SERVICES) - set(clients.HOSTS))


def test_the_chart_watches_the_consumer_groups_that_there_are(wired: Mapping[str, Wired]) -> None:
    for name, service in wired.items():
        groups = {each.group: sorted(each.topics) for each in service.subscriptions}
        charted = {group: sorted(topics) for group, topics in CHARTED[name].get("groups", {}).items()}
        assert charted == groups, f"components.{name}.groups in the chart's values.yaml"


def test_every_service_reaches_documents_and_events_and_only_the_edge_signs() -> None:
    for component in COMPONENTS:
        charted = CHARTED[component.name]
        assert set(charted["uses"]) == ({"events"} if component.edge else {"documents", "events"})
        assert ("sign" in charted["keys"]) is component.edge


@pytest.mark.parametrize(
    ("adapter", "prefix", "where"),
    [(KafkaSettings, "kafka_", "kafka"), (MongoSettings, "mongo_", "mongodb")],
)
def test_the_chart_offers_every_setting_of_an_adapter_once(adapter: type[Any], prefix: str, where: str) -> None:
    offered = set(SCHEMA["properties"][where]["properties"]["settings"]["propertyNames"]["enum"])
    rendered = {
        name.lower().removeprefix(prefix)
        for name in re.findall(r"TONGBAN_(\w+):", SETTINGS_TEMPLATE)
        if name.lower().startswith(prefix)
    }
    assert not offered & rendered
    #: A key's password would be one more file; keys in a cluster's Secrets have none. Hosts are the address's.
    left_out = {"key_password_file", "hosts"}
    assert offered | rendered == {each.name.removeprefix(prefix) for each in fields(adapter)} - left_out


def test_the_chart_offers_every_setting_of_a_process_once() -> None:
    offered = set(SCHEMA["$defs"]["settings"]["propertyNames"]["enum"])
    rendered = {name.lower() for name in re.findall(r"TONGBAN_([A-Z_]+)[:,]", SETTINGS_TEMPLATE)}
    assert not offered & rendered
    # Of one machine: sockets, the demo clock, the supervisor.
    left_out = {"demo_clock", "parent_fd"}
    known = {each.name for each in (*fields(ServiceSettings), *fields(GatewaySettings)) if each.init}
    assert (offered | rendered) & known == known - left_out, (
        "add it to $defs.settings of the chart's values.schema.json"
    )


def test_the_image_is_told_what_every_process_is_told() -> None:
    for name, value in ENVIRONMENT.items():
        assert f" {name}={value} " in DOCKERFILE.replace("\n", " "), name
    ports = re.search(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)
    assert ports
    assert set(ports[1].split()) == {str(GATEWAY_PORT), str(SERVICE_PORT)}


def test_the_image_is_made_of_pinned_parts_and_keeps_no_tools() -> None:
    base = re.search(r"^ARG BASE=(.*)$", DOCKERFILE, re.MULTILINE)
    assert base
    assert re.fullmatch(r"[a-z]+:[\w.-]+@sha256:[0-9a-f]{64}", base[1])
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"${BASE}"}
    assert "--require-hashes --only-binary :all: -r requirements.lock" in DOCKERFILE
    assert re.search(r"uninstall .*grpcio-tools mypy-protobuf setuptools pip", DOCKERFILE)
    final = DOCKERFILE.rpartition("FROM ")[2]
    assert "apt-get" not in final
    assert "pip install" not in final
    assert re.search(r"^USER \d+:\d+$", final, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*cli\.healthcheck", final, re.MULTILINE)


def test_no_data_and_no_key_can_get_into_the_image() -> None:
    """Everything is kept out that isn't let in by name."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule[1:] for rule in rules if rule.startswith("!")}
    assert not let_in & {".git", ".data", "build", "tests", "deploy"}
    copied = {
        name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()
    }
    assert copied == let_in
