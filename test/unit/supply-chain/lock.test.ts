import { describe, expect, test } from 'vitest'
import { fetched, nameOf, packages, production } from './support.ts'

/** Licences that ask for nothing but to be kept. A new one is read by a person first. */
const ALLOWED = [
  '0BSD',
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
  test('holds the SHA-512 of every package', () => {
    expect(fetched.length).toBeGreaterThan(200)
    const without = fetched.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))
    expect(without.map(([path]) => path)).toEqual([])
  })

  test('takes every package from the registry that is configured, by its version', () => {
    const elsewhere = fetched.filter(
      ([, { resolved, version }]) =>
        resolved !== undefined || !/^\d+\.\d+\.\d+/.test(version ?? ''),
    )
    expect(elsewhere.map(([path]) => path)).toEqual([])
  })

  test('has the packages of every platform, whichever it was written on', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies)
        .filter((name) => placesOf(path, name).every((place) => !(place in packages)))
        .map((name) => `${name} of ${path || 'the gateway'}`),
    )
    expect(missing).toEqual([])
  })

  test.each(PLATFORMS)('brings linter and compiler for %s on %s', (os, cpu) => {
    const names = fetched
      .filter(([, entry]) => entry.os?.includes(os) && entry.cpu?.includes(cpu))
      .map(([path]) => nameOf(path))
    expect(names.some((name) => name.startsWith('@biomejs/cli-'))).toBe(true)
    expect(names.some((name) => name.startsWith('@typescript/'))).toBe(true)
  })
})

describe('what the gateway runs with', () => {
  test('has licences that allow it', () => {
    const others = production.filter(([, { license }]) => !ALLOWED.includes(license ?? ''))
    expect(others.map(([path, { license }]) => `${path}: ${license}`)).toEqual([])
  })

  test('runs nothing while it is installed', () => {
    const scripted = production.filter(([, { hasInstallScript }]) => hasInstallScript)
    expect(scripted.map(([path]) => path)).toEqual([])
  })

  test('is the same on every platform', () => {
    const bound = production.filter(([, { os, cpu }]) => os !== undefined || cpu !== undefined)
    expect(bound.map(([path]) => path)).toEqual([])
  })
})

/** Where Node would look for a package that is asked for at a path, and a few places more. */
function placesOf(path: string, name: string): string[] {
  const ends = [...`${path}/`.matchAll(/\//g)].map(({ index }) => path.slice(0, index))
  return ['', ...ends].map((base) => `${base === '' ? '' : `${base}/`}node_modules/${name}`)
}
