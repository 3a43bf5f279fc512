"""The chart on a real API server: admitted, installed, upgraded, rolled back and removed. Nodes and pods are faked.

What this can't show is that anything runs: that is test_node.py.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tests.cluster import conftest
from tests.cluster.control_plane import NEEDED, ROOT, TOOLS, ControlPlane, missing, until
from tests.cluster.fake_nodes import add_fake_nodes

CHART: Final = ROOT / "deploy" / "helm" / "tongban"
EXAMPLES: Final = ROOT / "deploy" / "examples"
SITES: Final = ("township", "county", "city-hub")
_RELEASE: Final = "tongban"
#: Of a county's site, with room for one replica more while it is upgraded.
_QUOTA: Final = {"pods": "36", "requests.cpu": "3", "limits.memory": "20Gi"}


@pytest.fixture(scope="session")
def cluster() -> Iterator[ControlPlane]:
    """A cluster of three fake nodes, with the operators' definitions that the examples use."""
    if reason := missing((*NEEDED, "kwok")):
        pytest.skip(reason)
    with tempfile.TemporaryDirectory(prefix="tongban-cluster-") as folder:
        plane = ControlPlane(Path(folder))
        try:
            plane.start()
            add_fake_nodes(plane)
            plane.kubectl("apply", "--server-side", "--filename", "-", given=_definitions())
            plane.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
            version = json.loads(plane.kubectl("version", "--output", "json").stdout)["serverVersion"]["gitVersion"]
            conftest.RAN_ON.append(f"Kubernetes {version}'s API server, controllers and scheduler; nodes faked by kwok")
            yield plane
        finally:
            plane.stop()


def _definitions() -> str:
    """The operators' resource definitions; some stand in their repository as a chart's templates, with its labels."""
    files = sorted((TOOLS / "crds").glob("*.yaml"))
    lines = [line for file in files for line in ["---", *file.read_text().splitlines()]]
    return "\n".join(line for line in lines if "{{" not in line)


def _namespace(cluster: ControlPlane, name: str) -> Iterator[str]:
    """A namespace that enforces Pod Security `restricted`; removed at the end."""
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    cluster.kubectl("apply", "--filename", "-", given=json.dumps(namespace))
    # Who comes before the controllers have given it an account is refused.
    until(lambda: cluster.kubectl("-n", name, "get", "serviceaccount", "default", check=False).returncode == 0, "it")
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait", "--timeout=90s")


@pytest.fixture
def namespace(cluster: ControlPlane) -> Iterator[str]:
    yield from _namespace(cluster, "dry")


@pytest.fixture(scope="module")
def site(cluster: ControlPlane) -> Iterator[str]:
    """The county's site, installed once under a quota, in the namespace of this name."""
    for name in _namespace(cluster, "county"):
        hard = ",".join(f"{resource}={amount}" for resource, amount in _QUOTA.items())
        cluster.kubectl("-n", name, "create", "quota", "site", f"--hard={hard}")
        told = _helm(cluster, name, "install", "--wait-for-jobs")
        assert "PodSecurity" not in told, told  # a warning would stand here
        yield name


def _helm(cluster: ControlPlane, namespace: str, verb: str, *options: str, check: bool = True) -> str:
    values = ["--values", str(EXAMPLES / "county.yaml")]
    wait = () if "--atomic" in options else ("--wait", "--timeout", "120s")
    done = cluster.helm(verb, _RELEASE, str(CHART), "-n", namespace, *values, *wait, *options, check=False)
    if done.returncode and check:
        waiting = cluster.kubectl("-n", namespace, "get", "pods,jobs", check=False).stdout
        events = cluster.kubectl("-n", namespace, "get", "events", "--field-selector=type!=Normal", check=False).stdout
        raise AssertionError(f"helm {verb}: {done.stderr[-1500:]}\n{waiting}\n{events[-3000:]}")
    return done.stdout + done.stderr


def _rendered(cluster: ControlPlane, example: str, namespace: str) -> str:
    values = str(EXAMPLES / f"{example}.yaml")
    return cluster.helm("template", _RELEASE, str(CHART), "-n", namespace, "--values", values).stdout


def _apply(cluster: ControlPlane, namespace: str, manifests: str, *options: str) -> tuple[int, str]:
    server_side = ["apply", "--server-side", "--validate=strict", *options, "--filename", "-"]
    done = cluster.kubectl("-n", namespace, *server_side, given=manifests, check=False)
    return done.returncode, done.stdout + done.stderr


