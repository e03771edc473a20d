/** Shows a merged list page by page, with the shown part of the total and the missing upstreams. */
import type { Signal } from '@preact/signals'
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Query } from '../api/data.ts'
import { listPage } from '../api/data.ts'
import type { ApiError } from '../api/http.ts'
import { apiErrorOf } from '../state/polling.ts'
import { strings } from '../strings.ts'
import { Empty, Failure, Loading, Missing } from './ui.tsx'

export interface PagedList<Item> {
  readonly items: Signal<readonly Item[]>
  readonly total: Signal<number>
  readonly partial: Signal<readonly string[]>
  readonly error: Signal<ApiError | undefined>
  readonly isLoading: Signal<boolean>
  readonly isDone: Signal<boolean>
  more(): void
  reload(): void
}

const PAGE = 50

/** Fetches the first page, and again when the query changes. */
export function usePages<Item>(path: string, query: Query): PagedList<Item> {
  const items = useSignal<readonly Item[]>([])
  const total = useSignal(0)
  const partial = useSignal<readonly string[]>([])
  const error = useSignal<ApiError | undefined>(undefined)
  const isLoading = useSignal(true)
  const isDone = useSignal(false)
  /** Pages that are shown. */
  const loaded = useRef(0)
  /** Number of the last request: answers to earlier ones are dropped. */
  const requests = useRef(0)
  const key = JSON.stringify([path, query])
  const load = async (page: number) => {
    const request = ++requests.current
    isLoading.value = true
    try {
      const { body, partial: missing } = await listPage<Item>(path, { ...query, limit: PAGE, page })
      if (request !== requests.current) return
      items.value = page === 1 ? body.data : [...items.value, ...body.data]
      total.value = body.meta.total_count
      partial.value = missing
      error.value = undefined
      isDone.value = body.data.length === 0 || items.value.length >= total.value
      loaded.current = page
    } catch (failure) {
      if (request !== requests.current) return
      error.value = apiErrorOf(failure)
    }
    isLoading.value = false
  }
  useEffect(() => {
    items.value = []
    isDone.value = false
    void load(1)
  }, [key])
  return {
    items,
    total,
    partial,
    error,
    isLoading,
    isDone,
    more: () => void load(loaded.current + 1),
    reload: () => void load(1),
  }
}

interface PagedProps<Item> {
  readonly list: PagedList<Item>
  readonly empty: string
  children(items: readonly Item[]): ComponentChildren
}

export function Paged<Item>({ list, empty, children }: PagedProps<Item>) {
  const { items, total, partial, error, isLoading, isDone } = list
  const shown = items.value
  if (error.value && shown.length === 0) {
    if (isAbsentFeature(error.value)) return <Empty>{error.value.message}</Empty>
    return <Failure error={error.value} onRetry={list.reload} />
  }
  return (
    <>
      <Missing partial={partial.value} />
      {shown.length > 0 ? children(shown) : isLoading.value ? <Loading /> : <Empty>{empty}</Empty>}
      {error.value ? <Failure error={error.value} onRetry={list.more} /> : null}
      {shown.length === 0 ? null : (
        <p class="foot">
          <span role="status">
            {strings.shownOf(shown.length, total.value, partial.value.length > 0)}
          </span>{' '}
          {isDone.value ? null : (
            <button type="button" disabled={isLoading.value} onClick={list.more}>
              {strings.more}
            </button>
          )}
        </p>
      )}
    </>
  )
}

/** AgentOS answers 503, or 400 with an empty list, where a feature is not set up. The gateway's own errors carry a code. */
function isAbsentFeature({ status, code, message }: ApiError): boolean {
  if (code !== undefined) return false
  return status === 503 || (status === 400 && message.endsWith('Available IDs: []'))
}
