/** Tests the hints of `check` for an address without an AgentOS, and for an unknown id. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startAgentOs } from '../../support/agentos.ts'
import { temporaryDirectory } from '../../support/certificates.ts'
import { command } from '../../support/cli.ts'
import { answerJson, startFakeUpstream } from '../../support/fake-upstream.ts'
import { refusingUrl } from '../../support/raw-upstream.ts'

async function agentOs(): Promise<string> {
  const { url } = await startAgentOs({ agents: ['echo', 'poet'] }, (_, response) =>
    answerJson(response, { detail: 'Not Found' }, 404),
  )
  return url
}

/** Runs `check` on this `gateway.yaml`. */
async function checked(text: string): Promise<string> {
  const cwd = temporaryDirectory()
  writeFileSync(join(cwd, 'gateway.yaml'), text)
  const { code, stdout } = await command(['check'], { cwd })
  expect(code).toBe(1)
  return stdout
}

const upstream = (url: string) => `upstreams:\n  - name: a\n    url: ${url}\n`

test.each(['/agents', '/v1', '/docs', '/agents/echo/runs', '/base/v1'])(
  'check finds the AgentOS above the path %s',
  async (path) => {
    const url = await agentOs()
    expect(await checked(upstream(url + path))).toContain(
      `gateway.yaml:3:5 a: status 404: an AgentOS answers at another address; write\n    url: ${url}\n`,
    )
  },
)

test('check finds the AgentOS that speaks http where https is written', async () => {
  const url = await agentOs()
  const stdout = await checked(upstream(url.replace('http:', 'https:')))
  expect(stdout).toContain(`an AgentOS answers at another address; write\n    url: ${url}\n`)
})

test('check takes API paths from the address of a dead server', async () => {
  const url = await refusingUrl()
  const stdout = await checked(upstream(`${url}/v1`))
  expect(stdout).toContain(`has no such path; try\n    url: ${url}\n`)
  expect(await checked(upstream(url))).toContain('no server listens there: start the AgentOS')
})

test('check says that a server accepts connections and does not answer', async () => {
  const { url } = await startFakeUpstream(() => undefined)
  const stdout = await checked(`timeout: 300ms\n${upstream(url)}`)
  expect(stdout).toContain('a: AGW_UPSTREAM_TIMEOUT: the server accepts connections and does not')
})

test('check says that another server is no AgentOS', async () => {
  const { url } = await startFakeUpstream((_, response) => {
    response.end('<html>')
  })
  const stdout = await checked(upstream(url))
  expect(stdout).toContain('the server there is not an AgentOS')
  expect(stdout).toContain('url: http://127.0.0.1:7777')
})

test('check suggests the nearest id for an unknown one', async () => {
  const url = await agentOs()
  const stdout = await checked(`${upstream(url)}agents:\n  - agent_id: ecoh\n    upstream: a\n`)
  expect(stdout).toContain(
    "gateway.yaml:5:5 a: no agents entry has the id 'ecoh'; it lists echo, poet; write\n    agent_id: echo\n",
  )
})

test('check names the line of a member that no upstream has', async () => {
  const url = await agentOs()
  const steps = '\n      - { name: a, agent: echo }\n      - { name: b, agent: ecoh }\n'
  const stdout = await checked(`${upstream(url)}workflows:\n  - id: w\n    steps:${steps}`)
  expect(stdout).toMatch(
    /gateway\.yaml:\d+:\d+ no upstream lists 'ecoh' under agents, did you mean "echo"\?/,
  )
  expect(stdout).toContain('1 wrong:')
})

test('check refuses an upstream that gets the token of an MCP client', async () => {
  const url = await agentOs()
  const stdout = await checked(
    [
      `${upstream(url)}    credentials: forward`,
      'auth: { mode: jwt, keys: [{ alg: HS256, secret: 0123456789abcdef0123456789abcdef }] }',
      'faces:',
      '  mcp: { authorization_servers: [https://issuer.example.com] }',
    ].join('\n'),
  )
  expect(stdout).toContain("gateway.yaml:4:5 upstream 'a' gets the caller's token")
  expect(stdout).toMatch(/gateway\.yaml:7:10 faces\.mcp\.authorization_servers: .*auth\.audience/)
})
