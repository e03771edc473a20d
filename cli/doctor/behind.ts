/** Checks the upstreams by the gateway's own status. */
import type { ComposedNode } from '../../src/composition-tree.ts'
import { isComplete } from '../../src/composition-tree.ts'
import { ownerText } from '../composition-tree-text.ts'
import { jsonIn } from './connection.ts'
import type { Finding } from './finding.ts'
import { fail, ok, warn } from './finding.ts'
import type { Target } from './target.ts'

interface Status {
  readonly config?: {
    readonly error?: { readonly issues: readonly string[] }
    readonly restart_needed?: readonly string[]
  }
  readonly upstreams?: readonly {
    readonly name: string
    readonly state: string
    readonly reason?: string
    readonly replicas: readonly { readonly url: string; readonly state: string }[]
  }[]
  readonly composed?: readonly ComposedNode[]
}

/** Returns no finding without the admin scope. */
export async function behind(target: Target): Promise<Finding[]> {
  const answer = await target.ask('/gateway/status')
  if (answer.status !== 200) return []
  const { config, upstreams = [], composed = [] } = jsonIn(answer) as Status
  const findings = [
    ...upstreams.map((upstream) => ofUpstream(upstream)),
    ...composed.map(ofComposed),
  ]
  if (config?.error) {
    const message = `the last reload was refused: ${config.error.issues.join('; ')}`
    findings.push(
      fail(
        'config',
        message,
        'Correct the file; agentos-gateway check validates it without loading it.',
      ),
    )
  }
  if (config?.restart_needed?.length) {
    const message = `changed since the start: ${config.restart_needed.join(', ')}`
    findings.push(warn('config', message, 'Restart the gateway to apply the change.'))
  }
  return findings
}

function ofComposed(node: ComposedNode): Finding {
  const name = `${node.kind}/${node.id}`
  const members = flat(node.members ?? [])
  const missing = members.filter((member) => member.state !== 'composed' && !isComplete(member))
  const texts = (missing.length > 0 ? missing : members).map((member) =>
    `${member.kind}/${member.id} ${ownerText(member)}`.trimEnd(),
  )
  const message = `${name}: ${texts.join(', ')}`
  if (missing.length === 0) return ok('composed', message)
  return warn('composed', message, 'Runs that need this member fail. Start its upstream.')
}

function flat(nodes: readonly ComposedNode[]): ComposedNode[] {
  return nodes.flatMap((node) => [node, ...flat(node.members ?? [])])
}

function ofUpstream(upstream: NonNullable<Status['upstreams']>[number]): Finding {
  const { name, state, reason = 'unknown', replicas } = upstream
  if (state === 'failing') {
    return fail(
      'upstream',
      `${name}: ${reason}`,
      'Start the upstream, and query it with agentos-gateway check.',
    )
  }
  if (state === 'refused') {
    const message = `${name} refuses to list its components to the gateway`
    return warn('upstream', message, 'Set config_token on this upstream.')
  }
  const out = replicas.filter(
    (replica) => replica.state !== 'available' && replica.state !== 'full',
  )
  const count = `${replicas.length - out.length} of ${replicas.length} replicas available`
  if (out.length === 0) return ok('upstream', `${name}: ${count}`)
  return warn('upstream', `${name}: ${count}`, `Check ${out.map(({ url }) => url).join(', ')}.`)
}
