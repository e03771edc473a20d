#!/usr/bin/env bash
# Runs A2A's own test kit (a2a-tck, mandatory tests, JSON-RPC) against an agent behind the gateway, and compares the
# failures with expected.json. The kit is on no registry, so give a checkout of each branch:
#   bash test/faces/a2a-tck/run.sh CHECKOUT_OF_0.3.x CHECKOUT_OF_main
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
if (($# != 2)); then
  sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}" >&2
  exit 64
fi

bash "$root/test/conformance/environments.sh"
bash "$root/test/conformance/environments.sh" "a2a-tck $here/requirements.txt"
export A2A_TCK_0_3="$1" A2A_TCK_MAIN="$2" PYTHONDONTWRITEBYTECODE=1
cd "$here/.."
exec "$root/.venvs/agno-3.1.10/bin/python" -m pytest -o cache_dir="$root/.venvs/.pytest_cache" -o addopts= -q a2a-tck/tck.py
