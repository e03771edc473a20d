/**
 * Builds the answer of `GET /gateway/config`: the configuration in force with its sources, and the changes in the file
 * on disk.
 */
import { ConfigError } from './config-error.ts'
import type { ConfigValue, Overrides } from './describe.ts'
import { describeConfig } from './describe.ts'
import type { ConfigChange } from './difference.ts'
import { changesBetween } from './difference.ts'
import type { Environment } from './interpolate.ts'
import { loadConfigText } from './load.ts'

export interface ConfigReport {
  /** Null for a configuration without a file. */
  readonly file: string | null
  readonly values: readonly Omit<ConfigValue, 'fingerprint'>[]
  /** Changes that a reload would make. */
  readonly changes: readonly ConfigChange[]
  /** Reasons for which a reload would refuse the file; without values. */
  readonly issues: readonly string[]
}

/** A configuration text and its name in messages. */
export interface ConfigText {
  readonly text: string
  readonly name: string
  /** The text comes from a file, which may have changed since. */
  readonly isFile: boolean
}

/** @param read reads the source again. @throws {ConfigError} when it is unreadable */
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
    const issues = error instanceof ConfigError ? error.message.split('\n') : ['cannot be read']
    return { ...report, changes: [], issues }
  }
}

/** Removes the digest: a short secret could be guessed from it. */
function withoutDigest({ fingerprint: _, ...shown }: ConfigValue) {
  return shown
}
