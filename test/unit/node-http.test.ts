import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const FETCH = 'NativeModule internal/deps/undici/undici'

/** Imports a module in a process of its own. @returns whether Node's `fetch` is loaded then */
async function loadsFetch(module: string): Promise<boolean> {
  const script = `await import('${module}'); process.stdout.write(String(process.moduleLoadList.includes('${FETCH}')))`
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script])
  return stdout === 'true'
}

it("the gateway and the composer do not load Node's fetch", async () => {
  const modules = ['./app.ts', './cli/start.ts', './composer/app.ts']
  expect(await Promise.all(modules.map(loadsFetch))).toEqual([false, false, false])
})

it("an import of node:http loads Node's fetch", async () => {
  expect(await loadsFetch('node:http')).toBe(true)
})
