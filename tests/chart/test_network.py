"""The network policies let through what the house draws, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.chart.chart import EXAMPLED, SERVICES, VALUES, of_kind, pods, values

Labels = Mapping[str, str]


def _policies(name: str) -> dict[str, Mapping[str, Any]]:
    return {each["metadata"]["name"]: each["spec"] for each in of_kind(name, "NetworkPolicy")}


def _component(peer: Mapping[str, Any]) -> str:
    return str(peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"])


@pytest.mark.parametrize("name", VALUES)
def test_what_no_policy_allows_is_refused_for_every_pod_of_the_site(name: str) -> None:
    rest = _policies(name)["tongban-nothing-else"]
    assert rest["policyTypes"] == ["Ingress", "Egress"]
    assert not {"ingress", "egress"} & rest.keys()
    every: Labels = rest["podSelector"]["matchLabels"]
    for each in of_kind(name, "Deployment", "StatefulSet", "Job"):
        assert every.items() <= each["spec"]["template"]["metadata"]["labels"].items()


@pytest.mark.parametrize("name", VALUES)
def test_every_workload_has_a_policy_that_finds_its_pods_alone(name: str) -> None:
    policies = _policies(name)
    assert policies.keys() == {where for where, _ in pods(name)} | {"tongban-nothing-else"}
    for each in of_kind(name, "Deployment", "StatefulSet", "Job"):
        selector: Labels = policies[each["metadata"]["name"]]["podSelector"]["matchLabels"]
        labels: Labels = each["spec"]["template"]["metadata"]["labels"]
        assert selector.items() <= labels.items()
        assert selector["app.kubernetes.io/component"] == labels["app.kubernetes.io/component"]


@pytest.mark.parametrize("name", SERVICES)
def test_calls_go_along_the_drawn_arrows_and_are_expected_at_their_end(name: str) -> None:
    drawn = {
        (caller.replace("_", "-"), called.replace("_", "-"))
        for caller, component in values()["components"].items()
        for called in component["calls"]
    }
    policies = _policies(name)
    sent, expected = set(), set()
    for policy, spec in policies.items():
        me = policy.removeprefix("tongban-")
        for rule in spec.get("egress") or ():
            for peer in rule.get("to", ()):
                if "podSelector" in peer and "app.kubernetes.io/component" in peer["podSelector"].get(
                    "matchLabels", {}
                ):
                    sent.add((me, _component(peer)))
        for rule in spec.get("ingress") or ():
            for peer in rule.get("from", ()):
                if "podSelector" in peer and "app.kubernetes.io/component" in peer["podSelector"].get(
                    "matchLabels", {}
                ):
                    expected.add((_component(peer), me))
    assert sent - {("test", "gateway")} == drawn
    assert expected - {("test", "gateway")} == drawn
    assert ("test", "gateway") in sent


@pytest.mark.parametrize("name", SERVICES)
def test_documents_and_events_are_reached_by_who_uses_them_alone(name: str) -> None:
    documents = 27017
    events = {9094, 9095} if name == "every-option" else {9093}
    components = values()["components"]
    for policy, spec in _policies(name).items():
        component = components.get(policy.removeprefix("tongban-").replace("-", "_"), {"uses": []})
        ports = {port["port"] for rule in spec.get("egress") or () for port in rule.get("ports", ())}
        assert (documents in ports) is ("documents" in component["uses"]), policy
        assert (ports & events == events) is ("events" in component["uses"]), policy


@pytest.mark.parametrize("name", VALUES)
def test_nobody_comes_to_a_service_from_outside_and_to_the_edge_only_who_is_named(name: str) -> None:
    for policy, spec in _policies(name).items():
        if policy == "tongban-relay":
            continue  # other sites come to it: see test_relay.py
        if policy in ("tongban-gateway", "tongban-site"):
            public, *others = spec["ingress"]
            assert ("from" in public) is (name in EXAMPLED)
            assert public["ports"] == [{"port": "http"}]
            assert all("from" in rule and rule["ports"] == [{"port": "metrics"}] for rule in others)
        else:
            assert all("from" in rule for rule in spec.get("ingress") or ()), policy
            assert not any("ipBlock" in peer for rule in spec.get("ingress") or () for peer in rule["from"]), policy
