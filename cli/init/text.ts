/** Formats the configuration file of `init`. */
import type { ComponentKind } from '../../config/types.ts'
import { COMPONENT_KINDS } from '../../src/catalogue/catalogue.ts'
import type { Planned } from './plan.ts'

/** Largest number of ids per kind in a comment. */
const NAMED_IDS = 12

/**
 * @param planned at least one
 * @param schema file with the JSON Schema, for editors
 */
export function configText(planned: readonly Planned[], schema: string | undefined): string {
  const modeline = schema === undefined ? '' : `# yaml-language-server: $schema=${schema}\n`
  return `${modeline}# Configuration of AgentOS Gateway, written by \`agentos-gateway init\`.
# Every key: docs/configuration.md, \`agentos-gateway schema\`. Validate it: \`agentos-gateway check --config FILE\`

# Name of the gateway: os_id in /config and /info, and the audience of tokens.
id: agentos-gateway

listen:
  host: 127.0.0.1            # 0.0.0.0: reachable from other machines. Then set auth below.
  port: 8080
  # trusted_proxies: [10.0.0.0/8]   # proxies in front whose x-forwarded-* headers are trusted

# The gateway discovers the components of each upstream, and refreshes them.
upstreams:
${planned.map(upstreamText).join('\n')}
# Without authentication, anyone who can reach the port can run every component.
# auth:
#   mode: jwt
#   authorization: true      # scopes such as agents:<id>:run
#   keys: [{ alg: HS256, secret: "\${JWT_SECRET_KEY}" }]

# Web pages that may call. Default: AgentOS's own list.
# cors:
#   origins: [https://app.example.com]

log:
  level: info
`
}

function upstreamText({ name, urls, prefix, tokenVariable, found }: Planned): string {
  const { isA2a, auth } = found
  const lines = [
    ...described(found).map((text) => `  # ${oneLine(text)}`),
    `  - name: ${scalar(name)}`,
    ...(urls.length === 1
      ? [`    url: ${urls[0]}`]
      : ['    urls:', ...urls.map((url) => `      - ${url}`)]),
    ...(isA2a ? ['    protocol: a2a', '    a2a_protocol: json-rpc'] : []),
    ...(prefix === undefined
      ? []
      : [
          '    # An upstream above has components with the same ids.',
          `    prefix: ${scalar(prefix)}`,
        ]),
    ...(tokenVariable === undefined
      ? []
      : [
          "    # For the gateway's own requests; callers send their own token.",
          `    config_token: "\${${tokenVariable}}"`,
        ]),
    ...(auth === 'none' || isA2a || auth === 'unknown'
      ? []
      : [
          '    credentials: forward     # none | { bearer: … } | { mint: … }: docs/authentication.md',
        ]),
  ]
  return `${lines.join('\n')}\n`
}

function described({ isA2a, version, auth, ids, problem }: Planned['found']): string[] {
  if (problem !== undefined) return [`No answer yet: ${problem.split('\n')[0]}`]
  if (isA2a) return ['An A2A server: one agent, whose id is this name.']
  const asks = auth === 'none' || auth === 'unknown' ? '' : `, requires tokens (${auth})`
  const counted = COMPONENT_KINDS.filter((kind) => ids[kind].length > 0)
  return [`AgentOS${version === undefined ? '' : `, Agno ${version}`}${asks}.`].concat(
    counted.map((kind) => `${kind}: ${named(ids, kind)}`),
  )
}

function named(ids: Readonly<Record<ComponentKind, readonly string[]>>, kind: ComponentKind) {
  const all = ids[kind]
  const more = all.length > NAMED_IDS ? `, and ${all.length - NAMED_IDS} more` : ''
  return all.slice(0, NAMED_IDS).join(', ') + more
}

/** Formats a YAML text: without quotes if YAML reads it as the same text. */
function scalar(text: string): string {
  const isText =
    /^[a-z][a-z0-9._-]*$/.test(text) && !/^(?:true|false|null|yes|no|on|off)$/.test(text)
  return isText ? text : JSON.stringify(text)
}

/** Removes line breaks, so that a server's text cannot end a YAML comment. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
}