# ── Admission ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("example", SITES)
def test_the_server_admits_every_example(cluster: ControlPlane, namespace: str, example: str) -> None:
    manifests = _rendered(cluster, example, namespace)
    code, told = _apply(cluster, namespace, manifests, "--dry-run=server")
    assert code == 0, told
    assert "Warning" not in told, told
    assert told.count("serverside-applied") == sum(1 for each in yaml.safe_load_all(manifests) if each)


def test_a_misspelt_field_is_refused_by_its_name(cluster: ControlPlane, namespace: str) -> None:
    wrong = _rendered(cluster, "county", namespace).replace("readinessProbe:", "readynessProbe:")
    code, told = _apply(cluster, namespace, wrong, "--dry-run=server")
    assert code != 0
    assert "readynessProbe" in told


def test_a_pod_that_is_root_is_refused(cluster: ControlPlane, namespace: str) -> None:
    ours = [each for each in yaml.safe_load_all(_rendered(cluster, "county", namespace)) if each]
    pod = next(each for each in ours if each["kind"] == "Pod")
    assert _apply(cluster, namespace, yaml.safe_dump(pod), "--dry-run=server")[0] == 0
    pod["spec"]["securityContext"].update(runAsUser=0, runAsNonRoot=False)
    code, told = _apply(cluster, namespace, yaml.safe_dump(pod), "--dry-run=server")
    assert code != 0
    assert 'violates PodSecurity "restricted' in told


def test_two_who_apply_the_same_field_hear_of_each_other(cluster: ControlPlane, namespace: str) -> None:
    deployments = [each for each in yaml.safe_load_all(_rendered(cluster, "county", namespace)) if each]
    catalog = next(
        each for each in deployments if each["kind"] == "Deployment" and "catalog" in each["metadata"]["name"]
    )
    assert _apply(cluster, namespace, yaml.safe_dump(catalog), "--field-manager=site")[0] == 0
    catalog["spec"]["template"]["spec"]["containers"][0]["image"] = "tongban:another"
    code, told = _apply(cluster, namespace, yaml.safe_dump(catalog), "--field-manager=somebody-else")
    assert code != 0
    assert 'conflict with "site"' in told
    assert ".image" in told


# ── Life ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_everything_is_there_after_an_install(cluster: ControlPlane, site: str) -> None:
    # All but the operators' place, which has nobody in it until one comes.
    wanted = {name: (0 if name == "tongban-operations" else 2) for name in _components("Deployment")}
    assert _replicas(cluster, site) == wanted
    assert all(_available(cluster, site).values())
    budgets = cluster.get("-n", site, "poddisruptionbudgets")["items"]
    assert [each["status"]["disruptionsAllowed"] for each in budgets] == [1] * (len(wanted) - 1)


def test_replicas_stand_on_different_nodes(cluster: ControlPlane, site: str) -> None:
    nodes: dict[str, set[str]] = {}
    for pod in cluster.get("-n", site, "pods", "--field-selector=status.phase=Running")["items"]:
        if "pod-template-hash" in pod["metadata"]["labels"]:
            nodes.setdefault(pod["metadata"]["generateName"], set()).add(pod["spec"]["nodeName"])
    assert nodes
    assert {name: len(found) for name, found in nodes.items()} == dict.fromkeys(nodes, 2)


def test_the_ticket_test_runs_as_a_pod_of_its_own(cluster: ControlPlane, site: str) -> None:
    told = cluster.helm("test", _RELEASE, "-n", site, "--timeout", "60s").stdout
    assert "Succeeded" in told  # by a node that runs nothing: test_node.py takes the ticket


def test_an_upgrade_is_rolled_out_and_back(cluster: ControlPlane, site: str) -> None:
    _helm(cluster, site, "upgrade", "--set", "site.logLevel=WARNING")
    assert _settings(cluster, site)["TONGBAN_LOG_LEVEL"] == "WARNING"
    # What is told by the environment reaches a process only when it is started again.
    assert _generation(cluster, site) == 2
    cluster.helm("rollback", _RELEASE, "1", "-n", site, "--wait", "--timeout", "120s")
    assert _settings(cluster, site)["TONGBAN_LOG_LEVEL"] == "INFO"
    assert _generation(cluster, site) == 3


