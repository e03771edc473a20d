/** Builds the whole JSON answer of a response from a run that has not failed. */
import type { CollectedRun } from '../collect-run.ts'
import { productsMarkdown } from './products.ts'
import type { ResponseReference } from './response-id.ts'
import type { OutputItem, ResponseFrame } from './response-object.ts'
import {
  messageItem,
  pauseItems,
  reasoningItem,
  responseObject,
  toolItem,
} from './response-object.ts'

export function wholeResponse(
  reference: ResponseReference,
  frame: ResponseFrame,
  { text, reasoning, tools, end, runId }: CollectedRun,
) {
  const output: OutputItem[] = []
  if (reasoning !== '') output.push(reasoningItem(`rs_${runId}`, reasoning))
  for (const { tool, error } of tools) output.push(toolItem(reference.id, tool, error))
  const products = end.type === 'completed' ? end.result.products : []
  const said = text + productsMarkdown(products)
  if (said !== '') output.push(messageItem(`msg_${runId}`, said, 'completed'))
  if (end.type === 'paused') output.push(...pauseItems(reference.id, end.pause))
  const status = end.type === 'cancelled' ? 'cancelled' : 'completed'
  const usage = end.type === 'completed' ? end.result.usage : undefined
  return responseObject(reference, frame, { status, output, usage })
}
