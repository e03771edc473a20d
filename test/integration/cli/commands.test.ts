import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import { command, configFile } from '../../support/cli.ts'

test('exit codes tell wrong arguments from a wrong configuration and from a failure', async () => {
  const wrong = configFile({ upstreams: [{ name: 'a', ulr: 'http://127.0.0.1:9' }] })
  const failing = configFile({ upstreams: [{ name: 'a', url: 'http://127.0.0.1:9' }] })
  const [unknown, badConfig, failed, help, version] = await Promise.all([
    command(['chekc']),
    command(['check', '--config', wrong]),
    command(['check', '--config', failing, '--json']),
    command(['check', '--help']),
    command(['--version']),
  ])
  expect(unknown).toMatchObject({ code: 64, stdout: '' })
  expect(unknown.stderr).toContain("did you mean 'check'?")
  expect(badConfig).toMatchObject({ code: 78, stdout: '' })
  expect(badConfig.stderr).toContain('did you mean "url"?')
  expect(failed.code).toBe(1)
  expect(JSON.parse(failed.stdout)).toMatchObject({ ok: false, upstreams: [{ name: 'a' }] })
  expect(help).toMatchObject({ code: 0, stderr: '' })
  expect(version).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' })
})

test('schema prints the file that editors are pointed to', async () => {
  const { code, stdout } = await command(['schema'])
  expect(code).toBe(0)
  expect(stdout).toBe(readFileSync('config/gateway.schema.json', 'utf8'))
})
