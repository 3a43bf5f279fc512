#!/usr/bin/env bash
# Puts what the chart is checked with into build/tools, each once: helm, the operators' resource definitions (CRDs), and
# the schema of compose files.
#
# From Go modules, as they can be had wherever Go's packages can; pinned, and quick the second time.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tools=$root/build/tools

HELM=v3.22.0
# What `helm lint` and `helm template` take for the cluster's version: 1.36.
KUBERNETES_MINOR=36
# module@version, folder in it, files.
DEFINITIONS="
github.com/cert-manager/cert-manager@v1.18.2 deploy/crds crd-certificates.yaml crd-issuers.yaml
sigs.k8s.io/gateway-api@v1.3.0 config/crd/standard gateway.networking.k8s.io_gateways.yaml gateway.networking.k8s.io_httproutes.yaml
sigs.k8s.io/gateway-api@v1.3.0 config/crd/experimental gateway.networking.k8s.io_tlsroutes.yaml
github.com/kedacore/keda/v2@v2.17.2 config/crd/bases keda.sh_scaledobjects.yaml keda.sh_triggerauthentications.yaml
github.com/prometheus-operator/prometheus-operator@v0.85.0 example/prometheus-operator-crd monitoring.coreos.com_servicemonitors.yaml monitoring.coreos.com_prometheusrules.yaml
github.com/compose-spec/compose-go/v2@v2.9.0 schema compose-spec.json
github.com/external-secrets/external-secrets@v0.19.2 config/crds/bases external-secrets.io_externalsecrets.yaml
"

mkdir -p "$tools/log"
exec 9> "$tools/.chart.lock"
flock 9   # two targets at once: the second finds what the first has made

# Code 3 says that it can't be done here, not that something failed.
need_go() { command -v go >/dev/null || { echo "chart: $1 comes from a Go module, and there is no \`go\`" >&2; exit 3; }; }

if [ ! -x "$tools/helm" ] || [ "$("$tools/helm" version --template '{{.Version}}')" != "$HELM" ]; then
  need_go helm
  echo "chart: building helm $HELM"
  # Unstamped, it takes the cluster for 1.20 and refuses newer charts.
  flags="-s -w -X helm.sh/helm/v3/internal/version.version=$HELM"
  for package in pkg/lint/rules pkg/chartutil; do
    flags+=" -X helm.sh/helm/v3/$package.k8sVersionMajor=1 -X helm.sh/helm/v3/$package.k8sVersionMinor=$KUBERNETES_MINOR"
  done
  GOBIN=$tools/.helm.part CGO_ENABLED=0 nice -n 19 go install -trimpath -ldflags "$flags" "helm.sh/helm/v3/cmd/helm@$HELM" \
    > "$tools/log/helm.log" 2>&1 || { tail -n 20 "$tools/log/helm.log" >&2; exit 1; }
  mv "$tools/.helm.part/helm" "$tools/helm"
  rmdir "$tools/.helm.part"
fi

if ! diff -q - "$tools/crds/.made-from" <<< "$DEFINITIONS" >/dev/null 2>&1; then
  need_go "the set of schemas"
  echo "chart: fetching the operators' resource definitions and compose's schema"
  rm -rf "$tools/crds.part" "$tools/crds"
  mkdir -p "$tools/crds.part"
  while read -r module folder files; do
    [ -n "$module" ] || continue
    found=$(cd / && go mod download -json "$module" | python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])')
    for file in $files; do install -m 644 "$found/$folder/$file" "$tools/crds.part/$file"; done
  done <<< "$DEFINITIONS"
  cat <<< "$DEFINITIONS" > "$tools/crds.part/.made-from"
  mv "$tools/crds.part" "$tools/crds"
fi
