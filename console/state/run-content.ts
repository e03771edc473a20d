/** Applies events with content: text, reasoning, media, citations, errors. */
import type { Json } from '../api/types.ts'
import { listIn, objectIn, textIn } from '../api/types.ts'
import { strings } from '../strings.ts'
import type {
  AnyEvent,
  Block,
  MediaBlock,
  ReasoningBlock,
  RunNode,
  TextBlock,
} from './run-model.ts'

const MEDIA = ['images', 'videos', 'audio', 'files'] as const

type Apply = (node: RunNode, event: AnyEvent, nowMs: number) => void

const noteModel: Apply = (node, event) => {
  node.model = textIn(event['model']) || node.model
}

/** Handlers by event name, without the prefix `Team`. */
const EVENTS: Readonly<Record<string, Apply | undefined>> = {
  RunStarted: noteModel,
  ModelRequestStarted: noteModel,
  RunContent: say,
  RunIntermediateContent: say,
  RunContentCompleted: closeText,
  RunPaused: closeText,
  RunCompleted: complete,
  ReasoningStarted: (node, _event, nowMs) => void reasoningOf(node, nowMs),
  ReasoningStep: reason,
  ReasoningContentDelta: reason,
  ReasoningCompleted: (node, _event, nowMs) => closeReasoning(node, nowMs),
  RunError: (node, event) => note(node, 'error', textIn(event.content) || textIn(event['error'])),
  RunCancelled: (node, event) => note(node, 'info', textIn(event['reason']) || strings.cancelled),
  MemoryUpdateCompleted: (node) => note(node, 'info', strings.memoryUpdated),
}

/** @param name without the prefix `Team`; unknown events change nothing */
export function applyContent(node: RunNode, name: string, event: AnyEvent, nowMs: number): void {
  EVENTS[name]?.(node, event, nowMs)
}

export function closeText(node: RunNode): void {
  const last = node.blocks.at(-1)
  if (last?.type === 'text' && last.isOpen) {
    last.isOpen = false
    last.rev++
  }
}

function say(node: RunNode, event: AnyEvent, nowMs: number): void {
  const thought = textIn(event['reasoning_content'])
  if (thought !== '') reasoningOf(node, nowMs).text += thought
  addSources(node, event)
  addMedia(node, { images: event['image'] ? [event['image']] : [] })
  const { content } = event
  if (content === null || content === undefined || content === '') return
  if (typeof content !== 'string') {
    structured(node, content)
    return
  }
  closeReasoning(node, nowMs)
  const last = node.blocks.at(-1)
  if (last?.type === 'text' && last.isOpen) {
    last.text += content
    last.rev++
    return
  }
  node.blocks.push({ type: 'text', text: content, isOpen: true, rev: 0 } satisfies TextBlock)
}

function reasoningOf(node: RunNode, nowMs: number): ReasoningBlock {
  const last = node.blocks.findLast((block) => block.type === 'reasoning')
  if (last?.isOpen) {
    last.rev++
    return last
  }
  closeText(node)
  const block: ReasoningBlock = {
    type: 'reasoning',
    text: '',
    steps: [],
    isOpen: true,
    startedAt: nowMs,
    endedAt: undefined,
    rev: 0,
  }
  node.blocks.push(block)
  return block
}

function reason(node: RunNode, event: AnyEvent, nowMs: number): void {
  const block = reasoningOf(node, nowMs)
  block.text += textIn(event['reasoning_content'])
  if (typeof event.content === 'object' && event.content !== null) {
    block.steps.push(objectIn(event.content))
  } else if (block.text === '') {
    block.text = textIn(event.content)
  }
}

function closeReasoning(node: RunNode, nowMs: number): void {
  const last = node.blocks.findLast((block) => block.type === 'reasoning')
  if (!last?.isOpen) return
  last.isOpen = false
  last.endedAt = nowMs
  last.rev++
}

/** The last event repeats the whole text: used only for a run without streamed text. */
function complete(node: RunNode, event: AnyEvent, nowMs: number): void {
  closeReasoning(node, nowMs)
  closeText(node)
  const { content } = event
  const hasText = node.blocks.some((block) => block.type === 'text' || block.type === 'structured')
  if (typeof content === 'string' && content !== '' && !hasText) {
    node.blocks.push({ type: 'text', text: content, isOpen: false, rev: 0 })
  }
  if (typeof content === 'object' && content !== null) structured(node, content)
  addSources(node, event)
  addMedia(node, event)
}

function structured(node: RunNode, value: unknown): void {
  const known = node.blocks.findIndex((block) => block.type === 'structured')
  const block: Block = { type: 'structured', value, rev: node.blocks[known]?.rev ?? 0 }
  if (known === -1) node.blocks.push(block)
  else node.blocks[known] = { ...block, rev: block.rev + 1 }
}

export function note(node: RunNode, tone: 'info' | 'error', text: string): void {
  closeText(node)
  if (text !== '') node.blocks.push({ type: 'note', tone, text, rev: 0 })
}

/** Adds media of the last event, without repeats of earlier events. */
export function addMedia(node: RunNode, from: Json): void {
  for (const kind of MEDIA) {
    const items = listIn(from[kind]).map(objectIn)
    if (items.length === 0) continue
    const known = node.blocks.findIndex((block) => block.type === 'media' && block.kind === kind)
    const rev = (node.blocks[known]?.rev ?? -1) + 1
    const block: MediaBlock = { type: 'media', kind, items, rev }
    if (known === -1) node.blocks.push(block)
    else node.blocks[known] = block
  }
}

export function addSources(node: RunNode, from: Json): void {
  const citations = objectIn(from['citations'])
  const references = listIn(from['references'])
  if (Object.keys(citations).length === 0 && references.length === 0) return
  const known = node.blocks.findIndex((block) => block.type === 'sources')
  const rev = (node.blocks[known]?.rev ?? -1) + 1
  const block: Block = { type: 'sources', citations, references, rev }
  if (known === -1) node.blocks.push(block)
  else node.blocks[known] = block
}
