/**
 * Fills the input templates of steps: `{{input}}`, `{{previous}}`, `{{steps.NAME}}`, `{{additional_data.KEY}}`,
 * `{{session_state.KEY}}`, `{{user_input.KEY}}`.
 */
import { PLACEHOLDER, splitPlaceholder } from '../../config/placeholders.ts'

/** Values of the placeholders. */
export interface TemplateValues {
  readonly input: string
  /** Text of the previous step; for the first step, the input. */
  readonly previous: string
  readonly steps: Readonly<Record<string, string>>
  readonly additional_data: Readonly<Record<string, unknown>>
  readonly session_state: Readonly<Record<string, unknown>>
  /** Values that the caller has given for this step. */
  readonly user_input: Readonly<Record<string, unknown>>
}

/**
 * Replaces all placeholders in one pass; replaced text is not scanned again. A placeholder without a value becomes an
 * empty string.
 */
export function renderTemplate(template: string, values: TemplateValues): string {
  return template.replace(PLACEHOLDER, (_, name: string) => {
    if (name === 'input' || name === 'previous') return values[name]
    const [root, key] = splitPlaceholder(name)
    const group = values[root as 'steps'] as Readonly<Record<string, unknown>> | undefined
    if (group === undefined || key === undefined || !Object.hasOwn(group, key)) return ''
    return textOf(group[key])
  })
}

/** Returns text unchanged, and any other value as JSON. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
