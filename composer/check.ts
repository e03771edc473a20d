/** Checks the CEL expressions of a composition, which the config schema cannot check. */
import type { CompositionConfig } from '../config/composition-types.ts'
import { ConfigError } from '../config/config-error.ts'
import { formatPath } from '../config/explain.ts'
import type { GatewayConfig } from '../config/types.ts'
import { compileExpression } from '../src/compose/cel.ts'

/**
 * @param file named in the error. Default: the variable that holds the configuration
 * @returns the composition; undefined where nothing is composed
 * @throws {ConfigError} with every expression that is no CEL, and its line
 */
export function assertExpressions(
  { composition }: GatewayConfig,
  file = 'the configuration',
): CompositionConfig | undefined {
  const issues = (composition?.expressions ?? []).flatMap(({ text, use, path, line, column }) => {
    try {
      compileExpression(text, use)
      return []
    } catch (error) {
      const [message = ''] = (error as Error).message.split('\n')
      return [{ path: formatPath(path), line, column, message }]
    }
  })
  if (issues.length > 0) throw new ConfigError(file, issues)
  return composition
}
