/**
 * Prints the SBOM of the gateway as CycloneDX JSON: `npm run --silent sbom`. The list is npm's own reading of the lock
 * file. A package for development is on it only where its code is part of the console's bundle. Random values of npm are
 * replaced, so that one lock file gives one result.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'

interface Component {
  readonly 'bom-ref': string
  readonly group?: string
  readonly name: string
  readonly properties: readonly { readonly name: string; readonly value: string }[]
}

interface Sbom {
  serialNumber: string
  metadata: { timestamp?: string; component: { name: string; 'bom-ref': string } }
  components: readonly Component[]
  dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

/** npm's mark on packages that only development needs. */
const DEVELOPMENT = 'cdx:npm:package:development'
/** Mark on packages whose code is in the bundle; they are not in `node_modules` of the image. */
const BUNDLED = { name: 'agentos-gateway:bundled-in', value: 'dist/console' }

const root = new URL('..', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  readonly name: string
}
// Without `--omit dev`: that leaves out packages that both the gateway and its tools need.
const options = '--sbom-format cyclonedx --sbom-type application --package-lock-only'
const output = execFileSync('npm', ['sbom', ...options.split(' ')], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
})
const sbom = JSON.parse(output) as Sbom
// npm uses the name of the directory.
sbom.metadata.component.name = manifest.name
delete sbom.metadata.timestamp
const bundled = bundledRefs()
sbom.components = sbom.components.flatMap((component) => {
  const properties = component.properties.filter(({ name }) => name !== DEVELOPMENT)
  if (properties.length === component.properties.length) return [component]
  if (!bundled.has(component['bom-ref'])) return []
  return [{ ...component, properties: [...properties, BUNDLED] }]
})
const kept = new Set(sbom.components.map((component) => component['bom-ref']))
kept.add(sbom.metadata.component['bom-ref'])
sbom.dependencies = sbom.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }))
sbom.serialNumber = `urn:uuid:${uuidOf(JSON.stringify([sbom.metadata.component, sbom.components]))}`
process.stdout.write(`${JSON.stringify(sbom, undefined, 2)}\n`)

/** Packages for development whose code is part of the console's bundle, with their dependencies. */
function bundledRefs(): ReadonlySet<string> {
  const sources = globSync('console/**/*.{ts,tsx}', { cwd: root })
  const text = sources.map((name) => readFileSync(new URL(name, root), 'utf8')).join('\n')
  const imports = [...text.matchAll(/(?:from |import\()'((?:@[\w-]+\/)?[\w.-]+)/g)]
  const names = new Set(imports.map(([, name = '']) => name).filter((name) => /^[@\w]/.test(name)))
  const found = sbom.components.filter(({ name, group }) => {
    return names.has(group ? `${group}/${name}` : name)
  })
  const refs = new Set<string>()
  const waiting = found.map((component) => component['bom-ref'])
  for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
    if (refs.has(ref)) continue
    refs.add(ref)
    const needed = sbom.dependencies.find((one) => one.ref === ref)?.dependsOn ?? []
    // Types leave no code in the bundle.
    waiting.push(...needed.filter((name) => !name.startsWith('@types/')))
  }
  return refs
}

/** Derives a UUID of version 8 from a text. @see RFC 9562 §5.8 */
function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  const variant = '89ab'[Number.parseInt(hex[16] as string, 16) % 4]
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
