#!/usr/bin/env bash
# Builds the virtual environments below .venvs/: one for each covered Agno release, Google ADK and the client
# generator. An environment is built once, and again only when its requirements change.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
python="${PYTHON:-python3}"
# A virtual environment and its requirements.
environments=("agno-2.9.0 2.9.0" "agno-3.1.10 3.1.10" "adk adk" "client client")

# No bytecode in the source tree.
export PYTHONDONTWRITEBYTECODE=1

install() {
  local name="$1"
  local venv="$root/.venvs/$name"
  local requirements="$here/requirements-$2.txt"
  local stamp="$venv/.requirements.stamp"
  local wanted
  wanted="$("$python" --version) $(sha256sum < "$requirements")"
  if [[ -f "$stamp" && "$(< "$stamp")" == "$wanted" ]]; then
    return
  fi
  echo "conformance: installing $name" >&2
  rm -rf "$venv"
  "$python" -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --no-input -r "$requirements"
  # Written last: an interrupted install is done again.
  echo "$wanted" > "$stamp"
}

pids=()
for environment in "${environments[@]}"; do
  # shellcheck disable=SC2086 # two words
  install $environment &
  pids+=("$!")
done
for pid in "${pids[@]}"; do
  wait "$pid"
done
