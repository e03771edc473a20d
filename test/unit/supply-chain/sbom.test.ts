import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import { fetched, nameOf, production } from './support.ts'

/** Packages for development whose code is in the console's bundle, with their dependencies. */
const IN_CONSOLE = new Set([
  '@preact/signals',
  '@preact/signals-core',
  'dompurify',
  'eventsource-parser',
  'highlight.js',
  'marked',
  'preact',
  'regexparam',
  'wouter-preact',
])
const shipped = [...production, ...fetched.filter(([path]) => IN_CONSOLE.has(nameOf(path)))]

interface Component {
  readonly name: string
  readonly version: string
  readonly purl: string
  /** One licence, or an SPDX expression of several. */
  readonly licenses?: readonly {
    readonly license?: { readonly id?: string }
    readonly expression?: string
  }[]
  readonly hashes: readonly { readonly alg: string; readonly content: string }[]
}

interface Sbom {
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
  readonly bomFormat: string
  readonly serialNumber: string
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } }
  readonly components: readonly Component[]
}

const printed = () =>
  execFileSync(process.execPath, ['tools/sbom.ts'], { encoding: 'utf8', maxBuffer: 2 ** 26 })
const sbom = JSON.parse(printed()) as Sbom

test('the SBOM lists exactly the packages that are shipped', () => {
  const listed = sbom.components.map(({ name, version }) => `${name}@${version}`)
  const locked = shipped.map(([path, { version }]) => `${nameOf(path)}@${version}`)
  expect(listed.toSorted()).toEqual([...new Set(locked)].toSorted())
  expect(listed).toEqual(expect.arrayContaining(Object.entries(manifest.dependencies).map(at)))
})

test('the SBOM gives licence and hash of every package', () => {
  expect(sbom).toMatchObject({
    bomFormat: 'CycloneDX',
    metadata: { component: { name: manifest.name, version: manifest.version } },
  })
  const hashes = new Map(
    shipped.map(([path, { version, integrity }]) => [
      `${nameOf(path)}@${version}`,
      Buffer.from((integrity as string).slice('sha512-'.length), 'base64').toString('hex'),
    ]),
  )
  for (const component of sbom.components) {
    const [licence] = component.licenses ?? []
    expect(licence?.license?.id ?? licence?.expression, component.name).toBeTruthy()
    expect(component.hashes[0]?.content).toBe(hashes.get(at([component.name, component.version])))
  }
})

test('every package in the SBOM is reachable from the gateway', () => {
  const needs = new Map(sbom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]))
  const reached = new Set<string>()
  const follow = (ref: string) => {
    if (reached.has(ref)) return
    reached.add(ref)
    for (const next of needs.get(ref) ?? []) follow(next)
  }
  follow(at([manifest.name, manifest.version]))
  expect(reached.size).toBe(sbom.components.length + 1)
})

test('two runs over one lock file print the same SBOM', () => {
  expect(JSON.parse(printed())).toEqual(sbom)
})

function at([name, version]: readonly [string, string]): string {
  return `${name}@${version}`
}
