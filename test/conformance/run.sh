#!/usr/bin/env bash
# Runs the conformance suite: real AgentOS servers of every covered Agno release, compared with and without the gateway.
# Needs only python3 with venv, and Node for the gateway. Arguments go to pytest, whose exit code is returned.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"

bash "$here/environments.sh"

# No bytecode in the source tree.
export PYTHONDONTWRITEBYTECODE=1
cd "$here"
exec "$root/.venvs/agno-3.1.10/bin/python" -m pytest -o cache_dir="$root/.venvs/.pytest_cache" "$@"
