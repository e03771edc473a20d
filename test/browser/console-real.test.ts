/** Uses the console with real AgentOS of both releases: members, steps, pauses, approvals, traces, and a background run. */
import { describe, expect, inject, test } from 'vitest'
import { useChromium } from './support/chromium.ts'
import { gatewayWithConsole, openConsole, say, turnIs } from './support/console.ts'

const browser = useChromium()
const servers = inject('consoleOses')

function gatewayToServers(): Promise<string> {
  const upstreams = servers.map(({ name, url }) => ({ name, url }))
  return gatewayWithConsole({ upstreams, config_ttl: '1s' }, 'ready')
}

describe.each(servers)('with AgentOS $release', ({ name }) => {
  test('an agent uses a tool, a team its member, a workflow parallel steps', async () => {
    const { page, go, faults } = await openConsole(browser, await gatewayToServers())
    await go(`#/play/agents/helper-${name}`)
    await say(page, 'use tool add', 'completed')
    await page.locator('.tool', { hasText: 'done' }).waitFor()
    await go(`#/play/teams/pair-${name}`)
    await say(page, 'use tool delegate_task_to_member', 'completed')
    await page.locator('.member', { hasText: 'Helper' }).getByText('You said: 1').waitFor()
    await go(`#/play/workflows/flow-${name}`)
    await say(page, 'hello', 'completed')
    const steps = page.locator('.parallel > .step-body > .step')
    expect(await steps.locator('header b').allTextContents()).toEqual(
      expect.arrayContaining(['left', 'right', 'Helper']),
    )
    expect(faults).toEqual([])
  })

  test('every kind of pause is answered by its form', async () => {
    const { page, go, faults } = await openConsole(browser, await gatewayToServers())
    await go(`#/play/agents/confirming-${name}`)
    await say(page, 'use tool delete_file', 'paused')
    await page.getByPlaceholder('Note').fill('not this one')
    await page.getByRole('button', { name: 'Reject' }).click()
    await turnIs(page, 'completed')
    await page.locator('.tool', { hasText: 'rejected' }).waitFor()
    await go(`#/play/agents/asking-${name}`)
    await say(page, 'use tool greet', 'paused')
    await page.getByLabel('name str').fill('Ada')
    await page.getByRole('button', { name: 'Submit' }).click()
    await turnIs(page, 'completed')
    await go(`#/play/agents/outside-${name}`)
    await say(page, 'use tool read_clock', 'paused')
    await page.getByLabel('Result of the call').fill('noon')
    await page.getByRole('button', { name: 'Submit' }).click()
    await turnIs(page, 'completed')
    await go(`#/play/agents/polling-${name}`)
    await say(page, 'use tool ask_user', 'paused')
    await page.locator('fieldset input').first().check()
    await page.getByRole('button', { name: 'Submit' }).click()
    await turnIs(page, 'completed')
    expect(faults).toEqual([])
  })

  test('a paused team and a paused workflow continue', async () => {
    const { page, go, faults } = await openConsole(browser, await gatewayToServers())
    await go(`#/play/teams/pair-${name}`)
    await say(page, 'use tool delete_file', 'paused')
    await page.getByRole('button', { name: 'Approve' }).click()
    await turnIs(page, 'completed')
    await go(`#/play/workflows/gate-${name}`)
    await say(page, 'hello', 'paused')
    await page.getByText('Confirm step').waitFor()
    await page.getByRole('button', { name: 'Approve' }).click()
    await turnIs(page, 'completed')
    expect(faults).toEqual([])
  })

  test('an approval is decided in the inbox, and its run continues', async () => {
    const { page, go, faults } = await openConsole(browser, await gatewayToServers())
    await go(`#/play/agents/payer-${name}`)
    await say(page, 'use tool pay', 'paused')
    await page.getByText('once its approval is decided').waitFor()
    const address = page.url()
    await go('#/inbox')
    const card = page.locator('.panel', { hasText: 'pay' })
    await card.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('Nothing waits for a person.').waitFor()
    await page.goto('about:blank')
    await page.goto(address)
    await turnIs(page, 'completed')
    await page.locator('.tool', { hasText: 'done' }).waitFor()
    expect(faults).toEqual([])
  })

  test('a trace shows its spans as a tree', async () => {
    const { page, go, faults } = await openConsole(browser, await gatewayToServers())
    await go(`#/play/teams/pair-${name}`)
    await say(page, 'use tool delegate_task_to_member', 'completed')
    await page.getByRole('link', { name: 'Trace' }).click()
    const link = page.getByRole('link', { name: /^Pair/ })
    // AgentOS exports its spans some seconds after the run.
    await expect
      .poll(async () => {
        await page.reload()
        return link.waitFor({ timeout: 2_000 }).then(
          () => true,
          () => false,
        )
      })
      .toBe(true)
    await link.click()
    await expect.poll(() => page.locator('.span').count()).toBeGreaterThan(3)
    await page.locator('.span', { hasText: 'OpenAIChat' }).first().click()
    await page.getByRole('heading', { name: 'Output' }).waitFor()
    expect(faults).toEqual([])
  })

  test('a background run continues after a reload of the page', async () => {
    const { page, go, faults } = await openConsole(browser, await gatewayToServers())
    await go(`#/play/agents/helper-${name}`)
    await page.getByLabel('background').check()
    await page.getByLabel('Message', { exact: true }).fill('slow 100')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('.turn').last().getByText('You said: slow 100').waitFor()
    await page.reload()
    await turnIs(page, 'completed')
    expect(faults).toEqual([])
  })

  test('the stop button cancels a streamed run', async () => {
    const { page, go, faults } = await openConsole(browser, await gatewayToServers())
    await go(`#/play/agents/helper-${name}`)
    await page.getByLabel('Message', { exact: true }).fill('slow 2000')
    await page.getByRole('button', { name: 'Send' }).click()
    await page.locator('.turn').last().getByText('You said: slow 2000').waitFor()
    await page.getByRole('button', { name: 'Stop' }).click()
    await turnIs(page, 'cancelled')
    expect(faults).toEqual([])
  })
})

