/** Answers a read of the route table in memory, for code that makes its own answer of it. */
import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../../src/errors.ts'
import { percentEncoded } from '../../src/parameters/path.ts'
import type { Call, DataReply, Params } from './call.ts'
import { callerSignal } from './call.ts'
import { serve } from './handler.ts'
import { ROWS } from './rows.ts'

/** A `GET` of the route table. */
export interface DataRead {
  /** Path of the row, such as `/sessions/:session_id/runs`. */
  readonly row: string
  readonly params: Params
  readonly query: URLSearchParams
}

/** An answer of an AgentOS, or one that is merged from several, with the caller's ids. */
export interface CollectedAnswer {
  readonly status: number
  readonly body: Buffer
}

/**
 * Reads data of all upstreams as the caller. The request has to be authorized for the row.
 *
 * @throws {GatewayError} when no upstream answers
 */
export async function readData(
  request: FastifyRequest,
  { row: path, params, query }: DataRead,
): Promise<CollectedAnswer> {
  const row = ROWS.find((each) => each.method === 'GET' && each.path === path)
  if (row === undefined) throw new GatewayError('AGW_NOT_FOUND')
  const reply = new CollectedReply()
  const call: Call = {
    request,
    reply,
    method: 'GET',
    path: path.replace(/:(\w+)/g, (_, name: string) => percentEncoded(params[name] ?? '')),
    row,
    params,
    rawQuery: query.toString(),
    query,
    body: null,
    fields: {},
    signal: callerSignal(request),
    isCollected: true,
  }
  await serve(call)
  return reply
}

class CollectedReply implements DataReply, CollectedAnswer {
  status = 200
  body: Buffer = Buffer.alloc(0)

  code(status: number): this {
    this.status = status
    return this
  }

  header(): this {
    return this
  }

  send(body: unknown): this {
    this.body = Buffer.isBuffer(body) ? body : Buffer.from(String(body))
    return this
  }

  /** Nothing is relayed: see {@link Call.isCollected}. */
  async forward(): Promise<void> {
    throw new GatewayError('AGW_INTERNAL')
  }
}
