#!/usr/bin/env bash
# Asks the faces with official clients, in front of real AgentOS of both releases. Arguments go to pytest.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"

bash "$root/test/conformance/environments.sh"
bash "$root/test/conformance/environments.sh" "faces-openai $here/requirements-openai.txt" \
  "faces-mcp-1 $here/mcp/requirements-1.txt" "faces-mcp-2 $here/mcp/requirements-2.txt"

# JavaScript clients that nothing else needs; installed again only when their list changes.
install_clients() {
  local list="$1" clients="$root/.venvs/$2"
  if cmp -s "$list" "$clients/package.json"; then
    return
  fi
  rm -rf "$clients"
  mkdir -p "$clients"
  cp "$list" "$clients/installing.json"
  (cd "$clients" && mv installing.json package.json && PATH="$root/node_modules/.bin:$PATH" npm install --no-audit --no-fund --silent) || { rm -rf "$clients"; exit 1; }
}
install_clients "$here/package.json" faces-node
install_clients "$here/mcp/package.json" faces-mcp-node

# Two readers of event streams that share one module name.
for reader in sseclient==0.0.27 sseclient-py==1.9.0; do
  place="$root/.venvs/${reader%%==*}"
  [[ "$(cat "$place/.stamp" 2>/dev/null)" == "$reader" ]] && continue
  rm -rf "$place"
  "$root/.venvs/agno-3.1.10/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --target "$place" "$reader"
  echo "$reader" > "$place/.stamp"
done

export PYTHONDONTWRITEBYTECODE=1
cd "$here"
exec "$root/.venvs/agno-3.1.10/bin/python" -m pytest -o cache_dir="$root/.venvs/.pytest_cache" -o addopts= -q "$@"