def test_an_upgrade_beyond_the_quota_leaves_what_was(cluster: ControlPlane, site: str) -> None:
    before = _settings(cluster, site)
    more = ["--set", "defaults.replicas=9", "--set", "site.logLevel=DEBUG"]
    told = _helm(cluster, site, "upgrade", *more, "--atomic", "--timeout", "20s", check=False)
    assert "rolled back" in told, told
    refused = cluster.get("-n", site, "events", "--field-selector=reason=FailedCreate")["items"]
    assert any("exceeded quota: site" in each["message"] for each in refused)
    assert _settings(cluster, site) == before
    assert set(_replicas(cluster, site).values()) == {0, 2}


def test_a_node_can_be_emptied_without_anybody_being_away(cluster: ControlPlane, site: str) -> None:
    try:
        told = cluster.kubectl("drain", "fake-0", "--delete-emptydir-data", "--force", "--timeout=90s").stdout
        assert "drained" in told
        until(lambda: all(_available(cluster, site).values()), "the replicas to stand elsewhere")
        left = cluster.get("-n", site, "pods", "--field-selector=spec.nodeName=fake-0,status.phase=Running")
        assert left["items"] == []
    finally:
        cluster.kubectl("uncordon", "fake-0")


def test_after_an_uninstall_nothing_is_left(cluster: ControlPlane, site: str) -> None:
    cluster.helm("uninstall", _RELEASE, "-n", site, "--wait", "--timeout", "90s")
    # Helm keeps hooks until they run again; the other two are every namespace's.
    kept = {"ConfigMap/kube-root-ca.crt", "ServiceAccount/default", *_hooks(cluster, site)}
    until(lambda: _names(cluster, site) <= kept, "what the release's things had made to go with them")


def test_the_data_of_a_site_in_one_pod_outlive_its_release(cluster: ControlPlane, namespace: str) -> None:
    cluster.kubectl("apply", "--filename", "-", given=json.dumps(_volume()))
    try:
        values = ["--values", str(EXAMPLES / "township.yaml"), "--wait", "--timeout", "90s"]
        cluster.helm("install", _RELEASE, str(CHART), "-n", namespace, *values)
        cluster.helm("uninstall", _RELEASE, "-n", namespace, "--wait", "--timeout", "90s")
        claims = cluster.get("-n", namespace, "persistentvolumeclaims")["items"]
        assert [each["status"]["phase"] for each in claims] == ["Bound"]
    finally:
        cluster.kubectl("delete", "persistentvolumeclaims", "--all", "-n", namespace, "--wait=false")
        cluster.kubectl("delete", "persistentvolume", "township", "--wait=false")


# ── What stands there ────────────────────────────────────────────────────────────────────────────────────────────


def _components(kind: str) -> list[str]:
    components: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())["components"]
    ours = [name for name, each in components.items() if (each["shape"], each["kind"]) == ("services", kind)]
    return [f"{_RELEASE}-{name.replace('_', '-')}" for name in ours]


def _replicas(cluster: ControlPlane, namespace: str) -> dict[str, int]:
    deployments = cluster.get("-n", namespace, "deployments")["items"]
    return {each["metadata"]["name"]: each["spec"]["replicas"] for each in deployments}


def _names(cluster: ControlPlane, namespace: str, only: str = "") -> set[str]:
    kinds = "all,configmaps,secrets,poddisruptionbudgets,networkpolicies,ingresses,serviceaccounts"
    return {
        f"{each['kind']}/{each['metadata']['name']}"
        for each in cluster.get("-n", namespace, kinds)["items"]
        if not only or only in each["metadata"].get("annotations", {})
    }


def _hooks(cluster: ControlPlane, namespace: str) -> set[str]:
    return _names(cluster, namespace, only="helm.sh/hook")


def _settings(cluster: ControlPlane, namespace: str) -> dict[str, str]:
    found: dict[str, str] = cluster.get("-n", namespace, "configmap", f"{_RELEASE}-settings")["data"]
    return found


def _generation(cluster: ControlPlane, namespace: str) -> int:
    deployment = cluster.get("-n", namespace, "deployments")["items"][0]
    return int(deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"])


def _available(cluster: ControlPlane, namespace: str) -> dict[str, bool]:
    return {
        each["metadata"]["name"]: each["status"].get("availableReplicas", 0) == each["spec"]["replicas"]
        for each in cluster.get("-n", namespace, "deployments")["items"]
    }


def _volume() -> dict[str, Any]:
    """As a provisioner would make it."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": "township"},
        "spec": {
            "capacity": {"storage": "1Ti"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "local-path",
            "persistentVolumeReclaimPolicy": "Retain",
            "hostPath": {"path": "/nowhere"},
        },
    }
