/**
 * Prints the SBOM of the gateway as CycloneDX JSON: `npm run --silent sbom`. The list is npm's own reading of the lock
 * file, without packages for development. Random values of npm are replaced, so that one lock file gives one result.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

interface Component {
  readonly 'bom-ref': string
  readonly properties: readonly { readonly name: string }[]
}

interface Sbom {
  serialNumber: string
  metadata: { timestamp?: string; component: { name: string; 'bom-ref': string } }
  components: readonly Component[]
  dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

/** npm's mark on packages that only development needs. */
const DEVELOPMENT = 'cdx:npm:package:development'

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
sbom.components = sbom.components.filter(
  ({ properties }) => !properties.some(({ name }) => name === DEVELOPMENT),
)
const kept = new Set(sbom.components.map((component) => component['bom-ref']))
kept.add(sbom.metadata.component['bom-ref'])
sbom.dependencies = sbom.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }))
sbom.serialNumber = `urn:uuid:${uuidOf(JSON.stringify([sbom.metadata.component, sbom.components]))}`
process.stdout.write(`${JSON.stringify(sbom, undefined, 2)}\n`)

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
