/**
 * Merges the reusable parts of several OpenAPI documents. Equal parts become one part; different parts with the same
 * name get different names.
 *
 * @see https://spec.openapis.org/oas/v3.1.0.html#components-object
 */
import { hash } from 'node:crypto'
import type { Turn } from '../turns.ts'

/** A JSON object of a document. */
export type Json = Record<string, unknown>

/** A document and the name of its upstream. */
export interface Source {
  readonly upstream: string
  readonly document: Json
}

/** One reusable part, such as a schema or a security scheme. */
interface Part {
  readonly source: Source
  /** `schemas`, `securitySchemes` … */
  readonly section: string
  readonly name: string
  readonly value: unknown
  /** JSON pointer in the original document. */
  readonly pointer: string
}

const POINTER = /^#\/components\/[^/]+\/[^/]+$/
/** Characters that a component name must not contain. */
const UNNAMEABLE = /[^\w.-]+/g

export class Parts {
  /** Section → name → value, references rewritten. */
  readonly #components = nothing() as Record<string, Json>
  /** Pointers of the merged document, by upstream and original pointer. */
  readonly #pointers = new Map<string, string>()

  private constructor() {}

  /** Merges the parts of the documents, and rests between the parts. */
  static async of(sources: readonly Source[], turn: Turn): Promise<Parts> {
    const merged = new Parts()
    await merged.#merge(sources.flatMap(partsOf), turn)
    return merged
  }

  async #merge(parts: readonly Part[], turn: Turn): Promise<void> {
    const kinds = await alike(parts, turn)
    const names = new Map<string, string>()
    const taken = new Set<string>()
    for (const part of parts) {
      const kind = kinds.get(part) as string
      const name = names.get(kind) ?? freeName(part, taken)
      names.set(kind, name)
      this.#pointers.set(keyOf(part.source, part.pointer), pointerTo(part.section, name))
    }
    for (const part of parts) {
      const section = memberOf(this.#components, part.section)
      const name = names.get(kinds.get(part) as string) as string
      section[name] ??= titledApart(
        this.rewritten(part.source, part.value),
        name.slice(part.name.length),
      )
      await turn.rest()
    }
  }

  /** A copy of a value of a document, with references to the merged parts. */
  rewritten<T>(source: Source, value: T): T {
    return mapped(value, (pointer) => this.#pointers.get(keyOf(source, pointer)) ?? pointer) as T
  }

  /** The parts that `root` references, directly or through other parts, and all security schemes. */
  async referredFrom(root: Json, turn: Turn): Promise<Record<string, Json>> {
    const { securitySchemes } = this.#components
    const referred = nothing() as Record<string, Json>
    if (securitySchemes) referred['securitySchemes'] = securitySchemes
    const unread: unknown[] = Object.values(root).toReversed()
    const visit = (pointer: string) => {
      const [, , section = '', name = ''] = pointer.split('/').map(unescaped)
      const value = this.#components[section]?.[name]
      const target = memberOf(referred, section)
      if (value === undefined || name in target) return pointer
      target[name] = value
      unread.push(value)
      return pointer
    }
    while (unread.length > 0) {
      mapped(unread.pop(), visit)
      await turn.rest()
    }
    return referred
  }

  /** The merged name of a security scheme. */
  schemeOf(source: Source, name: string): string {
    const pointer = this.#pointers.get(keyOf(source, pointerTo('securitySchemes', name)))
    return pointer === undefined ? name : unescaped(pointer.slice(pointer.lastIndexOf('/') + 1))
  }
}

function partsOf(source: Source): Part[] {
  const sections = Object.entries(objectOf(source.document['components']))
  return sections.flatMap(([section, parts]) =>
    Object.entries(objectOf(parts)).map(([name, value]) => ({
      source,
      section,
      name,
      value,
      pointer: pointerTo(section, name),
    })),
  )
}

/**
 * Finds equal parts, including all parts that they reference. The first key of a part is its text without references.
 * Each round adds the keys of the referenced parts, until a round separates no further parts.
 *
 * @returns a key that equal parts share
 */
async function alike(parts: readonly Part[], turn: Turn): Promise<Map<Part, string>> {
  const byPointer = new Map(parts.map((part) => [keyOf(part.source, part.pointer), part]))
  const traits: Traits[] = []
  for (const part of parts) {
    traits.push(traitsOf(part))
    await turn.rest()
  }
  let kinds = new Map(traits.map(({ part, own }) => [part, own]))
  for (let count = 0; count < new Set(kinds.values()).size; ) {
    count = new Set(kinds.values()).size
    const known = kinds
    kinds = new Map()
    for (const { part, own, pointers } of traits) {
      const referred = pointers.map((pointer) => {
        const other = byPointer.get(keyOf(part.source, pointer))
        return (other && known.get(other)) ?? pointer
      })
      kinds.set(part, referred.length === 0 ? own : digest([own, ...referred].join('\n')))
      await turn.rest()
    }
  }
  return kinds
}

/** Digest of a part's text without its references, and the pointers of the references. Equal parts have equal traits. */
interface Traits {
  readonly part: Part
  readonly own: string
  readonly pointers: readonly string[]
}

function traitsOf(part: Part): Traits {
  const pointers: string[] = []
  const bare = mapped(part.value, (pointer) => {
    pointers.push(pointer)
    return ''
  })
  return { part, own: digest(`${part.section}/${part.name}=${JSON.stringify(bare)}`), pointers }
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url')
}

function freeName({ section, name, source }: Part, taken: Set<string>): string {
  const own = `${name}_${source.upstream.replace(UNNAMEABLE, '_')}`
  let free = name
  for (let i = 1; taken.has(`${section}/${free}`); i++) free = i === 1 ? own : `${own}_${i}`
  taken.add(`${section}/${free}`)
  return free
}

/**
 * Client generators name a type by its title and fail on duplicates, so a renamed part gets a new title.
 *
 * @param suffix the text that was added to the name
 */
function titledApart(value: unknown, suffix: string): unknown {
  const { title } = objectOf(value)
  return suffix === '' || typeof title !== 'string'
    ? value
    : { ...objectOf(value), title: title + suffix }
}

/** A copy with every reference replaced: `$ref`, and the `mapping` of a discriminator. */
function mapped(value: unknown, replace: (pointer: string) => string, key = ''): unknown {
  if (typeof value === 'string') {
    return (key === '$ref' || key === 'mapping') && POINTER.test(value) ? replace(value) : value
  }
  if (Array.isArray(value)) return value.map((item) => mapped(item, replace))
  if (typeof value !== 'object' || value === null) return value
  const copy: Json = {}
  for (const [name, member] of Object.entries(value)) {
    const isMapping = key === 'mapping' && typeof member === 'string'
    copy[name] = mapped(member, replace, isMapping ? 'mapping' : name)
  }
  return copy
}

/** @see https://www.rfc-editor.org/rfc/rfc6901#section-3 */
function pointerTo(section: string, name: string): string {
  return `#/components/${section}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
}

function unescaped(segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~')
}

function keyOf({ upstream }: Source, pointer: string): string {
  return `${upstream}\n${pointer}`
}

/** The value if it is an object, otherwise an empty object. */
export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

/** The object at a key; creates it when it is missing. */
export function memberOf(owner: Record<string, Json>, name: string): Json {
  owner[name] ??= nothing()
  return owner[name]
}

/** An object without a prototype, because an upstream may use a name such as `__proto__`. */
export function nothing(): Json {
  return Object.create(null) as Json
}
