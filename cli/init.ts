/** `agentos-gateway init URL…`: writes a configuration for running servers. */
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ConfigError } from '../config/config-error.ts'
import { loadConfigText } from '../config/load.ts'
import { fileExists } from '../config/read-text.ts'
import { writeText } from '../config/write-text.ts'
import { lookAt } from './init/look.ts'
import type { Planned } from './init/plan.ts'
import { plan } from './init/plan.ts'
import { configText } from './init/text.ts'
import type { GivenOptions } from './option-table.ts'
import { tokenIn, UsageError } from './option-table.ts'
import { programName } from './program-name.ts'

const DEFAULT_FILE = 'gateway.yaml'

/**
 * Queries each server. Writes a file if at least one of them answers.
 *
 * @returns exit code: 0, or 1 when no server answers or the file exists already
 * @throws {UsageError} for an invalid address
 */
export async function init(operands: readonly string[], options: GivenOptions): Promise<number> {
  if (operands.length === 0) throw new UsageError('init needs the URL of a running AgentOS')
  const urls = [...new Set(operands.map(normalised))]
  const { output: file = DEFAULT_FILE } = options
  const token = tokenIn(options)
  const looked = await Promise.all(urls.map((url) => lookAt(url, token)))
  const problems = looked.flatMap(({ problem }) => problem ?? [])
  if (problems.length === looked.length) return complain(problems.join('\n  '))
  const planned = plan(looked)
  const text = configText(planned, schemaFile(file))
  assertUsable(text, file, planned)
  if (file === '-') {
    process.stdout.write(text)
    return 0
  }
  try {
    if (!writeText(file, text, options.force === true)) {
      return complain(`${file} exists already: name another file with --output, or add --force`)
    }
  } catch (error) {
    return complain(`${file} ${(error as Error).message}: name another file with --output`)
  }
  process.stdout.write(`${report(file, planned)}\n`)
  for (const problem of problems) process.stderr.write(`note: ${problem}\n`)
  return 0
}

/** Path of this package's JSON Schema, relative to the configuration file. */
function schemaFile(file: string): string | undefined {
  const places = ['../config/gateway.schema.json', '../../config/gateway.schema.json']
  const found = places
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find(fileExists)
  if (found === undefined || file === '-') return found
  const near = relative(dirname(resolve(file)), found)
  return near.startsWith('..') ? found : `./${near}`
}

function complain(problem: string): number {
  process.stderr.write(`agentos-gateway: ${problem}\n`)
  return 1
}

/** Normalises an address as the configuration does. */
function normalised(given: string): string {
  const document = JSON.stringify({ upstreams: [{ name: 'asked', url: given }] })
  try {
    return loadConfigText(document, 'init', {}).upstreams[0]?.urls[0] ?? given
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    throw new UsageError(`'${given}': ${error.issues[0]?.message}`)
  }
}

/** Checks that the new file loads without errors. */
function assertUsable(text: string, file: string, planned: readonly Planned[]): void {
  const variables = planned.flatMap(({ tokenVariable }) => tokenVariable ?? [])
  loadConfigText(text, file, Object.fromEntries(variables.map((name) => [name, 'token'])))
}

function report(file: string, planned: readonly Planned[]): string {
  const program = programName()
  const rows = planned.map(({ name, urls, found: { ids, isA2a, problem } }) => {
    if (problem !== undefined) return `  ${name}: has not answered, at ${urls.join(', ')}`
    const count = (list: readonly string[], word: string) =>
      `${list.length} ${word}${list.length === 1 ? '' : 's'}`
    const what = isA2a
      ? 'A2A'
      : [
          count(ids.agents, 'agent'),
          count(ids.teams, 'team'),
          count(ids.workflows, 'workflow'),
        ].join(', ')
    return `  ${name}: ${what} at ${urls.join(', ')}`
  })
  const variables = planned.flatMap(({ tokenVariable }) => tokenVariable ?? [])
  const exports = variables.map((name) => `  export ${name}=…      # the token of its config_token`)
  return [
    `Wrote ${file}:`,
    ...rows,
    '',
    'Next:',
    ...exports,
    ...(file === DEFAULT_FILE
      ? [`  ${program} check`, `  ${program.replace(/ --$/, '')}`]
      : [`  ${program} check --config ${file}`, `  ${program} --config ${file}`]),
  ].join('\n')
}
