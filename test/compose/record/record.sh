#!/usr/bin/env bash
# Records test/fixtures/composed/*.generated.json from real AgentOS of both releases. Argument: one release. Default: both.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
root="$(cd ../../.. && pwd)"
bash "$root/test/conformance/environments.sh"
directory="$(mktemp -d)"
children=()
stop() {
  kill "${children[@]}" 2>/dev/null || true
  children=()
}
trap 'stop; rm -rf "$directory"' EXIT

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

wait_for() {
  for _ in $(seq 200); do
    curl --fail --silent --output /dev/null "$1/health" && return
    sleep 0.2
  done
  echo "$1 does not answer" >&2
  return 1
}

record() {
  local bin="$root/.venvs/$1/bin" model os
  model="$(free_port)"
  os="$(free_port)"
  export MODEL_URL="http://127.0.0.1:$model" DB="$directory/$1.db" AGNO_TELEMETRY=false PYTHONDONTWRITEBYTECODE=1
  "$bin/uvicorn" model:app --port "$model" --log-level warning &
  children+=($!)
  "$bin/uvicorn" composed_os:app --port "$os" --log-level warning &
  children+=($!)
  wait_for "http://127.0.0.1:$model"
  wait_for "http://127.0.0.1:$os"
  "$bin/python" record.py "http://127.0.0.1:$os" "$root/test/fixtures/composed/$1.generated.json"
  stop
}

for release in "${@:-agno-2.9.0 agno-3.1.10}"; do
  for one in $release; do record "$one"; done
done
