/** Resolves composed entries of the file to definitions. Refuses unknown references, cycles and duplicate names. */
import { resolveComposer } from './composer.ts'
import type {
  ComposedTeamConfig,
  ComposedWorkflowConfig,
  CompositionConfig,
  ExpressionConfig,
  MemberRef,
  ReviewConfig,
  RouteQuestionConfig,
  StepConfig,
  TeamMemberConfig,
} from './composition-types.ts'
import { exampleFor } from './example-value.ts'
import type { ParseIssue } from './explain.ts'
import type { ReadText } from './jwt-keys.ts'
import { nearest } from './nearest.ts'
import { placeholderIssues } from './placeholders.ts'
import type { FileConfig } from './schema.ts'
import type {
  FileComposedTeam,
  FileComposedWorkflow,
  FileModels,
  FileStep,
} from './schema-composition.ts'
import type { ComponentConfig, ComponentKind, UpstreamConfig } from './types.ts'

type Path = readonly PropertyKey[]
type StepBase = Pick<StepConfig, 'name' | 'optional' | keyof ReviewConfig>

/** Ids that references can name. */
interface Known {
  readonly upstreams: readonly UpstreamConfig[]
  readonly components: readonly ComponentConfig[]
}

/** Definitions and errors. */
export interface CompositionResult {
  readonly composition: CompositionConfig | undefined
  readonly issues: readonly ParseIssue[]
}

/** A composed component and the members it runs. */
interface Composed {
  readonly kind: 'teams' | 'workflows'
  readonly id: string
  readonly members: readonly MemberRef[]
}

/** Keys that decide the kind of a block. */
const BLOCK_KEYS = [
  'agent',
  'team',
  'workflow',
  'steps',
  'parallel',
  'if',
  'loop',
  'choices',
] as const

/** Whether an entry of the file is composed instead of registered from an upstream. */
export function isComposed(entry: object): entry is FileComposedWorkflow | FileComposedTeam {
  return 'steps' in entry || 'members' in entry
}

/** Resolves every composed entry; undefined for a file without one. */
export function resolveComposition(
  file: FileConfig,
  known: Known,
  read: ReadText,
): CompositionResult {
  const reading = new Reading(known)
  const workflows = file.workflows.flatMap((entry, i) =>
    'steps' in entry ? [reading.workflow(entry, ['workflows', i])] : [],
  )
  const teams = file.teams.flatMap((entry, i) =>
    'members' in entry ? (reading.team(entry, file.models, ['teams', i]) ?? []) : [],
  )
  const all: Composed[] = [
    ...teams.map(({ id, members }) => ({
      kind: 'teams' as const,
      id,
      members: members.map(({ ref }) => ref),
    })),
    ...workflows.map(({ id, steps }) => ({
      kind: 'workflows' as const,
      id,
      members: membersOf(steps),
    })),
  ]
  reading.refuseDoubles(all)
  reading.refuseCycles(all)
  const { issues, expressions } = reading
  const composer = resolveComposer(file.composer, { read, issues })
  if (all.length === 0) return { composition: undefined, issues }
  return { composition: { teams, workflows, composer, expressions }, issues }
}

/** Returns every member of the steps, at any depth. */
export function membersOf(steps: readonly StepConfig[]): MemberRef[] {
  return steps.flatMap((step) => (step.type === 'Step' ? [step.member] : membersOf(inside(step))))
}

function inside(step: StepConfig): readonly StepConfig[] {
  if (step.type === 'Step') return []
  if (step.type === 'Router') return step.choices
  return step.type === 'Condition' ? [...step.steps, ...step.elseSteps] : step.steps
}

/** Reads blocks and collects errors. */
class Reading {
  readonly issues: ParseIssue[] = []
  readonly expressions: ExpressionConfig[] = []
  readonly #known: Known
  readonly #places = new Map<string, Path>()

  constructor(known: Known) {
    this.#known = known
  }

  team(entry: FileComposedTeam, models: FileModels, path: Path): ComposedTeamConfig | undefined {
    this.#places.set(`teams/${entry.id}`, path)
    if (entry.members.length === 0) this.#fail([...path, 'members'], 'needs at least one member')
    const members = entry.members.flatMap((one, i) => {
      return this.#teamMember(one, [...path, 'members', i]) ?? []
    })
    const ids = members.map(({ ref }) => ref.id)
    const twice = ids.findIndex((id, i) => ids.indexOf(id) !== i)
    if (twice !== -1) {
      this.#fail([...path, 'members', twice], `another member has the id "${ids[twice]}"`)
    }
    const model = Object.hasOwn(models, entry.model) ? models[entry.model] : undefined
    if (model === undefined) {
      const meant = nearest(entry.model, Object.keys(models))
      const hint = meant === undefined ? '' : `, did you mean "${meant}"?`
      const example = hint === '' ? exampleFor(['models']) : undefined
      return this.#fail([...path, 'model'], `no model is named "${entry.model}"${hint}`, example)
    }
    return {
      id: entry.id,
      name: entry.name,
      description: entry.description,
      mode: entry.mode,
      model: {
        baseUrl: model.base_url,
        model: model.model,
        apiKey: model.api_key,
        provider: model.provider,
        timeoutMs: model.timeout,
        retries: model.retries,
      },
      instructions: entry.instructions,
      members,
      addHistoryToContext: entry.add_history_to_context,
      numHistoryRuns: entry.num_history_runs,
      shareMemberInteractions: entry.share_member_interactions,
      maxTurns: entry.max_turns,
      maxIterations: entry.max_iterations,
      streamMemberEvents: entry.stream_member_events,
      storeMemberResponses: entry.store_member_responses,
      maxParallel: entry.max_parallel,
      deadlineMs: entry.deadline,
    }
  }

