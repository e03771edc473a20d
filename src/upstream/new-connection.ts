/** Prepares each connection that undici has opened. */
import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { readDirectly } from './direct-read.ts'
import type { Parser } from './informational.ts'
import { acceptContinue } from './informational.ts'

const { kParser, kSocket } = createRequire(import.meta.url)('undici/lib/core/symbols.js') as {
  readonly kParser: unique symbol
  readonly kSocket: unique symbol
}

/** @param client undici's client after its connect */
export function prepareConnection(client: object): void {
  const socket = (client as { [kSocket]?: Socket & { [kParser]?: Parser } })[kSocket]
  const parser = socket?.[kParser]
  if (socket === undefined || parser === undefined) return
  acceptContinue(parser)
  readDirectly(socket)
}
