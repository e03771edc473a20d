/** Reads the result of a run from its last event or from the stored run. */
import { isObject } from '../json/is-object.ts'
import type { Product, RunResult, Usage } from './face-events.ts'

type Dict = Readonly<Record<string, unknown>>

/** Media members of an output, and the kind of their items. */
const PRODUCTS = { images: 'image', audio: 'audio', videos: 'video', files: 'file' } as const

/** @param output `RunCompleted`, `TeamRunCompleted`, `WorkflowCompleted`, or the answer of `GET …/runs/{run_id}` */
export function resultOf(output: Dict): RunResult {
  const { content, session_state: state } = output
  return {
    text: textOf(content),
    content,
    usage: usageIn(output['metrics']),
    products: productsIn(output),
    citations: citationsIn(output['citations']),
    sessionState: isObject(state) ? state : undefined,
  }
}

/** Returns text unchanged, and any structured value as JSON text. */
export function textOf(content: unknown): string {
  if (content === undefined || content === null) return ''
  return typeof content === 'string' ? content : JSON.stringify(content)
}

/** @param metrics metrics of a run; for a workflow, the metrics of its steps are summed */
export function usageIn(metrics: unknown): Usage | undefined {
  if (!isObject(metrics)) return undefined
  const inputTokens = countIn(metrics['input_tokens'])
  const outputTokens = countIn(metrics['output_tokens'])
  if (inputTokens !== undefined && outputTokens !== undefined) {
    return {
      inputTokens,
      outputTokens,
      totalTokens: countIn(metrics['total_tokens']) ?? inputTokens + outputTokens,
      reasoningTokens: countIn(metrics['reasoning_tokens']),
      cachedTokens: countIn(metrics['cache_read_tokens']),
    }
  }
  const { steps } = metrics
  if (!isObject(steps)) return undefined
  return Object.values(steps)
    .map((step) => usageIn(isObject(step) ? step['metrics'] : undefined))
    .reduce<Usage | undefined>(addUsage, undefined)
}

/** The sum of both, or the only defined one. */
export function addUsage(a: Usage | undefined, b: Usage | undefined): Usage | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    totalTokens: a.totalTokens + b.totalTokens,
    reasoningTokens: sum(a.reasoningTokens, b.reasoningTokens),
    cachedTokens: sum(a.cachedTokens, b.cachedTokens),
  }
}

function sum(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0)
}

function countIn(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined
}

function productsIn(output: Dict): Product[] {
  const products: Product[] = []
  for (const [member, kind] of Object.entries(PRODUCTS)) {
    const list = output[member]
    for (const item of Array.isArray(list) ? list : []) {
      const product = isObject(item) ? productOf(kind, item) : undefined
      if (product) products.push(product)
    }
  }
  const spoken = output['response_audio']
  const audio = isObject(spoken) ? productOf('audio', spoken) : undefined
  if (audio) products.push(audio)
  return products
}

function productOf(kind: Product['kind'], item: Dict): Product | undefined {
  const url = stringIn(item['url'])
  const content = stringIn(item['content'])
  if (url === undefined && content === undefined) return undefined
  const mimeType = stringIn(item['mime_type'])
  const filename = stringIn(item['filename']) ?? stringIn(item['name'])
  return { kind, url, content, mimeType, filename }
}

function citationsIn(citations: unknown): RunResult['citations'] {
  const urls = isObject(citations) ? citations['urls'] : undefined
  if (!Array.isArray(urls)) return []
  return urls.flatMap((item) => {
    const url = isObject(item) ? stringIn(item['url']) : undefined
    return url === undefined ? [] : [{ url, title: stringIn((item as Dict)['title']) }]
  })
}

function stringIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
