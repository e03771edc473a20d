/** Prepares each connection that undici has opened. */
/// <reference path="./undici-internals.d.ts" />
import type { Socket } from 'node:net'
import symbols from 'undici/lib/core/symbols.js'
import { readDirectly } from './direct-read.ts'
import type { Parser } from './informational.ts'
import { acceptContinue } from './informational.ts'

const { kParser, kSocket } = symbols

/** @param client undici's client after its connect */
export function prepareConnection(client: object): void {
  const socket = (client as { [kSocket]?: Socket & { [kParser]?: Parser } })[kSocket]
  const parser = socket?.[kParser]
  if (socket === undefined || parser === undefined) return
  acceptContinue(parser)
  readDirectly(socket)
}
