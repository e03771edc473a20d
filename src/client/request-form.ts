/** Encodes the forms that AgentOS takes: urlencoded, or multipart when they contain a file. */
import { randomUUID } from 'node:crypto'
import { stringifyJson } from '../json/stringify.ts'
import { encodedPairs } from '../parameters/urlencoded.ts'
import type { Upload } from './media.ts'

/** An encoded body and its content type. */
export interface EncodedBody {
  readonly contentType: string
  readonly body: Buffer
}

/** Form fields in order. Null and undefined are left out; lists and objects become JSON text. Long forms are encoded in turns. */
export class RequestForm {
  readonly #fields: [name: string, value: unknown][] = []
  readonly #uploads: [name: string, upload: Upload][] = []

  set(name: string, value: unknown): this {
    if (value !== undefined && value !== null) this.#fields.push([name, value])
    return this
  }

  setAll(fields: Readonly<Record<string, unknown>>): this {
    for (const [name, value] of Object.entries(fields)) this.set(name, value)
    return this
  }

  upload(name: string, upload: Upload): this {
    this.#uploads.push([name, upload])
    return this
  }

  async encode(): Promise<EncodedBody> {
    const fields: [name: string, value: string][] = []
    for (const [name, value] of this.#fields) fields.push([name, await formField(value)])
    return this.#uploads.length > 0
      ? this.#multipart(fields)
      : {
          contentType: 'application/x-www-form-urlencoded',
          body: await encodedPairs(fields),
        }
  }

  /** @see RFC 7578; names are escaped as in the HTML standard */
  #multipart(fields: readonly (readonly [name: string, value: string])[]): EncodedBody {
    const boundary = `agentos-${randomUUID()}`
    const parts: Uint8Array[] = []
    for (const [name, value] of fields) {
      parts.push(
        Buffer.from(
          `--${boundary}\r\ncontent-disposition: form-data; name="${escaped(name)}"\r\n\r\n${value}\r\n`,
        ),
      )
    }
    for (const [name, { filename, contentType, bytes }] of this.#uploads) {
      const disposition = `form-data; name="${escaped(name)}"; filename="${escaped(filename)}"`
      const type = contentType.replace(/[\r\n]/g, '')
      const head = `--${boundary}\r\ncontent-disposition: ${disposition}\r\ncontent-type: ${type}\r\n\r\n`
      parts.push(Buffer.from(head), bytes, Buffer.from('\r\n'))
    }
    parts.push(Buffer.from(`--${boundary}--\r\n`))
    return {
      contentType: `multipart/form-data; boundary=${boundary}`,
      body: Buffer.concat(parts),
    }
  }
}

/** One JSON value as a form field. */
async function formField(value: unknown): Promise<string> {
  return typeof value === 'string' ? value : stringifyJson(value)
}

function escaped(name: string): string {
  return name.replace(/\r/g, '%0D').replace(/\n/g, '%0A').replace(/"/g, '%22')
}
