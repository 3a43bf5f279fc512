"""The images of test-node as archives that containerd takes: the product in two releases, Kafka, the store, and pause.

``python -m tests.cluster.images``: made with whatever engine answers (tests/containers), outside of the node's own
namespaces, as building needs the package registries.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.cluster.real_node import PAUSE
from tests.containers.engine import ROOT, Engine, Missing, engine, install
from tests.containers.images import KAFKA, MONGO, PRODUCT, Images

ARCHIVES: Final = ROOT / "build" / "cluster" / "images"
#: The same code called by another name: what an upgrade changes for the cluster.
NEXT: Final = PRODUCT.replace(":current", ":next")
_PACKAGES: Final = {"containerd": "containerd", "iptables": "iptables", "runc": "runc", "catatonit": "catatonit"}
#: What holds a pod's namespaces; it reaps whom they leave.
_PAUSE: Final = """package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGCHLD)
	for each := range signals {
		if each != syscall.SIGCHLD {
			return
		}
		for {
			if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
				break
			}
		}
	}
}
"""


def make() -> None:
    """Makes what isn't there or has changed. Raises ``Missing``, ``RuntimeError``."""
    install([package for tool, package in _PACKAGES.items() if shutil.which(tool) is None])
    if not Path("/usr/lib/cni/bridge").exists():
        install(["containernetworking-plugins"])
    with engine() as found:
        images = Images(found)
        images.make_servers()
        images.make_product()
        _make_next(found)
        _make_pause(found)
        ARCHIVES.mkdir(parents=True, exist_ok=True)
        for name, tags in {"servers": (KAFKA, MONGO, PAUSE), "product": (PRODUCT, NEXT)}.items():
            _save(found, name, tags)


def _make_next(found: Engine) -> None:
    with tempfile.TemporaryDirectory(prefix="tongban-next-") as folder:
        Path(folder, "Dockerfile").write_text(f"FROM {PRODUCT}\nLABEL org.opencontainers.image.version=next\n")
        found.build(NEXT, Path(folder))


def _make_pause(found: Engine) -> None:
    if found.has(PAUSE):
        return
    with tempfile.TemporaryDirectory(prefix="tongban-pause-") as folder:
        Path(folder, "main.go").write_text(_PAUSE)
        command = ["go", "build", "-trimpath", "-ldflags", "-s -w", "-o", "pause", "main.go"]
        subprocess.run(["env", "CGO_ENABLED=0", *command], cwd=folder, check=True)
        Path(folder, "Dockerfile").write_text('FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause"]\n')
        found.build(PAUSE, Path(folder))


def _save(found: Engine, name: str, tags: tuple[str, ...]) -> None:
    """Several in one archive, so that what they share stands there once."""
    ids = "\n".join(found.run("inspect", "--format", "{{.Id}}", tag).strip() for tag in tags)
    archive, of = ARCHIVES / f"{name}.tar", ARCHIVES / f"{name}.ids"
    if archive.exists() and of.exists() and of.read_text() == ids:
        return
    archive.unlink(missing_ok=True)
    many = ["--multi-image-archive"] if found.name == "podman" else []
    found.run("save", *many, "--output", str(archive), *tags, timeout=900)
    of.write_text(ids)


if __name__ == "__main__":
    try:
        make()
    except Missing as reason:
        sys.stderr.write(f"test-node: SKIPPED: {reason}\n")
        raise SystemExit(77) from None
