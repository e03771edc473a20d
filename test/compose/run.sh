#!/usr/bin/env bash
# Runs composed teams and workflows over real AgentOS servers of two releases. Arguments go to vitest.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
bash "$root/test/conformance/environments.sh"
cd "$root"
exec npx vitest run --project compose "$@"
