/** Refuses JSON that is nested too deeply, because recursive code would exhaust the stack on it. */
import { GatewayError } from '../errors.ts'
import { DEEPEST } from './json-walk.ts'

/**
 * Refuses text whose brackets nest more than 100 deep. Only counts brackets, and parses nothing.
 *
 * @throws {GatewayError} `AGW_BODY_INVALID`
 */
export function assertShallow(text: string): void {
  let depth = 0
  for (let i = 0; i < text.length; i++) {
    const char = text[i]
    if (char === '"') i = stringEnd(text, i)
    else if (char === '{' || char === '[') {
      if (++depth > DEEPEST) throw tooDeep()
    } else if (char === '}' || char === ']') depth--
  }
}

function stringEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === '"') return i
  }
  return text.length
}

/** The refusal of a body that is nested too deep. */
export function tooDeep(): GatewayError {
  const msg = `JSON is nested more than ${DEEPEST} deep`
  return new GatewayError('AGW_BODY_INVALID', {
    detail: [{ type: 'json_invalid', loc: ['body'], msg, input: {} }],
  })
}
