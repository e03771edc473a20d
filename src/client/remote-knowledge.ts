/** Reads and changes a knowledge base of another AgentOS through its routes. */
import { percentEncoded } from '../parameters/path.ts'
import type { AgentOSApi, CallBody, CallOptions } from './agentos-api.ts'
import { callOptions, parametersOf } from './agentos-api.ts'
import type { OsConfig } from './card.ts'
import { knowledgeIdIn } from './card.ts'
import type { Page, PageOptions, SortOptions } from './db-types.ts'
import type { FileMedia } from './media.ts'
import { isUploadable, uploadOf } from './media.ts'
import { RemoteDb } from './remote-db.ts'
import { RequestForm } from './request-form.ts'

type Dict = Record<string, unknown>

/** The knowledge base and its AgentOS. */
export interface RemoteKnowledgeOptions {
  readonly api: AgentOSApi
  /** Database with the list of contents. */
  readonly contentsDb?: RemoteDb | undefined
  /** Needed for a database with several knowledge bases. */
  readonly knowledgeId?: string | undefined
}

/** Members that describe a piece of content. */
export interface ContentDescription extends CallOptions {
  readonly name?: string | undefined
  readonly description?: string | undefined
  readonly metadata?: Readonly<Dict> | undefined
  readonly readerId?: string | undefined
}

/** Options of {@link RemoteKnowledge.uploadContent}: one of `file`, `textContent` and `url`, and a description. */
export interface UploadContentOptions extends ContentDescription {
  readonly url?: string | undefined
  /** A file with bytes. A file without bytes is not sent, as in Agno. */
  readonly file?: FileMedia | undefined
  readonly textContent?: string | undefined
  readonly chunker?: string | undefined
  readonly chunkSize?: number | undefined
  readonly chunkOverlap?: number | undefined
}

/** Options of {@link RemoteKnowledge.searchKnowledge}. */
export interface SearchKnowledgeOptions extends CallOptions, PageOptions {
  /** Default: AgentOS decides. */
  readonly maxResults?: number | undefined
  readonly filters?: Readonly<Dict> | undefined
  /** `vector`, `keyword` or `hybrid`. */
  readonly searchType?: string | undefined
  readonly vectorDbIds?: readonly string[] | undefined
}

/** A piece of content. */
export interface KnowledgeContent {
  id: string
  name?: string | null
  description?: string | null
  type?: string | null
  size?: string | null
  metadata?: Dict | null
  status?: string | null
  status_message?: string | null
  [key: string]: unknown
}

/** State of the processing of a piece of content. */
export interface KnowledgeContentStatus {
  id?: string | null
  /** `processing`, `completed` or `failed`. */
  status: string
  status_message?: string
  [key: string]: unknown
}

/** A passage that a search found. */
export interface KnowledgeSearchResult {
  id?: string | null
  content: string
  name?: string | null
  meta_data?: Dict | null
  content_id?: string | null
  [key: string]: unknown
}

/** Available readers, chunkers and vector databases. */
export interface KnowledgeConfig {
  readers?: Record<string, Dict> | null
  chunkers?: Record<string, Dict> | null
  filters?: string[] | null
  vector_dbs?: Dict[] | null
  [key: string]: unknown
}

/**
 * The interface of Agno's `RemoteKnowledge`. Every request carries the id of the database and, if known, of the knowledge
 * base. A remote's `knowledge` returns one.
 *
 * Every method rejects with {@link AgentOSError} when the AgentOS refuses and with {@link GatewayError} without a response.
 */
export class RemoteKnowledge {
  readonly contentsDb: RemoteDb | undefined
  readonly knowledgeId: string | undefined
  readonly #api: AgentOSApi

  constructor(options: RemoteKnowledgeOptions) {
    this.#api = options.api
    this.contentsDb = options.contentsDb
    this.knowledgeId = options.knowledgeId
  }

  /** The knowledge base of a card. Its id is read from `/config` when only one matches. */
  static fromCard(
    knowledge: { db_id?: string | null; knowledge_table?: string | null } | null | undefined,
    api: AgentOSApi,
    config: OsConfig | undefined,
  ): RemoteKnowledge | undefined {
    if (knowledge === null || knowledge === undefined) return undefined
    const dbId = knowledge.db_id
    if (dbId === null || dbId === undefined) return new RemoteKnowledge({ api })
    const knowledgeTableName = knowledge.knowledge_table ?? undefined
    return new RemoteKnowledge({
      api,
      contentsDb: new RemoteDb({ id: dbId, api, knowledgeTableName }),
      knowledgeId: knowledgeIdIn(config, dbId, knowledgeTableName),
    })
  }

  getConfig(options: CallOptions = {}): Promise<KnowledgeConfig> {
    return this.#send('GET', '/knowledge/config', options)
  }

  searchKnowledge(
    query: string,
    options: SearchKnowledgeOptions = {},
  ): Promise<Page<KnowledgeSearchResult>> {
    const { limit = 20, page = 1, ...search } = options
    const meta = { limit, page }
    const json = { query, ...parametersOf(search), meta, ...this.#ids() }
    return this.#api.call('POST', '/knowledge/search', {}, options, { json })
  }

  /** Uploads content. AgentOS processes it later, see {@link getContentStatus}. */
  async uploadContent(options: UploadContentOptions): Promise<KnowledgeContent> {
    const { file, ...fields } = options
    const form = new RequestForm().setAll(parametersOf(fields))
    if (file !== undefined && isUploadable(file)) form.upload('file', await uploadOf(file))
    return this.#send('POST', '/knowledge/content', callOptions(options), { form })
  }

  updateContent(contentId: string, options: ContentDescription): Promise<KnowledgeContent> {
    const form = new RequestForm().setAll(parametersOf(options))
    return this.#send('PATCH', contentPath(contentId), callOptions(options), { form })
  }

  getContent(
    options: CallOptions & PageOptions & SortOptions = {},
  ): Promise<Page<KnowledgeContent>> {
    const { limit = 20, page = 1, sortBy = 'created_at', sortOrder = 'desc', ...rest } = options
    const query = { ...rest, limit, page, sortBy, sortOrder }
    return this.#send('GET', '/knowledge/content', query)
  }

  getContentById(contentId: string, options: CallOptions = {}): Promise<KnowledgeContent> {
    return this.#send('GET', contentPath(contentId), options)
  }

  async deleteContentById(contentId: string, options: CallOptions = {}): Promise<void> {
    await this.#send('DELETE', contentPath(contentId), options)
  }

  async deleteAllContent(options: CallOptions = {}): Promise<void> {
    await this.#send('DELETE', '/knowledge/content', options)
  }

  getContentStatus(contentId: string, options: CallOptions = {}): Promise<KnowledgeContentStatus> {
    return this.#send('GET', `${contentPath(contentId)}/status`, options)
  }

  #ids(): { db_id?: string; knowledge_id?: string } {
    const { contentsDb, knowledgeId } = this
    return {
      ...(contentsDb !== undefined && { db_id: contentsDb.id }),
      ...(knowledgeId !== undefined && { knowledge_id: knowledgeId }),
    }
  }

  #send<Answer>(
    method: string,
    path: string,
    options: CallOptions,
    body?: CallBody,
  ): Promise<Answer> {
    const query = { ...this.#ids(), ...parametersOf(options) }
    return this.#api.call(method, path, query, options, body)
  }
}

function contentPath(contentId: string): string {
  return `/knowledge/content/${percentEncoded(contentId)}`
}
