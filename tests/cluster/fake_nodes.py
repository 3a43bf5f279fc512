"""Nodes that only say so (kwok): pods are scheduled, start and get ready at once, and nothing of them runs."""

from __future__ import annotations

import json
from typing import Final

from tests.cluster.control_plane import TOOLS, ControlPlane, until
from tests.servers.server import free_ports

_STAGES: Final = (
    "node/fast/node-initialize.yaml",
    "node/heartbeat-with-lease/node-heartbeat-with-lease.yaml",
    "pod/fast/pod-ready.yaml",
    "pod/fast/pod-complete.yaml",
    "pod/fast/pod-delete.yaml",
)
#: A pod that helm waits for as a test or a hook belongs to nobody who would end it.
_HOOKS_END: Final = """
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: helm-hook-pod-complete}
spec:
  resourceRef: {apiGroup: v1, kind: Pod}
  selector:
    matchExpressions:
      - {key: '.metadata.deletionTimestamp', operator: DoesNotExist}
      - {key: '.status.phase', operator: In, values: [Running]}
      - {key: '.metadata.annotations["helm.sh/hook"]', operator: Exists}
  next:
    statusTemplate: |
      {{ $now := Now }}
      containerStatuses:
      {{ range $index, $item := .spec.containers }}
      - image: {{ $item.image | Quote }}
        name: {{ $item.name | Quote }}
        ready: false
        restartCount: 0
        started: false
        state: {terminated: {exitCode: 0, finishedAt: {{ $now | Quote }}, reason: Completed, startedAt: {{ $now | Quote }}}}
      {{ end }}
      phase: Succeeded
"""
#: What a cloud does: the relay's door gets an address, which helm waits for.
_LOAD_BALANCER: Final = """
apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata: {name: service-load-balancer}
spec:
  resourceRef: {apiGroup: v1, kind: Service}
  selector:
    matchExpressions:
      - {key: '.spec.type', operator: In, values: [LoadBalancer]}
      - {key: '.status.loadBalancer.ingress', operator: DoesNotExist}
  next:
    patches:
      - subresource: status
        root: status
        template: |
          loadBalancer:
            ingress:
              - ip: 192.0.2.1
"""


def add_fake_nodes(cluster: ControlPlane, number: int = 3) -> None:
    """Adds so many, each in a zone of its own; returns when they are ready."""
    stages = cluster.folder / "stages.yaml"
    parts = [(TOOLS / "kwok-stages" / name).read_text() for name in _STAGES]
    stages.write_text("\n---\n".join([*parts, _HOOKS_END, _LOAD_BALANCER]))
    cluster.processes.start(
        "kwok", TOOLS / "kwok", "--kubeconfig", cluster.kubeconfig, "--manage-all-nodes=true", "--config", stages,
        "--node-lease-duration-seconds=40", "--server-address", f"127.0.0.1:{free_ports(1)[0]}",
    )  # fmt: skip
    room = {"cpu": "32", "memory": "256Gi", "ephemeral-storage": "1Ti", "pods": "110"}
    for index in range(number):
        name = f"fake-{index}"
        labels = {"hostname": name, "os": "linux", "arch": "amd64"}
        labels = {f"kubernetes.io/{key}": value for key, value in labels.items()}
        labels["topology.kubernetes.io/zone"] = f"zone-{index}"
        node = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": name, "labels": labels, "annotations": {"kwok.x-k8s.io/node": "fake"}},
            "status": {"allocatable": room, "capacity": room},
        }
        cluster.kubectl("apply", "--filename", "-", given=json.dumps(node))
    until(lambda: _ready(cluster) == number, f"{number} fake nodes")


def _ready(cluster: ControlPlane) -> int:
    nodes = cluster.get("nodes")["items"]
    conditions = [each for node in nodes for each in node["status"].get("conditions", [])]
    return sum(1 for each in conditions if each["type"] == "Ready" and each["status"] == "True")
