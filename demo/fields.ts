/** Reads typed fields of forms and queries, and reports errors in FastAPI's 422 form. */
import { HttpError, type Issue } from './http.ts'

const TRUE = new Set(['true', '1', 'yes', 'on', 't', 'y'])
const FALSE = new Set(['false', '0', 'no', 'off', 'f', 'n'])

/** The fields of one form or query. Reading methods collect errors; {@link Fields.check} throws them. */
export class Fields {
  readonly #values: ReadonlyMap<string, string>
  readonly #where: 'body' | 'query'
  readonly #issues: Issue[] = []

  constructor(where: 'body' | 'query', values: ReadonlyMap<string, string>) {
    this.#where = where
    this.#values = values
  }

  /** Returns the field, or `undefined` when it is missing or empty. */
  text(name: string): string | undefined {
    return this.#values.get(name) || undefined
  }

  /** Returns the field; a missing field is an error. */
  required(name: string): string {
    const value = this.#values.get(name)
    if (value === undefined) this.#note('missing', name, 'Field required', null)
    return value ?? ''
  }

  /** Returns the field as a boolean, parsed as pydantic does. */
  flag(name: string, fallback: boolean): boolean {
    const value = this.#values.get(name)?.toLowerCase()
    if (value === undefined) return fallback
    if (TRUE.has(value)) return true
    if (FALSE.has(value)) return false
    const msg = 'Input should be a valid boolean, unable to interpret input'
    this.#note('bool_parsing', name, msg, this.#values.get(name))
    return fallback
  }

  /** Returns the field as an integer of at least `min`. */
  integer(name: string, fallback: number, min = Number.MIN_SAFE_INTEGER): number {
    const value = this.text(name)
    if (value === undefined) return fallback
    if (!/^[+-]?\d+$/.test(value)) {
      const msg = 'Input should be a valid integer, unable to parse string as an integer'
      this.#note('int_parsing', name, msg, value)
    } else if (Number(value) < min) {
      const msg = `Input should be greater than or equal to ${min}`
      this.#note('greater_than_equal', name, msg, value, { ge: min })
    }
    return Number(value)
  }

  /** Returns the field as one of `options`. */
  oneOf<T extends string>(name: string, options: readonly T[]): T | undefined {
    const value = this.text(name)
    const known = options.find((option) => option === value)
    if (value !== undefined && known === undefined) {
      const quoted = options.map((option) => `'${option}'`)
      const expected = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`
      this.#note('enum', name, `Input should be ${expected}`, value, { expected })
    }
    return known
  }

  /** @throws HttpError 422 with all errors so far */
  check(): void {
    if (this.#issues.length > 0) throw new HttpError(422, this.#issues)
  }

  #note(
    type: string,
    name: string,
    msg: string,
    input: unknown,
    ctx?: Record<string, unknown>,
  ): void {
    this.#issues.push({ type, loc: [this.#where, name], msg, input, ...(ctx && { ctx }) })
  }
}