test('lists hold the sessions of both releases', async () => {
  const gateway = await gatewayToServers()
  for (const { name } of servers) {
    const body = new URLSearchParams({ message: `hello ${name}`, stream: 'false', user_id: 'ada' })
    await fetch(`${gateway}/agents/helper-${name}/runs`, { method: 'POST', body })
  }
  const { page, go, faults } = await openConsole(browser, gateway, '#/data/sessions?user_id=ada')
  for (const { name } of servers) await page.getByText(`hello ${name}`).first().waitFor()
  await page.getByText(/^2 of 2$/).waitFor()
  await page.getByRole('link', { name: `hello ${servers[0]?.name}` }).click()
  await page.getByText('You said: hello').first().waitFor()
  for (const hash of ['#/data/memories', '#/data/knowledge', '#/data/evals', '#/data/approvals']) {
    await go(hash)
    await page.locator('main .empty, main table').first().waitFor()
  }
  expect(faults).toEqual([])
})

describe.each(servers)('with the databases of one AgentOS $release', ({ name, url }) => {
  const gatewayToOne = () => gatewayWithConsole({ upstreams: [{ name, url }] }, 'ready')

  test('every tab of Data lists the items of all databases', async () => {
    const { page, go, faults } = await openConsole(browser, await gatewayToOne())
    await go('#/data/memories')
    await page.getByText(`The current ${name} memory`).waitFor()
    await page.getByText(`The archived ${name} memory`).waitFor()
    await page.getByLabel('Database').selectOption(`archive-${name}`)
    await page.getByText('1 of 1').waitFor()
    expect(await page.getByText(`The current ${name} memory`).count()).toBe(0)
    await go('#/data/knowledge')
    await page.getByText(`Chapter of manuals ${name}`).waitFor()
    await page.getByText(`Chapter of letters ${name}`).waitFor()
    await page.getByLabel('Knowledge base').selectOption({ label: `letters ${name}` })
    await page.getByText('1 of 1').waitFor()
    await go('#/data/evals')
    await page.getByText(`The current ${name} evaluation`).waitFor()
    await page.getByText(`The archived ${name} evaluation`).waitFor()
    for (const hash of ['#/data/traces', '#/data/approvals']) {
      await go(hash)
      await page.locator('main .empty, main table').first().waitFor()
      expect(await page.locator('.notice').count()).toBe(0)
    }
    expect(faults).toEqual([])
  })

  test('a session of the second database is listed, opened, renamed and deleted', async () => {
    const gateway = await gatewayToOne()
    const { page, go, faults } = await openConsole(browser, gateway)
    await go(`#/play/agents/archivist-${name}`)
    await say(page, 'keep this', 'completed')
    await page.getByRole('button', { name: /^keep this/ }).waitFor()
    await page.reload()
    await page.getByText('You said: keep this').waitFor()
    page.on('dialog', (dialog) => void dialog.accept('Kept'))
    await page.getByTitle('Rename').first().click()
    await page.getByRole('button', { name: /^Kept/ }).waitFor()
    await go('#/data/sessions')
    await page.getByRole('link', { name: 'Kept' }).click()
    await page.getByText('You said: keep this').waitFor()
    await go('#/data/sessions?session_name=Kept')
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByText('No sessions.').waitFor()
    expect(faults).toEqual([])
  })

  test('the inbox finds a paused run of a database among several', async () => {
    const gateway = await gatewayToOne()
    const body = new URLSearchParams({
      message: 'use tool delete_file',
      stream: 'false',
      user_id: `ada of ${name}`,
    })
    await fetch(`${gateway}/agents/confirming-${name}/runs`, { method: 'POST', body })
    const { page, faults } = await openConsole(browser, gateway, '#/inbox')
    const card = page.locator('.panel', { hasText: `asked by ada of ${name}` })
    await card.getByRole('button', { name: 'Approve' }).click()
    await card.waitFor({ state: 'detached' })
    expect(faults).toEqual([])
  })
})
