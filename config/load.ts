/** Loading of the configuration file. */
import { dirname } from 'node:path'
import { ConfigError } from './config-error.ts'
import { durationNotes } from './duration-notes.ts'
import { formatPath, type ParseIssue } from './explain.ts'
import { type Environment, interpolate } from './interpolate.ts'
import { parseConfig } from './parse.ts'
import { readText } from './read-text.ts'
import type { GatewayConfig } from './types.ts'
import { parseYaml, type SourceDocument } from './yaml-document.ts'

/**
 * Reads, checks and resolves a configuration file, YAML or JSON.
 *
 * @param file path of the file; key files it names are looked for beside it
 * @param env variables for its `${…}` references, usually `process.env`
 * @returns a frozen configuration with every default filled in
 * @throws {@link ConfigError} with every issue found, when the file can't be read or used
 */
export function loadConfig(file: string, env: Environment): GatewayConfig {
  return loadConfigText(readConfigText(file), file, env)
}

/** The text of a configuration file. @throws {@link ConfigError} when it can't be read */
export function readConfigText(file: string): string {
  try {
    return readText(file)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new ConfigError(file, [{ path: '', line: 0, column: 0, message }])
  }
}

/**
 * {@link loadConfig} for a text that was already read.
 *
 * @param file names the text in errors; key files are looked for beside it
 * @throws {@link ConfigError} with every issue found
 */
export function loadConfigText(source: string, file: string, env: Environment): GatewayConfig {
  const parsed = parseYaml(source)
  if ('issues' in parsed) {
    throw new ConfigError(
      file,
      parsed.issues.map((issue) => ({ path: '', ...issue })),
    )
  }
  const { document } = parsed
  const { value, issues: unresolved } = interpolate(document.value, env)
  const result = parseConfig(value, dirname(file))
  // A value whose reference failed is still `${…}`: what the schema says about that is noise.
  const paths = new Set(unresolved.map(({ path }) => formatPath(path)))
  const invalid = 'issues' in result ? result.issues : []
  const issues = [...unresolved, ...invalid.filter(({ path }) => !paths.has(formatPath(path)))]
  if ('issues' in result || issues.length > 0) {
    throw toConfigError(file, issues, document, 'issues' in result ? result.files : [])
  }
  return withLines(result.config, document)
}

/** Says where expressions are written, for what checks them later. */
function withLines(config: GatewayConfig, { locate }: SourceDocument): GatewayConfig {
  if (config.composition === undefined) return config
  const expressions = config.composition.expressions.map((expression) => ({
    ...expression,
    ...locate(expression.path),
  }))
  return { ...config, composition: { ...config.composition, expressions } }
}

/**
 * The place of a key in a configuration that was loaded, such as `gateway.yaml:4:5`.
 *
 * @param pathIn finds the key in the document
 * @returns undefined where there is none
 */
export function placeOf(
  source: string,
  file: string,
  pathIn: (document: unknown) => readonly PropertyKey[] | undefined,
): string | undefined {
  const parsed = parseYaml(source)
  const path = 'document' in parsed ? pathIn(parsed.document.value) : undefined
  if (path === undefined || !('document' in parsed)) return undefined
  const { line, column } = parsed.document.locate(path)
  return `${file}:${line}:${column}`
}

/** What a configuration that can be used probably does not mean, each with its place. */
export function notesOn(source: string, file: string): string[] {
  const parsed = parseYaml(source)
  if (!('document' in parsed)) return []
  const { value, locate } = parsed.document
  return durationNotes(value).map(({ path, message }) => {
    const { line, column } = locate(path)
    return `${file}:${line}:${column} ${formatPath(path)}: ${message}`
  })
}

function toConfigError(
  file: string,
  issues: readonly ParseIssue[],
  { locate }: SourceDocument,
  files: readonly string[] | undefined,
): ConfigError {
  return new ConfigError(
    file,
    issues.map(({ path, ...said }) => ({ path: formatPath(path), ...locate(path), ...said })),
    files,
  )
}
