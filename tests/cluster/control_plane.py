"""A real Kubernetes API on this machine: etcd, API server, controllers and scheduler, with credentials of their own.

Everything stands in one folder and listens to one address; nothing of it outlives the process that started it.
"""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from tests.servers.server import free_ports

ROOT: Final = Path(__file__).resolve().parents[2]
TOOLS: Final = ROOT / "build" / "tools"
#: What `make` has built; see gotools.sh.
NEEDED: Final = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "helm")
_SERVICES: Final = "10.96.0.0/16"
_READY_SECONDS: Final = 90.0
_PR_SET_PDEATHSIG: Final = 1


def missing(tools: Sequence[str] = NEEDED) -> str:
    """Why no cluster can run here; empty where one can."""
    if lacking := [name for name in tools if not (TOOLS / name).exists()]:
        return f"{', '.join(lacking)}: not in build/tools (tests/cluster/gotools.sh builds them, with Go)"
    return "" if shutil.which("openssl") else "there is no `openssl` to make the cluster's credentials with"


def until(look: Callable[[], Any], what: str, patience: float = _READY_SECONDS) -> Any:
    """Looks again until there is something. Raises ``AssertionError`` with what was waited for."""
    end = time.monotonic() + patience
    while not (found := look()):
        assert time.monotonic() < end, f"waited {patience:.0f} s for {what}"
        time.sleep(0.2)
    return found


def say(text: str) -> None:
    """A line for who waits."""
    sys.stderr.write(f"cluster: {text}\n")


