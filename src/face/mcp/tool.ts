/** Defines the parts of MCP's protocol that the face writes: tools, results and elicitations. */

import { stringifyJson } from '../../json/stringify.ts'

/** A JSON Schema (2020-12), as tools and elicitations carry it. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
}

/** A tool in `tools/list`. @see https://modelcontextprotocol.io/specification/2026-07-28/server/tools */
export interface McpTool {
  /** 1 to 64 letters, digits, `_` and `-`. */
  readonly name: string
  readonly title: string
  readonly description: string
  readonly inputSchema: JsonSchema
  readonly outputSchema?: JsonSchema
  readonly annotations: Readonly<Record<string, string | boolean>>
}

/** A part of a tool's answer. */
export type ContentBlock = Readonly<Record<string, unknown>> & { readonly type: string }

/** The answer of a tool. */
export interface ToolResult {
  readonly content: readonly ContentBlock[]
  readonly structuredContent?: Readonly<Record<string, unknown>>
  /** The model sees the failure, and may correct its call. */
  readonly isError?: boolean
}

export function textBlock(text: string): ContentBlock {
  return { type: 'text', text }
}

/** A structured answer, also as text for clients that show only text. */
export async function structuredResult(
  value: Readonly<Record<string, unknown>>,
): Promise<ToolResult> {
  return { content: [textBlock(await stringifyJson(value))], structuredContent: value }
}
