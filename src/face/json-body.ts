/** Reads the JSON bodies of faces. An error names the invalid member. */
import { GatewayError } from '../errors.ts'
import { isObject } from '../json/is-object.ts'
import { tooDeep } from '../json/json-depth.ts'
import { DeepJsonError } from '../json/json-walk.ts'
import { parseJson, TooManyValuesError } from '../json/parse.ts'

type Dict = Readonly<Record<string, unknown>>

/** @throws {GatewayError} `AGW_BAD_REQUEST` */
export function badRequest(detail: string): GatewayError {
  return new GatewayError('AGW_BAD_REQUEST', { detail })
}

/** Detail of the error for a body that is no JSON. */
export const NO_JSON = 'The body is not JSON'

/**
 * @param mostValues most values in the body; default: any number
 * @returns the JSON value in a body
 * @throws {GatewayError} `AGW_BAD_REQUEST`, also for too many values; `AGW_BODY_INVALID` for JSON that is nested too deep
 */
export async function jsonIn(body: Buffer, mostValues?: number): Promise<unknown> {
  try {
    return await parseJson(body, mostValues)
  } catch (error) {
    const { cause } = error as Error
    if (cause instanceof DeepJsonError) throw tooDeep()
    if (cause instanceof TooManyValuesError) {
      throw badRequest(`The body has more than ${mostValues} JSON values`)
    }
    throw badRequest(NO_JSON)
  }
}

/**
 * @returns the JSON object in a body
 * @throws {GatewayError} `AGW_BAD_REQUEST` for any other value
 */
export async function objectIn(body: Buffer): Promise<Dict> {
  const value = await jsonIn(body)
  if (!isObject(value)) throw badRequest('The body must be a JSON object')
  return value
}

/** An optional member of type string. Null counts as missing. */
export function stringAt(object: Dict, name: string): string | undefined {
  const value = object[name]
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw badRequest(`'${name}' must be a string`)
  return value
}

/** An optional member of type list of objects. */
export function objectsAt(object: Dict, name: string): readonly Dict[] | undefined {
  const value = object[name]
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value) || !value.every(isObject)) {
    throw badRequest(`'${name}' must be a list of objects`)
  }
  return value
}

/** An optional member of type object. */
export function objectAt(object: Dict, name: string): Dict | undefined {
  const value = object[name]
  if (value === undefined || value === null) return undefined
  if (!isObject(value)) throw badRequest(`'${name}' must be an object`)
  return value
}

/** An optional member of type boolean. */
export function flagAt(object: Dict, name: string): boolean {
  const value = object[name]
  if (value === undefined || value === null) return false
  if (typeof value !== 'boolean') throw badRequest(`'${name}' must be true or false`)
  return value
}
