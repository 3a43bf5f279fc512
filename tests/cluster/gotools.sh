#!/usr/bin/env bash
# Builds the pinned Go tools that the deeper tests run on into build/tools, each once: gotools.sh NAME...
#
# From source, as modules are what a machine without the projects' own download sites can still get. Each is built
# in a small module of our own that requires it: `go install` refuses modules that replace others, and most of these do.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
tools=$root/build/tools

KUBERNETES=v1.36.3
ETCD=v3.6.5
KWOK=v0.8.0
COREDNS=v1.12.4
COMPOSE=v2.40.3

say() { echo "gotools: $*" >&2; }
die() { say "$*"; exit 1; }

# build NAME VERSION PACKAGE LDFLAGS, in the module of the present folder; swapped in whole, with its version beside it.
build() {
  local name=$1 version=$2 package=$3 flags=$4 begun=$SECONDS
  say "building $name $version"
  # nice: whoever works on this machine meanwhile comes first.
  CGO_ENABLED=0 nice -n 19 go build -mod=mod -trimpath -ldflags "-s -w $flags" -o "$tools/$name.part" "$package" \
    > "$tools/log/$name.log" 2>&1 || { tail -n 20 "$tools/log/$name.log" >&2; die "$name $version could not be built"; }
  mv "$tools/$name.part" "$tools/$name"
  echo "$version" > "$tools/$name.version"
  say "$name $version built in $((SECONDS - begun)) s"
}

module() { # FOLDER: a module of our own to build in, with the requirements and replacements of stdin
  mkdir -p "$tools/src/$1"; cd "$tools/src/$1"
  local new; new=$(printf 'module example.invalid/%s\n\ngo 1.26\n\n' "$1"; cat)
  # Kept while it says the same: `go build` has written its sums into it.
  [ "$(cat .wanted 2>/dev/null)" = "$new" ] || { rm -f go.sum; echo "$new" > go.mod; echo "$new" > .wanted; }
}

required() { # MODULE VERSION: its path in the module cache, fetched where it isn't there
  go mod download -json "$1@$2" | python3 -c 'import json, sys; print(json.load(sys.stdin)["GoMod"])'
}

# Kubernetes requires its own parts as v0.0.0 and replaces them by folders; outside of its tree they are modules of
# their own, whose version follows from its own (v1.36.3: v0.36.3).
kubernetes_parts() {
  go mod edit -json "$(required k8s.io/kubernetes "$KUBERNETES")" | python3 -c '
import json, sys
version, parts = sys.argv[1], json.load(sys.stdin)
folders = {each["Old"]["Path"] for each in parts.get("Replace") or [] if each["New"]["Path"].startswith("./staging/")}
folders |= {each["Path"] for each in parts["Require"] if each["Version"] == "v0.0.0"}
print(f"require k8s.io/kubernetes {version}\n")
for path in sorted(folders):
    print(f"replace {path} => {path} v0.{version.removeprefix(chr(118) + str(1) + chr(46))}")
' "$KUBERNETES"
}

kubernetes() {
  local flags="" minor=${KUBERNETES#v1.}
  # Unstamped, it calls itself v0.0.0-master, and charts that ask for a version are refused.
  for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=$KUBERNETES -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*}"
    flags+=" -X $package.gitTreeState=clean -X $package.buildDate=1970-01-01T00:00:00Z"
  done
  kubernetes_parts | module kubernetes
  cd "$tools/src/kubernetes"
  build "$1" "$KUBERNETES" "k8s.io/kubernetes/cmd/$1" "$flags"
}

# Only the three plugins that the test's zone needs: all of them take in half of every cloud's client.
coredns() {
  echo "require github.com/coredns/coredns $COREDNS" | module coredns
  cd "$tools/src/coredns"
  cat > main.go <<'GO'
package main

import (
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/kubernetes"
)

func main() {
	coremain.Run()
}
GO
  build coredns "$COREDNS" . ""
}

compose() {
  local parts
  parts=$(go mod edit -json "$(required github.com/docker/compose/v2 "$COMPOSE")" | python3 -c '
import json, sys
for each in json.load(sys.stdin).get("Replace") or []:
    old, new = each["Old"], each["New"]
    if "Version" in new:
        print("replace", old["Path"], old.get("Version", ""), "=>", new["Path"], new["Version"])
')
  printf 'require github.com/docker/compose/v2 %s\n\n%s\n' "$COMPOSE" "$parts" | module compose
  cd "$tools/src/compose"
  build docker-compose "$COMPOSE" github.com/docker/compose/v2/cmd \
    "-X github.com/docker/compose/v2/internal.Version=$COMPOSE"
}

one() {
  case $1 in
    kube-apiserver | kube-controller-manager | kube-scheduler | kube-proxy | kubelet | kubectl) kubernetes "$1" ;;
    etcd) echo "require go.etcd.io/etcd/server/v3 $ETCD" | module etcd; cd "$tools/src/etcd"
          build etcd "$ETCD" go.etcd.io/etcd/server/v3 "" ;;
    kwok) echo "require sigs.k8s.io/kwok $KWOK" | module kwok; cd "$tools/src/kwok"
          build kwok "$KWOK" sigs.k8s.io/kwok/cmd/kwok ""
          # The stages of fake nodes and pods: data beside the code, which only the module's folder has.
          rm -rf "$tools/kwok-stages"; cp -r "$(go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize/stage" "$tools/kwok-stages"
          chmod -R u+w "$tools/kwok-stages" ;;
    coredns) coredns ;;
    docker-compose) compose ;;
    *) die "no recipe for $1" ;;
  esac
}

wanted() { # NAME: the version that its recipe pins
  case $1 in
    kube* ) echo "$KUBERNETES" ;; etcd) echo "$ETCD" ;; kwok) echo "$KWOK" ;;
    coredns) echo "$COREDNS" ;; docker-compose) echo "$COMPOSE" ;; *) die "no recipe for $1" ;;
  esac
}

mkdir -p "$tools/log" "$tools/src"
exec 9> "$tools/.gotools.lock"
flock 9   # two targets at once: the second finds what the first has built
for name in "$@"; do
  [ -x "$tools/$name" ] && [ "$(cat "$tools/$name.version" 2>/dev/null)" = "$(wanted "$name")" ] && continue
  # 77: not here; the targets say so and test nothing.
  command -v go >/dev/null || { say "building $name needs Go, and there is no \`go\`"; exit 77; }
  (one "$name")
done
