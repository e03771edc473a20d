import { expect, test } from 'vitest'
import type { AuditMembers } from '../../../src/audit/chain.ts'
import { Refusals } from '../../../src/audit/refusals.ts'
import type { AuditTrail } from '../../../src/audit/trail.ts'
import { Caller } from '../../../src/auth/caller.ts'

const ANONYMOUS = { caller: undefined, ip: '192.0.2.1' }
const ADA = {
  caller: new Caller(undefined, { kind: 'verified', claims: { sub: 'ada' } }),
  ip: '192.0.2.2',
}
const refused = () => ({ event: 'refused' })
const MAX_LINES = 200

function refusalsOf(windowMs?: number) {
  const lines: (AuditMembers & { readonly kind: string })[] = []
  const trail: AuditTrail = {
    counts: { lines: 0, failures: 0, lost: 0, waitingBytes: 0 },
    isFailing: false,
    append: (members, kind) => {
      lines.push({ ...members, kind })
      return undefined
    },
  }
  return { lines, refusals: new Refusals(trail, windowMs) }
}

test('a flood of refusals has 200 lines and a count of the others', () => {
  const { lines, refusals } = refusalsOf()
  for (let n = 0; n < 1_000; n++) {
    const ip = `192.0.2.${n % 200}`
    refusals.add({ caller: undefined, ip }, n % 10 === 0 ? 429 : 401, refused)
  }
  expect(lines.length).toBe(MAX_LINES)
  refusals.endWindow()
  expect(lines.slice(MAX_LINES)).toEqual([
    { event: 'refusals_omitted', omitted: 800, statuses: { 401: 720, 429: 80 }, kind: 'ended' },
  ])
})

test('a flood of one caller omits no line of another', () => {
  const { lines, refusals } = refusalsOf()
  for (let n = 0; n < 1_000; n++) refusals.add(ANONYMOUS, 401, refused)
  for (let n = 0; n < MAX_LINES + 1; n++) refusals.add(ADA, 403, refused)
  expect(lines.length).toBe(2 * MAX_LINES)
  refusals.endWindow()
  expect(lines.at(-1)).toEqual({
    event: 'refusals_omitted',
    caller: 'verified',
    user: 'ada',
    client: '192.0.2.2',
    omitted: 1,
    statuses: { 403: 1 },
    kind: 'ended',
  })
})

test('each window has its own lines', () => {
  const { lines, refusals } = refusalsOf()
  for (let n = 0; n < MAX_LINES; n++) refusals.add(ANONYMOUS, 401, refused)
  refusals.endWindow()
  for (let n = 0; n < MAX_LINES; n++) refusals.add(ANONYMOUS, 401, refused)
  refusals.endWindow()
  expect(lines.map(({ event }) => event)).toEqual(Array(2 * MAX_LINES).fill('refused'))
})

test('the count of omitted lines is written when the window ends', async () => {
  const { lines, refusals } = refusalsOf(1)
  for (let n = 0; n < MAX_LINES + 1; n++) refusals.add(ANONYMOUS, 401, refused)
  await expect.poll(() => lines.at(-1)?.event).toBe('refusals_omitted')
})
