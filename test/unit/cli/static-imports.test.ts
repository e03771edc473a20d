/** Static imports without types: the files that load before the command line is read. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const STATIC_IMPORT = /^(?:import|export) (?!type\b)(?:[^'"]*? from )?'([^']+)'/gms

/** Returns the packages that a file loads, itself or through the files it imports. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>()
  if (seen.has(file) || !existsSync(file)) return packages
  seen.add(file)
  for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(STATIC_IMPORT)) {
    if (!name.startsWith('.')) packages.add(name)
    else for (const inner of packagesOf(join(dirname(file), name), seen)) packages.add(inner)
  }
  return packages
}

test('the command line is parsed before any package is loaded', () => {
  const loaded = [...packagesOf('server.ts')]
  expect(loaded).toContain('node:util')
  expect(loaded.filter((name) => !name.startsWith('node:'))).toEqual([])
})

test('`start` loads neither OpenTelemetry nor the files of other commands', () => {
  const seen = new Set<string>()
  const loaded = [...packagesOf('cli/start.ts', seen)]
  expect(loaded).toContain('fastify')
  expect(loaded.filter((name) => name.startsWith('@opentelemetry'))).toEqual([])
  const commands = [...seen].filter((file) =>
    /^cli\/(?:check|doctor|init|schema|token|signing)/.test(file),
  )
  expect(commands).toEqual([])
})
