/** Replaces ids in a JSON body that arrives in pieces of any size; every other byte stays unchanged. */
import type { Edit, Rename, RenameOptions } from './json-renamer.ts'
import { edited, JsonRenamer } from './json-renamer.ts'

/** Holds back only the beginning of a string that may be an id, so bodies of any length are renamed. */
export class BodyRenamer {
  readonly #json: JsonRenamer
  #held: Buffer | undefined

  constructor(rename: Rename, options?: RenameOptions) {
    this.#json = new JsonRenamer(rename, options)
  }

  /** The bytes so far are one complete JSON text. */
  get isWhole(): boolean {
    return this.#json.isWhole && this.#held === undefined
  }

  /** @returns the bytes that can be sent now; may be empty */
  push(chunk: Buffer): Buffer {
    const bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk])
    const edits: Edit[] = []
    const settled = this.#json.scan(bytes, 0, bytes.length, edits)
    const isSettled = settled === bytes.length
    this.#held = isSettled ? undefined : bytes.subarray(settled)
    return edited(isSettled ? bytes : bytes.subarray(0, settled), edits)
  }

  /** The bytes held back, for the end of the body. */
  rest(): Buffer {
    const held = this.#held ?? Buffer.alloc(0)
    this.#held = undefined
    return held
  }
}
