/**
 * Reads from every database of an AgentOS that has several: it refuses a request that names none. In front of several
 * AgentOS, the gateway merges them itself.
 */
import { token } from '../state/token.ts'
import { ApiError, get } from './http.ts'
import type { Json } from './types.ts'
import { listIn, objectIn, textIn } from './types.ts'

/** The query that names a database or a knowledge base; `{}` names none. */
export type DataSource = Readonly<{ db_id?: string; knowledge_id?: string }>

/** A database or knowledge base, with its name for people. */
export interface NamedSource {
  readonly id: string
  readonly name: string
}

/** All databases and knowledge bases that the caller may know of. */
export interface KnownSources {
  readonly databases: readonly NamedSource[]
  readonly knowledge: readonly NamedSource[]
}

/** Time that a list of databases is kept, in milliseconds. */
const KEPT_MS = 60_000

let kept: { token: string; at: number; sources: Promise<KnownSources> } | undefined

/** @throws {ApiError} when the caller may not read the configuration of AgentOS */
export function knownSources(): Promise<KnownSources> {
  const now = Date.now()
  if (kept?.token !== token.value || now - kept.at > KEPT_MS) {
    kept = { token: token.value, at: now, sources: get<unknown>('config').then(sourcesIn) }
    kept.sources.catch(() => {
      kept = undefined
    })
  }
  return kept.sources
}

function sourcesIn(config: unknown): KnownSources {
  const { databases, knowledge } = objectIn(config)
  const ids = listIn(databases).map(textIn).filter(Boolean)
  const bases = listIn(objectIn(knowledge)['knowledge_instances']).map(objectIn)
  return {
    databases: ids.map((id) => ({ id, name: id })),
    knowledge: bases.map(({ id, name }) => ({ id: textIn(id), name: textIn(name) || textIn(id) })),
  }
}

/** The answer of one source. */
export interface SourceAnswer<Answer> {
  readonly source: DataSource
  readonly answer: Answer
}

/** Answers of all sources, and the ids of the sources that failed. */
export interface SourceAnswers<Answer> {
  readonly answers: readonly SourceAnswer<Answer>[]
  readonly failed: readonly string[]
}

/**
 * Sends a request without a source. If AgentOS wants one, sends the request once for each.
 *
 * @throws the failure of the request, or of the first source when all fail
 */
export async function fromEachSource<Answer>(
  request: (source: DataSource) => Promise<Answer>,
): Promise<SourceAnswers<Answer>> {
  try {
    return { answers: [{ source: {}, answer: await request({}) }], failed: [] }
  } catch (error) {
    const sources = await wantedSources(error)
    if (sources.length === 0) throw error
    const results = await Promise.allSettled(sources.map(request))
    const answers = results.flatMap((result, index) =>
      result.status === 'fulfilled'
        ? [{ source: sources[index] as DataSource, answer: result.value }]
        : [],
    )
    if (answers.length === 0) throw results.find(isRejected)?.reason ?? error
    const failed = sources.filter((_, index) => isRejected(results[index]))
    return { answers, failed: failed.map((source) => source.knowledge_id ?? source.db_id ?? '') }
  }
}

/** {@link fromEachSource} for an object that one source has. */
export async function fromItsSource<Answer>(
  request: (source: DataSource) => Promise<Answer>,
): Promise<Answer> {
  const { answers } = await fromEachSource(request)
  return (answers[0] as SourceAnswer<Answer>).answer
}

function isRejected(result: PromiseSettledResult<unknown> | undefined) {
  return result?.status === 'rejected'
}

/** Sources that a refusal asks for, by its text; none for any other failure. AgentOS 2.9 refuses `/sessions` with 404. */
async function wantedSources(error: unknown): Promise<readonly DataSource[]> {
  if (!(error instanceof ApiError)) return []
  const listed = /knowledge_id.* Available IDs: \[(.*)\]$/.exec(error.message)?.[1]
  if (listed !== undefined) {
    return [...listed.matchAll(/'([^']*)'/g)].map(([, id = '']) => ({ knowledge_id: id }))
  }
  if (!/^(?:400: )?The db_id query parameter is required/.test(error.message)) return []
  const { databases } = await knownSources()
  return databases.map(({ id }) => ({ db_id: id }))
}

/** The source that a merged list has noted in an item, or that a page has in its address. */
export function sourceOf(item: Json | undefined): DataSource {
  const { db_id: database, knowledge_id: knowledge } = item ?? {}
  return {
    ...(textIn(database) !== '' && { db_id: textIn(database) }),
    ...(textIn(knowledge) !== '' && { knowledge_id: textIn(knowledge) }),
  }
}
