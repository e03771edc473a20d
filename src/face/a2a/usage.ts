/** Writes token counts as they appear in the metadata of tasks. */
import type { Usage } from '../face-events.ts'

export function usageOf(usage: Usage): Record<string, number> {
  const { inputTokens, outputTokens, totalTokens } = usage
  return { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: totalTokens }
}
