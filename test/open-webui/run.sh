#!/usr/bin/env bash
# Drives Open WebUI, the real program, in Chromium in front of the gateway's OpenAI face. It installs 1.8 GB, so
# `.ci/run` leaves it out. Needs Chromium and openssl on the path, and Python 3.11 or 3.12 with venv. Arguments go to vitest.
#
# SCREENSHOTS=DIR saves screenshots of the pages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

if [[ ! -x .venvs/open-webui/bin/open-webui ]]; then
  python3 -m venv .venvs/open-webui
  .venvs/open-webui/bin/pip install --quiet 'open-webui==0.12.4'
fi
exec npx vitest run --project open-webui "$@"
