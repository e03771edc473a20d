/** The route table: what one row says. A row is an AgentOS operation on data; one handler serves them all. */

import type { IdKind } from '../../src/catalogue/id-location-cache.ts'
import type { Scope } from '../../src/catalogue/resolve.ts'
import type { RowMerge } from '../../src/merge/sums.ts'

/** How a list is ordered, as AgentOS orders it when the query does not say. */
export interface ListOrder {
  /** Members by which it is sorted. */
  readonly by: readonly string[]
  /** Default `desc`. */
  readonly direction?: 'asc' | 'desc'
  /** The query's `sort_by` and `sort_order` are heeded. Default false. */
  readonly isSortable?: boolean
  /** Members that show a `sort_by` which goes by another name. */
  readonly aliases?: Readonly<Record<string, string>>
}

/** A list that is merged from pages. */
export interface PageMerge {
  readonly strategy: 'page'
  /** What holds the items. Default `data`. */
  readonly member?: 'data' | 'entries'
  /** Items per page when the query does not say. */
  readonly limit: number
  /** Most items per page that AgentOS accepts. Default any. */
  readonly maxLimit?: number
  /** None: one list after the other. */
  readonly order?: ListOrder
  /** Several rows about one subject become one. */
  readonly rows?: RowMerge
  /** Items say of what `type` they are, and an `id` may name a component. Default false. */
  readonly isTyped?: boolean
}

/** What happens to a request that several places could serve. */
export type AmbiguityStrategy =
  | PageMerge
  /** All answers added up. */
  | { readonly strategy: 'sum'; readonly operation: 'union' | 'count' | 'metrics' | 'stats' }
  /** The first 200 wins. */
  | { readonly strategy: 'first' }
  /** The one place that has what `at` names. `isMade`: AgentOS makes it where it is not there. Default false. */
  | { readonly strategy: 'find'; readonly lookupPath: string; readonly createsIfMissing?: boolean }
  /** Each place gets the ids it has. `member` lists them, members in `along` run parallel to it. */
  | {
      readonly strategy: 'split'
      readonly member: string
      readonly parallelFields: readonly string[]
      readonly lookupPath: string
    }
  /** Every database, each once. */
  | { readonly strategy: 'each' }
  /** 400 in AgentOS's words. */
  | { readonly strategy: 'refuse' }

/** One operation. */
export interface Row {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With `:parameters`. */
  readonly path: string
  /** Among what there is to choose. */
  readonly scope: Scope
  /** What the path parameter that names an object is, and its name. */
  readonly id?: readonly [kind: IdKind, parameter: string]
  /** Ids that answers show: what they are, and the member they stand in. */
  readonly idsInResponse?: readonly [kind: IdKind, member: string]
  readonly whenAmbiguous: AmbiguityStrategy
}

/** First 200 wins. */
export const FIRST: AmbiguityStrategy = { strategy: 'first' }
/** 400 in AgentOS's words. */
export const REFUSE: AmbiguityStrategy = { strategy: 'refuse' }

/** The place is where `at` is found. @param lookupPath a path of a GET, with the row's own parameters */
export function findAt(lookupPath: string): AmbiguityStrategy {
  return { strategy: 'find', lookupPath }
}

/** As {@link findAt}, for what AgentOS makes where it is not there: nowhere, rather than at some place. */
export function findOrRefuse(lookupPath: string): AmbiguityStrategy {
  return { strategy: 'find', lookupPath, createsIfMissing: true }
}
