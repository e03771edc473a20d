/**
 * Writes the output of a run as the answer of a tool, in the form of AgentOS's own MCP server.
 *
 * @see AgentOS `agno/os/mcp_results.py`, `build_run_tool_result`
 */
import type { ComponentKind } from '../../../config/types.ts'
import { percentEncoded } from '../../parameters/path.ts'
import type { CollectedRun } from '../collect-run.ts'
import type { Product } from '../face-events.ts'
import type { Pause } from '../pause.ts'
import { pauseIn } from '../pause.ts'
import { textOf } from '../run-result.ts'
import type { Refusal } from '../translator.ts'
import type { ContentBlock, ToolResult } from './tool.ts'
import { textBlock } from './tool.ts'

const ID_MEMBERS = { agents: 'agent_id', teams: 'team_id', workflows: 'workflow_id' } as const

const DEFAULT_TYPES = {
  image: 'image/png',
  audio: 'audio/mpeg',
  video: 'video/mp4',
  file: 'application/octet-stream',
} as const

/** The component by its public id. */
export interface AnsweringComponent {
  readonly kind: ComponentKind
  readonly id: string
}

/** The answer of a run that has ended, or that waits. */
export function runAnswer(component: AnsweringComponent, run: CollectedRun): ToolResult {
  const { end } = run
  switch (end.type) {
    case 'paused':
      return pausedAnswer(component, end.pause, run.text || textOf(end.raw.content))
    case 'completed': {
      const answer = answerWith(component, run, { status: 'COMPLETED', text: run.text })
      const blocks = end.result.products.flatMap(productBlock)
      return { ...answer, content: [...answer.content, ...blocks] }
    }
    case 'cancelled':
      return {
        ...answerWith(component, run, {
          status: 'CANCELLED',
          text: `Run cancelled: ${end.reason}`,
        }),
        isError: true,
      }
    case 'failed':
      return {
        ...answerWith(component, run, { status: 'ERROR', text: end.message }),
        isError: true,
      }
  }
}

/**
 * The answer of a run that waits: its open requirements, for `continue_run`.
 *
 * @param text what the component has said; empty for a sentence that counts the requirements
 */
export function pausedAnswer(
  component: AnsweringComponent,
  pause: Pause,
  text: string,
): ToolResult {
  const requirements = pause.requirements.filter((each) => isOpen(pause, each))
  const approval = pause.calls.some(({ needsApproval }) => needsApproval)
    ? ' An administrator has to approve it first.'
    : ''
  const counted = `Run paused: ${requirements.length} requirement(s) awaiting resolution.`
  const answer = answerWith(component, pause, {
    status: 'PAUSED',
    text: (text || counted) + approval,
  })
  return { ...answer, structuredContent: { ...answer.structuredContent, requirements } }
}

function isOpen({ kind, runId, sessionId }: Pause, requirement: Record<string, unknown>): boolean {
  const list = [requirement]
  const source = kind === 'workflows' ? { step_requirements: list } : { requirements: list }
  return pauseIn(kind, source, { runId, sessionId }).calls.length > 0
}

function answerWith(
  { kind, id }: AnsweringComponent,
  { runId, sessionId }: Pick<CollectedRun, 'runId' | 'sessionId'>,
  { status, text }: { readonly status: string; readonly text: string },
): ToolResult {
  return {
    content: [textBlock(text)],
    structuredContent: {
      run_id: runId,
      session_id: sessionId,
      status,
      content: text,
      [ID_MEMBERS[kind]]: id,
    },
  }
}

/** The answer of a call that was refused. The model sees it, and may correct the call. */
export function errorAnswer({ status, message, code }: Refusal): ToolResult {
  const error = { status, message, ...(code !== undefined && { code }) }
  return { content: [textBlock(message)], structuredContent: { error }, isError: true }
}

function productBlock({ kind, url, content, mimeType, filename }: Product): ContentBlock[] {
  const type = mimeType ?? DEFAULT_TYPES[kind]
  const name = filename ?? kind
  if (content === undefined) {
    return url !== undefined && URL.canParse(url)
      ? [{ type: 'resource_link', uri: url, name, mimeType: type }]
      : []
  }
  if (kind === 'image' || kind === 'audio') return [{ type: kind, data: content, mimeType: type }]
  const uri = `agno://tool-result/${kind}/${percentEncoded(name)}`
  return [{ type: 'resource', resource: { uri, mimeType: type, blob: content } }]
}
