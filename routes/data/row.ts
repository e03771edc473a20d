/** Defines a row of the route table: one AgentOS operation on data. One handler serves all rows. */

import type { IdKind } from '../../src/catalogue/id-location-cache.ts'
import type { Scope } from '../../src/catalogue/resolve.ts'
import type { RowMerge } from '../../src/merge/sums.ts'

/** The order of a list when the query gives none, as in AgentOS. */
export interface ListOrder {
  /** Members to sort by. */
  readonly by: readonly string[]
  /** Default `desc`. */
  readonly direction?: 'asc' | 'desc'
  /** Whether `sort_by` and `sort_order` of the query apply. Default false. */
  readonly isSortable?: boolean
  /** Members that hold the value of a `sort_by` with another name. */
  readonly aliases?: Readonly<Record<string, string>>
}

/** A list merged from pages of several targets. */
export interface PageMerge {
  readonly strategy: 'page'
  /** The member that holds the items. Default `data`. */
  readonly member?: 'data' | 'entries'
  /** Items per page when the query gives no limit. */
  readonly limit: number
  /** Highest limit that AgentOS accepts. Default: no limit. */
  readonly maxLimit?: number
  /** Without an order, lists are concatenated. */
  readonly order?: ListOrder
  /** How rows about the same subject are joined. */
  readonly rows?: RowMerge
  /** Whether items have a `type` and an `id` that may name a component. Default false. */
  readonly isTyped?: boolean
}

/** Treatment of a request that several targets could serve. */
export type AmbiguityStrategy =
  | PageMerge
  /** Sums the answers. */
  | { readonly strategy: 'sum'; readonly operation: 'union' | 'count' | 'metrics' | 'stats' }
  /** The first 200 is the answer. */
  | { readonly strategy: 'first' }
  /**
   * The target where `lookupPath` exists. `createsIfMissing`: AgentOS creates the object if it is missing. Default
   * false.
   */
  | { readonly strategy: 'find'; readonly lookupPath: string; readonly createsIfMissing?: boolean }
  /** Each target gets the ids it has. `member` lists them; members in `parallelFields` run parallel to it. */
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

/** One operation of AgentOS. */
export interface Row {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Path with `:parameters`. */
  readonly path: string
  /** The set of targets to choose from. */
  readonly scope: Scope
  /** Kind of the id in the path, and the name of its parameter. */
  readonly id?: readonly [kind: IdKind, parameter: string]
  /** Kind of the ids in responses, and the member that holds them. */
  readonly idsInResponse?: readonly [kind: IdKind, member: string]
  readonly whenAmbiguous: AmbiguityStrategy
}

/** The first 200 is the answer. */
export const FIRST: AmbiguityStrategy = { strategy: 'first' }
/** 400 in AgentOS's words. */
export const REFUSE: AmbiguityStrategy = { strategy: 'refuse' }

/**
 * Sends the request to the target where the object is found. @param lookupPath path of a GET, with the row's parameters
 */
export function findAt(lookupPath: string): AmbiguityStrategy {
  return { strategy: 'find', lookupPath }
}

/** As {@link findAt}, for objects that AgentOS creates if missing: refused when no target has the object. */
export function findOrRefuse(lookupPath: string): AmbiguityStrategy {
  return { strategy: 'find', lookupPath, createsIfMissing: true }
}
