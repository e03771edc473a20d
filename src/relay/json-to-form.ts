/** Turns the JSON body of a run into the form AgentOS wants. */
import { GatewayError } from '../errors.ts'
import { assertShallow } from './json-depth.ts'

/**
 * Strings go as they are, numbers and booleans as Python's form parser reads them, objects and lists as JSON text,
 * null and absent members not at all.
 *
 * @returns an `application/x-www-form-urlencoded` body
 * @throws {GatewayError} `AGW_BODY_INVALID` with FastAPI's own list when the body is no JSON object
 */
export function formFromJson(body: Buffer): Buffer {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(parseObject(body))) {
    const field = formField(value)
    if (field !== undefined) form.append(name, field)
  }
  return Buffer.from(form.toString())
}

const OPENING_BRACE = 123

/**
 * The same for JSON that calls itself a form, as `curl -d '{"message":"hi"}'` sends it. No form of a run reads as a JSON object.
 *
 * @returns undefined where it is no JSON object, so it is left to the upstream
 */
export function formFromMislabelledJson(body: Buffer): Buffer | undefined {
  if (body[0] !== OPENING_BRACE) return undefined
  try {
    return formFromJson(body)
  } catch {
    return undefined
  }
}

/** One value as a form field; undefined for null. */
export function formField(value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function parseObject(body: Buffer): Record<string, unknown> {
  let parsed: unknown
  const text = body.toString('utf8')
  assertShallow(text)
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new GatewayError('AGW_BODY_INVALID', {
      cause,
      detail: [
        {
          type: 'json_invalid',
          loc: ['body', 0],
          msg: 'JSON decode error',
          input: {},
          ctx: { error: (cause as Error).message },
        },
      ],
    })
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
    return parsed as Record<string, unknown>
  }
  throw new GatewayError('AGW_BODY_INVALID', {
    detail: [
      {
        type: 'model_attributes_type',
        loc: ['body'],
        msg: 'Input should be a valid dictionary or object to extract fields from',
        input: parsed,
      },
    ],
  })
}
