"""compose.dev.yml is one that Compose reads, starts everything in order, and tells each process what there is to tell."""

from __future__ import annotations

import json
import re
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
from services.relay.domain.letter import SITE_ID
from services.relay.partner.settings import PartnerSettings
from services.relay.settings import RelaySettings
from tests.chart.chart import ROOT

COMPOSE: Mapping[str, Any] = yaml.safe_load((ROOT / "compose.dev.yml").read_text(encoding="utf-8"))
SERVICES: Mapping[str, Any] = COMPOSE["services"]
PROCESSES = [component.name for component in COMPONENTS]
#: What runs the product's image.
OURS = [name for name, service in SERVICES.items() if service["image"].startswith("${TONGBAN_IMAGE")]
#: What makes keys, and is told where to only.
KEYS = ("keys", "identity")
#: Told where Kafka and MongoDB are; the township is a site of its own in one process.
APART = [name for name in OURS if name not in (*KEYS, "township")]


def test_compose_knows_every_field() -> None:
    schema = json.loads((ROOT / "build" / "tools" / "crds" / "compose-spec.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"})
    assert [error.message for error in validator.iter_errors(COMPOSE)] == []
    wrong = {**COMPOSE, "services": {"x": {"image": "x", "comand": []}}}
    assert not validator.is_valid(wrong)


def test_every_process_is_there_and_runs_its_module() -> None:
    assert set(OURS) == {*PROCESSES, *KEYS, "init", "sample", "operator", "township"}
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
    assert {each for each in told if each.startswith("TONGBAN_")} <= NAMES
    if name not in APART:
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


def test_only_who_signs_is_told_of_the_private_key() -> None:
    signing = {name for name in OURS if "TONGBAN_PRIVATE_KEY_FILE" in SERVICES[name]["environment"]}
    assert signing == {"gateway", "sample", "operator"}


def test_the_keys_are_seen_where_the_processes_look_for_them() -> None:
    made_in = SERVICES["keys"]["environment"]["TONGBAN_DATA"]
    assert SERVICES["keys"]["volumes"] == [f"keys:{made_in}"]
    for name in APART:
        mounted = SERVICES[name]["volumes"]
        assert "keys:/etc/tongban:ro" in mounted
        assert name in ("relay", "operator") or len(mounted) == 1
        told = SERVICES[name]["environment"]
        assert Path(told["TONGBAN_PUBLIC_KEY_FILE"]) == Path("/etc/tongban/secrets/actor.pub.pem")
        assert Path(told["TONGBAN_SITE_SECRET_FILE"]) == Path("/etc/tongban/secrets/site.secret")


def _needs(name: str) -> Mapping[str, str]:
    return {each: told["condition"] for each, told in SERVICES[name].get("depends_on", {}).items()}


def test_they_start_in_the_order_of_their_health() -> None:
    assert _needs("init") == {"kafka": "service_healthy", "mongodb": "service_healthy"}
    first = {"keys": "service_completed_successfully", "init": "service_completed_successfully"}
    services = {component.name: "service_healthy" for component in COMPONENTS if not component.edge}
    identity = {"identity": "service_completed_successfully"}
    for component in COMPONENTS:
        more = services if component.edge else identity if component.name == "relay" else {}
        assert _needs(component.name) == first | more
    assert _needs("sample") == {"gateway": "service_healthy"}
    assert _needs("partners") == {"relay": "service_healthy"}


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


def test_the_page_the_trace_viewer_and_the_two_doors_to_other_sites_are_opened_to_this_machine_alone() -> None:
    opened = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(opened) == {"gateway", "jaeger", "relay", "partners"}
    for name, ports in opened.items():
        # The doors can be opened further, where other sites are to come to them.
        here = "${TONGBAN_RELAY_BIND:-127.0.0.1}:" if name in ("relay", "partners") else "127.0.0.1:"
        assert all(port.startswith(here) for port in ports)


# ── To other sites ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_identity_is_made_in_a_volume_that_relay_reads_and_operators_may_change() -> None:
    made = SERVICES["identity"]
    folder = made["environment"]["TONGBAN_RELAY_IDENTITY_DIR"]
    assert f"identity:{folder}" in made["volumes"]
    mounted = {
        name: [each for each in SERVICES[name].get("volumes", []) if each.startswith("identity:")] for name in OURS
    }
    assert {name for name, volumes in mounted.items() if volumes} == {"identity", "relay", "operator"}
    assert mounted["relay"] == ["identity:/etc/relay:ro"]
    assert mounted["operator"] == ["identity:/etc/relay"]
    for name in ("relay", "operator"):
        assert SERVICES[name]["environment"]["TONGBAN_RELAY_IDENTITY_DIR"] == "/etc/relay"


def test_every_process_bears_the_id_that_the_identity_is_made_for() -> None:
    ids = {SERVICES[name]["environment"]["TONGBAN_SITE"] for name in (*APART, "identity")}
    (site,) = ids
    assert SITE_ID.fullmatch(_meant(site))
    assert SITE_ID.fullmatch(SERVICES["township"]["environment"]["TONGBAN_SITE"])


def test_the_card_the_door_and_the_port_agree_on_one_endpoint() -> None:
    relay, made = SERVICES["relay"], SERVICES["identity"]
    listen = load(RelaySettings, _all_meant(relay["environment"])).relay_listen
    port = listen.rpartition(":")[2]
    assert f'--endpoint "grpcs://$$RELAY_HOST:{port}"' in made["command"][-1]
    assert [each.split(":")[-2:] for each in relay["ports"]] == [[port, port]]
    assert _meant(made["environment"]["RELAY_HOST"]) == "relay"  # as it is called within
    given = {"TONGBAN_RELAY_HOST": "relay.hanbin.example"}
    assert _meant(made["environment"]["RELAY_HOST"], given) == "relay.hanbin.example"
    url = relay["environment"]["TONGBAN_RELAY_PARTNER_URL"]
    assert _meant(url, given) == "https://relay.hanbin.example:8443"


def test_what_ends_tls_for_partners_passes_on_to_the_door_as_much_as_it_takes() -> None:
    settings = load(PartnerSettings, _all_meant(SERVICES["relay"]["environment"]))
    door = SERVICES["partners"]
    source, target, _ = next(each for each in door["volumes"] if each.startswith("./")).split(":")
    assert target in door["command"]
    config = (ROOT / source).read_text(encoding="utf-8")
    assert f"proxy_pass http://relay:{settings.relay_partner_port};" in config  # no path: none is rewritten
    assert f"client_max_body_size {settings.relay_partner_max_body >> 20}m;" in config
    assert f"listen {door['ports'][0].rpartition(':')[2]} ssl;" in config
    for file in ("tls.crt", "tls.key"):
        assert f"/etc/partners/{file};" in config
        assert f"/var/lib/tongban/{file}" in SERVICES["identity"]["command"][-1]
    assert (door["read_only"], door["cap_drop"]) == (True, ["ALL"])


def _meant(value: str, given: Mapping[str, str] | None = None) -> str:
    """As Compose fills it in, where only what is given is set."""
    return re.sub(r"\$\{(\w+):-([^}]*)}", lambda found: (given or {}).get(found[1], found[2]), value)


def _all_meant(told: Mapping[str, str]) -> Mapping[str, str]:
    return {name: _meant(value) for name, value in told.items()}


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
