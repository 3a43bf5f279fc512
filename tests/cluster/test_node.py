"""The chart on a real node of this machine: its pods run, take tickets, are killed and replaced by the next release.

Kafka and the store stand in pods, too. Not covered here: whether a network plugin enforces the NetworkPolicies,
ingress, volumes of a provisioner, and operators (deploy/examples).
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from cli.components import COMPONENTS
from tests.cluster import conftest
from tests.cluster.control_plane import ROOT, ControlPlane, say, until
from tests.cluster.images import ARCHIVES, NEXT
from tests.cluster.real_node import RealNode, missing_node
from tests.containers.images import KAFKA, MONGO, PRODUCT
from tests.faults.accounts import differences
from tests.faults.crowd import progress, under_load
from tests.faults.load import Ledger
from tests.integration.people import Town
from tests.servers import kafka, mongo
from tests.stack.hours import await_a_long_day, open_round_the_clock

pytestmark = pytest.mark.timeout(1500)

_HERE: Final = Path(__file__).parent
_CHART: Final = ROOT / "deploy" / "helm" / "tongban"
_RELEASE: Final = "tongban"
_SPACE: Final = "site"
_READY_SECONDS: Final = 420
#: How long the books may take until they balance: events that wait have their effect by themselves.
_DRAIN_SECONDS: Final = 120
#: What docs/operations/sizing.md says, in MB: a service, and the gateway.
_SERVICE_MB: Final = 90
_GATEWAY_MB: Final = 95
#: With so many tasks before each core, a call may outlast its deadline whatever becomes of replicas.
_OVERLOADED: Final = 10


@pytest.fixture(scope="session")
def plane() -> Iterator[ControlPlane]:
    """The cluster, its node ready."""
    if reason := missing_node():
        pytest.skip(reason)
    # Short, as sockets stand in it; nothing of it is anybody's but the namespaces' of this run.
    with tempfile.TemporaryDirectory(prefix="tb-node-", dir="/run", ignore_cleanup_errors=True) as folder:
        node = RealNode(Path(folder))
        try:
            begun = time.monotonic()
            node.start(sorted(ARCHIVES.glob("*.tar")))
            say(f"the node is ready after {time.monotonic() - begun:.0f} s")
            info = node.plane.get("nodes")["items"][0]["status"]["nodeInfo"]
            conftest.RAN_ON.append(
                f"Kubernetes {info['kubeletVersion']} with one real node ({info['containerRuntimeVersion']}), "
                f"Apache Kafka {kafka.VERSION} and SecantusDB {mongo.VERSION} (not MongoDB) in pods"
            )
            yield node.plane
        finally:
            node.stop()


@pytest.fixture(scope="session")
def address(plane: ControlPlane) -> Iterator[str]:
    """The site, installed and open round the clock: its gateways' Service."""
    try:
        _make_namespace(plane)
        _make_servers(plane)
        _make_keys(plane)
        _helm(plane, "install")
        say("the site is installed")
        place = plane.get("-n", _SPACE, "service", f"{_RELEASE}-gateway")["spec"]
        found = f"http://{place['clusterIP']}:{place['ports'][0]['port']}"
        _run_as_operator(plane, "seed")
        say("the sample is loaded")
        await_a_long_day()
        open_round_the_clock(found)
        yield found
    except BaseException:
        say(_told(plane))
        raise


@pytest.fixture(scope="session")
def town(address: str) -> Iterator[Town]:
    with closing(Town(address)) as people:
        yield people


@pytest.fixture(scope="session")
def ledger() -> Ledger:
    return Ledger()


# ── Tests ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_pod_runs_as_nobody_and_can_write_nothing(plane: ControlPlane, address: str) -> None:
    pod = _pods(plane, "catalog")[0]
    tried = plane.kubectl("-n", _SPACE, "exec", pod, "--", "sh", "-c", "id -u; touch /app/new", check=False)
    assert tried.stdout.strip() == "10001"
    assert "Read-only file system" in tried.stderr


def test_the_ticket_test_takes_a_ticket_through_the_service(plane: ControlPlane, address: str) -> None:
    # Every replica hears of a center's hours by an event of its own.
    told = until(lambda: _ticket_test(plane), "a ticket", 120)
    assert "Succeeded" in told
    assert "ticket" in told