class Processes:
    """Background processes with a log each; they go with this process, however that ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *command: str | Path) -> None:
        """Starts one; what it says goes to ``<name>.log``."""
        with self.log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                [str(part) for part in command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,
            )

    def log(self, name: str) -> Path:
        """What one says."""
        return self.folder / f"{name}.log"

    def check(self, name: str) -> None:
        """Raises ``AssertionError`` with its last words when one has ended."""
        if self._running[name].poll() is not None:
            raise AssertionError(f"{name} ended:\n{self.log(name).read_text(errors='replace')[-3000:]}")

    def stop(self) -> None:
        """Ends all, the last started first."""
        for process in reversed(self._running.values()):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._running.clear()


def _die_with_parent() -> None:
    os.setpgrp()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class ControlPlane:
    """The API and what works on it; ``address`` is where it listens and is told to be."""

    def __init__(self, folder: Path, address: str = "127.0.0.1", *, endpoints: bool = False) -> None:
        self.folder = folder
        self.address = address
        self.kubeconfig = folder / "kubeconfig"
        self.processes = Processes(folder)
        #: Whether the Service `kubernetes` leads to it: for pods that run.
        self._endpoints = endpoints
        self._port, self._etcd, self._peer, self._controllers, self._scheduler = free_ports(5)

    # ── Life ─────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Returns when the API answers and namespaces get what belongs to them."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._make_credentials()
        self._start_etcd()
        self._start_api()
        until(self._is_ready, "the API server")
        own = ["--kubeconfig", str(self.kubeconfig), "--leader-elect=false", "--bind-address", "127.0.0.1"]
        self.processes.start(
            "kube-controller-manager", TOOLS / "kube-controller-manager", *own,
            "--secure-port", str(self._controllers), "--cert-dir", self.folder / "certs-controllers",
            "--service-account-private-key-file", "sa.key", "--root-ca-file", "ca.crt", "--use-service-account-credentials",
            "--cluster-signing-cert-file", "ca.crt", "--cluster-signing-key-file", "ca.key",
            # A node that is gone is noticed within a test's patience.
            "--node-monitor-grace-period", "30s",
        )  # fmt: skip
        self.processes.start(
            "kube-scheduler", TOOLS / "kube-scheduler", *own,
            "--secure-port", str(self._scheduler), "--cert-dir", self.folder / "certs-scheduler",
        )  # fmt: skip
        until(lambda: self.kubectl("get", "serviceaccount", "default", check=False).returncode == 0, "the controllers")

    def stop(self) -> None:
        """Ends everything; the folder stays for whoever wants to read logs."""
        self.processes.stop()

    def _start_etcd(self) -> None:
        client, peer = f"http://127.0.0.1:{self._etcd}", f"http://127.0.0.1:{self._peer}"
        self.processes.start(
            "etcd", TOOLS / "etcd", "--data-dir", self.folder / "etcd", "--log-level", "warn",
            "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
            # This cluster lives for minutes: nothing of it must survive a power cut.
            "--unsafe-no-fsync",
        )  # fmt: skip

    def _start_api(self) -> None:
        self.processes.start(
            "kube-apiserver", TOOLS / "kube-apiserver", "--etcd-servers", f"http://127.0.0.1:{self._etcd}",
            "--bind-address", self.address, "--advertise-address", self.address, "--secure-port", str(self._port),
            "--endpoint-reconciler-type", "master-count" if self._endpoints else "none",
            "--tls-cert-file", "api.crt", "--tls-private-key-file", "api.key", "--client-ca-file", "ca.crt",
            "--authorization-mode", "Node,RBAC", "--allow-privileged", "--service-cluster-ip-range", _SERVICES,
            "--kubelet-client-certificate", "admin.crt", "--kubelet-client-key", "admin.key",
            "--kubelet-preferred-address-types", "InternalIP",
            "--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", "sa.key",
            "--service-account-signing-key-file", "sa.key", "--cert-dir", self.folder / "certs",
        )  # fmt: skip

    def _is_ready(self) -> bool:
        self.processes.check("kube-apiserver")
        return self.kubectl("get", "--raw", "/readyz", check=False).returncode == 0

    # ── Credentials ──────────────────────────────────────────────────────────────────────────────────────────

    def _make_credentials(self) -> None:
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
        self._openssl("req", "-x509", *key, "-days", "2", "-subj", "/CN=test", "-keyout", "ca.key", "-out", "ca.crt")
        self._openssl("genrsa", "-out", "sa.key", "2048")
        names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
        places = ["127.0.0.1", "10.96.0.1", self.address]
        also = ",".join([f"IP:{place}" for place in places] + [f"DNS:{name}" for name in names])
        self.certificate("api", "/CN=kube-apiserver", f"subjectAltName={also}")
        self.certificate("admin", "/O=system:masters/CN=admin", "extendedKeyUsage=clientAuth")
        self.write_kubeconfig(self.kubeconfig, "admin")

    def certificate(self, name: str, subject: str, extensions: str) -> None:
        """``<name>.key`` and ``<name>.crt``, signed by the cluster's authority."""
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"]
        self._openssl("req", *key, "-subj", subject, "-keyout", f"{name}.key", "-out", f"{name}.csr")
        Path(self.folder, f"{name}.ext").write_text(extensions + "\n")
        authority = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"]
        self._openssl(
            "x509", "-req", "-in", f"{name}.csr", *authority, "-out", f"{name}.crt", "-extfile", f"{name}.ext"
        )

    def write_kubeconfig(self, path: Path, user: str) -> None:
        """How somebody with a certificate reaches the API."""
        server = {"server": f"https://{self.address}:{self._port}", "certificate-authority": "ca.crt"}
        who = {"client-certificate": f"{user}.crt", "client-key": f"{user}.key"}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "test", "cluster": server}],
            "users": [{"name": user, "user": who}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": user}}],
        }
        path.write_text(json.dumps(config))

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"openssl {arguments[0]}: {done.stderr}"

    # ── Use ──────────────────────────────────────────────────────────────────────────────────────────────────

    def kubectl(self, *arguments: str, given: str = "", check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs kubectl; ``given`` is its input. Raises ``AssertionError`` with its complaint."""
        return self._tool("kubectl", arguments, given, check)

    def helm(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Runs helm. Raises ``AssertionError`` with its complaint."""
        return self._tool("helm", arguments, "", check)

    def get(self, *arguments: str) -> Any:
        """What `kubectl get` knows, as data."""
        return json.loads(self.kubectl("get", *arguments, "--output", "json").stdout)

    def _tool(self, tool: str, arguments: Sequence[str], given: str, check: bool) -> subprocess.CompletedProcess[str]:
        homes = {name: str(self.folder / "helm") for name in ("HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME")}
        done = subprocess.run(
            [TOOLS / tool, *arguments],
            env={**os.environ, **homes, "KUBECONFIG": str(self.kubeconfig)},
            input=given,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0 or not check, (
            f"{tool} {' '.join(arguments)[:200]}:\n{(done.stdout + done.stderr)[-4000:]}"
        )
        return done
