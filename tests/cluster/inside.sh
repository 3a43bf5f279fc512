#!/usr/bin/env bash
# Runs a command in namespaces of its own (net, mount, pid): inside.sh COMMAND...
#
# Whatever it starts, mounts or listens on goes with its first process, however that ends: a kubelet leaves hundreds of
# mounts, shims and containers behind otherwise.
set -euo pipefail
# An init reaps who loses their parent; mounts spread within (to pods), never out of here.
exec unshare --net --mount --pid --fork --kill-child --mount-proc --propagation private \
  bash -c 'mount --make-rshared / && TONGBAN_TEST_INSIDE=yes exec catatonit -- "$@"' inside "$@"
