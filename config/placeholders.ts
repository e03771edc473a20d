/** Finds the placeholders of input templates, and the placeholders that never get a value. */

/** A placeholder such as `{{steps.facts}}`; the first group is its name. */
export const PLACEHOLDER = /\{\{\s*([^{}]+?)\s*\}\}/g

/** Names of a workflow that placeholders can contain. */
export interface PlaceholderNames {
  /** Names of all steps. */
  readonly steps: ReadonlySet<string>
  /** Names of the values that the caller enters for the step. */
  readonly userInput: ReadonlySet<string>
}

/** Splits `steps.facts` at its first dot. */
export function splitPlaceholder(name: string): [string, string | undefined] {
  const dot = name.indexOf('.')
  return dot === -1 ? [name, undefined] : [name.slice(0, dot), name.slice(dot + 1)]
}

/** Returns a sentence for each placeholder that never gets a value. */
export function placeholderIssues(template: string, names: PlaceholderNames): string[] {
  return [...template.matchAll(PLACEHOLDER)].flatMap(([, name = '']) => {
    const issue = issueOf(name, names)
    return issue === undefined ? [] : [issue]
  })
}

function issueOf(name: string, { steps, userInput }: PlaceholderNames): string | undefined {
  if (name === 'input' || name === 'previous') return undefined
  const [root, key] = splitPlaceholder(name)
  if (key !== undefined && key !== '') {
    if (root === 'additional_data' || root === 'session_state') return undefined
    if (root === 'steps') return steps.has(key) ? undefined : `no step is named "${key}"`
    if (root === 'user_input') {
      return userInput.has(key) ? undefined : `user_input has no field "${key}"`
    }
  }
  return `unknown placeholder {{${name}}}`
}
