import { describe, expect, test } from 'vitest'
import { connectionListed, HOP_BY_HOP, listedByConnection } from '../../../src/relay/hop-by-hop.ts'

describe('hop-by-hop headers', () => {
  test.each(['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade'])(
    'the header %s is hop-by-hop',
    (name) => {
      expect(HOP_BY_HOP.has(name)).toBe(true)
    },
  )

  test.each(['content-length', 'accept', 'authorization', 'cookie'])(
    'the header %s is end-to-end',
    (name) => {
      expect(HOP_BY_HOP.has(name)).toBe(false)
    },
  )
})

describe('headers that Connection lists', () => {
  test('the Connection list is read in any case and spacing', () => {
    expect(connectionListed(' X-A ,close,, x-b')).toEqual(new Set(['x-a', 'x-b']))
  })

  test.each(['close', 'keep-alive', '', ' , '])(
    'the Connection value %j lists no header',
    (value) => {
      expect(connectionListed(value)).toBeUndefined()
    },
  )

  test('the lists of all Connection headers of a message are joined', () => {
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
