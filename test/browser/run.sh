#!/usr/bin/env bash
# Runs the browser tests: a headless Chromium that calls the gateway from web pages, with scripted and with real AgentOS behind it.
# Needs Chromium and openssl on the path, and python3 with venv for the servers. Arguments go to vitest.
#
# SCREENSHOTS=DIR keeps pictures of the pages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

bash test/conformance/environments.sh
exec npx vitest run --project browser "$@"
