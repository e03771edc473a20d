/** Defines the outputs of steps in AgentOS's form, and reads their text and summed metrics. */

type Dict = Readonly<Record<string, unknown>>

/** Output of one block. The keys and their order are Agno's `StepOutput.to_dict()`. */
export interface StepOutput {
  readonly content: unknown
  readonly step_name: string
  readonly step_id: string
  readonly step_type: string
  readonly executor_type: string | null
  readonly executor_name: string | null
  readonly step_run_id: string | null
  readonly images: unknown
  readonly videos: unknown
  readonly audio: unknown
  readonly files: unknown
  readonly metrics: Dict | null
  readonly success: boolean
  readonly error: string | null
  readonly stop: boolean
  readonly is_paused: boolean
  readonly steps?: readonly StepOutput[]
}

/** Builds an output with default values for all members that are not given. */
export function stepOutput(
  given: Partial<StepOutput> & Pick<StepOutput, 'step_name' | 'step_id' | 'step_type'>,
): StepOutput {
  const { content = null, step_name, step_id, step_type, steps } = given
  return {
    content,
    step_name,
    step_id,
    step_type,
    executor_type: given.executor_type ?? null,
    executor_name: given.executor_name ?? null,
    step_run_id: given.step_run_id ?? null,
    images: given.images ?? null,
    videos: given.videos ?? null,
    audio: given.audio ?? null,
    files: given.files ?? null,
    metrics: given.metrics ?? null,
    success: given.success ?? true,
    error: given.error ?? null,
    stop: given.stop ?? false,
    is_paused: given.is_paused ?? false,
    ...(steps && { steps }),
  }
}

/**
 * Content for later steps. For a container it is the last step's content; for a parallel block, all branches' contents
 * under their names. As in Agno's `_get_deepest_content_from_step_output`.
 */
export function deepestContent(output: StepOutput): unknown {
  const { steps = [], content } = output
  const last = steps.at(-1)
  if (last === undefined) return content
  if (output.step_type !== 'Parallel') return deepestContent(last)
  const parts = steps.flatMap((inner) => {
    const text = contentText(deepestContent(inner))
    return text.trim() === '' ? [] : [`=== ${inner.step_name} ===\n${text}`]
  })
  return parts.length > 0 ? parts.join('\n\n') : content
}

/** Text of a content: a string unchanged, any other value as JSON. */
export function contentText(content: unknown): string {
  if (content === undefined || content === null) return ''
  return typeof content === 'string' ? content : JSON.stringify(content)
}

/** Agno's name for the type of a content. */
export function contentType(content: unknown): string {
  return typeof content === 'object' && content !== null ? 'dict' : 'str'
}

/**
 * Sums the metrics of several runs: tokens and durations are added, the earliest first token counts. Null without
 * metrics.
 */
export function sumMetrics(all: readonly (Dict | null | undefined)[]): Dict | null {
  const given = all.filter((metrics) => metrics !== null && metrics !== undefined)
  if (given.length === 0) return null
  const sum: Record<string, unknown> = {}
  for (const metrics of given) {
    for (const [key, value] of Object.entries(metrics)) {
      if (typeof value === 'number') sum[key] = joined(key, sum[key], value)
      else if (key === 'details') sum[key] = joinedDetails(sum[key], value)
    }
  }
  return sum
}

function joined(key: string, before: unknown, value: number): number {
  if (typeof before !== 'number') return value
  return key === 'time_to_first_token' ? Math.min(before, value) : before + value
}

/** Merges `details`, which lists one entry per model for each use. */
function joinedDetails(before: unknown, value: unknown): Dict {
  const all: Record<string, Dict[]> = {}
  for (const details of [before, value]) {
    if (typeof details !== 'object' || details === null) continue
    for (const [use, entries] of Object.entries(details)) {
      if (Array.isArray(entries)) all[use] = [...(all[use] ?? []), ...(entries as Dict[])]
    }
  }
  return Object.fromEntries(Object.entries(all).map(([use, list]) => [use, byModel(list)]))
}

function byModel(entries: readonly Dict[]): Dict[] {
  const models = new Map<string, Dict[]>()
  for (const entry of entries) {
    const key = `${entry['provider']}/${entry['id']}`
    models.set(key, [...(models.get(key) ?? []), entry])
  }
  return [...models.values()].map((list) => {
    const { id, provider } = list[0] ?? {}
    return { ...sumMetrics(list), id, provider }
  })
}
