/** Keeps the unsent message and files for each component, while another view or page is shown. */
import type { Signal } from '@preact/signals'
import { signal } from '@preact/signals'
import type { Target } from '../api/runs.ts'

export interface Draft {
  readonly text: Signal<string>
  readonly files: Signal<readonly File[]>
}

const drafts = new Map<string, Draft>()

export function draftFor({ kind, id }: Target): Draft {
  const key = `${kind}/${id}`
  const draft = drafts.get(key) ?? { text: signal(''), files: signal([]) }
  drafts.set(key, draft)
  return draft
}
