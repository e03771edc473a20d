import { describe, expect, test } from 'vitest'
import { Circuit } from '../../../src/upstream/circuit.ts'

const CONFIG = { after: 3, pauseMs: 100, longestPauseMs: 300, slowStartMs: 1_000 }

/** Returns a circuit that opened at time 0. */
function opened(): Circuit {
  const circuit = new Circuit(CONFIG)
  for (let failure = 0; failure < 3; failure++) circuit.failed(0)
  return circuit
}

describe('Circuit', () => {
  test('a circuit opens after three failures in a row', () => {
    const circuit = new Circuit(CONFIG)
    circuit.failed(0)
    circuit.failed(0)
    circuit.succeeded()
    circuit.failed(0)
    circuit.failed(0)
    expect(circuit.state(0)).toBe('closed')
    circuit.failed(0)
    expect(circuit.state(0)).toBe('open')
    expect(circuit.admits(99)).toBe(false)
  })

  test('a half-open circuit admits one request at a time', () => {
    const circuit = opened()
    expect(circuit.state(100)).toBe('half_open')
    circuit.begin('first')
    expect(circuit.admits(100)).toBe(false)
    circuit.end('another')
    expect(circuit.admits(100)).toBe(false)
    circuit.end('first')
    expect(circuit.admits(100)).toBe(true)
  })

  test('the pause doubles with each failed attempt up to its maximum', () => {
    const circuit = opened()
    const pauses: number[] = []
    let now = 100
    for (let round = 0; round < 3; round++) {
      circuit.failed(now)
      const from = now
      while (circuit.state(now) === 'open') now++
      pauses.push(now - from)
    }
    expect(pauses).toEqual([200, 300, 300])
  })

  test('a hundred simultaneous failures count as one outage', () => {
    const circuit = new Circuit(CONFIG)
    for (let failure = 0; failure < 100; failure++) circuit.failed(0)
    expect(circuit.state(99)).toBe('open')
    expect(circuit.state(100)).toBe('half_open')
  })

  test('a replica that recovered gets a growing share of requests', () => {
    const circuit = opened()
    expect(circuit.share(0)).toBe(1)
    circuit.close(200)
    expect([200, 700, 1_200].map((now) => circuit.share(now))).toEqual([0.1, 0.5, 1])
  })

  test('a circuit closes when a request succeeds', () => {
    const circuit = opened()
    circuit.succeeded()
    expect(circuit.state(0)).toBe('closed')
  })
})
