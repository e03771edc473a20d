import { describe, expect, test } from 'vitest'
import { Circuit } from '../../../src/upstream/circuit.ts'

const CONFIG = { after: 3, pauseMs: 100, longestPauseMs: 300, slowStartMs: 1_000 }

/** A circuit that has just opened, at time 0. */
function opened(): Circuit {
  const circuit = new Circuit(CONFIG)
  for (let failure = 0; failure < 3; failure++) circuit.failed(0)
  return circuit
}

describe('a circuit', () => {
  test('opens after three failures in a row', () => {
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

  test('lets one request at a time try once the pause is over', () => {
    const circuit = opened()
    expect(circuit.state(100)).toBe('half_open')
    circuit.begin('first')
    expect(circuit.admits(100)).toBe(false)
    circuit.end('another')
    expect(circuit.admits(100)).toBe(false)
    circuit.end('first')
    expect(circuit.admits(100)).toBe(true)
  })

  test('pauses twice as long each time the try fails, up to the longest pause', () => {
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

  test('takes a hundred requests that fail at once for one outage', () => {
    const circuit = new Circuit(CONFIG)
    for (let failure = 0; failure < 100; failure++) circuit.failed(0)
    expect(circuit.state(99)).toBe('open')
    expect(circuit.state(100)).toBe('half_open')
  })

  test('gives a replica that came back a growing share', () => {
    const circuit = opened()
    expect(circuit.share(0)).toBe(1)
    circuit.close(200)
    expect([200, 700, 1_200].map((now) => circuit.share(now))).toEqual([0.1, 0.5, 1])
  })

  test('closes when a request gets through', () => {
    const circuit = opened()
    circuit.succeeded()
    expect(circuit.state(0)).toBe('closed')
  })
})
