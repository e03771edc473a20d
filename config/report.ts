/** What `GET /gateway/config` says: the configuration in force, explained, and how the file on disk differs. */
import { ConfigError } from './config-error.ts'
import type { ConfigValue, Overrides } from './describe.ts'
import { describeConfig } from './describe.ts'
import type { ConfigChange } from './difference.ts'
import { changesBetween } from './difference.ts'
import type { Environment } from './interpolate.ts'
import { loadConfigText } from './load.ts'

export interface ConfigReport {
  /** Null where the configuration comes from no file. */
  readonly file: string | null
  readonly values: readonly Omit<ConfigValue, 'fingerprint'>[]
  /** What a reload would change. */
  readonly changes: readonly ConfigChange[]
  /** Why the file on disk would be refused; quotes no values. */
  readonly issues: readonly string[]
}

/** A configuration text and what names it in messages. */
export interface ConfigText {
  readonly text: string
  readonly name: string
  /** The text is that of a file, which may have changed since. */
  readonly isFile: boolean
}

/**
 * @param read reads the source again. @throws {ConfigError} when it cannot be read
 */
export function reportConfig(
  inForce: ConfigText,
  read: () => ConfigText,
  env: Environment,
  overrides: Overrides,
): ConfigReport {
  const values = describeConfig(inForce.text, env, overrides)
  const report = { file: inForce.isFile ? inForce.name : null, values: values.map(withoutDigest) }
  if (!inForce.isFile) return { ...report, changes: [], issues: [] }
  try {
    const { text, name } = read()
    loadConfigText(text, name, env)
    const onDisk = describeConfig(text, env, overrides)
    return { ...report, changes: changesBetween(values, onDisk), issues: [] }
  } catch (error) {
    const issues = error instanceof ConfigError ? error.message.split('\n') : ['can not be read']
    return { ...report, changes: [], issues }
  }
}

/** A digest of a short secret could be guessed. */
function withoutDigest({ fingerprint: _, ...shown }: ConfigValue) {
  return shown
}
