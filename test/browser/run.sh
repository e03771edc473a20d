#!/usr/bin/env bash
# Runs the browser tests: pages in a headless Chromium call the gateway, with scripted and real AgentOS behind it.
# Needs Chromium and openssl on the path, and python3 with venv for the servers. Arguments go to vitest.
#
# SCREENSHOTS=DIR saves screenshots of the pages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

bash test/conformance/environments.sh
exec npx vitest run --project browser "$@"
