#!/usr/bin/env bash
# Checks the alert rules with Prometheus's promtool and fires each of them: `npm run test:alerts`.
# Uses the promtool on the path. Without one it extracts Debian's package into .cache and does not install it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

cache="$PWD/.cache/prometheus"
if ! command -v promtool >/dev/null && [[ ! -x $cache/usr/bin/promtool ]]; then
  command -v apt-get >/dev/null || { echo 'test:alerts needs promtool on the path'; exit 1; }
  mkdir -p "$cache"
  (
    cd "$cache"
    apt-get -qq download prometheus 2>/dev/null || { apt-get -qq update && apt-get -qq download prometheus; }
    dpkg-deb -x prometheus_*.deb . && rm prometheus_*.deb
  )
fi
PATH="$PATH:$cache/usr/bin" npx vitest run --project alerts "$@"
