/** Reads the output of a run that is answered as JSON, while its bytes pass. */
import { firstMember } from '../json/json-text.ts'
import { parseJson } from '../json/parse.ts'
import { runIdIn } from '../relay/body-fields.ts'
import { objectIn } from '../relay/stream-reader.ts'
import type { ResponseHead } from '../upstream/exchange.ts'
import { headerOf } from '../upstream/header-of.ts'

/** Longest answer that is read whole, in bytes. Of a longer one, only the metrics at its beginning are read. */
const MAX_ANSWER_BYTES = 2 * 1024 * 1024
/** A shorter answer is parsed before its last byte is passed on. */
const SHORT_BYTES = 64 * 1024

/** The output of a run, as AgentOS answers it without streaming. */
export type RunOutput = Readonly<Record<string, unknown>>

export class AnswerReader {
  readonly #onOutput: (output: RunOutput) => void
  #bytesLeft: number
  #chunks: Buffer[] = []
  #bytes = 0
  #isOver = false

  /** @param onOutput called once, also after {@link end}; not called for an answer that is no JSON object */
  constructor(head: ResponseHead, onOutput: (output: RunOutput) => void) {
    this.#onOutput = onOutput
    this.#bytesLeft = Number(headerOf(head, 'content-length') ?? Number.NaN)
  }

  push(chunk: Buffer): void {
    if (this.#bytes <= MAX_ANSWER_BYTES) this.#chunks.push(chunk)
    this.#bytes += chunk.length
    this.#bytesLeft -= chunk.length
    if (this.#bytesLeft === 0) this.end()
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    const bytes = Buffer.concat(this.#chunks)
    this.#chunks = []
    if (this.#bytes > MAX_ANSWER_BYTES) this.#report(beginning(bytes))
    else if (bytes.length <= SHORT_BYTES) this.#report(objectIn(bytes))
    else
      void parseJson(bytes).then(
        (output) => this.#report(output),
        () => undefined,
      )
  }

  #report(output: unknown): void {
    if (typeof output === 'object' && output !== null) this.#onOutput(output as RunOutput)
  }
}

/** Metrics and id of an output whose end is missing: AgentOS writes them before the messages. */
function beginning(bytes: Buffer): RunOutput | undefined {
  try {
    // Only numbers are read, so the text encoding does not matter.
    const metrics = firstMember(bytes.toString('latin1'), 'metrics') ?? 'null'
    return { run_id: runIdIn(bytes), metrics: JSON.parse(metrics) as unknown }
  } catch {
    return undefined
  }
}
