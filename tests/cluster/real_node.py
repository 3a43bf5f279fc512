"""One real node on this machine: containerd, kubelet, kube-proxy and a resolver, whose pods run.

It must stand in namespaces of its own (net, mount, pid): `inside.sh` makes them, and whatever runs or is mounted there
goes with its first process. Only empty control groups are left, and removed here.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.cluster.control_plane import NEEDED, ROOT, TOOLS, ControlPlane, missing, until

NODE: Final = "node-0"
ADDRESS: Final = "10.200.0.1"
_PODS: Final = "10.201.0.0/24"
#: containerd keeps unpacked images here; all else of a run goes.
CONTENT: Final = ROOT / "build" / "cluster" / "containerd"
PAUSE: Final = "localhost/tongban-test/pause:3"
_TOOLS: Final = (*NEEDED, "kubelet", "kube-proxy", "coredns")
_PLUGINS: Final = Path("/usr/lib/cni")
_GROUPS: Final = Path("/sys/fs/cgroup")
#: Of all pods here, below every controller: told from those of a kubelet that this machine may have.
_GROUP: Final = "tongban-test"


def missing_node() -> str:
    """Why no node can run here; empty where one can."""
    if reason := missing(_TOOLS):
        return reason
    if os.environ.get("TONGBAN_TEST_INSIDE") != "yes" or Path("/proc/1/comm").read_text().strip() != "catatonit":
        return "a node needs namespaces of its own: tests/cluster/inside.sh makes them"
    if lacking := [name for name in ("containerd", "ctr", "runc", "iptables", "ip") if shutil.which(name) is None]:
        return f"{', '.join(lacking)}: not installed"
    return "" if (_PLUGINS / "bridge").exists() else f"no network plugins in {_PLUGINS}"


class RealNode:
    """The cluster with its one node."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.plane = ControlPlane(folder, ADDRESS, endpoints=True)
        self._socket = folder / "containerd.sock"

    def start(self, archives: Sequence[Path]) -> None:
        """Starts all of it with these images; returns when the node is ready."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._make_network()
        self._make_groups()
        self._start_containerd()
        for archive in archives:
            self._import(archive)
        self.plane.start()
        self._start_kubelet()
        self._start_resolver()
        self.plane.processes.start(
            "kube-proxy", TOOLS / "kube-proxy", "--kubeconfig", self.plane.kubeconfig, "--hostname-override", NODE,
            "--proxy-mode", "iptables", "--cluster-cidr", _PODS,
            # The table of connections is the machine's: its size isn't ours to change.
            "--conntrack-max-per-core", "0", "--conntrack-tcp-timeout-established", "0",
            "--conntrack-tcp-timeout-close-wait", "0",
        )  # fmt: skip
        until(self._is_ready, "the node", 120)

    def stop(self) -> None:
        """Ends all of it at once: whoever is in this process's own namespace, pods and all, but for itself."""
        assert not missing_node(), "only in a namespace of its own: everybody in it is ended"
        os.kill(-1, signal.SIGKILL)
        self.plane.stop()
        # Else what is mounted keeps the folder from being removed before the namespace goes.
        places = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for place in sorted((each for each in places if each.startswith(f"{self.folder}/")), reverse=True):
            subprocess.run(["umount", "--lazy", place], capture_output=True, check=False)
        for group in sorted(_GROUPS.glob(f"*/{_GROUP}/**/"), key=lambda each: -len(each.parts)):
            with contextlib.suppress(AssertionError):
                until(lambda group=group: _removed(group), "a control group to empty", 5)  # type: ignore[misc]

    # ── Parts ────────────────────────────────────────────────────────────────────────────────────────────────

    def _make_network(self) -> None:
        """A bridge that the API listens on, with a way out that leads nowhere: services are told from nothing else."""
        for command in (
            ["link", "set", "lo", "up"],
            ["link", "add", "outside", "type", "bridge"],
            ["addr", "add", f"{ADDRESS}/24", "dev", "outside"],
            ["link", "set", "outside", "up"],
            ["route", "add", "default", "dev", "outside"],
        ):
            subprocess.run(["ip", *command], check=True)
        Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
        bridged = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
        if bridged.exists():
            bridged.write_text("1")
        plugins = self.folder / "network"
        plugins.mkdir(exist_ok=True)
        addresses = {
            "type": "host-local",
            "dataDir": str(self.folder / "addresses"),
            "ranges": [[{"subnet": _PODS}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        }
        bridge = {"type": "bridge", "bridge": "pods", "isGateway": True, "ipMasq": True, "hairpinMode": True}
        network = {"cniVersion": "1.0.0", "name": "pods", "plugins": [{**bridge, "ipam": addresses}]}
        (plugins / "10-pods.conflist").write_text(json.dumps(network))

    def _make_groups(self) -> None:
        for controller in _GROUPS.iterdir():
            if (controller / "cgroup.procs").exists() and controller.is_dir() and not controller.is_symlink():
                (controller / _GROUP).mkdir(exist_ok=True)
                # A new group of processors has none until it is told.
                for name in ("cpuset.cpus", "cpuset.mems"):
                    if (controller / name).exists() and (controller / _GROUP / name).exists():
                        (controller / _GROUP / name).write_text((controller / name).read_text())

    def _start_containerd(self) -> None:
        CONTENT.mkdir(parents=True, exist_ok=True)
        (self.folder / "containerd.toml").write_text(f"""
version = 2
root = "{CONTENT}"
state = "{self.folder}/containerd"
[grpc]
  address = "{self._socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{_PLUGINS}"
    conf_dir = "{self.folder}/network"
""")
        self.plane.processes.start("containerd", "containerd", "--config", self.folder / "containerd.toml")
        until(lambda: self._ctr("version", check=False).returncode == 0, "containerd")
        # What a run that was killed had made: this store is nobody else's.
        for kind, remove in (("tasks", ["rm", "--force"]), ("containers", ["rm"])):
            for name in self._ctr(kind, "ls", "--quiet").stdout.split():
                self._ctr(kind, *remove, name, check=False)

    def _import(self, archive: Path) -> None:
        """Once for each state of the archive."""
        done = CONTENT / f"{archive.name}.imported"
        state = str(archive.stat().st_mtime_ns)
        if done.exists() and done.read_text() == state:
            return
        self._ctr("images", "import", str(archive))
        done.write_text(state)

    def _ctr(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = ["ctr", "--address", str(self._socket), "--namespace", "k8s.io", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0 or not check, f"ctr {' '.join(arguments)}: {done.stderr}"
        return done

    def _start_kubelet(self) -> None:
        self.plane.certificate(
            "kubelet",
            f"/O=system:nodes/CN=system:node:{NODE}",
            f"extendedKeyUsage=clientAuth,serverAuth\nsubjectAltName=IP:{ADDRESS},DNS:{NODE}",
        )
        self.plane.write_kubeconfig(self.folder / "kubelet.kubeconfig", "kubelet")
        configuration = {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(self.folder / "ca.crt")},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": str(self.folder / "kubelet.crt"),
            "tlsPrivateKeyFile": str(self.folder / "kubelet.key"),
            "containerRuntimeEndpoint": f"unix://{self._socket}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{_GROUP}",
            "failCgroupV1": False,
            "failSwapOn": False,
            "oomScoreAdj": 0,
            "healthzPort": 0,
            "clusterDomain": "cluster.local",
            "clusterDNS": [ADDRESS],
            "resolvConf": "",
            "podLogsDir": str(self.folder / "logs"),
            # The machine's disk is its owner's: nothing is put out because others have filled it.
            "imageGCHighThresholdPercent": 100,
            "evictionHard": {"memory.available": "50Mi"},
            "registryPullQPS": 0,
        }
        (self.folder / "kubelet.json").write_text(json.dumps(configuration))
        self.plane.processes.start(
            "kubelet", TOOLS / "kubelet", "--config", self.folder / "kubelet.json",
            "--kubeconfig", self.folder / "kubelet.kubeconfig", "--root-dir", self.folder / "kubelet",
            "--hostname-override", NODE, "--node-ip", ADDRESS, "--cert-dir", self.folder / "kubelet-certs",
        )  # fmt: skip

    def _start_resolver(self) -> None:
        zone = f"kubernetes cluster.local {{\n  kubeconfig {self.plane.kubeconfig} test\n }}"
        (self.folder / "Corefile").write_text(f".:53 {{\n bind {ADDRESS}\n errors\n {zone}\n}}\n")
        self.plane.processes.start("coredns", TOOLS / "coredns", "-conf", self.folder / "Corefile")

    def _is_ready(self) -> bool:
        for name in ("containerd", "kubelet", "coredns"):
            self.plane.processes.check(name)
        asked = self.plane.kubectl("get", "node", NODE, "--output", "json", check=False)
        if asked.returncode:
            return False
        conditions = json.loads(asked.stdout)["status"].get("conditions", [])
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _removed(group: Path) -> bool:
    with contextlib.suppress(OSError):
        group.rmdir()
    return not group.exists()
