import { describe, expect, test } from 'vitest'
import { enginesBeyondNode20 } from '../../../tools/lock-engines.ts'
import { fetched, nameOf, packages, production } from './support.ts'

/** Permissive licences. A person reads a new one before it is added. */
const ALLOWED = [
  '0BSD',
  // A choice: BSD-3-Clause is taken.
  '(AFL-2.1 OR BSD-3-Clause)',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
]

const PLATFORMS = [
  ['linux', 'x64'],
  ['linux', 'arm64'],
  ['darwin', 'x64'],
  ['darwin', 'arm64'],
] as const

describe('the lock file', () => {
  test('the lock file has a SHA-512 for every package', () => {
    expect(fetched.length).toBeGreaterThan(200)
    const without = fetched.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))
    expect(without.map(([path]) => path)).toEqual([])
  })

  test('the lock file pins every package by version and names no registry', () => {
    const elsewhere = fetched.filter(
      ([, { resolved, version }]) =>
        resolved !== undefined || !/^\d+\.\d+\.\d+/.test(version ?? ''),
    )
    expect(elsewhere.map(([path]) => path)).toEqual([])
  })

  test('the lock file contains the packages of every platform', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => placesOf(path, name).every((place) => !(place in packages)))
        .map((name) => `${name} of ${path || 'the gateway'}`),
    )
    expect(missing).toEqual([])
  })

  test('the lock file makes npm ci on Node 20 print no EBADENGINE', () => {
    expect(enginesBeyondNode20({ packages })).toEqual([])
  })

  test.each(PLATFORMS)('the lock file has linter and compiler for %s on %s', (os, cpu) => {
    const names = fetched
      .filter(([, entry]) => entry.os?.includes(os) && entry.cpu?.includes(cpu))
      .map(([path]) => nameOf(path))
    expect(names.some((name) => name.startsWith('@biomejs/cli-'))).toBe(true)
    expect(names.some((name) => name.startsWith('@typescript/'))).toBe(true)
  })
})

describe('production packages', () => {
  test('every production package has an allowed licence', () => {
    const others = production.filter(([, { license }]) => !ALLOWED.includes(license ?? ''))
    expect(others.map(([path, { license }]) => `${path}: ${license}`)).toEqual([])
  })

  test('no production package runs an install script', () => {
    const scripted = production.filter(([, { hasInstallScript }]) => hasInstallScript)
    expect(scripted.map(([path]) => path)).toEqual([])
  })

  test('no production package is bound to a platform', () => {
    const bound = production.filter(([, { os, cpu }]) => os !== undefined || cpu !== undefined)
    expect(bound.map(([path]) => path)).toEqual([])
  })
})

/** Returns every path where Node may look for a package, and a few more. */
function placesOf(path: string, name: string): string[] {
  const ends = [...`${path}/`.matchAll(/\//g)].map(({ index }) => path.slice(0, index))
  return ['', ...ends].map((base) => `${base === '' ? '' : `${base}/`}node_modules/${name}`)
}
