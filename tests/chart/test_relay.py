"""How other sites come in: two doors, each with one endpoint that stays, and no way past them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.chart.chart import SERVICES, VALUES, Manifest, of_kind, pods, values

#: Examples whose lines come through what many names share, and by what.
SHARED = {"city-hub": ["TLSRoute"], "partner-province": ["Ingress"], "every-option": ["Ingress", "TLSRoute"]}
LINES, PARTNERS = "tongban-relay-lines", "tongban-relay-partners"


def _named(name: str, kind: str, called: str) -> Manifest:
    (found,) = [each for each in of_kind(name, kind) if each["metadata"]["name"] == called]
    return found


def _ingress(name: str) -> Mapping[str, Any]:
    rules: Sequence[Manifest] = _named(name, "NetworkPolicy", "tongban-relay")["spec"]["ingress"]
    return {rule["ports"][0]["port"]: rule for rule in rules}


def _site(name: str) -> str:
    (settings,) = [each for each in of_kind(name, "ConfigMap") if each["metadata"]["name"] == "tongban-settings"]
    return str(settings["data"]["TONGBAN_SITE"])


@pytest.mark.parametrize("name", SERVICES)
def test_other_sites_come_to_the_relay_by_its_two_doors_alone(name: str) -> None:
    doors = _ingress(name)
    assert doors.keys() - {"metrics"} == {"grpc", "lines", *(["partners"] if name != "county" else [])}
    assert "from" in doors["grpc"]
    if "partners" in doors:
        assert doors["partners"]["from"], "it speaks HTTP: only what ends TLS in front of it may come"
    dialled = {"county": {7443}, "city-hub": {7443}, "partner-province": set(), "every-option": {7443, 9543}}[name]
    ways_out = [
        rule
        for rule in _named(name, "NetworkPolicy", "tongban-relay")["spec"]["egress"]
        if {port["port"] for port in rule["ports"]} & {7443, 9543}
    ]
    assert {port["port"] for rule in ways_out for port in rule["ports"]} == dialled
    assert all(("to" in rule) is (name == "every-option") for rule in ways_out)


@pytest.mark.parametrize("name", SERVICES)
def test_lines_have_one_endpoint_that_stays(name: str) -> None:
    service = _named(name, "Service", LINES)["spec"]
    assert service["type"] == ("ClusterIP" if name in SHARED else "LoadBalancer")
    assert ("from" in _ingress(name)["lines"]) is (name in SHARED), "only what is shared stands between"
    (port,) = service["ports"]
    (container,) = dict(pods(name))["tongban-relay"]["containers"]
    assert {"name": "lines", "containerPort": port["port"]} in container["ports"]


@pytest.mark.parametrize("name", SHARED)
def test_lines_that_share_a_way_in_are_told_by_the_site_s_id_and_opened_by_nobody(name: str) -> None:
    port = _named(name, "Service", LINES)["spec"]["ports"][0]["port"]
    found = [each for each in of_kind(name, "Ingress", "TLSRoute", "HTTPRoute") if each["metadata"]["name"] == LINES]
    assert sorted(each["kind"] for each in found) == SHARED[name]
    for each in found:
        if each["kind"] == "TLSRoute":
            assert each["spec"]["hostnames"] == [_site(name)]
            assert each["spec"]["rules"] == [{"backendRefs": [{"name": LINES, "port": port}]}]
        else:
            (rule,) = each["spec"]["rules"]
            assert rule["host"] == _site(name)
            assert rule["http"]["paths"][0]["backend"]["service"] == {"name": LINES, "port": {"number": port}}
            assert any("ssl-passthrough" in key for key in each["metadata"]["annotations"])
            assert "tls" not in each["spec"], "a certificate there would end TLS"


@pytest.mark.parametrize("name", SHARED)
def test_the_partners_address_leads_to_their_door_behind_a_certificate(name: str) -> None:
    env = {each["name"]: each.get("value") for each in dict(pods(name))["tongban-relay"]["containers"][0]["env"]}
    host = env["TONGBAN_RELAY_PARTNER_URL"].removeprefix("https://")
    port = _named(name, "Service", PARTNERS)["spec"]["ports"][0]["port"]
    assert int(env["TONGBAN_RELAY_PARTNER_PORT"]) == port
    found = [each for each in of_kind(name, "Ingress", "HTTPRoute") if each["metadata"]["name"] == PARTNERS]
    assert found
    for each in found:
        if each["kind"] == "HTTPRoute":
            assert each["spec"]["hostnames"] == [host]
            assert each["spec"]["rules"][0]["backendRefs"] == [{"name": PARTNERS, "port": port}]
        else:
            assert each["spec"]["tls"] == [{"hosts": [host], "secretName": each["spec"]["tls"][0]["secretName"]}]
            assert each["spec"]["rules"][0]["host"] == host
            assert any(key.startswith("cert-manager.io/") for key in each["metadata"]["annotations"])


def test_the_gateway_that_is_made_ends_tls_for_partners_and_not_for_lines() -> None:
    (gateway,) = of_kind("city-hub", "Gateway")
    listeners = {each["name"]: each for each in gateway["spec"]["listeners"]}
    assert listeners["partners"]["hostname"] == "relay.ankang.example.cn"
    assert listeners["partners"]["tls"]["mode"] == "Terminate"
    assert listeners["lines"]["hostname"] == _site("city-hub")
    assert listeners["lines"]["tls"] == {"mode": "Passthrough"}
    assert "cert-manager.io/cluster-issuer" in gateway["metadata"]["annotations"]
    for route in of_kind("city-hub", "HTTPRoute", "TLSRoute"):
        for parent in route["spec"]["parentRefs"]:
            listener = listeners[parent["sectionName"]]
            assert listener["hostname"] in route["spec"]["hostnames"]
            assert parent["name"] == gateway["metadata"]["name"]


@pytest.mark.parametrize("name", VALUES)
def test_bundles_have_room_where_no_volume_of_the_site_s_data_is(name: str) -> None:
    for where, pod in pods(name):
        env = {each["name"]: each.get("value") for each in pod["containers"][0].get("env", ())}
        if "TONGBAN_RELAY_IDENTITY_DIR" not in env:
            continue
        if where == "tongban-site":
            assert "TONGBAN_RELAY_SCRATCH_DIR" not in env  # beside its documents
            continue
        mounts = {each["mountPath"]: each["name"] for each in pod["containers"][0]["volumeMounts"]}
        volumes = {each["name"]: each for each in pod["volumes"]}
        room = volumes[mounts[env["TONGBAN_RELAY_SCRATCH_DIR"]]]["emptyDir"]["sizeLimit"]
        assert room == ("12Gi" if name == "partner-province" else values()["components"]["relay"]["scratch"])
