/** Starts Open WebUI with the settings of docs/connect/open-webui.md, offline and without accounts. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { killed } from '../support/killed.ts'

/** Without these it asks for an account, searches for Ollama, and loads models from the internet. */
const OFFLINE = {
  WEBUI_AUTH: 'False',
  WEBUI_SECRET_KEY: 'test',
  OFFLINE_MODE: 'true',
  HF_HUB_OFFLINE: '1',
  ENABLE_OLLAMA_API: 'False',
  ENABLE_PERSISTENT_CONFIG: 'False',
  RAG_EMBEDDING_ENGINE: 'openai',
  ENABLE_VERSION_UPDATE_CHECK: 'False',
}

/**
 * @param gateway URL of the gateway
 * @returns the URL of Open WebUI, once it answers
 */
export async function startOpenWebUi(gateway: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'open-webui-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const port = await freePort()
  const args = ['serve', '--host', '127.0.0.1', '--port', `${port}`]
  const child = spawn('.venvs/open-webui/bin/open-webui', args, {
    stdio: 'ignore',
    env: {
      ...process.env,
      ...OFFLINE,
      DATA_DIR: directory,
      OPENAI_API_BASE_URL: `${gateway}/v1`,
      OPENAI_API_KEY: 'none',
      ENABLE_FORWARD_USER_INFO_HEADERS: 'true',
      OPENAI_API_CONFIGS: '{"0": {"enable": true, "headers": {"x-agentos-hitl": "text"}}}',
    },
  })
  onTestFinished(() => killed(child))
  const url = `http://127.0.0.1:${port}`
  const isUp = () =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
  await expect.poll(isUp, { timeout: 240_000, interval: 500 }).toBe(true)
  return url
}
