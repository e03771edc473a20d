/** Lists paths of optional features, and the key that switches each on. */

import type { GatewayConfig } from '../config/types.ts'

/** A feature that clients expect at fixed paths. */
interface Feature {
  /** The path itself and everything below it. */
  readonly paths: readonly string[]
  /**
   * An upstream may have an interface at exactly this path, so the answer suggests to name one. Does not apply to paths
   * below it.
   */
  readonly isInterface?: true
  readonly name: string
  /** The feature is on, so the path is unknown for another reason. */
  readonly isOn?: (config: GatewayConfig) => boolean
  /** Sentence with the remedy. */
  readonly remedy?: string
}

/** All such paths: a new face or page adds its row here. */
const FEATURES: readonly Feature[] = [
  {
    paths: [
      '/v1/models',
      '/v1/chat/completions',
      '/v1/responses',
      '/v1/completions',
      '/v1/embeddings',
    ],
    name: "OpenAI's API",
    isOn: ({ faces }) => faces.openai !== undefined,
    remedy: 'faces: { openai: true } in the configuration switches it on',
  },
  {
    paths: ['/mcp', '/sse'],
    isInterface: true,
    name: 'an MCP server',
    isOn: ({ faces }) => faces.mcp !== undefined,
    remedy: 'faces: { mcp: true } in the configuration switches it on',
  },
  {
    paths: [
      '/a2a',
      '/.well-known/agent.json',
      '/.well-known/agent-card.json',
      '/.well-known/ai-catalog.json',
    ],
    isInterface: true,
    name: 'an A2A server',
    isOn: ({ faces }) => faces.a2a !== undefined,
    remedy: 'faces: { a2a: true } in the configuration switches it on',
  },
  {
    paths: ['/agui', '/ag-ui'],
    isInterface: true,
    name: 'AG-UI',
    isOn: ({ faces }) => faces.agui !== undefined,
    remedy: 'faces: { agui: true } in the configuration switches it on',
  },
  { paths: ['/ui', '/console', '/dashboard', '/admin', '/gateway/console'], name: 'a web console' },
  {
    paths: ['/metrics/prometheus', '/prometheus'],
    name: 'metrics',
    remedy: 'They are at /gateway/metrics',
  },
  { paths: ['/healthz', '/livez', '/ping'], name: 'this health check', remedy: 'It is at /health' },
  { paths: ['/readyz', '/ready'], name: 'this readiness check', remedy: 'It is at /gateway/ready' },
  { paths: ['/status'], name: 'the status', remedy: 'It is at /gateway/status' },
  {
    paths: ['/swagger', '/api-docs', '/openapi.yaml'],
    name: 'the OpenAPI document',
    remedy: 'It is at /openapi.json, with a page at /docs',
  },
]

/**
 * @param path without the query
 * @returns a sentence for the answer 404; undefined for any other path
 */
export function absentFeature(path: string, config: GatewayConfig): string | undefined {
  const feature = FEATURES.find(({ paths, isInterface }) =>
    paths.some((known) => path === known || (!isInterface && path.startsWith(`${known}/`))),
  )
  if (feature === undefined || feature.isOn?.(config)) return undefined
  const { name, remedy, isInterface } = feature
  const sentences = [
    `No such route: this gateway does not serve ${name} here`,
    ...(remedy === undefined ? [] : [remedy]),
    ...(isInterface ? ['Name the upstream in the x-agentos-upstream header for its own'] : []),
  ]
  return `${sentences.join('. ')}.`
}
