/** Shows the last request, and code that sends it in other languages. */
import { gateway } from '../../api/gateway.ts'
import { urlOf } from '../../api/http.ts'
import type { Target } from '../../api/runs.ts'
import { runsPath, startForm } from '../../api/runs.ts'
import { CodeTabs } from '../../components/code-tabs.tsx'
import { Panel } from '../../components/ui.tsx'
import type { Conversation } from '../../state/conversation.ts'
import { usePolled } from '../../state/polling.ts'
import { snippetsFor } from '../../state/snippets.ts'
import { token } from '../../state/token.ts'
import { strings } from '../../strings.ts'

const STATUS_MS = 60_000

interface RequestViewProps {
  readonly target: Target
  readonly conversation: Conversation
}

export function RequestView({ target, conversation }: RequestViewProps) {
  const status = usePolled((signal) => gateway.status(signal), STATUS_MS)
  const turn = conversation.turns.value.findLast(({ start }) => start !== undefined)
  const message = turn?.message ?? strings.helloMessage
  const snippets = snippetsFor(target, {
    message,
    sessionId: conversation.sessionId.value || undefined,
    faces: status.value.value?.faces ?? [],
  })
  const all = [{ label: 'HTTP', code: requestText(target, turn?.start) }, ...snippets]
  return (
    <Panel title={strings.request}>
      <CodeTabs label={strings.copyAs} pieces={all} />
    </Panel>
  )
}

/** Formats the request without the token. */
function requestText(target: Target, start: Parameters<typeof startForm>[1] | undefined): string {
  const form = startForm(
    target,
    start ?? {
      message: strings.helloMessage,
      sessionId: undefined,
      userId: undefined,
      background: false,
      files: [],
      fields: {},
    },
  )
  const fields = [...form.entries()].map(([name, value]) => {
    return `${name}: ${typeof value === 'string' ? value : `(${value.name}, ${value.size} bytes)`}`
  })
  return [
    `POST ${urlOf(runsPath(target)).href}`,
    `content-type: ${form instanceof FormData ? 'multipart/form-data' : 'application/x-www-form-urlencoded'}`,
    'accept: text/event-stream',
    ...(token.value === '' ? [] : ['authorization: Bearer …']),
    '',
    ...fields,
  ].join('\n')
}