  #teamMember(
    entry: FileComposedTeam['members'][number],
    path: Path,
  ): TeamMemberConfig | undefined {
    const given = (['agent', 'team', 'workflow'] as const).filter((key) => entry[key] !== undefined)
    const [key, other] = given
    if (key === undefined || other !== undefined) {
      const message = 'needs exactly one of agent, team, workflow'
      return this.#fail(path, message, exampleFor(path))
    }
    const ref = this.#member(`${key}s`, entry[key] ?? '', [...path, key])
    const { when, timeout: timeoutMs, session, input } = entry
    return { ref, when, timeoutMs, session, input }
  }

  workflow(entry: FileComposedWorkflow, path: Path): ComposedWorkflowConfig {
    this.#places.set(`workflows/${entry.id}`, path)
    const names = new Set<string>()
    if (entry.steps.length === 0) this.#fail([...path, 'steps'], 'needs at least one step')
    const steps = this.#steps(entry.steps, [...path, 'steps'], names)
    this.#checkTemplates(entry.steps, [...path, 'steps'], names)
    const { id, name, description, deadline } = entry
    return { id, name, description, deadlineMs: deadline, steps }
  }

  #steps(list: readonly FileStep[], path: Path, names: Set<string>): StepConfig[] {
    return list.flatMap((entry, index) => {
      const place = [...path, index]
      if (names.has(entry.name)) {
        this.#fail([...place, 'name'], `another step is named "${entry.name}"`)
      }
      names.add(entry.name)
      return this.#step(entry, place, names) ?? []
    })
  }

  #step(entry: FileStep, path: Path, names: Set<string>): StepConfig | undefined {
    const given = BLOCK_KEYS.filter((key) => entry[key] !== undefined)
    const [kind, other] = given
    if (kind === undefined || other !== undefined) {
      const words = BLOCK_KEYS.join(', ')
      return this.#fail(path, `needs exactly one of ${words}`, exampleFor(path))
    }
    const { name, optional } = entry
    const base = { name, optional, ...this.#review(entry, kind, path) }
    const list = (key: 'steps' | 'parallel' | 'then' | 'else' | 'loop' | 'choices') =>
      this.#steps(entry[key] ?? [], [...path, key], names)
    switch (kind) {
      case 'steps':
        return { ...base, type: 'Steps', steps: list('steps') }
      case 'parallel': {
        const { limit, on_failure: onFailure } = entry
        return { ...base, type: 'Parallel', steps: list('parallel'), limit, onFailure }
      }
      case 'if': {
        const text = this.#expression(entry.if, 'condition', [...path, 'if'])
        return {
          ...base,
          type: 'Condition',
          if: text,
          steps: list('then'),
          elseSteps: list('else'),
        }
      }
      case 'loop':
        return this.#loop(entry, base, path, list('loop'))
      case 'choices':
        return {
          ...base,
          type: 'Router',
          choices: list('choices'),
          select: this.#select(entry, path),
        }
      default:
        return this.#memberStep(entry, base, kind, path)
    }
  }

  #select(entry: FileStep, path: Path): string | RouteQuestionConfig {
    const { select, choose, allow_multiple_selections: allowMultipleSelections } = entry
    if ((select === undefined) === (choose === undefined)) {
      this.#fail(path, 'choices needs exactly one of select, choose')
    }
    return choose === undefined
      ? this.#expression(select, 'router', [...path, 'select'])
      : { choose, allowMultipleSelections }
  }

  /** Nothing for a step that asks nothing, so that its definition says nothing of it. */
  #review(entry: FileStep, kind: string, path: Path): Partial<ReviewConfig> {
    const { confirm, review, on_reject: onReject, on_timeout: onTimeout } = entry
    if (onReject === 'else' && kind !== 'if') {
      this.#fail([...path, 'on_reject'], 'else needs a step with `if`')
    }
    const isMember = kind === 'agent' || kind === 'team' || kind === 'workflow'
    if (entry.user_input !== undefined && !isMember) {
      this.#fail([...path, 'user_input'], 'needs a step with agent, team or workflow')
    }
    if (review !== undefined && !isMember && kind !== 'choices' && kind !== 'loop') {
      this.#fail([...path, 'review'], 'needs a step with agent, team, workflow, choices or loop')
    }
    const pausesOnError = entry.on_error === 'pause'
    if (pausesOnError && !isMember) {
      this.#fail([...path, 'on_error'], 'pause needs a step with agent, team or workflow')
    }
    if (pausesOnError && entry.optional) {
      this.#fail([...path, 'on_error'], 'pause and optional exclude each other')
    }
    if (confirm === undefined && review === undefined && !pausesOnError) return {}
    return { confirm, review, onReject, confirmTimeoutMs: entry.confirm_timeout, onTimeout }
  }

  #loop(entry: FileStep, base: StepBase, path: Path, steps: StepConfig[]): StepConfig {
    const { until, max_iterations, forward_iteration_output } = entry
    if (until !== undefined) this.#expression(until, 'loop', [...path, 'until'])
    return {
      ...base,
      type: 'Loop',
      steps,
      until,
      maxIterations: max_iterations,
      forwardIterationOutput: forward_iteration_output,
    }
  }

  #memberStep(
    entry: FileStep,
    base: StepBase,
    key: 'agent' | 'team' | 'workflow',
    path: Path,
  ): StepConfig {
    const { input, retries, timeout: timeoutMs, session, user_input: userInput } = entry
    const member = this.#member(`${key}s`, entry[key] ?? '', [...path, key])
    const asked = {
      ...(userInput && { userInput }),
      ...(entry.on_error === 'pause' && { onError: entry.on_error }),
    }
    return { ...base, type: 'Step', member, input, retries, timeoutMs, session, ...asked }
  }

  #expression(text = 'false', use: ExpressionConfig['use'], path: Path): string {
    this.expressions.push({ text, use, path, line: 0, column: 0 })
    return text
  }

  /** Resolves a reference: `UPSTREAM/ID` is an id of that upstream, any other text a public id. */
  #member(kind: ComponentKind, text: string, path: Path): MemberRef {
    const slash = text.indexOf('/')
    if (slash === -1) return { kind, id: text, upstream: undefined, path }
    const name = text.slice(0, slash)
    const upstreamId = text.slice(slash + 1)
    const { upstreams, components } = this.#known
    const owner = upstreams.find((upstream) => upstream.name === name)
    if (owner === undefined) {
      const meant = nearest(
        name,
        upstreams.map((upstream) => upstream.name),
      )
      const hint = meant === undefined ? '' : `, did you mean "${meant}"?`
      this.#fail(path, `no upstream is named "${name}"${hint}`)
    }
    const explicit = components.find(
      (one) => one.kind === kind && one.upstream === name && one.upstreamId === upstreamId,
    )
    const id = explicit?.id ?? `${owner?.prefix ?? ''}${upstreamId}`
    return { kind, id, upstream: name, path }
  }

  #checkTemplates(list: readonly FileStep[], path: Path, names: ReadonlySet<string>): void {
    for (const [index, entry] of list.entries()) {
      const place = [...path, index]
      const userInput = new Set(entry.user_input?.fields.map(({ name }) => name))
      for (const issue of placeholderIssues(entry.input ?? '', { steps: names, userInput })) {
        this.#fail([...place, 'input'], issue)
      }
      for (const key of ['steps', 'parallel', 'then', 'else', 'loop', 'choices'] as const) {
        this.#checkTemplates(entry[key] ?? [], [...place, key], names)
      }
    }
  }

  refuseDoubles(all: readonly Composed[]): void {
    const seen = new Set<string>()
    for (const { kind, id } of all) {
      const key = `${kind}/${id}`
      const isRemote = this.#known.components.some((one) => one.kind === kind && one.id === id)
      if (seen.has(key) || isRemote) {
        this.#fail(this.#places.get(key) ?? [], `the id "${id}" is already taken`)
      }
      seen.add(key)
    }
  }

  /** Refuses cycles: a composed component that contains itself would never finish. */
  refuseCycles(all: readonly Composed[]): void {
    const byKey = new Map(all.map((one) => [`${one.kind}/${one.id}`, one]))
    const done = new Set<string>()
    const visit = (key: string, trail: readonly string[]): void => {
      if (trail.includes(key)) {
        const circle = [...trail.slice(trail.indexOf(key)), key].map((one) => one.split('/')[1])
        this.#fail(this.#places.get(key) ?? [], `contains itself: ${circle.join(' → ')}`)
        return
      }
      const composed = byKey.get(key)
      if (composed === undefined || done.has(key)) return
      for (const { kind, id, upstream } of composed.members) {
        if (upstream === undefined) visit(`${kind}/${id}`, [...trail, key])
      }
      done.add(key)
    }
    for (const key of byKey.keys()) visit(key, [])
  }

  #fail(path: Path, message: string, example?: readonly string[]): undefined {
    this.issues.push({ path, message, ...(example && { example }) })
  }
}
