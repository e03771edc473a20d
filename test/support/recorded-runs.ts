/** Recorded event streams of real AgentOS, for tests of translators. */
import { readdirSync, readFileSync } from 'node:fs'
import type { ComponentKind } from '../../config/types.ts'
import { runEvent } from '../../src/client/run-events.ts'
import type { FaceEvent } from '../../src/face/face-events.ts'
import { RunReader } from '../../src/face/run-reader.ts'
import type { StreamTranslator } from '../../src/face/translator.ts'
import { EventStreamParser } from '../../src/relay/event-stream-parser.ts'

/** Streams of real AgentOS 2.9.0 and 3.1.10, named `KIND-WHAT-RELEASE.sse`. */
const FOLDER = new URL('../fixtures/runs/', import.meta.url)
export const RECORDED = readdirSync(FOLDER)

function kindOf(name: string): ComponentKind {
  return name.startsWith('agent') ? 'agents' : name.startsWith('team') ? 'teams' : 'workflows'
}

export function eventsOf(name: string): FaceEvent[] {
  const reader = new RunReader(kindOf(name))
  const parser = new EventStreamParser()
  const raw = parser.push(readFileSync(new URL(name, FOLDER)))
  return raw.flatMap((event) => reader.read(runEvent(event)))
}

export function framesOf(name: string, translator: StreamTranslator): string[] {
  const text = eventsOf(name)
    .map((event) => translator.push(event))
    .join('')
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, data]) => String(data))
}

/** The last events of a run. */
export const ENDS: ReadonlySet<string> = new Set(['paused', 'completed', 'cancelled', 'failed'])

/** The type of the last event of a recording, by its name. */
export function endOf(name: string): 'paused' | 'completed' | 'cancelled' {
  if (name.includes('pause')) return 'paused'
  return name.includes('cancel') ? 'cancelled' : 'completed'
}
