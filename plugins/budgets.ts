/** Admits runs within the budgets of tokens and cost, and charges them. Loads `src/budget` once a budget is configured. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { BudgetRow, Budgets } from '../src/budget/budgets.ts'
import type * as meters from '../src/budget/run-meter.ts'
import type { Standing } from '../src/budget/standing.ts'
import type { BudgetedRun } from '../src/budget/subject.ts'
import { isComposer } from '../src/composer-start.ts'
import { GatewayError } from '../src/errors.ts'
import { boundedText } from '../src/limits/bounded-text.ts'
import type { Snapshot } from '../src/metrics/snapshot.ts'
import { runRouteOf, startsRun } from '../src/relay/sticky-replica.ts'
import { targetComponent, targetOf } from '../src/request-target.ts'
import { runsOfMessage, startedRun } from '../src/started-run.ts'
import type { Tap } from '../src/upstream/exchange.ts'
import type { runReader } from '../src/usage/run-reader.ts'
import type { Destination } from './forward.ts'
import { MemberRequest } from './member-listener.ts'

/** A run of a WebSocket. */
export interface SocketRun extends Required<Pick<BudgetedRun, 'caller' | 'component'>> {
  readonly upstream: string
  readonly runId: string | undefined
  readonly isRead: boolean
}

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Admits the run that a request starts, and sets `x-agentos-budget-remaining`. Call it only with budgets.
     *
     * @throws {GatewayError} `AGW_BUDGET_EXCEEDED`
     */
    admitToBudgets(request: FastifyRequest, reply: FastifyReply): Promise<void>
    /** Begins to charge the run that a request starts, continues or reads. Call it only with budgets. */
    tapFor(request: FastifyRequest, destination: Destination): Promise<Tap | undefined>
    /**
     * Admits and charges a run of a WebSocket.
     *
     * @returns receives the frames of the run; undefined without a budget for it
     * @throws {GatewayError} `AGW_BUDGET_EXCEEDED`
     */
    chargeSocketRun(run: SocketRun): Promise<((frame: Buffer) => void) | undefined>
    /** The subjects of this process that have the smallest shares left. @param name of the budget; default: of all */
    budgetRows(name: string | undefined): Promise<BudgetRow[]>
    /** The current standing of a subject; undefined for an unknown budget. */
    budgetStanding(row: BudgetRow): Promise<Standing | undefined>
    /** Adds the metrics of budgets. */
    addBudgetMetrics(snapshot: Snapshot): Promise<void>
  }
}

/** Name of the header with the budget that has the smallest share left. */
const REMAINING_HEADER = 'x-agentos-budget-remaining'
/** Longest subject in a log line, in UTF-16 code units, as in the access log. */
const MOST_SUBJECT = 128
/** Starts a run whose tokens the gateway does not see. */
const TRIGGER = /^\/schedules\/[^/]+\/trigger$/

export interface BudgetOptions {
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number
}

