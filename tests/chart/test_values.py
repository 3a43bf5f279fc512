"""Wrong values are refused before anything reaches a cluster, with what is wrong and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chart.chart import CHART, VALUES, helm, values

SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("example", "setting", "message"),
    [
        # Shapes and names: by the schema.
        ("county", "shape=cluster", "/shape': value must be one of 'services', 'one-pod'"),
        ("county", "shap=services", "additional properties 'shap' not allowed"),
        ("county", "kafka.bootstrapServer=x:9092", "'bootstrapServer' not allowed"),
        ("county", "components.queue.replicas=2", "'queue' not allowed"),
        ("county", "components.queuing.replica=2", "'replica' not allowed"),
        ("county", "components.queuing.replicas=-1", "/components/queuing/replicas': minimum: got -1, want 0"),
        ("county", "components.queuing.replicas=two", "/components/queuing/replicas': got string, want integer"),
        ("county", "components.gateway.port=80", "/components/gateway/port': minimum: got 80, want 1,024"),
        ("county", "components.gateway.resources.limits.memory=1GB", "'1GB' does not match pattern"),
        ("county", "components.gateway.settings.worker=4", "value must be one of .*'workers'"),
        ("county", "components.gateway.settings.listen=x", "value must be one of"),
        ("county", "kafka.settings.password=x", "value must be one of 'batch_seconds'"),
        ("county", "kafka.security=TLS", "value must be one of 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'"),
        ("county", "kafka.password=x", "additional properties 'password' not allowed"),
        ("county", "mongodb.uri=mongodb://tongban:x@documents:27017/", "/mongodb/uri': .*does not match pattern"),
        ("county", "kafka.bootstrapServers={kafka}", "'kafka' does not match pattern"),
        ("county", "site.name=汉滨", "/site/name': .*does not match pattern"),
        ("county", "site.baseUrl=zw.example.cn", "/site/baseUrl': .*does not match pattern"),
        ("county", "image.digest=e3b0c442", "does not match pattern '\\^\\(sha256:"),
        ("county", "network.from[0].ip=10.0.0.1", "additional properties 'ip' not allowed"),
        ("county", "components.gateway.autoscaling.by=memory", "value must be one of 'none', 'cpu', 'lag'"),
        ("county", "components.gateway.probes.liveness.path=healthz", "does not match pattern '\\^/'"),
        # Values that need each other: by the chart, in words.
        ("county", "site.name=", "site.name is empty: name the site"),
        ("county", "image.tag=latest", "image.tag is latest: name a version"),
        ("county", "keys.secret=", "keys.secret is empty: name the Secret with actor.pem"),
        ("county", "kafka.bootstrapServers=null", "kafka.bootstrapServers is empty: give host:port"),
        ("county", "kafka.username=", "kafka.security is SASL_SSL: give kafka.username"),
        ("county", "mongodb.uri=", "mongodb.uri is empty: give the address"),
        ("county", "mongodb.passwordSecret.name=", "mongodb.username is given: name the Secret"),
        ("county", "components.catalog.enabled=false", "catalog.enabled is false, but gateway calls it"),
        ("county", "components.queuing.autoscaling.min=9", "autoscaling: min 9 is above max 6"),
        ("county", "components.queuing.autoscaling.by=lag", "name a TriggerAuthentication"),
        ("county", "ingress.host=", "give ingress.host and ingress.tls.secret"),
        ("county", "ingress.tls.secret=", "nobody's papers travel in the clear"),
        ("county", "site.baseUrl=http://zw.example.cn", "site.baseUrl: begin it with https://"),
        ("city-hub", "mutualTls.issuer.name=", "mutualTls.issuer.name is empty"),
        ("city-hub", "gatewayApi.hostnames=null", "gatewayApi.enabled: give gatewayApi.hostnames"),
        ("city-hub", "gatewayApi.create.className=", "give gatewayApi.create.className"),
        ("city-hub", "gatewayApi.create.enabled=false", r"name the Gateway \(gatewayApi.parentRefs\)"),
        ("county", "components.backup.enabled=true", "components.backup.archives is empty: name the Persis"),
        ("city-hub", "monitoring.metrics.enabled=false", "switch monitoring.metrics.enabled on"),
        ("city-hub", "network.metricsFrom=null", "say who may fetch them"),
        ("township", "monitoring.metrics.enabled=true", "the processes of one pod have no port each"),
        ("city-hub", "telemetry.headersSecret.name=x", "telemetry.endpoint: begin it with https://"),
        ("county", "relay.identity=", "name its Secret, relay.identity"),
        ("county", "relay.lines.ingress.enabled=true", "relay.lines.type: ClusterIP where lines come through"),
        ("city-hub", "relay.lines.type=LoadBalancer", "the endpoint in the card is one"),
        ("city-hub", "relay.partners.url=http://relay.example.cn", "relay.partners.url: give the address"),
        (
            "city-hub",
            "relay.partners.url=https://relay.example.cn/v1",
            "/relay/partners/url': .*does not match pattern",
        ),
        ("city-hub", "relay.partners.from=null", "relay.partners.from: say where TLS ends"),
        ("city-hub", "relay.partners.gatewayApi.tls.secret=", "relay.partners.gatewayApi: give tls.secret"),
        ("city-hub", "gatewayApi.enabled=false", "relay.lines.gatewayApi: name the Gateway"),
        ("city-hub", "gatewayApi.enabled=false", "relay.partners.gatewayApi: name the Gateway"),
        ("partner-province", "relay.partners.ingress.tls.secret=", "partners come by https alone"),
        ("partner-province", "relay.lines.ingress.annotations=null", "have the controller pass TLS through"),
        ("county", "components.relay.scratch=20Gi", "raise that as well, or the node throws the pod out"),
        ("every-option", "keys.external.entry=", "keys.external.enabled: give keys.secret"),
        ("township", "mutualTls.enabled=true", "the processes of one pod talk over sockets"),
    ],
)
def test_a_wrong_value_is_refused_with_what_to_do(example: str, setting: str, message: str) -> None:
    run = helm("template", "tongban", str(CHART), "--values", str(VALUES[example]), "--set", setting)
    assert run.returncode != 0, f"{setting} went through"
    assert re.search(message, run.stderr), run.stderr


def test_values_that_were_forgotten_are_named_all_at_once() -> None:
    run = helm("template", "tongban", str(CHART))
    assert run.returncode != 0
    for name in ("site.name", "keys.secret", "kafka.bootstrapServers", "kafka.username", "mongodb.uri"):
        assert name in run.stderr


def _objects(schema: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(schema, dict):
        if "type" in schema or "enum" in schema:
            yield path, schema
        for key, value in schema.items():
            yield from _objects(value, f"{path}/{key}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from _objects(value, f"{path}/{index}")


def test_every_field_of_the_schema_explains_itself_and_refuses_what_it_does_not_know() -> None:
    for path, schema in _objects(SCHEMA):
        parent = path.rsplit("/", 2)[-2] if path.count("/") > 1 else ""
        if parent in ("properties", "$defs") and "$ref" not in schema:
            assert schema.get("description"), f"{path} says nothing of itself"
        if "properties" in schema and path:
            assert schema["additionalProperties"] is False, path


def test_every_value_stands_in_the_schema_and_the_other_way_round() -> None:
    def walk(given: Any, schema: Any, path: str) -> None:
        schema = SCHEMA["$defs"][schema["$ref"].split("/")[-1]] if "$ref" in schema else schema
        if not isinstance(given, dict) or "properties" not in schema:
            return
        # A component says only what differs; of its own fields only some have a default.
        if not path.startswith(("defaults", "components")):
            assert set(given) == set(schema["properties"]) - {"global"}, path
        for key, value in given.items():
            walk(value, schema["properties"][key], f"{path}.{key}".lstrip("."))

    walk(values(), SCHEMA, "")
