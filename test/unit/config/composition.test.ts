import { expect, test } from 'vitest'
import { loadConfigText } from '../../../config/load.ts'
import { parseConfig } from '../../../config/parse.ts'

/** Errors of these workflows, by path. */
function issuesOf(workflows: readonly object[], more: object = {}): string[] {
  const upstreams = [{ name: 'lab', url: 'http://lab', prefix: 'lab-' }]
  const result = parseConfig({ upstreams, workflows, ...more })
  if ('config' in result) return []
  return result.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

function compositionOf(steps: readonly object[]) {
  const upstreams = [{ name: 'lab', url: 'http://lab', prefix: 'lab-' }]
  const result = parseConfig({ upstreams, workflows: [{ id: 'w', steps }] })
  if ('config' in result) return result.config.composition
  throw new Error(JSON.stringify(result.issues))
}

test('a configuration without steps composes nothing', () => {
  const result = parseConfig({ upstreams: [{ name: 'lab', url: 'http://lab' }] })
  expect(result).toMatchObject({ config: { composition: undefined } })
})

test('a reference is an id of the gateway or UPSTREAM/ID with its prefix', () => {
  const composition = compositionOf([
    { name: 'a', agent: 'ann' },
    { name: 'b', team: 'lab/ann' },
  ])
  expect(composition?.workflows[0]?.steps).toMatchObject([
    { member: { kind: 'agents', id: 'ann', upstream: undefined } },
    { member: { kind: 'teams', id: 'lab-ann', upstream: 'lab' } },
  ])
})

test.each([
  [{ name: 'a', agnt: 'x' }, 'agnt: unknown key, did you mean "agent"?'],
  [
    { name: 'a' },
    ': needs exactly one of agent, team, workflow, steps, parallel, if, loop, choices',
  ],
  [{ name: 'a', agent: 'x', team: 'y' }, ': needs exactly one of'],
  [{ name: 'a', agent: 'lap/x' }, 'agent: no upstream is named "lap", did you mean "lab"?'],
  [{ name: 'a', agent: 'x', input: '{{steps.b}}' }, 'input: no step is named "b"'],
  [{ name: 'a', agent: 'x', input: '{{user_input.to}}' }, 'input: user_input has no field "to"'],
  [{ name: 'a', agent: 'x', input: '{{message}}' }, 'input: unknown placeholder {{message}}'],
  [{ name: 'a', agent: 'x', input: '{{steps.}}' }, 'input: unknown placeholder {{steps.}}'],
  [{ name: 'a', choices: [] }, ': choices needs exactly one of select, choose'],
  [
    { name: 'a', choices: [], select: '"b"', choose: 'Which?' },
    ': choices needs exactly one of select, choose',
  ],
  [
    { name: 'a', parallel: [], review: 'Good?' },
    'review: needs a step with agent, team, workflow, choices or loop',
  ],
  [
    { name: 'a', agent: 'x', confirm: 'go?', on_reject: 'else' },
    'on_reject: else needs a step with `if`',
  ],
  [
    { name: 'a', steps: [], on_error: 'pause' },
    'on_error: pause needs a step with agent, team or workflow',
  ],
  [
    { name: 'a', agent: 'x', optional: true, on_error: 'pause' },
    'on_error: pause and optional exclude each other',
  ],
  [
    { name: 'a', steps: [], user_input: { fields: [{ name: 'to' }] } },
    'user_input: needs a step with agent, team or workflow',
  ],
])('a step %j is refused with its place', (step, message) => {
  const [issue] = issuesOf([{ id: 'w', steps: [step] }])
  expect(issue).toContain('workflows.0.steps.0')
  expect(issue).toContain(message)
})

test('two steps of one name are refused, however deep they are', () => {
  const inner = { name: 'p', parallel: [{ name: 'a', agent: 'y' }] }
  const issues = issuesOf([{ id: 'w', steps: [{ name: 'a', agent: 'x' }, inner] }])
  expect(issues).toEqual(['workflows.0.steps.1.parallel.0.name: another step is named "a"'])
})

test('workflows that run each other are refused with their path', () => {
  const runs = (id: string, other: string) => ({ id, steps: [{ name: 's', workflow: other }] })
  const issues = issuesOf([runs('a', 'b'), runs('b', 'c'), runs('c', 'a')])
  expect(issues).toEqual(['workflows.0: contains itself: a → b → c → a'])
})

test('an id that another workflow has is refused', () => {
  const remote = { workflow_id: 'w', upstream: 'lab', id: 'w' }
  const composed = { id: 'w', steps: [{ name: 's', agent: 'x' }] }
  expect(issuesOf([remote, composed])).toEqual(['workflows.1: the id "w" is already taken'])
})

test('composer.database and composer.keep are read from the file', () => {
  const composed = { id: 'w', steps: [{ name: 's', agent: 'x' }] }
  const composer = (given: object) => issuesOf([composed], { composer: given })
  expect(composer({ database: 'sqlite:/tmp/x.db', keep: '12h' })).toEqual([])
  expect(composer({ database: 'postgres://x/y' })).toEqual([])
  expect(composer({ database: 'mysql://x' })).toEqual([
    'composer.database: expected sqlite:FILE or postgres://…',
  ])
  expect(composer({ keep: 'ever' })).toEqual(['composer.keep: expected a time such as 12h or 30d'])
})

test('a compiled expression keeps the line of the file', () => {
  const text = [
    'upstreams: [{ name: lab, url: "http://lab" }]',
    'workflows:',
    '  - id: w',
    '    steps:',
    '      - name: gate',
    '        if: input == "x"',
    '        then: [{ name: a, agent: x }]',
  ].join('\n')
  const { composition } = loadConfigText(text, 'gateway.yaml', {})
  expect(composition?.expressions).toMatchObject([{ text: 'input == "x"', line: 6, column: 9 }])
})

test('confirm and user_input of a step become questions to the caller', () => {
  const composition = compositionOf([
    { name: 'a', agent: 'x', confirm: 'go?', on_reject: 'skip', confirm_timeout: '1h' },
    { name: 'b', agent: 'x', user_input: { fields: [{ name: 'to', type: 'int' }] } },
    { name: 'c', agent: 'x' },
  ])
  const [confirmed, filled, plain] = composition?.workflows[0]?.steps ?? []
  expect(confirmed).toMatchObject({
    confirm: 'go?',
    onReject: 'skip',
    confirmTimeoutMs: 3_600_000,
    onTimeout: 'cancel',
  })
  expect(filled).toMatchObject({
    userInput: { fields: [{ name: 'to', type: 'int', required: true }] },
  })
  expect(plain).not.toHaveProperty('confirm')
})

test('a caller decides on failures by the keys of the file', () => {
  const composition = compositionOf([
    { name: 'a', agent: 'x', on_error: 'pause', confirm_timeout: '1h' },
    { name: 'b', agent: 'x', on_error: 'fail' },
  ])
  const [paused, plain] = composition?.workflows[0]?.steps ?? []
  expect(paused).toMatchObject({ onError: 'pause', confirmTimeoutMs: 3_600_000 })
  expect(plain).not.toHaveProperty('onError')
})

test('review and choose of the file become questions to the caller', () => {
  const composition = compositionOf([
    { name: 'a', agent: 'x', review: 'Good?', on_reject: 'retry' },
    {
      name: 'b',
      choices: [{ name: 'c', agent: 'x' }],
      choose: 'Which?',
      allow_multiple_selections: true,
    },
  ])
  expect(composition?.workflows[0]?.steps).toMatchObject([
    { review: 'Good?', onReject: 'retry' },
    { select: { choose: 'Which?', allowMultipleSelections: true } },
  ])
  expect(composition?.expressions).toEqual([])
})

test('TLS of the composer needs the URL of the gateway and readable files', () => {
  const steps = [{ name: 'a', agent: 'x' }]
  const tls = { cert_file: 'missing.pem', key_file: 'missing.key' }
  expect(issuesOf([{ id: 'w', steps }], { composer: { tls } })).toEqual([
    'composer.tls: needs composer.gateway_url',
    expect.stringMatching(/^composer\.tls: .*missing\.pem /),
  ])
  const composer = { gateway_url: 'https://gateway', tls: { server_name: 'gateway' } }
  const upstreams = [{ name: 'lab', url: 'http://lab' }]
  const result = parseConfig({ upstreams, workflows: [{ id: 'w', steps }], composer })
  expect(result).toMatchObject({
    config: { composition: { composer: { gatewayTls: { serverName: 'gateway', verify: true } } } },
  })
})
