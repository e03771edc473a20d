/** Modal dialog: the browser's own element, with its focus and Escape handling. */
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { strings } from '../strings.ts'

interface DialogProps {
  readonly title: string
  readonly children: ComponentChildren
  onClose(): void
}

export function Dialog({ title, children, onClose }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  useEffect(() => dialog.current?.showModal(), [])
  return (
    <dialog ref={dialog} onClose={onClose} aria-label={title}>
      <header class="panel-head">
        <h2>{title}</h2>
        <button type="button" class="small" onClick={() => dialog.current?.close()}>
          {strings.close}
        </button>
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  )
}
