/** Builds the whole JSON answer of a response from a run that has not failed. */
import type { CollectedRun } from '../collect-run.ts'
import { itemId } from './item-id.ts'
import { productsMarkdown } from './products.ts'
import type { ResponseReference } from './response-id.ts'
import type { OutputItem, ResponseFrame } from './response-object.ts'
import {
  messageItem,
  outputItem,
  pauseItems,
  reasoningItem,
  responseObject,
  toolItem,
} from './response-object.ts'

export function wholeResponse(
  reference: ResponseReference,
  frame: ResponseFrame,
  { text, reasoning, tools, end }: CollectedRun,
) {
  const output: OutputItem[] = []
  if (reasoning !== '') output.push(reasoningItem(itemId('rs', reference, 0), reasoning))
  for (const { tool, error } of tools) {
    output.push(toolItem(reference, output.length, tool, error))
  }
  const result = end.type === 'completed' ? end.result : undefined
  const called = result && outputItem(reference, output.length, frame, result.text)
  const said = text + productsMarkdown(result?.products ?? [])
  if (called) output.push(called)
  else if (said !== '') {
    output.push(messageItem(itemId('msg', reference, output.length), said, 'completed'))
  }
  if (end.type === 'paused') output.push(...pauseItems(reference.id, end.pause, frame.pauseStyle))
  const status = end.type === 'cancelled' ? 'cancelled' : 'completed'
  const usage = end.type === 'paused' ? end.usage : result?.usage
  return responseObject(reference, frame, { status, output, usage })
}
