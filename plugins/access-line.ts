/** Serialises the lines of the access log from a template: the same text as pino's, without its walk over any object. */
import type { FastifyBaseLogger } from 'fastify'
import { symbols } from 'pino'
import type { RequestSummary } from '../src/request-summary.ts'

/** Members of a line, in the order in which they are written. Undefined ones are left out. */
export interface AccessLine extends Partial<RequestSummary> {
  readonly requestId?: string
  readonly traceId?: string | undefined
  readonly method?: string
  readonly path?: string
  /** Address of the client. */
  readonly client?: string | undefined
  readonly caller?: string | undefined
  /** Name of the caller's API key. */
  readonly key?: string | undefined
  readonly status: number
  readonly closeCode?: number
  readonly runs?: number
  readonly framesIn?: number
  readonly bytesIn?: number
  readonly framesOut?: number
}

/** A logger of pino, with the parts of a line that it prepares. */
interface PinoLogger {
  [symbols.asJsonSym](line: AccessLine, message: string, level: number, time: string): string
  /** Start of a line by level, such as `{"level":30`. */
  readonly [symbols.lsCacheSym]: Readonly<Record<number, string>>
  /** Members of every line of the logger. */
  readonly [symbols.chindingsSym]: string
}

/**
 * Makes a logger write access-log lines from the template. It has to write no other lines after that.
 *
 * @param logger of pino; any other logger is left unchanged
 */
export function useTemplate(logger: FastifyBaseLogger): void {
  if (!(symbols.asJsonSym in logger)) return
  ;(logger as unknown as PinoLogger)[symbols.asJsonSym] = lineText
}

function lineText(
  this: PinoLogger,
  line: AccessLine,
  message: string,
  level: number,
  time: string,
): string {
  // One expression for a request, so that no text in between is kept.
  return (
    `${this[symbols.lsCacheSym][level]}${time}${this[symbols.chindingsSym]}` +
    text(',"requestId":', line.requestId) +
    text(',"traceId":', line.traceId) +
    text(',"method":', line.method) +
    text(',"path":', line.path) +
    text(',"client":', line.client) +
    text(',"caller":', line.caller) +
    text(',"key":', line.key) +
    plain(',"status":', line.status) +
    text(',"face":', line.face) +
    text(',"upstream":', line.upstream) +
    text(',"component":', line.component) +
    text(',"runId":', line.runId) +
    plain(',"stream":', line.stream) +
    plain(',"bytes":', line.bytes) +
    plain(',"durationMs":', line.durationMs) +
    text(',"error":', line.error) +
    (line.closeCode === undefined ? '' : socketText(line)) +
    `,"msg":"${message}"}\n`
  )
}

function socketText({ closeCode, runs, framesIn, bytesIn, framesOut }: AccessLine): string {
  return (
    plain(',"closeCode":', closeCode) +
    plain(',"runs":', runs) +
    plain(',"framesIn":', framesIn) +
    plain(',"bytesIn":', bytesIn) +
    plain(',"framesOut":', framesOut)
  )
}

/** A character that JSON escapes, or that may be half of a surrogate pair. */
const SPECIAL = /[^ !#-[\]-~]/

function text(prefix: string, value: string | undefined): string {
  if (value === undefined) return ''
  return SPECIAL.test(value) ? prefix + JSON.stringify(value) : `${prefix}"${value}"`
}

function plain(prefix: string, value: number | boolean | undefined): string {
  return value === undefined ? '' : prefix + value
}
