/**
 * Records runs, changes, refusals and configurations in the audit log. Registered only with the section `audit`. A request has
 * a line before it is sent and one at its end; a refused request has one.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { AuditConfig } from '../config/types.ts'
import { appendSent, unavailable, untilWritten } from '../src/audit/append.ts'
import { decisionsIn } from '../src/audit/approvals.ts'
import type { AuditMembers } from '../src/audit/chain.ts'
import { Refusals } from '../src/audit/refusals.ts'
import type { RequestKind } from '../src/audit/request-kind.ts'
import { isIncluded, requestKind } from '../src/audit/request-kind.ts'
import { endMembers, requestMembers, sentMembers } from '../src/audit/request-members.ts'
import { approvalIn, decisionIn, resolvedApproval } from '../src/audit/resolved-approval.ts'
import type { AppendedLine, AuditTrail } from '../src/audit/trail.ts'
import { ERRORS } from '../src/errors.ts'
import { peekBody } from '../src/relay/request-body.ts'
import { runRouteOf } from '../src/relay/sticky-replica.ts'
import { requestSummary } from '../src/request-summary.ts'
import { targetOf } from '../src/request-target.ts'
import type { Upstream } from '../src/upstream/upstream.ts'
import type { SocketRecorder } from './audit-socket.ts'
import { socketRecorder } from './audit-socket.ts'
import { composedRun } from './member-listener.ts'
import type { ConfigChange } from './reload.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The audit log; undefined where it is off. */
    readonly audit?: Audit
  }
}

/** A request about a run that is ready to be sent. */
export interface SentRequest {
  readonly upstream: Upstream
  readonly method: string
  /** Path on the upstream. */
  readonly path: string
  readonly body: unknown
  readonly contentType: string | undefined
}

/** Statuses of refused requests. */
const REFUSALS = new Set([401, 403, 429])
const CONTINUE = /\/runs\/[^/]+\/continue$/

const DEFAULT = { include: 'runs', onFailure: 'reject' } as const

/** Builds the lines of requests. */
export class Audit {
  readonly trail: AuditTrail
  readonly refusals: Refusals
  /** The section at the start: a reload cannot turn the log off. */
  readonly #first: Pick<AuditConfig, 'include' | 'onFailure'>
  readonly #recorded = new WeakSet<FastifyRequest>()

  constructor(trail: AuditTrail, first: Pick<AuditConfig, 'include' | 'onFailure'> = DEFAULT) {
    this.trail = trail
    this.refusals = new Refusals(trail)
    this.#first = first
  }

  /**
   * Records a request about a run before it is sent. Any other request has been recorded before its route.
   *
   * @returns undefined where nothing is recorded
   * @throws {GatewayError} `AGW_AUDIT_UNAVAILABLE` with `on_failure: reject`
   */
  beforeRun(
    request: FastifyRequest,
    reply: FastifyReply,
    sent: SentRequest,
  ): Promise<void> | undefined {
    const isRun = sent.method !== 'GET' && this.#kindOf(request) === 'run'
    return isRun ? this.#recordRun(request, reply, sent) : undefined
  }

  async #recordRun(request: FastifyRequest, reply: FastifyReply, sent: SentRequest): Promise<void> {
    const decisions =
      Buffer.isBuffer(sent.body) && runRouteOf(sent.path)?.action === 'continue'
        ? await decisionsIn(sent.body, sent.contentType)
        : undefined
    const members = {
      event: 'run_sent',
      ...requestMembers(request, this.#grantsOf(request)),
      ...sentMembers(sent),
      ...composedRun(request),
      ...(decisions && { decisions: decisions.calls, unread_sha256: decisions.unread_sha256 }),
    }
    await this.#record(request, reply, members, 'run_ended')
  }

  /**
   * Records a change before its route runs.
   *
   * @returns undefined where the route need not wait
   * @throws {GatewayError} `AGW_AUDIT_UNAVAILABLE` with `on_failure: reject`
   */
  beforeRoute(request: FastifyRequest, reply: FastifyReply): Promise<unknown> | undefined {
    const kind = this.#kindOf(request)
    const { include, onFailure } = this.#configOf(request)
    if (kind === 'run') {
      // Kept for the relay, which reads a body as a stream if it is large.
      return CONTINUE.test(targetOf(request).path) ? bodyOf(request) : undefined
    }
    if (!isIncluded(kind, include)) return undefined
    if (kind !== 'read') return this.#recordChange(request, reply, kind)
    if (onFailure === 'reject' && this.trail.isFailing) throw unavailable()
    return undefined
  }

