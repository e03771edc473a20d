/** Defines the error of loading a configuration: all mistakes with their positions in the file. */

/** One mistake in the configuration, with its position and remedy. Contains no secret value. */
export interface ConfigIssue {
  /** Key path such as `upstreams[0].url`; empty when the file as a whole is meant. */
  readonly path: string
  /** Line of the key or list item, from 1; 0 for a file that cannot be read. */
  readonly line: number
  /** Column, from 1. */
  readonly column: number
  readonly message: string
  /** Lines that replace the present ones. */
  readonly example?: readonly string[]
}

/** An invalid configuration. The message has a line for each issue in file order, with the example below it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** The file's name as the user has given it. */
  readonly file: string
  readonly issues: readonly ConfigIssue[]

  /** Other files that were read, such as keys: a change in them may repair the configuration. */
  readonly files: readonly string[]

  /**
   * @param file the file as it was named by the user; starts every line of the message
   * @param issues at least one
   */
  constructor(file: string, issues: readonly ConfigIssue[], files: readonly string[] = []) {
    const sorted = issues.toSorted((a, b) => a.line - b.line || a.column - b.column)
    super(sorted.map((issue) => describeIssue(file, issue)).join('\n'))
    this.file = file
    this.files = files
    this.issues = sorted
  }
}

/** `gateway.yaml:12:5 upstreams[0].urll: unknown key`, the form editors and terminals make clickable. */
export function describeIssue(file: string, issue: ConfigIssue): string {
  const { path, line, column, message, example = [] } = issue
  const place = line === 0 ? file : `${file}:${line}:${column}`
  const sentence = path === '' ? `${place}: ${message}` : `${place} ${path}: ${message}`
  if (example.length === 0) return sentence
  return [`${sentence}; write`, ...example.map((text) => `    ${text}`)].join('\n')
}
