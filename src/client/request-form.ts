/** Encodes the forms that AgentOS takes: urlencoded, or multipart when they contain a file. */
import { randomUUID } from 'node:crypto'
import { formField } from '../relay/json-to-form.ts'
import type { Upload } from './media.ts'

/** An encoded body and its content type. */
export interface EncodedBody {
  readonly contentType: string
  readonly body: Buffer
}

/** Form fields in order. Null and undefined are left out; lists and objects become JSON text. */
export class RequestForm {
  readonly #fields: [name: string, value: string][] = []
  readonly #uploads: [name: string, upload: Upload][] = []

  set(name: string, value: unknown): this {
    const field = formField(value)
    if (field !== undefined) this.#fields.push([name, field])
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

  encode(): EncodedBody {
    if (this.#uploads.length > 0) return this.#multipart()
    return {
      contentType: 'application/x-www-form-urlencoded',
      body: Buffer.from(new URLSearchParams(this.#fields).toString()),
    }
  }

  /** @see RFC 7578; names are escaped as in the HTML standard */
  #multipart(): EncodedBody {
    const boundary = `agentos-${randomUUID()}`
    const parts: Uint8Array[] = []
    for (const [name, value] of this.#fields) {
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

function escaped(name: string): string {
  return name.replace(/\r/g, '%0D').replace(/\n/g, '%0A').replace(/"/g, '%22')
}