def test_the_books_balance_after_pods_were_killed(
    plane: ControlPlane, address: str, town: Town, ledger: Ledger
) -> None:
    with under_load([town], ledger, random.Random(1)):
        for name in ("queuing", "gateway", "approval-routing"):
            pod = _pods(plane, name)[0]
            plane.kubectl("-n", _SPACE, "delete", "pod", pod, "--force", "--grace-period=0")
            _wait_for(plane, name)
            assert pod not in _pods(plane, name)
            progress(ledger, 4)
    _balance(town, ledger, "kills")


def test_no_process_takes_more_memory_than_is_planned_for(plane: ControlPlane, address: str) -> None:
    """Resident, with what it shares: after the load of the tests before, most of them since the installation."""
    found = {name: _resident_mb(plane, name) for name in [each.name.replace("_", "-") for each in COMPONENTS]}
    by_size = sorted(found.items(), key=lambda each: each[1])
    conftest.FOUND.append("memory: " + ", ".join(f"{name} {size:.0f} MB" for name, size in by_size))
    assert found.pop("gateway") <= _GATEWAY_MB
    assert max(found.values()) <= _SERVICE_MB, found


def test_a_rolling_upgrade_loses_nothing(plane: ControlPlane, address: str, town: Town, ledger: Ledger) -> None:
    before = ledger.done
    with _nobody_asks_again(plane, ledger), under_load([town], ledger, random.Random(2)):
        _helm(plane, "upgrade", "--set", "image.tag=next")
        _wait_until_all_have_left(plane)
    assert ledger.done > before
    pods = plane.get("-n", _SPACE, "pods", "--selector", "pod-template-hash", "--field-selector=status.phase=Running")
    ours = [each for each in pods["items"] if each["metadata"]["name"].startswith(_RELEASE)]
    leaving = [each for each in ours if each["metadata"].get("deletionTimestamp")]
    assert {each["spec"]["containers"][0]["image"] for each in ours if each not in leaving} == {NEXT}
    _balance(town, ledger, "the upgrade")


def test_a_rollback_loses_nothing_either(plane: ControlPlane, address: str, town: Town, ledger: Ledger) -> None:
    with _nobody_asks_again(plane, ledger), under_load([town], ledger, random.Random(3)):
        plane.helm("rollback", _RELEASE, "1", "-n", _SPACE, "--wait", "--timeout", f"{_READY_SECONDS}s")
        _wait_until_all_have_left(plane)
    assert {_image(plane, pod) for pod in _pods(plane, "gateway")} == {PRODUCT}
    _balance(town, ledger, "the roll-back")


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _make_namespace(plane: ControlPlane) -> None:
    labels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _SPACE, "labels": labels}}
    plane.kubectl("apply", "--filename", "-", given=json.dumps(namespace))
    until(lambda: plane.kubectl("-n", _SPACE, "get", "serviceaccount", "default", check=False).returncode == 0, "it")


def _make_servers(plane: ControlPlane) -> None:
    manifests = (_HERE / "servers.yaml").read_text().replace("KAFKA_IMAGE", KAFKA).replace("MONGO_IMAGE", MONGO)
    plane.kubectl("-n", _SPACE, "apply", "--filename", "-", given=manifests)
    plane.kubectl("-n", _SPACE, "rollout", "status", "deployment/kafka", f"--timeout={_READY_SECONDS}s")
    plane.kubectl("-n", _SPACE, "rollout", "status", "deployment/documents", "--timeout=60s")


def _make_keys(plane: ControlPlane) -> None:
    """As docs/operations tells: made on the operator's machine, given to the cluster as a Secret."""
    with tempfile.TemporaryDirectory() as folder:
        tongban = Path(sys.executable).with_name("tongban")
        subprocess.run([tongban, "keys", "--data", folder], check=True, capture_output=True)
        files = [
            f"--from-file={Path(folder, 'secrets', name)}" for name in ("actor.pem", "actor.pub.pem", "site.secret")
        ]
        plane.kubectl("-n", _SPACE, "create", "secret", "generic", "tongban-keys", *files)


def _helm(plane: ControlPlane, verb: str, *options: str) -> None:
    values = [
        "--values",
        str(_HERE / "node-values.yaml"),
        "--wait",
        "--wait-for-jobs",
        "--timeout",
        f"{_READY_SECONDS}s",
    ]
    plane.helm(verb, _RELEASE, str(_CHART), "-n", _SPACE, *values, *options)


