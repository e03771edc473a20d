#!/usr/bin/env bash
# Builds the virtual environments below .venvs/: one for each covered Agno release, Google ADK and the client
# generator. An environment is built once, and again only when its requirements change.
set -euo pipefail

here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
root="$(cd "$here/../.." && pwd)"
python="${PYTHON:-python3}"
# A virtual environment and its requirements. Arguments replace the list.
environments=("agno-2.9.0 $here/requirements-2.9.0.txt" "agno-3.1.10 $here/requirements-3.1.10.txt")
environments+=("adk $here/requirements-adk.txt" "client $here/requirements-client.txt")
if (($# > 0)); then
  environments=("$@")
fi

# No bytecode in the source tree.
export PYTHONDONTWRITEBYTECODE=1

install() {
  local name="$1"
  local venv="$root/.venvs/$name"
  local requirements="$2"
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
