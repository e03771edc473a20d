import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/certificates.ts'

const CLIENT = join(import.meta.dirname, '../../../src/client/index.ts')
const PROGRAM = `
import { RemoteAgent } from ${JSON.stringify(CLIENT)}
const agent = new RemoteAgent({ baseUrl: 'http://127.0.0.1:1', agentId: 'a' })
agent.run('x').catch((error) => console.log(error.code)).then(() => agent.close())
`

test.each(['esm', 'cjs'] as const)(
  'a program bundled with the client as %s runs without node_modules',
  async (format) => {
    const directory = temporaryDirectory()
    const program = 'virtual:program'
    const bundle = await rolldown({
      input: program,
      platform: 'node',
      plugins: [
        {
          name: 'program',
          resolveId: (id) => (id === program ? id : undefined),
          load: (id) => (id === program ? PROGRAM : undefined),
        },
      ],
    })
    const file = join(directory, format === 'esm' ? 'program.mjs' : 'program.cjs')
    await bundle.write({ file, format, codeSplitting: false })
    await bundle.close()
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: directory })
    expect(stdout).toBe('AGW_UPSTREAM_UNREACHABLE\n')
  },
)
