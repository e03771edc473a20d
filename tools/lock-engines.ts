/**
 * Removes from `package-lock.json` the `engines` of dependencies that Node 20 does not satisfy. `npm ci` in a checkout
 * installs the Node that runs them, but would print a warning for each. Run after `npm install`.
 */
import { readFileSync, writeFileSync } from 'node:fs'

interface Lock {
  readonly packages: Readonly<Record<string, { engines?: { readonly node?: string } }>>
}

/** Oldest Node that a checkout can be installed with. */
const OLDEST_MAJOR = 20

/** Paths of packages whose `engines` make `npm ci` warn. The checkout itself has `devEngines`. */
export function enginesBeyondNode20({ packages }: Lock): string[] {
  return Object.entries(packages)
    .filter(([path, { engines }]) => path !== '' && leastMajor(engines?.node ?? '') > OLDEST_MAJOR)
    .map(([path]) => path)
}

/** Smallest major version of a range such as `^20.19.0 || >=22.12`. */
function leastMajor(range: string): number {
  const majors = range.split('||').map((part) => Number(/\d+/.exec(part)?.[0] ?? 0))
  return Math.min(...majors)
}

if (import.meta.main) {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as Lock
  for (const path of enginesBeyondNode20(lock)) delete lock.packages[path]?.engines
  writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
}
