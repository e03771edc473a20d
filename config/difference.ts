/** Compares the configuration in force with the file on disk. */
import type { ConfigValue } from './describe.ts'

/** One key that differs. Secrets are withheld on both sides. */
export interface ConfigChange {
  readonly path: string
  readonly kind: 'added' | 'removed' | 'changed'
  readonly in_force: ConfigValue['value']
  readonly on_disk: ConfigValue['value']
  readonly secret: boolean
  readonly line: number | null
}

/** Returns the changes that a reload would make, in the order of the keys. */
export function changesBetween(
  inForce: readonly ConfigValue[],
  onDisk: readonly ConfigValue[],
): ConfigChange[] {
  const before = new Map(inForce.map((one) => [one.path, one]))
  const after = new Map(onDisk.map((one) => [one.path, one]))
  const paths = [...new Set([...before.keys(), ...after.keys()])]
  return paths.flatMap((path) => {
    const [old, now] = [before.get(path), after.get(path)]
    if (old?.fingerprint === now?.fingerprint) return []
    const kind = isAbsent(old) ? 'added' : isAbsent(now) ? 'removed' : 'changed'
    const secret = old?.secret === true || now?.secret === true
    const [inForceValue, onDiskValue] = secret ? [null, null] : [old?.value, now?.value]
    return [
      {
        path,
        kind,
        in_force: inForceValue ?? null,
        on_disk: onDiskValue ?? null,
        secret,
        line: now?.line ?? null,
      },
    ]
  })
}

function isAbsent(one: ConfigValue | undefined): boolean {
  return one === undefined || (one.source === 'default' && one.value === null)
}
