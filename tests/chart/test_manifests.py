"""Every manifest is one that Kubernetes knows, field by field: in three versions, and by the operators' definitions."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.chart.chart import EXAMPLES, ROOT, VALUES, Manifest, manifests

#: The least that Chart.yaml asks for, one between, and the newest whose schemas are at hand.
KUBERNETES = ("1.30", "1.34", "1.37")
#: Definitions that can't be had as a Go module; what uses them is reviewed by eye and named here.
UNCHECKED = {"Kafka", "KafkaNodePool", "KafkaUser", "MongoDBCommunity", "PerconaServerMongoDB"}

EXAMPLE_MANIFESTS = sorted(EXAMPLES.glob("*.yaml"))


@cache
def definitions() -> dict[tuple[str, str], Any]:
    """Schemas of the operators' resources by version and kind, strict as the API server is on server-side apply."""
    found: dict[tuple[str, str], Any] = {}
    for path in sorted((ROOT / "build" / "tools" / "crds").glob("*.yaml")):
        for definition in yaml.load_all(path.read_text(encoding="utf-8"), yaml.CSafeLoader):
            spec = definition["spec"]
            for version in spec["versions"]:
                schema = _strict(version["schema"]["openAPIV3Schema"])
                schema["properties"]["metadata"] = {"type": "object", "required": ["name"]}
                found[f"{spec['group']}/{version['name']}", spec["names"]["kind"]] = schema
    return found


def _strict(schema: Any) -> Any:
    """The schema without room for fields that it doesn't know."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    free = schema.get("x-kubernetes-preserve-unknown-fields")
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema and not free:
        strict["additionalProperties"] = False
    if schema.get("x-kubernetes-int-or-string"):
        strict.pop("type", None)
    return strict


def problems(manifest: Manifest, version: str) -> list[str]:
    """What is wrong with a manifest; empty: nothing."""
    schema = definitions().get((manifest["apiVersion"], manifest["kind"]))
    if schema is not None:
        found = jsonschema.Draft202012Validator(schema).iter_errors(manifest)
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}" for error in found]
    try:
        kubernetes_validate.validate(manifest, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"]
    return []


@pytest.mark.parametrize("version", KUBERNETES)
@pytest.mark.parametrize("name", VALUES)
def test_every_manifest_is_valid(name: str, version: str) -> None:
    seen: set[str] = set()
    for manifest in manifests(name):
        text = repr(manifest)
        if text not in seen:
            seen.add(text)
            where = f"{manifest['kind']} {manifest['metadata']['name']}"
            assert problems(manifest, version) == [], where
    assert seen


@pytest.mark.parametrize(
    "path", [path for path in EXAMPLE_MANIFESTS if path.stem not in VALUES], ids=lambda path: path.stem
)
def test_the_manifests_for_what_stands_beside_are_valid(path: Any) -> None:
    documents = [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each]
    assert documents
    for manifest in documents:
        assert manifest["metadata"]["namespace"] == "tongban"
        if manifest["kind"] not in UNCHECKED:
            assert problems(manifest, KUBERNETES[-1]) == [], manifest["metadata"]["name"]


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        ("Deployment", {"spec": {"template": {"spec": {"containers": [{"readynessProbe": {}}]}}}}),
        ("NetworkPolicy", {"spec": {"podSelectors": {}}}),
        ("Certificate", {"spec": {"secretNames": "x"}}),
        ("HTTPRoute", {"spec": {"hostname": "x"}}),
        ("ScaledObject", {"spec": {"triggers": [{"kind": "kafka"}]}}),
        ("ExternalSecret", {"spec": {"data": [{"secret": "x"}]}}),
    ],
)
def test_a_misspelt_field_would_be_found(kind: str, wrong: dict[str, Any]) -> None:
    """The checks above can fail."""
    good = next(each for each in manifests("every-option") if each["kind"] == kind)
    bad = _merged(copy.deepcopy(good), wrong)
    assert problems(good, KUBERNETES[-1]) == []
    assert problems(bad, KUBERNETES[-1]) != []


def _merged(into: Any, extra: Any) -> Any:
    for key, value in extra.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            _merged(into[key], value)
        elif isinstance(value, list) and isinstance(into.get(key), list):
            into[key][0].update(value[0])
        else:
            into[key] = value
    return into
