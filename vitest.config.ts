import { defineConfig } from 'vitest/config'

/** Limits a wait that would never end; a normal wait ends with its condition, however slow the machine is. */
const expect = { poll: { timeout: 15_000 } }

export default defineConfig({
  test: {
    projects: [
      {
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000, expect },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 30_000,
          expect,
        },
      },
      {
        // Needs a build; see test/faults/run.ts.
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          testTimeout: 120_000,
          expect,
        },
      },
      {
        // Needs the environments of the conformance suite: see test/compose/run.sh.
        test: {
          name: 'compose',
          include: ['test/compose/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect,
        },
      },
      {
        // Needs valkey-server or redis-server on the path.
        test: {
          name: 'valkey',
          include: ['test/valkey/**/*.test.ts'],
          testTimeout: 30_000,
          expect,
        },
      },
      {
        // Needs Helm and a validator: see test/kubernetes/run.sh.
        test: {
          name: 'kubernetes',
          include: ['test/kubernetes/**/*.test.ts'],
          testTimeout: 60_000,
        },
      },
      {
        // Needs promtool: see test/alerts/run.sh.
        test: { name: 'alerts', include: ['test/alerts/**/*.test.ts'], testTimeout: 30_000 },
      },
      {
        // Needs Docker with Compose v2.
        test: {
          name: 'scale',
          include: ['test/scale/**/*.test.ts'],
          testTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        // Measures CPU time, so nothing else runs beside it.
        test: {
          name: 'turns',
          include: ['test/turns/**/*.test.ts'],
          testTimeout: 120_000,
          fileParallelism: false,
          expect,
        },
      },
      {
        // Random cases, counted by test/fuzz/reporter.ts.
        test: { name: 'fuzz', include: ['test/fuzz/**/*.test.ts'] },
      },
      {
        // Needs Chromium on the path, and the environments of the conformance suite: see test/browser/run.sh.
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/browser/support/agentos-servers.ts'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          expect,
        },
      },
      {
        // Needs Open WebUI and Chromium: see test/open-webui/run.sh.
        test: {
          name: 'open-webui',
          include: ['test/open-webui/**/*.test.ts'],
          testTimeout: 480_000,
          expect,
        },
      },
    ],
    coverage: {
      provider: 'v8',
      include: [
        'src/**/*.ts',
        'routes/**/*.ts',
        'plugins/**/*.ts',
        'config/**/*.ts',
        'composer/**/*.ts',
        'app.ts',
      ],
      // The tests of PostgreSQL need its programs: see test/compose/run.sh.
      exclude: ['config/generate-schema.ts', 'src/compose/postgres-*.ts'],
      reporter: ['text-summary', 'json-summary'],
      thresholds: {
        lines: 95,
        'src/relay/**': { lines: 100 },
        'src/errors.ts': { lines: 100 },
        'src/auth/**': { lines: 100 },
        'src/authorization/**': { lines: 100 },
      },
    },
  },
})
