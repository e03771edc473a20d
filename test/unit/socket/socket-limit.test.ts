import { describe, expect, test } from 'vitest'
import { MessageRate } from '../../../src/socket/message-rate.ts'
import { SocketLimit } from '../../../src/socket/socket-limit.ts'

describe('socket slots', () => {
  test('socket slots are limited and freed when a socket closes', () => {
    const places = new SocketLimit()
    const [one, two] = [places.acquire(2), places.acquire(2)]
    expect([one, two, places.acquire(2)].map((slot) => slot !== undefined)).toEqual([
      true,
      true,
      false,
    ])
    one?.release()
    one?.release()
    expect(places.acquire(2)).toBeDefined()
    expect(places.acquire(2)).toBeUndefined()
    expect(places.acquire(0)).toBeDefined()
  })

  test('a socket slot counts for one caller at a time', () => {
    const places = new SocketLimit()
    const [one, two] = [places.acquire(0), places.acquire(0)]
    expect(one?.assignTo('alice', 1)).toBe(true)
    expect(one?.assignTo('alice', 1)).toBe(true)
    expect(two?.assignTo('alice', 1)).toBe(false)
    expect(one?.assignTo('bob', 1)).toBe(true)
    expect(two?.assignTo('alice', 1)).toBe(true)
    two?.release()
    expect(two?.assignTo('alice', 1)).toBe(false)
    expect(places.acquire(0)?.assignTo('alice', 1)).toBe(true)
  })
})

test('the message rate is counted in one-second windows from the first message', () => {
  const pace = new MessageRate()
  expect([0, 10, 999, 1_000, 1_001].map((now) => pace.isExceeded(2, now))).toEqual([
    false,
    false,
    true,
    false,
    false,
  ])
  expect(pace.isExceeded(0, 1_002)).toBe(false)
})
