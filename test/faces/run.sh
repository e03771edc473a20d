#!/usr/bin/env bash
# Asks the faces with official clients, in front of real AgentOS of both releases. Arguments go to pytest.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
clients="$root/.venvs/faces-node"

bash "$root/test/conformance/environments.sh"

# JavaScript clients that nothing else needs; installed again only when their list changes.
if ! cmp -s "$here/package.json" "$clients/package.json"; then
  rm -rf "$clients"
  mkdir -p "$clients"
  cp "$here/package.json" "$clients/installing.json"
  (cd "$clients" && mv installing.json package.json && PATH="$root/node_modules/.bin:$PATH" npm install --no-audit --no-fund --silent) || { rm -rf "$clients"; exit 1; }
fi

export PYTHONDONTWRITEBYTECODE=1
cd "$here"
exec "$root/.venvs/agno-3.1.10/bin/python" -m pytest -o cache_dir="$root/.venvs/.pytest_cache" -o addopts= -q "$@"
