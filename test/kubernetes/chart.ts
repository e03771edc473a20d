/** Renders the Helm chart with Helm itself. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'

/** The parts of a manifest that the tests read. */
export interface Manifest {
  readonly kind: string
  readonly metadata: Metadata
  readonly spec?: Tree
  readonly data?: Readonly<Record<string, string>>
}

interface Metadata {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}

/** Parsed YAML whose shape the validator has checked. */
export interface Tree {
  readonly [key: string]: Tree
}

/** A list item with a name. */
export interface Named {
  readonly name: string
}

/** Returns the value at a path of a manifest. @throws when there is none */
export function at<T = Tree>(tree: Tree | Manifest | undefined, ...path: readonly string[]): T {
  const found = path.reduce<unknown>((node, key) => (node as Tree | undefined)?.[key], tree)
  if (found === undefined) throw new Error(`nothing at ${path.join('.')}`)
  return found as T
}

export interface Outcome {
  readonly code: number | null
  readonly output: string
}

export const CHART = 'deploy/helm/agentos-gateway'
const CI = join(CHART, 'ci')
/** Names of the value files that the chart is tested with. */
export const VALUES = readdirSync(CI).map((file) => file.replace('-values.yaml', ''))
/** The Kubernetes version whose types the validator contains. */
const NEWEST = '1.37.0'
/** The folder with the programs that `run.sh` builds. */
const TOOLS = process.env['TOOLS'] ?? ''

function helm(...args: readonly string[]): Outcome {
  return outcomeOf('helm', args)
}

/** Renders the chart with a value file of `ci/` and further values. */
export function render(values: string, ...set: readonly string[]): Outcome {
  return renderWith(values, ...set.flatMap((one) => ['--set', one]))
}

/** Renders the chart with a value file and options of Helm. */
export function renderWith(values: string, ...options: readonly string[]): Outcome {
  return renderFor(NEWEST, values, ...options)
}

/** Renders the chart for a Kubernetes version; without one, Helm would assume a default. */
export function renderFor(version: string, values: string, ...more: readonly string[]): Outcome {
  const options = ['--namespace', 'agents', '--kube-version', version, '--values', fileOf(values)]
  return helm('template', 'release', CHART, ...options, ...more)
}

/** Renders the chart with values given as text, on top of a value file of `ci/`. */
export function renderText(text: string, values?: string): Outcome {
  const base = values === undefined ? [] : ['--values', fileOf(values)]
  const options = ['--kube-version', NEWEST, ...base, '--values', '-']
  return outcomeOf('helm', ['template', 'release', CHART, ...options], text)
}

/** Lints the chart with a value file of `ci/`. */
export function lint(values: string): Outcome {
  return helm('lint', '--strict', CHART, '--kube-version', NEWEST, '--values', fileOf(values))
}

function fileOf(values: string): string {
  return join(CI, `${values}-values.yaml`)
}

/** Validates manifests against the types and policies of Kubernetes. */
export function validate(manifests: string): Outcome {
  return outcomeOf('tools', [], manifests)
}

/** Returns the manifests rendered for a value file. @throws when Helm refuses it */
export function manifestsOf(values: string, ...set: readonly string[]): readonly Manifest[] {
  const { code, output } = render(values, ...set)
  if (code !== 0) throw new Error(output)
  return parseAllDocuments(output)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null)
}

/** Returns the only manifest of a kind. @throws when there is none or more than one */
export function only(manifests: readonly Manifest[], kind: string): Manifest {
  const [found, ...others] = manifests.filter((manifest) => manifest.kind === kind)
  if (found === undefined || others.length > 0) throw new Error(`not one ${kind}`)
  return found
}

function outcomeOf(program: string, args: readonly string[], input = ''): Outcome {
  const { status, stdout, stderr } = spawnSync(join(TOOLS, program), args, {
    input,
    encoding: 'utf8',
  })
  return { code: status, output: `${stdout ?? ''}${status === 0 ? '' : stderr}` }
}
