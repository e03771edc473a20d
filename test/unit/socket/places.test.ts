import { describe, expect, test } from 'vitest'
import { Pace } from '../../../src/socket/pace.ts'
import { SocketPlaces } from '../../../src/socket/places.ts'

describe('socket slots', () => {
  test('socket slots are limited and freed when a socket closes', () => {
    const places = new SocketPlaces()
    const [one, two] = [places.enter(2), places.enter(2)]
    expect([one, two, places.enter(2)].map((place) => place !== undefined)).toEqual([
      true,
      true,
      false,
    ])
    one?.leave()
    one?.leave()
    expect(places.enter(2)).toBeDefined()
    expect(places.enter(2)).toBeUndefined()
    expect(places.enter(0)).toBeDefined()
  })

  test('a socket slot counts for one caller at a time', () => {
    const places = new SocketPlaces()
    const [one, two] = [places.enter(0), places.enter(0)]
    expect(one?.occupy('alice', 1)).toBe(true)
    expect(one?.occupy('alice', 1)).toBe(true)
    expect(two?.occupy('alice', 1)).toBe(false)
    expect(one?.occupy('bob', 1)).toBe(true)
    expect(two?.occupy('alice', 1)).toBe(true)
    two?.leave()
    expect(two?.occupy('alice', 1)).toBe(false)
    expect(places.enter(0)?.occupy('alice', 1)).toBe(true)
  })
})

test('the message rate is counted in one-second windows from the first message', () => {
  const pace = new Pace()
  expect([0, 10, 999, 1_000, 1_001].map((now) => pace.isTooFast(2, now))).toEqual([
    false,
    false,
    true,
    false,
    false,
  ])
  expect(pace.isTooFast(0, 1_002)).toBe(false)
})