export default fp<BudgetOptions>(
  async (app, { now = Date.now }) => {
    let loading: Promise<Loaded> | undefined

    function load(): Promise<Loaded> {
      loading ??= loaded(app, now)
      return loading
    }

    app.addHook('onClose', async () => (await loading)?.budgets.close())

    app.decorate('admitToBudgets', async (request, reply) => {
      const run = startedBy(request)
      if (run === undefined) return
      const { budgets } = await load()
      const isMember = request.raw instanceof MemberRequest
      const { config } = request.gateway
      const standings = await budgets.standings(config.budgets, run, isMember)
      const left = budgets.remaining(standings)
      if (left !== undefined) void reply.header(REMAINING_HEADER, left)
      decide(budgets, standings)
    })

    app.decorate('tapFor', async (request, { upstream, remote, path, method = request.method }) => {
      const charged = chargedRequest(method, path)
      if (charged === undefined) return undefined
      const { runId, isRead, runs, isTask } = charged
      const component = remote ?? targetComponent(targetOf(request), request)
      const {
        budgets,
        RunMeter: Meter,
        RUN_ANSWER,
        TASK_ANSWER,
        runReader: readerOf,
      } = await load()
      const account = await budgets.accountOf(request.gateway.config.budgets, {
        caller: request.caller,
        component: component && { kind: component.kind, id: component.id },
        upstream: upstream.name,
        runId,
        isRead,
        isOwnOnly: isComposer(upstream),
      })
      if (account === undefined) return undefined
      if (!isRead && upstream.isAgentOs) {
        const place = { upstream: upstream.name, path: `${remote?.path ?? ''}${runs}` }
        request.context.onEnd(() => {
          budgets.follow(
            upstream.name,
            account,
            readerOf(request, place, () => app.engine.current),
          )
        })
      }
      return (receiver) => new Meter(account, receiver, isTask ? TASK_ANSWER : RUN_ANSWER)
    })

    app.decorate('chargeSocketRun', async (run) => {
      const { config } = app.engine.current
      const { budgets, readFrame } = await load()
      if (!run.isRead) decide(budgets, await budgets.standings(config.budgets, run))
      const upstream = app.engine.current.upstreams.get(run.upstream)
      const isOwnOnly = upstream !== undefined && isComposer(upstream)
      const account = await budgets.accountOf(config.budgets, { ...run, isOwnOnly })
      return account && ((frame) => readFrame(account, frame))
    })

    app.decorate('budgetRows', async (name) => {
      const { budgets: inForce } = app.engine.current.config
      return inForce.length === 0 ? [] : (await load()).budgets.rows(inForce, name)
    })

    app.decorate('budgetStanding', async (row) => {
      const { budgets } = await load()
      return budgets.standingOf(app.engine.current.config.budgets, row)
    })

    app.decorate('addBudgetMetrics', async (snapshot) => {
      if (loading === undefined) return
      const { budgets } = await loading
      budgets.counters.addTo(snapshot, budgets.counted(app.engine.current.config.budgets))
    })

    /** @throws {GatewayError} `AGW_BUDGET_EXCEEDED` */
    function decide(budgets: Budgets, standings: readonly Standing[]): void {
      const over = standings.filter(({ isOver }) => isOver)
      for (const standing of over) {
        budgets.counters.exceed(standing.budget)
        report(budgets, standing)
      }
      const [last] = over
        .filter(({ budget }) => budget.over === 'reject')
        .toSorted((a, b) => b.endMs - a.endMs)
      if (last === undefined) return
      throw new GatewayError('AGW_BUDGET_EXCEEDED', {
        detail: `The budget '${last.budget.name}' is exceeded`,
        headers: { 'retry-after': String(budgets.secondsLeft(last)) },
      })
    }

    /** Logs each subject once a window. The subject of a caller is logged as in the access log. */
    function report(budgets: Budgets, standing: Standing): void {
      if (!budgets.isNews(standing)) return
      const { budget, subject, used, limit, endMs } = standing
      const isOfCaller = budget.by.kind !== 'component' && budget.by.kind !== 'upstream'
      const isShown = app.engine.current.config.log.caller || !isOfCaller
      const named = isShown &&
        subject !== undefined && { subject: boundedText(subject, MOST_SUBJECT) }
      const until = new Date(endMs).toISOString()
      app.logs.gateway.warn(
        { budget: budget.name, ...named, tokens: used.tokens, limit, until },
        'budget exceeded',
      )
    }
  },
  { name: 'budgets', dependencies: ['auth', 'gateway', 'logs'] },
)

type Loaded = typeof meters & {
  readonly budgets: Budgets
  readonly runReader: typeof runReader
}

/** The counts outlive reloads; the store is the one of the engine in force. */
async function loaded({ engine }: FastifyInstance, now: () => number): Promise<Loaded> {
  const [{ Budgets: Made }, loadedMeters, { runReader: reader }] = await Promise.all([
    import('../src/budget/budgets.ts'),
    import('../src/budget/run-meter.ts'),
    import('../src/usage/run-reader.ts'),
  ])
  const budgets = new Made({
    now,
    store: () => engine.current.store,
    namespace: () => engine.current.config.id,
  })
  return { ...loadedMeters, budgets, runReader: reader }
}

/** A request whose answer reports the usage of a run. */
interface ChargedRequest {
  /** Undefined for a new run. */
  readonly runId: string | undefined
  /** The request only reads the run. */
  readonly isRead: boolean
  /** Path of the runs: on the upstream, or below the component where the request has one. */
  readonly runs: string
  /** The answer is a task of A2A. */
  readonly isTask: boolean
}

/** @returns undefined for any other request */
function chargedRequest(method: string, path: string): ChargedRequest | undefined {
  const route = runRouteOf(path)
  if (route === undefined) {
    const runs = method === 'POST' ? runsOfMessage(path) : undefined
    return runs === undefined ? undefined : { runId: undefined, isRead: false, runs, isTask: true }
  }
  const { runId, action } = route
  const isStart = startsRun(method, route)
  const isResume = method === 'POST' && action === 'resume'
  const isRead = isResume || (method === 'GET' && runId !== undefined && action === undefined)
  if (!isStart && !isRead) return undefined
  const [runs = ''] = /^.*?\/runs/.exec(path) ?? []
  return { runId, isRead, runs, isTask: false }
}

/** The run that a request starts; undefined for a request that starts none. */
function startedBy(request: FastifyRequest): BudgetedRun | undefined {
  const { face, target: ofFace } = request.context
  // The run of a face's request is known once the request is admitted.
  if (face !== undefined && ofFace === undefined) return undefined
  const target = targetOf(request)
  const isTrigger = target.method === 'POST' && TRIGGER.test(target.path)
  if (!isTrigger && startedRun(target, request) === undefined) return undefined
  const component = targetComponent(target, request)
  const { current: catalogue } = request.gateway.discovery
  const owner = component && catalogue.remote(component.kind, component.id)?.upstream
  return { caller: request.caller, component, upstream: (target.relayedTo ?? owner)?.name }
}
