/** The one error of loading a configuration: every finding with its place in the file. */

/** One thing wrong with the configuration, where it is and what to write instead. Never holds a secret value. */
export interface ConfigIssue {
  /** Key path such as `upstreams[0].url`; empty when the file as a whole is meant. */
  readonly path: string
  /** 1-based line of the key or list item; 0 when the file could not be read at all. */
  readonly line: number
  /** 1-based column of the same. */
  readonly column: number
  readonly message: string
  /** Lines to copy in place of the present ones. */
  readonly example?: readonly string[]
}

/** A configuration that can not be used. The message has a line for each issue, in file order, with its example below. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  /** The file as it was named by the user. */
  readonly file: string
  readonly issues: readonly ConfigIssue[]

  /** Other files that were looked at, such as keys: what is wrong may be mended there. */
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