def _run_as_operator(plane: ControlPlane, *command: str) -> None:
    """`tongban …` in the operators' place, which is empty before and afterwards."""
    place = f"deployment/{_RELEASE}-operations"
    plane.kubectl("-n", _SPACE, "scale", place, "--replicas=1")
    plane.kubectl("-n", _SPACE, "rollout", "status", place, f"--timeout={_READY_SECONDS}s")
    plane.kubectl("-n", _SPACE, "exec", place, "--", "tongban", *command)
    plane.kubectl("-n", _SPACE, "scale", place, "--replicas=0")


def _ticket_test(plane: ControlPlane) -> str:
    done = plane.helm("test", _RELEASE, "-n", _SPACE, "--logs", "--timeout", "180s", check=False)
    say(f"helm test: {(done.stdout + done.stderr).strip().splitlines()[-1]}")
    return done.stdout if done.returncode == 0 else ""


def _wait_for(plane: ControlPlane, name: str) -> None:
    deployment = f"deployment/{_RELEASE}-{name}"
    plane.kubectl("-n", _SPACE, "rollout", "status", deployment, f"--timeout={_READY_SECONDS}s")


def _wait_until_all_have_left(plane: ControlPlane) -> None:
    """Helm is content with who has come; the last of those who go are still on their way."""

    def all_have() -> bool:
        pods = plane.get("-n", _SPACE, "pods", "--selector", "pod-template-hash")["items"]
        return not [each for each in pods if each["metadata"].get("deletionTimestamp")]

    until(all_have, "the last of the old pods to end", 120)


@contextmanager
def _nobody_asks_again(plane: ControlPlane, ledger: Ledger) -> Iterator[None]:
    """Every request is answered the first time; one that took too long is excused where others keep the machine busy."""
    before = len(ledger.losses)
    yield
    lost = ledger.losses[before:]
    load = max(os.getloadavg()[:2]) / (os.cpu_count() or 1)
    late = [each for each in lost if '"service_timeout"' in each]
    if late and load > _OVERLOADED:
        told = f"{len(late)} requests outlasted their deadline and were sent again"
        conftest.FOUND.append(f"{told}, with {load:.0f} tasks before each core")
        lost = [each for each in lost if each not in late]
    if lost:
        say(_told(plane))
    assert not lost, "\n".join([f"{len(lost)} requests had to be sent again:", *lost])


def _pods(plane: ControlPlane, name: str) -> list[str]:
    deployment = plane.get("-n", _SPACE, "deployment", f"{_RELEASE}-{name}")
    labels = ",".join(f"{key}={value}" for key, value in deployment["spec"]["selector"]["matchLabels"].items())
    found = plane.get("-n", _SPACE, "pods", "--selector", labels)["items"]
    return [each["metadata"]["name"] for each in found if not each["metadata"].get("deletionTimestamp")]


def _resident_mb(plane: ControlPlane, name: str) -> float:
    pod = _pods(plane, name)[0]
    status = plane.kubectl("-n", _SPACE, "exec", pod, "--", "cat", "/proc/1/status").stdout
    (line,) = (each for each in status.splitlines() if each.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def _image(plane: ControlPlane, pod: str) -> str:
    return str(plane.get("-n", _SPACE, "pod", pod)["spec"]["containers"][0]["image"])


def _balance(town: Town, ledger: Ledger, what: str) -> None:
    """The books say what was acknowledged, once the backlog has drained; fails with the last differences."""
    last: list[str] = []

    def balanced() -> bool:
        nonlocal last
        try:
            last = differences(town, ledger)
        except (AssertionError, httpx.TransportError) as error:  # a pod that has just gone was asked
            last = [f"the books can't be read: {error}"]
        return not last

    try:
        until(balanced, "the books to balance", _DRAIN_SECONDS)
    except AssertionError:
        raise AssertionError("\n".join(last)) from None
    visits, again = ledger.counted["tickets"], len(ledger.losses)
    conftest.FOUND.append(f"after {what}: {visits} visits balance; {again} requests were sent again so far")


def _told(plane: ControlPlane) -> str:
    """What is worth reading when a site doesn't come up."""
    pods = plane.kubectl("-n", _SPACE, "get", "pods", "--output", "wide", check=False).stdout
    events = plane.kubectl("-n", _SPACE, "get", "events", "--sort-by=.lastTimestamp", check=False).stdout
    parts = [pods, "\n".join(events.splitlines()[-25:])]
    for line in pods.splitlines()[1:]:
        name, ready = line.split()[:2]
        if ready.startswith("0/"):
            logs = plane.kubectl("-n", _SPACE, "logs", name, "--tail=15", check=False)
            parts.append(f"── {name}\n{logs.stdout}{logs.stderr}")
    return "\n".join(parts)
