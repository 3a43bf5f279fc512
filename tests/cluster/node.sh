#!/usr/bin/env bash
# `make test-node`: builds what a node runs on, then runs the tests on it in namespaces of their own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
skip() { echo "test-node: SKIPPED: $*" >&2; exit 0; }

[ "$(id -u)" = 0 ] || skip "a node needs root"
unshare --net --mount --pid --fork --mount-proc true 2>/dev/null || skip "this machine gives no namespaces (net, mount, pid)"
grep -q overlay /proc/filesystems || skip "this machine mounts no overlays"
# containerd 1.6, as Debian has it, and the kubelet's switch for the older kind of control groups.
[ -d /sys/fs/cgroup/memory ] || [ -f /sys/fs/cgroup/cgroup.controllers ] || skip "there are no control groups"

code=0
tests/cluster/gotools.sh etcd kube-apiserver kube-controller-manager kube-scheduler kubectl kubelet kube-proxy coredns || code=$?
[ "$code" != 77 ] || skip "there is no Go to build Kubernetes with"
[ "$code" = 0 ] || exit "$code"
tests/chart/tools.sh
# Outside: building images needs the package registries. 77: it said why it can't.
code=0
.venv/bin/python -m tests.cluster.images || code=$?
[ "$code" != 77 ] || exit 0
[ "$code" = 0 ] || exit "$code"
TONGBAN_TEST_TARGET=test-node exec tests/cluster/inside.sh .venv/bin/pytest tests/cluster/test_node.py "$@"