  async #recordChange(
    request: FastifyRequest,
    reply: FastifyReply,
    kind: RequestKind,
  ): Promise<void> {
    const name = kind === 'admin' ? 'admin' : 'write'
    const { method, path } = targetOf(request)
    const approval = resolvedApproval(method, path)
    const members = {
      event: `${name}_sent`,
      ...requestMembers(request, this.#grantsOf(request)),
      ...sentMembers({ method, path }),
      ...(approval !== undefined && {
        approval_id: approval,
        decision: await decisionIn(await bodyOf(request)),
      }),
    }
    await this.#record(request, reply, members, `${name}_ended`)
  }

  /** The answer of this request names the call that was decided about, so the relay keeps its end. */
  readsAnswer(request: FastifyRequest): boolean {
    const { method, path } = targetOf(request)
    return resolvedApproval(method, path) !== undefined
  }

  async #record(
    request: FastifyRequest,
    reply: FastifyReply,
    members: AuditMembers,
    endEvent: string,
  ): Promise<void> {
    this.#recorded.add(request)
    // A run that has to be stopped is stopped without a line, too.
    const isCancel = members['action'] === 'cancel'
    const mustBeWritten = !isCancel && this.#configOf(request).onFailure === 'reject'
    const line = appendSent(this.trail, members, mustBeWritten)
    request.context.onEnd(() => void this.#recordEnd(request, reply, { members, endEvent, line }))
    if (mustBeWritten) await untilWritten(line)
  }

  /** The parts of a socket's policy that record its runs and refusals. */
  socketPolicy(request: FastifyRequest): SocketRecorder {
    const configOf = () => request.server.engine.current.config.audit ?? this.#first
    const mustBeWritten = () => configOf().onFailure === 'reject'
    const { trail, refusals } = this
    return socketRecorder(request, { trail, refusals, mustBeWritten })
  }

  /** The end repeats the members of a lost line. */
  async #recordEnd(
    request: FastifyRequest,
    reply: FastifyReply,
    begin: {
      readonly members: AuditMembers
      readonly endEvent: string
      readonly line: AppendedLine | undefined
    },
  ): Promise<void> {
    const { members, endEvent, line } = begin
    const about = line ? { request_id: members['request_id'] } : members
    const { context } = request
    const approval = members['approval_id']
    const end = {
      ...(await endMembers(context, requestSummary(request, reply))),
      ...(typeof approval === 'string' &&
        (await approvalIn(context.outcome?.tail?.bytes, approval))),
    }
    const ended = { event: endEvent, sent: line?.seq }
    this.trail.append({ ...ended, ...about, ...ended, ...end }, 'ended')
  }

  /** Records the end of a request without a line, if it was refused or reads are recorded. */
  onClose(request: FastifyRequest, reply: FastifyReply): void {
    const { context } = request
    if (this.#recorded.has(request) || request.gateway === undefined) return
    const summary = requestSummary(request, reply)
    const { refusal } = context
    const isRefused =
      REFUSALS.has(summary.status) ||
      (refusal !== undefined && REFUSALS.has(ERRORS[refusal.code].status))
    const { status } = summary
    if (isRefused) {
      this.refusals.add(request, status, () => this.#membersAlone(request, reply, 'refused'))
    } else if (this.#kindOf(request) === 'read' && this.#configOf(request).include === 'all') {
      this.trail.append(this.#membersAlone(request, reply, 'read'), 'other')
    }
  }

  #membersAlone(request: FastifyRequest, reply: FastifyReply, event: string): AuditMembers {
    const { context } = request
    const { method, path } = targetOf(request)
    const summary = requestSummary(request, reply)
    return {
      event,
      ...requestMembers(request, event === 'read' ? this.#grantsOf(request) : undefined),
      ...sentMembers({ method, path }),
      status: summary.status,
      error: context.refusal?.code ?? summary.error,
      missing_scopes: context.refusal?.missingScopes,
      duration_ms: summary.durationMs,
    }
  }

  onConfig({ isRefused, version, hash, parts, restartNeeded }: ConfigChange): void {
    const restart = restartNeeded.length > 0 ? restartNeeded : undefined
    const members = isRefused
      ? { event: 'config_refused', version, config: hash }
      : { event: 'config_loaded', version, config: hash, changed: parts, restart_needed: restart }
    this.trail.append(members, 'ended')
  }

  /** A face's request is a read until its target is known. */
  #kindOf(request: FastifyRequest): RequestKind {
    const { face, target } = request.context
    if (face !== undefined && target === undefined) return 'read'
    return requestKind(targetOf(request), request)
  }

  #configOf({ gateway }: FastifyRequest): Pick<AuditConfig, 'include' | 'onFailure'> {
    return gateway.config.audit ?? this.#first
  }

  #grantsOf(request: FastifyRequest): readonly string[] | undefined {
    const { caller, gateway, server } = request
    if (!caller?.access) return undefined
    const authorizer = server.authorizerOf(request)
    return authorizer.grantsFor(caller.access, targetOf(request), gateway.discovery.current)
  }
}

/** The whole body, which stays readable for the route. @throws {GatewayError} `AGW_BODY_TOO_LARGE` */
function bodyOf({ raw, gateway }: FastifyRequest): Promise<Buffer> {
  return peekBody(raw, gateway.config.limits.jsonBodyBytes)
}

export interface AuditOptions {
  readonly trail: AuditTrail
  /** The section at the start. */
  readonly config: AuditConfig | undefined
}

export default fp<AuditOptions>(
  async (app: FastifyInstance, { trail, config }) => {
    const audit = new Audit(trail, config)
    app.decorate('audit', audit)
    app.addHook('preHandler', (request, reply, done) => {
      try {
        const recorded = audit.beforeRoute(request, reply)
        if (recorded === undefined) done()
        else recorded.then(() => done(), done)
      } catch (error) {
        done(error as Error)
      }
    })
    app.closeListeners.push((request, reply) => audit.onClose(request, reply))
    app.configListeners.push((change) => audit.onConfig(change))
    app.addHook('onClose', async () => audit.refusals.endWindow())
    const { version, hash } = app.reloads
    const { id } = app.engine.current.config
    trail.append({ event: 'gateway_started', id, version, config: hash }, 'ended')
  },
  {
    name: 'audit',
    dependencies: ['auth', 'authorization', 'parallel-runs', 'reload', 'gateway', 'errors'],
  },
)
