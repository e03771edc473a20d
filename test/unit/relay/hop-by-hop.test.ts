import { describe, expect, test } from 'vitest'
import { connectionListed, isHopByHop, listedByConnection } from '../../../src/relay/hop-by-hop.ts'

describe('a header belongs to one connection', () => {
  test.each(['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'])(
    'as %s does',
    (name) => {
      expect(isHopByHop(name)).toBe(true)
    },
  )

  test.each(['content-length', 'accept', 'authorization', 'cookie'])('as %s does not', (name) => {
    expect(isHopByHop(name)).toBe(false)
  })
})

describe('what Connection lists', () => {
  test('is read whatever its case and spaces', () => {
    expect(connectionListed(' X-A ,close,, x-b')).toEqual(new Set(['x-a', 'x-b']))
  })

  test.each(['close', 'keep-alive', '', ' , '])('is nothing for %j', (value) => {
    expect(connectionListed(value)).toBeUndefined()
  })

  test('is joined over all Connection headers of a message', () => {
    const raw = [
      'Connection',
      'x-a',
      'x-connect',
      'x-c',
      'CONNECTION',
      'x-b',
      'connection',
      'close',
    ]
    expect(listedByConnection(raw)).toEqual(new Set(['x-a', 'x-b']))
    expect(listedByConnection(['accept', '*/*'])).toBeUndefined()
  })
})
