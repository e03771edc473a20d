/** Reads the JSON-RPC message in the body of a request, and says what kind of message it is. */
import type { FastifyRequest } from 'fastify'
import { badRequest, jsonIn } from '../../../src/face/json-body.ts'
import type { JsonRpcId } from '../../../src/face/mcp/error-shape.ts'
import { isObject } from '../../../src/json/is-object.ts'
import { readWholeBody } from '../../../src/relay/request-body.ts'

export type Message = Readonly<Record<string, unknown>>

/**
 * Most values in one message. The SDK validates every value in one turn of the event loop, several times; the largest
 * message, the requirements of a paused run, has some hundreds.
 */
const MOST_VALUES = 10_000

/**
 * @throws {GatewayError} `AGW_BAD_REQUEST` for a batch: MCP has none since 2025-06-18, and each request has one target;
 *   also for more than 10,000 values
 */
export async function readMessage({ raw, gateway }: FastifyRequest): Promise<Message> {
  const body = await readWholeBody(raw, gateway.config.limits.jsonBodyBytes)
  const value = await jsonIn(body, MOST_VALUES)
  if (Array.isArray(value)) throw badRequest('Batches are not supported: send one message')
  if (!isObject(value)) throw badRequest('The body must be one JSON-RPC message')
  return value
}

/** Id of a request; null for any other message. */
export function requestId({ id, method }: Message): JsonRpcId {
  const isId = typeof id === 'string' || typeof id === 'number'
  return isId && typeof method === 'string' ? id : null
}

export function paramsOf({ params }: Message): Message {
  return isObject(params) ? params : {}
}
