/** Tests a chat, a picture and a paused run in Open WebUI, with the demo behind the gateway. */
import { Buffer } from 'node:buffer'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { picture, useChromium } from '../browser/support/chromium.ts'
import { gatewayToDemo } from '../browser/support/console.ts'
import { startOpenWebUi } from './server.ts'

const browser = useChromium()

/** A red picture of one pixel. */
const RED = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==',
  'base64',
)

interface Session {
  readonly session_id: string
  readonly session_name: string
}

async function sessionsOf(gateway: string): Promise<Session[]> {
  const response = await fetch(`${gateway}/sessions?limit=100`)
  return ((await response.json()) as { data: Session[] }).data
}

/** Opens a new chat with one model. */
async function newChat(url: string, model: string): Promise<Page> {
  const page = await browser.open(`${url}/?models=${encodeURIComponent(model)}`)
  const news = page.getByText("Okay, Let's Go!")
  await news.or(page.locator('#chat-input')).first().waitFor()
  if (await news.isVisible()) await news.click()
  return page
}

async function send(page: Page, message: string, answer: string): Promise<void> {
  await page.locator('#chat-input').click()
  await page.keyboard.type(message)
  await page.keyboard.press('Enter')
  await page.locator('.chat-assistant').last().getByText(answer).first().waitFor()
}

test('Open WebUI lists components, chats in one session, shows pictures and answers a pause', async () => {
  const gateway = await gatewayToDemo({ faces: { openai: true } })
  const url = await startOpenWebUi(gateway)

  const page = await newChat(url, 'agent/echo')
  await send(page, 'hello there', 'You said: hello there')
  await send(page, 'and again', 'You said: and again')
  await picture(page, 'open-webui-chat')
  const chat = new URL(page.url()).pathname.split('/').at(-1) as string
  const models = await page.evaluate(async () => {
    const headers = { authorization: `Bearer ${localStorage.getItem('token')}` }
    const { data } = (await (await fetch('/api/models', { headers })).json()) as {
      data: { id: string }[]
    }
    return data.map(({ id }) => id)
  })
  expect(models).toEqual(expect.arrayContaining(['agent/echo', 'team/duo', 'workflow/pipeline']))

  // Prompts for a title, tags and follow-ups run in sessions of their own.
  await expect.poll(async () => (await sessionsOf(gateway)).length).toBeGreaterThan(2)
  const own = (await sessionsOf(gateway)).filter(({ session_id }) => session_id === chat)
  expect(own.map(({ session_name }) => session_name)).toEqual(['hello there'])
  const runs = (await (await fetch(`${gateway}/sessions/${chat}/runs`)).json()) as object[]
  expect(runs).toHaveLength(2)

  const pictures = await newChat(url, 'agent/echo')
  const file = { name: 'red.png', mimeType: 'image/png', buffer: RED }
  await pictures.locator('input[type=file]').first().setInputFiles(file)
  await pictures.locator('#message-input-container img').first().waitFor()
  await send(pictures, 'look at this', 'red.png')
  await pictures.locator('.chat-user img').first().waitFor()
  await picture(pictures, 'open-webui-picture')

  const report = await newChat(url, 'agent/report')
  await send(report, 'figures', 'You asked: figures')
  await report.locator('.chat-assistant img').last().waitFor()
  await picture(report, 'open-webui-report')

  const paused = await newChat(url, 'agent/confirm')
  await send(paused, 'delete the notes', 'May delete_file run?')
  await send(paused, 'yes', 'Done: notes.txt is deleted.')
  await picture(paused, 'open-webui-pause')
})
