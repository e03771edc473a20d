/** Exposes the page's functions to the test. */
import { agentUi } from './agent-ui.ts'
import type { PageCalls } from './contract.ts'
import { controlPlane } from './control-plane.ts'
import { abort, ask, connect, listen, say, stream, upload } from './requests.ts'

const calls: PageCalls = {
  ask,
  stream,
  abort,
  listen,
  upload,
  connect,
  say,
  agentUi,
  controlPlane,
}

Object.assign(globalThis, { calls })
document.body.dataset['ready'] = 'true'
