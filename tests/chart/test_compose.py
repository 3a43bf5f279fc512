"""compose.dev.yml is one that Compose reads, starts everything in order, and tells each process what there is to tell."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from cli.components import COMPONENTS, GATEWAY_PORT, SERVICE_PORT
from gateway.settings import GatewaySettings
from kit.bus.kafka.settings import KafkaSettings
from kit.setting_names import NAMES
from kit.settings import ServiceSettings, load
from kit.store.mongo.settings import MongoSettings
from tests.chart.chart import ROOT

COMPOSE: Mapping[str, Any] = yaml.safe_load((ROOT / "compose.dev.yml").read_text(encoding="utf-8"))
SERVICES: Mapping[str, Any] = COMPOSE["services"]
PROCESSES = [component.name for component in COMPONENTS]
#: What runs the product's image.
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("${TONGBAN_IMAGE")]


def test_compose_knows_every_field() -> None:
    schema = json.loads((ROOT / "build" / "tools" / "crds" / "compose-spec.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})
    assert [error.message for error in validator.iter_errors(COMPOSE)] == []
    wrong = {**COMPOSE, "services": {"x": {"image": "x", "comand": []}}}
    assert not validator.is_valid(wrong)


def test_every_process_is_there_and_runs_its_module() -> None:
    assert set(OURS) == {*PROCESSES, "keys", "init", "sample"}
    for component in COMPONENTS:
        assert SERVICES[component.name]["command"] == ["python", "-m", component.module]


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_named_to_the_version(name: str) -> None:
    image = SERVICES[name]["image"]
    if name in OURS:
        assert image == "${TONGBAN_IMAGE:-tongban:dev}"
        return
    tag = image.rpartition(":")[2]
    assert tag != image
    assert tag.count(".") >= 2, f"{image} moves with the next release"


@pytest.mark.parametrize("name", OURS)
def test_a_process_of_ours_is_as_confined_as_under_kubernetes(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


@pytest.mark.parametrize("name", OURS)
def test_what_a_process_is_told_are_settings_that_there_are_and_that_make_sense(name: str) -> None:
    told = SERVICES[name]["environment"]
    assert told.keys() <= NAMES
    if name == "keys":
        return
    settings = load(ServiceSettings, told)
    assert (settings.embedded, settings.store, settings.bus, settings.blobs) == (False, "mongodb", "kafka", "gridfs")
    assert load(KafkaSettings, told).kafka_bootstrap_servers == ("kafka:9092",)
    assert load(KafkaSettings, told).kafka_replication == 1  # there is one broker
    assert "replicaSet=rs0" in load(MongoSettings, told).mongo_uri
    for component in COMPONENTS:
        if not component.edge:
            assert settings.address_of(component.name) == f"{component.name}:{SERVICE_PORT}"


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_each_listens_where_the_others_look(component: Any) -> None:
    told = SERVICES[component.name]["environment"]
    if component.edge:
        settings = load(GatewaySettings, told)
        assert (settings.host, settings.port) == ("0.0.0.0", GATEWAY_PORT)
        assert SERVICES[component.name]["ports"] == [f"127.0.0.1:{GATEWAY_PORT}:{GATEWAY_PORT}"]
    else:
        assert load(ServiceSettings, told).listen == f"0.0.0.0:{SERVICE_PORT}"
        assert "ports" not in SERVICES[component.name]


def test_only_who_signs_is_told_of_the_private_key() -> None:
    signing = {name for name in OURS if "TONGBAN_PRIVATE_KEY_FILE" in SERVICES[name]["environment"]}
    assert signing == {"gateway", "sample"}


def test_the_keys_are_seen_where_the_processes_look_for_them() -> None:
    made_in = SERVICES["keys"]["environment"]["TONGBAN_DATA"]
    assert SERVICES["keys"]["volumes"] == [f"keys:{made_in}"]
    for name in OURS:
        if name != "keys":
            assert SERVICES[name]["volumes"] == ["keys:/etc/tongban:ro"]
            told = SERVICES[name]["environment"]
            assert Path(told["TONGBAN_PUBLIC_KEY_FILE"]) == Path("/etc/tongban/secrets/actor.pub.pem")
            assert Path(told["TONGBAN_SITE_SECRET_FILE"]) == Path("/etc/tongban/secrets/site.secret")


def _needs(name: str) -> Mapping[str, str]:
    return {each: told["condition"] for each, told in SERVICES[name].get("depends_on", {}).items()}


def test_they_start_in_the_order_of_their_health() -> None:
    assert _needs("init") == {"kafka": "service_healthy", "mongodb": "service_healthy"}
    first = {"keys": "service_completed_successfully", "init": "service_completed_successfully"}
    services = {component.name: "service_healthy" for component in COMPONENTS if not component.edge}
    for component in COMPONENTS:
        assert _needs(component.name) == (first | services if component.edge else first)
    assert _needs("sample") == {"gateway": "service_healthy"}


def test_whatever_is_waited_for_has_a_health_check_and_whatever_ends_has_none() -> None:
    """A process of the site has the image's."""
    for name in SERVICES:
        for needed, condition in _needs(name).items():
            check = SERVICES[needed].get("healthcheck", {})
            if condition == "service_healthy":
                assert needed in PROCESSES or check["test"], needed
                assert not check.get("disable"), needed
            elif condition == "service_completed_successfully":
                assert check == {"disable": True}, needed
                assert SERVICES[needed]["restart"] == "no", needed
    assert "HEALTHCHECK" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_nothing_but_the_page_and_the_trace_viewer_is_opened_and_that_to_this_machine_alone() -> None:
    opened = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(opened) == {"gateway", "jaeger"}
    assert all(port.startswith("127.0.0.1:") for ports in opened.values() for port in ports)


def test_what_the_collector_reads_is_mounted_where_it_is_told_and_sends_to_the_viewer() -> None:
    service = SERVICES["collector"]
    source, target, _ = service["volumes"][0].split(":")
    assert service["command"] == [f"--config={target}"]
    config = yaml.safe_load((ROOT / source).read_text(encoding="utf-8"))
    port = config["receivers"]["otlp"]["protocols"]["grpc"]["endpoint"].rpartition(":")[2]
    assert SERVICES["gateway"]["environment"]["TONGBAN_OTLP_ENDPOINT"] == f"http://collector:{port}"
    for pipeline in config["service"]["pipelines"].values():
        for part in ("receivers", "processors", "exporters"):
            assert set(pipeline[part]) <= config[part].keys()
    assert config["exporters"]["otlp/traces"]["endpoint"].partition(":")[0] in SERVICES
