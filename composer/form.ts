/** Reads the form of a run in AgentOS's encodings: urlencoded, multipart or JSON. */
import { HttpError, missingField } from './http-error.ts'
import type { RunMedia, StoredUpload } from './run-media.ts'
import { uploadIn } from './run-media.ts'

/** The fields of a form, by their wire names. */
export class RunForm {
  readonly #fields: ReadonlyMap<string, unknown>
  readonly #uploads: readonly StoredUpload[]

  constructor(fields: ReadonlyMap<string, unknown>, uploads: readonly StoredUpload[] = []) {
    this.#fields = fields
    this.#uploads = uploads
  }

  /** Returns the uploaded files and the media in JSON fields. @throws {HttpError} 400 for a field that is no list of objects */
  media(): RunMedia {
    return {
      uploads: this.#uploads,
      images: this.list('images'),
      audio: this.list('audio'),
      videos: this.list('videos'),
      files: this.list('input_files'),
    }
  }

  /** Returns a list of objects from JSON text; empty when it is missing. @throws {HttpError} 400 for any other value */
  list(name: string): Record<string, unknown>[] {
    const text = this.text(name)
    const value = text === undefined ? [] : jsonIn(text)
    if (Array.isArray(value) && value.every((item) => Object(item) === item)) return value
    throw new HttpError(400, `Invalid JSON in ${name} field`)
  }

  /** Returns a text; undefined when it is missing or empty. */
  text(name: string): string | undefined {
    const value = this.#fields.get(name)
    if (value === undefined || value === null || value === '') return undefined
    return typeof value === 'string' ? value : JSON.stringify(value)
  }

  /** @throws {HttpError} 422 when it is missing */
  required(name: string): string {
    const value = this.text(name)
    if (value === undefined) throw missingField(name)
    return value
  }

  /** Returns a boolean, parsed as FastAPI does. */
  flag(name: string, fallback: boolean): boolean {
    const value = this.text(name)?.toLowerCase()
    if (value === undefined) return fallback
    return ['true', '1', 'on', 'yes', 't', 'y'].includes(value)
  }

  /** Returns an integer. */
  integer(name: string): number | undefined {
    const value = Number(this.text(name) ?? Number.NaN)
    return Number.isInteger(value) ? value : undefined
  }

  /** Returns an object from JSON text. @throws {HttpError} 400 for any other value */
  object(name: string): Readonly<Record<string, unknown>> | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = jsonIn(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return value as Record<string, unknown>
    }
    throw new HttpError(400, `Invalid JSON in ${name} field`)
  }
}

/**
 * Parses a complete body.
 *
 * @throws {HttpError} 400 for an unreadable body
 */
export async function readForm(body: unknown, contentType: string | undefined): Promise<RunForm> {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
  const type = contentType?.toLowerCase() ?? ''
  if (type.startsWith('application/json')) return new RunForm(new Map(jsonFields(bytes)))
  if (!type.startsWith('multipart/form-data')) {
    return new RunForm(new Map(new URLSearchParams(bytes.toString('utf8'))))
  }
  const headers = { 'content-type': contentType ?? '' }
  const form = await new Response(new Uint8Array(bytes), { headers }).formData().catch(() => {
    throw new HttpError(400, 'There was an error parsing the body')
  })
  const fields = new Map<string, unknown>()
  const uploads: StoredUpload[] = []
  for (const [name, value] of form) {
    if (typeof value === 'string') fields.set(name, value)
    else uploads.push(await uploadIn(value))
  }
  return new RunForm(fields, uploads)
}

function jsonFields(bytes: Buffer): [string, unknown][] {
  const value = jsonIn(bytes.toString('utf8'))
  if (typeof value === 'object' && value !== null) return Object.entries(value)
  throw new HttpError(400, 'There was an error parsing the body')
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
