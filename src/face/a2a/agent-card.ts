/**
 * Builds the agent card of a component, and the catalogue of all cards. One card has the members of A2A 1.0 and of 0.3, so
 * clients of both versions read it.
 *
 * @see https://a2a-protocol.org/latest/specification/ §4.4 "Agent discovery objects"
 */
import type { ComponentKind } from '../../../config/types.ts'
import { listOf } from '../../a2a/wire.ts'
import { isObject } from '../../json/is-object.ts'
import { percentEncoded } from '../../parameters/path.ts'
import { qualifiedName } from '../component-filter.ts'

type Dict = Record<string, unknown>

/** A component as its AgentOS describes it. */
export interface CardSource {
  readonly kind: ComponentKind
  readonly id: string
  readonly name?: string | null
  readonly description?: string | null
  /** Skills of a component behind A2A. */
  readonly skills?: unknown
}

/** How callers reach the gateway. */
export interface CardSite {
  /** Base URL, without a trailing slash. */
  readonly url: string
  /** Callers need a bearer token. */
  readonly isProtected: boolean
}

const INPUT_MODES = [
  'text/plain',
  'application/json',
  'image/*',
  'audio/*',
  'video/*',
  'application/pdf',
]
const OUTPUT_MODES = ['text/plain', 'application/json', 'image/*', 'audio/*', 'video/*']

/** Base URL of a component. It ends with a slash, because clients resolve the card's path against it. */
function componentUrl({ url }: CardSite, { kind, id }: CardSource): string {
  return `${url}/a2a/${kind}/${percentEncoded(id)}/`
}

export function agentCard(site: CardSite, source: CardSource): Dict {
  const url = componentUrl(site, source)
  const { kind, id, name, description } = source
  return {
    name: name || id,
    description: description || `The ${kind.slice(0, -1)} ${id}`,
    version: '1.0.0',
    supportedInterfaces: [
      { url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' },
      { url: url.slice(0, -1), protocolBinding: 'HTTP+JSON', protocolVersion: '1.0' },
      { url, protocolBinding: 'JSONRPC', protocolVersion: '0.3' },
    ],
    protocolVersion: '0.3.0',
    url,
    preferredTransport: 'JSONRPC',
    additionalInterfaces: [{ url, transport: 'JSONRPC' }],
    capabilities: { streaming: true, pushNotifications: false, stateTransitionHistory: false },
    supportsAuthenticatedExtendedCard: false,
    defaultInputModes: INPUT_MODES,
    defaultOutputModes: OUTPUT_MODES,
    skills: skillsOf(source),
    ...(site.isProtected && SECURITY),
  }
}

/** The scheme has the members of both versions; each reads its own. */
const SECURITY = {
  securitySchemes: {
    bearer: { type: 'http', scheme: 'bearer', httpAuthSecurityScheme: { scheme: 'bearer' } },
  },
  security: [{ bearer: [] }],
  securityRequirements: [{ schemes: { bearer: { list: [] } } }],
}

function skillsOf({ kind, id, name, description, skills }: CardSource): readonly object[] {
  const own = listOf(Array.isArray(skills) ? skills : []).filter(isSkill)
  if (own.length > 0) return own.map((skill) => ({ ...MODES, ...skill }))
  const skill = { id, name: name || id, description: description || `Runs ${id}` }
  return [{ ...skill, tags: [kind.slice(0, -1)], ...MODES }]
}

/** Optional in the specification, but some clients refuse a card without them. */
const MODES = { inputModes: INPUT_MODES, outputModes: OUTPUT_MODES }

function isSkill(skill: unknown): boolean {
  return (
    isObject(skill) && ['id', 'name', 'description'].every((key) => typeof skill[key] === 'string')
  )
}

/**
 * The catalogue of agent cards.
 *
 * @param hostName id of the gateway
 * @see https://ai-catalog.io
 */
export function aiCatalog(site: CardSite, hostName: string, sources: readonly CardSource[]): Dict {
  // Without `public_url` the address is the caller's own, which may be no URL.
  const hostname = URL.canParse(site.url) ? new URL(site.url).hostname : hostName
  return {
    specVersion: '1.0',
    host: { displayName: hostName, identifier: hostname },
    entries: sources.map((source) => {
      const { kind, id, name, description } = source
      return {
        identifier: `urn:air:${hostname}:${kind}:${percentEncoded(id)}`,
        displayName: name || id,
        type: 'application/a2a-agent-card+json',
        url: `${componentUrl(site, source)}.well-known/agent-card.json`,
        ...(description && { description }),
        tags: [qualifiedName(kind, id)],
      }
    }),
  }
}
