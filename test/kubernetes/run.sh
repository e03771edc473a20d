#!/usr/bin/env bash
# Checks the Helm chart with Helm itself, the types of Kubernetes and a running gateway: `npm run test:kubernetes`.
# Needs Go (1.26 or later) and the Go module proxy; the builds are kept in .cache/kubernetes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

export PATH="$PATH:/usr/local/go/bin" GOTOOLCHAIN=local GOFLAGS=-mod=readonly CGO_ENABLED=0
command -v go >/dev/null || { echo 'test:kubernetes needs Go on the path'; exit 1; }

sources="$(cat test/kubernetes/tools/{go.mod,go.sum,main.go} <(go version) | sha256sum | cut -c1-16)"
TOOLS="$PWD/.cache/kubernetes/$sources"
export TOOLS
if [[ ! -x $TOOLS/helm || ! -x $TOOLS/tools ]]; then
  started=$SECONDS
  mkdir -p "$TOOLS"
  (cd test/kubernetes/tools && go build -trimpath -ldflags='-s -w' -o "$TOOLS/" . helm.sh/helm/v3/cmd/helm)
  echo "# built Helm and the validator in $((SECONDS - started)) s"
fi
echo "# Helm $("$TOOLS/helm" version --template '{{.Version}}')"
npx vitest run --project kubernetes "$@"
