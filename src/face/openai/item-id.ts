/** Ids of the items of a response. They contain the session, because clients refer to earlier items by their ids only. */
import { referenceIn } from './pause-calls.ts'
import type { ResponseReference } from './response-id.ts'
import { runToken, runTokenIn } from './run-token.ts'

const CONTINUATION_BYTES = 6
const DETAIL_BYTES = CONTINUATION_BYTES + 2
const OWN = /^(?:msg|rs|mcp|fc)_(.+)$/

/**
 * The same id for a streamed, an unstreamed and a stored response.
 *
 * @param index position of the item in `output`
 */
export function itemId(prefix: string, reference: ResponseReference, index: number): string {
  const detail = Buffer.alloc(DETAIL_BYTES)
  detail.write(reference.continuation ?? '', 'base64url')
  detail.writeUInt16BE(index, CONTINUATION_BYTES)
  return `${prefix}_${runToken(reference, detail, detail.toString('base64url'))}`
}

/** The session of an item or of a call of a pause; undefined for a foreign id. */
export function sessionOfItem(id: string): string | undefined {
  const [, token] = OWN.exec(id) ?? []
  const { sessionId } = (token && runTokenIn(token, DETAIL_BYTES)) || (referenceIn(id) ?? {})
  return sessionId
}
