/** Counts the cases of the fuzz run, and fails a run with too few. */
import type { Reporter, TestModule } from 'vitest/node'

/** Fewer cases at scale 1 mean that properties were removed. */
const LEAST_CASES = 100_000

/** The reporter that `npm run test:fuzz` uses. */
export default class CountingReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const cases = tests.reduce((sum, test) => sum + (test.meta().cases ?? 0), 0)
    process.stdout.write(`fuzz: ${cases} cases of ${tests.length} properties\n`)
    const isScaled = process.env['FUZZ_SCALE'] !== undefined
    const isWhole = process.argv.every((argument) => !argument.includes('.test.ts'))
    if (cases < LEAST_CASES && isWhole && !isScaled) {
      process.stdout.write(`fuzz: fewer than the ${LEAST_CASES} that are promised\n`)
      process.exitCode = 1
    }
  }
}
