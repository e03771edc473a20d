/** From composed entries of the file to definitions: references resolved, cycles and doubled names refused. */
import type {
  ComposedWorkflowConfig,
  CompositionConfig,
  ExpressionConfig,
  MemberRef,
  StepConfig,
} from './composition-types.ts'
import { formatPath, type ParseIssue } from './explain.ts'
import { nearest } from './nearest.ts'
import type { FileConfig } from './schema.ts'
import type { FileComposedWorkflow, FileStep } from './schema-composition.ts'
import type { ComponentConfig, ComponentKind, UpstreamConfig } from './types.ts'

type Path = readonly PropertyKey[]

/** What references can name. */
interface Known {
  readonly upstreams: readonly UpstreamConfig[]
  readonly components: readonly ComponentConfig[]
}

/** Definitions, and what is wrong with them. */
export interface CompositionResult {
  readonly composition: CompositionConfig | undefined
  readonly issues: readonly ParseIssue[]
}

/** The keys that say what a block is, in the words of the file. */
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

/** Whether an entry of the file is composed here rather than registered from an upstream. */
export function isComposed(entry: object): entry is FileComposedWorkflow {
  return 'steps' in entry
}

/** Resolves every composed entry. Nothing composed: no composition. */
export function resolveComposition(file: FileConfig, known: Known): CompositionResult {
  const reading = new Reading(known)
  const workflows: ComposedWorkflowConfig[] = []
  for (const [index, entry] of file.workflows.entries()) {
    if (isComposed(entry)) workflows.push(reading.workflow(entry, ['workflows', index]))
  }
  reading.refuseDoubles(workflows)
  reading.refuseCycles(workflows)
  const { issues, expressions } = reading
  if (workflows.length === 0) return { composition: undefined, issues }
  const { database, keep, gateway_url } = file.composer
  const composer = {
    databaseFile: database.slice('sqlite:'.length),
    keepMs: keep,
    gatewayUrl: gateway_url,
  }
  return { composition: { workflows, composer, expressions }, issues }
}

/** Every member that steps name, at any depth. */
export function membersOf(steps: readonly StepConfig[]): MemberRef[] {
  return steps.flatMap((step) => (step.type === 'Step' ? [step.member] : membersOf(inside(step))))
}

function inside(step: StepConfig): readonly StepConfig[] {
  if (step.type === 'Step') return []
  if (step.type === 'Router') return step.choices
  return step.type === 'Condition' ? [...step.steps, ...step.elseSteps] : step.steps
}

/** Reads blocks and gathers what is wrong. */
class Reading {
  readonly issues: ParseIssue[] = []
  readonly expressions: ExpressionConfig[] = []
  readonly #known: Known
  readonly #places = new Map<string, Path>()

  constructor(known: Known) {
    this.#known = known
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
      return this.#fail(path, `needs exactly one of ${words}`)
    }
    const { name, optional } = entry
    const base = { name, optional }
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
      case 'choices': {
        if (entry.select === undefined) this.#fail(path, 'choices needs select')
        const select = this.#expression(entry.select, 'router', [...path, 'select'])
        return { ...base, type: 'Router', choices: list('choices'), select }
      }
      default:
        return this.#memberStep(entry, base, kind, path)
    }
  }

  #loop(
    entry: FileStep,
    base: { readonly name: string; readonly optional: boolean },
    path: Path,
    steps: StepConfig[],
  ): StepConfig {
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
    base: { readonly name: string; readonly optional: boolean },
    key: 'agent' | 'team' | 'workflow',
    path: Path,
  ): StepConfig {
    const { input, retries, timeout: timeoutMs, session } = entry
    const member = this.#member(`${key}s`, entry[key] ?? '', [...path, key])
    return { ...base, type: 'Step', member, input, retries, timeoutMs, session }
  }

  #expression(text = 'false', use: ExpressionConfig['use'], path: Path): string {
    this.expressions.push({ text, use, path, line: 0, column: 0 })
    return text
  }

  /** `UPSTREAM/ID` names an id there; anything else is an id of the gateway's. */
  #member(kind: ComponentKind, text: string, path: Path): MemberRef {
    const place = formatPath(path)
    const slash = text.indexOf('/')
    if (slash === -1) return { kind, id: text, upstream: undefined, place }
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
      this.#fail(path, `there is no upstream "${name}"${hint}`)
    }
    const explicit = components.find(
      (one) => one.kind === kind && one.upstream === name && one.upstreamId === upstreamId,
    )
    const id = explicit?.id ?? `${owner?.prefix ?? ''}${upstreamId}`
    return { kind, id, upstream: name, place }
  }

  #checkTemplates(list: readonly FileStep[], path: Path, names: ReadonlySet<string>): void {
    for (const [index, entry] of list.entries()) {
      const place = [...path, index]
      for (const [, name = ''] of (entry.input ?? '').matchAll(/\{\{\s*steps\.([^{}]+?)\s*\}\}/g)) {
        if (!names.has(name)) this.#fail([...place, 'input'], `there is no step "${name}"`)
      }
      for (const key of ['steps', 'parallel', 'then', 'else', 'loop', 'choices'] as const) {
        this.#checkTemplates(entry[key] ?? [], [...place, key], names)
      }
    }
  }

  refuseDoubles(workflows: readonly ComposedWorkflowConfig[]): void {
    const seen = new Set<string>()
    for (const { id } of workflows) {
      const isTaken =
        seen.has(id) ||
        this.#known.components.some((one) => one.kind === 'workflows' && one.id === id)
      if (isTaken) {
        this.#fail(this.#places.get(`workflows/${id}`) ?? [], `the id "${id}" is already taken`)
      }
      seen.add(id)
    }
  }

  /** A composed component that reaches itself through others would never end. */
  refuseCycles(workflows: readonly ComposedWorkflowConfig[]): void {
    const byId = new Map(workflows.map((workflow) => [workflow.id, workflow]))
    const done = new Set<string>()
    const visit = (id: string, trail: readonly string[]): void => {
      if (trail.includes(id)) {
        const circle = [...trail.slice(trail.indexOf(id)), id].join(' → ')
        this.#fail(this.#places.get(`workflows/${id}`) ?? [], `runs itself: ${circle}`)
        return
      }
      const workflow = byId.get(id)
      if (workflow === undefined || done.has(id)) return
      for (const { kind, id: next, upstream } of membersOf(workflow.steps)) {
        if (kind === 'workflows' && upstream === undefined) visit(next, [...trail, id])
      }
      done.add(id)
    }
    for (const { id } of workflows) visit(id, [])
  }

  #fail(path: Path, message: string): undefined {
    this.issues.push({ path, message })
  }
}
