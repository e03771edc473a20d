/** Loads the configuration file. */
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
 * Reads, checks and resolves a configuration file in YAML or JSON.
 *
 * @param file path of the file; relative names of key files start at its directory
 * @param env variables for `${…}` references, usually `process.env`
 * @returns a frozen configuration with all defaults
 * @throws {@link ConfigError} with every issue, when the file is unreadable or invalid
 */
export function loadConfig(file: string, env: Environment): GatewayConfig {
  return loadConfigText(readConfigText(file), file, env)
}

/** Reads the text of a configuration file. @throws {@link ConfigError} when it is unreadable */
export function readConfigText(file: string): string {
  try {
    return readText(file)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new ConfigError(file, [{ path: '', line: 0, column: 0, message }])
  }
}

/**
 * {@link loadConfig} for a given text.
 *
 * @param file name of the text in errors; relative names of key files start at its directory
 * @throws {@link ConfigError} with every issue
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
  // A value with a failed reference is still `${…}`: a further error of the schema would be noise.
  const paths = new Set(unresolved.map(({ path }) => formatPath(path)))
  const invalid = 'issues' in result ? result.issues : []
  const issues = [...unresolved, ...invalid.filter(({ path }) => !paths.has(formatPath(path)))]
  if ('issues' in result || issues.length > 0) {
    throw toConfigError(file, issues, document, 'issues' in result ? result.files : [])
  }
  return withLines(result.config, document)
}

/** Adds the line of each expression, for the later check. */
function withLines(config: GatewayConfig, { locate }: SourceDocument): GatewayConfig {
  if (config.composition === undefined) return config
  const expressions = config.composition.expressions.map((expression) => ({
    ...expression,
    ...locate(expression.path),
  }))
  return { ...config, composition: { ...config.composition, expressions } }
}

/**
 * Position of a key in a loaded configuration, such as `gateway.yaml:4:5`.
 *
 * @param pathIn finds the key in the document
 * @returns undefined for an absent key
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

/** Notes about valid values that are probably mistakes, with their positions. */
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
