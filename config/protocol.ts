/** Defines the keys for the protocol of an upstream. */
import { oneOf, optional } from './fields.ts'
import type {
  A2aBinding,
  ComponentConfig,
  HealthCheckConfig,
  UpstreamConfig,
  UpstreamProtocol,
} from './types.ts'

/** Shape of the keys, on upstreams and on components. */
export const protocol = {
  protocol: optional(oneOf(['agentos', 'a2a'])).describe(
    "Protocol of the server: `agentos`, or `a2a` for the Agent2Agent protocol 0.3, whose server is one agent, team or workflow. Default: agentos; for a component with `upstream`, that upstream's protocol.",
  ),
  a2a_protocol: optional(oneOf(['rest', 'json-rpc'])).describe(
    "Form of A2A, as in Agno's RemoteAgent. `rest` is for an AgentOS, with paths such as `/v1/message:send`; `json-rpc` is for Google ADK and other servers with a single address. Default: rest.",
  ),
}

/** The keys as written. */
export interface WrittenProtocol {
  readonly protocol?: UpstreamProtocol['kind'] | undefined
  readonly a2a_protocol?: A2aBinding | undefined
}

const AGENTOS: UpstreamProtocol = { kind: 'agentos' }
/** Health check path of an A2A server, which has no `/health`. */
const AGENT_CARD_PATH = '/.well-known/agent-card.json'

/** Converts the keys to the program's types. */
export function toProtocol(written: WrittenProtocol): UpstreamProtocol {
  if (written.protocol !== 'a2a') return AGENTOS
  return { kind: 'a2a', binding: written.a2a_protocol ?? 'rest', components: [] }
}

/** Finds an error in the protocol keys. */
export function protocolProblem(written: WrittenProtocol): string | undefined {
  if (written.a2a_protocol === undefined || written.protocol === 'a2a') return undefined
  return 'needs protocol: a2a in the same entry'
}

/** Returns the protocol of an upstream; AgentOS by default. */
export function spokenBy({ protocol = AGENTOS }: UpstreamConfig): UpstreamProtocol {
  return protocol
}

/** Whether the keys of a component agree with the protocol of its upstream. */
export function agrees(written: WrittenProtocol, spoken: UpstreamProtocol): boolean {
  const { protocol: kind, a2a_protocol: binding } = written
  if (kind !== undefined && kind !== spoken.kind) return false
  return binding === undefined || (spoken.kind === 'a2a' && binding === spoken.binding)
}

/** Adds the configured components to an upstream that cannot list them itself. */
export function withComponents(
  upstream: UpstreamConfig,
  all: readonly ComponentConfig[],
): UpstreamConfig {
  const { protocol } = upstream
  if (protocol?.kind !== 'a2a') return upstream
  const own = all.filter((component) => component.upstream === upstream.name)
  const components = own.map(({ kind, upstreamId }) => ({ kind, upstreamId }))
  return { ...upstream, protocol: { ...protocol, components } }
}

/** Health check of an upstream: an A2A server has no `/health`, so its agent card is fetched. */
export function healthCheckFor(
  spoken: UpstreamProtocol,
  check: HealthCheckConfig | undefined,
): HealthCheckConfig | undefined {
  if (check === undefined || spoken.kind === 'agentos' || check.path !== '/health') return check
  return { ...check, path: AGENT_CARD_PATH }
}
