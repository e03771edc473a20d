/** One entry of the lock file. */
import { readFileSync } from 'node:fs'

export interface LockedPackage {
  readonly version?: string
  readonly engines?: { readonly node?: string }
  readonly license?: string
  readonly integrity?: string
  readonly resolved?: string
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly link?: boolean
  readonly hasInstallScript?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

export const packages = (
  JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Readonly<Record<string, LockedPackage>>
  }
).packages

/** Packages that come from the registry, by path. */
export const fetched = Object.entries(packages).filter(
  ([path, { link }]) => path.includes('node_modules/') && link !== true,
)

/** Registry packages that the gateway needs at run time. */
export const production = fetched.filter(([, { dev, devOptional }]) => !dev && !devOptional)

/** Returns the package name in a path such as `node_modules/a/node_modules/@b/c`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
}
