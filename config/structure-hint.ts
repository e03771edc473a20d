/** Explains a value of the wrong structure, or a key in the wrong section, with lines to copy. */

import { foreignKey } from './foreign-keys.ts'
import type { JsonSchema } from './json-schema.ts'
import { keyPlaces, schemaAt } from './known-keys.ts'
import { meantWord } from './meant-value.ts'
import { isPlain } from './plain-text.ts'
import type { Hint } from './shown-line.ts'
import { isShown, shownPair } from './shown-line.ts'

type Path = readonly PropertyKey[]
type Mapping = Readonly<Record<string, unknown>>

/** Largest number of lines of an example. */
const MOST_LINES = 4
/** Main key of each section: `log: debug` probably means `log: { level: debug }`. */
const MAIN_KEYS: Readonly<Record<string, string>> = {
  auth: 'mode',
  log: 'level',
  metrics: 'port',
  listen: 'port',
  cors: 'origins',
  affinity: 'session',
}
const METRICS_PORT = 9464
/** Example values by key, for a value of the wrong type. */
const EXAMPLES: Readonly<Record<string, string>> = {
  credentials: 'credentials: { bearer: "${TOKEN}" }    # or forward, none, { mint: … }',
  headers: 'headers: { x-name: value }',
  keys: '- { alg: HS256, secret: "${JWT_SECRET_KEY}" }',
  tls: 'tls: { ca_file: ca.pem }',
  faces: 'faces: { openai: true }',
  max_parallel_runs: 'max_parallel_runs: { identity: 10 }',
  max_web_sockets: 'max_web_sockets: { identity: 10 }',
}

/** Example line for a value of the wrong type. @param path of the value, or of an item of a list */
export function exampleFor(path: Path): readonly string[] | undefined {
  const last = path.at(-1)
  const example = EXAMPLES[String(typeof last === 'number' ? path.at(-2) : last)]
  return example === undefined ? undefined : [example]
}

/** @param value the value in place of the expected list */
export function listHint(path: Path, value: unknown): Hint | undefined {
  const key = String(path.at(-1))
  const item = schemaAt(path)?.items
  const keys = Object.keys(item?.properties ?? {})
  const [idKey = 'name'] = item?.required ?? []
  if (isMapping(value)) return mappingForList(key, value, keys, idKey)
  if (keys.length > 0) {
    const address = isPlain(value) && value.includes('.') ? value : '…'
    const second = keys.includes('url') ? `    url: ${address}` : '    upstream: …'
    const example = [`${key}:`, `  - ${idKey}: ${idKey === 'name' ? 'research' : '…'}`, second]
    return { message: 'expected a list', example }
  }
  const texts = String(value)
    .split(/[,\s]+/)
    .filter((text) => text !== '')
  const isOpen = texts.every((text) => isShown(key, text))
  return {
    message: 'expected a list',
    example: [`${key}: [${isOpen ? texts.join(', ') : '…'}]`],
  }
}

function mappingForList(
  key: string,
  value: Mapping,
  keys: readonly string[],
  idKey: string,
): Hint | undefined {
  const entries = Object.entries(value)
  if (entries.some(([name]) => keys.includes(name))) {
    const lines = entries.map(([name, inner], i) => `  ${i ? ' ' : '-'} ${shownPair(name, inner)}`)
    const message = 'expected a list: a dash is missing before its item'
    return { message, example: [`${key}:`, ...lines].slice(0, MOST_LINES) }
  }
  const [name, inner] = entries[0] ?? []
  if (!isMapping(inner) || !isPlain(name) || keys.length === 0) return undefined
  const lines = Object.entries(inner).map(([k, v]) => `    ${shownPair(k, v)}`)
  return {
    message: `expected a list: each name is the "${idKey}" of an item`,
    example: [`${key}:`, `  - ${idKey}: ${name}`, ...lines].slice(0, MOST_LINES),
  }
}

/** @param value the value in place of the expected mapping */
export function mappingHint(path: Path, value: unknown): Hint | undefined {
  const key = path.at(-1)
  if (key === undefined) return undefined
  if (typeof key === 'number') return itemHint(path, value)
  const main = MAIN_KEYS[String(key)]
  if (main === undefined || isMapping(value) || Array.isArray(value)) return undefined
  const message = 'expected a mapping of keys'
  const [, host, port] = /^([\w.-]+):(\d+)$/.exec(String(value)) ?? []
  if (key === 'listen' && host !== undefined) {
    return { message, example: ['listen:', `  host: ${host}`, `  port: ${port}`] }
  }
  const words = wordsAt([key, main])
  if (words.length > 0) {
    return { message, example: [`${String(key)}:`, `  ${main}: ${meantWord(value, words) ?? '…'}`] }
  }
  const meant = key === 'metrics' && value === true ? METRICS_PORT : value
  return { message, example: [`${String(key)}:`, `  ${shownPair(main, meant)}`] }
}

/** The words that a key accepts; empty for other types. */
function wordsAt(path: Path): string[] {
  const schema = schemaAt(path)
  const words = [schema, ...(schema?.anyOf ?? [])].flatMap((branch) => branch?.enum ?? [])
  return words.map(String)
}

/** Explains a list item that is no mapping: a bare address, or keys without a blank after the colon. */
function itemHint(path: Path, value: unknown): Hint | undefined {
  const item: JsonSchema | undefined = schemaAt(path.slice(0, -1))?.items
  const keys = Object.keys(item?.properties ?? {})
  if (typeof value !== 'string' || keys.length === 0) return undefined
  const [, key = '', rest = ''] = /^([\w.-]+):(\S+)/.exec(value) ?? []
  if (keys.includes(key)) {
    const message = 'expected a mapping of keys: a blank is missing after the colon'
    return { message, example: [`- ${shownPair(key, rest)}`] }
  }
  const [idKey = 'name'] = item?.required ?? []
  if (!keys.includes('url') && !keys.includes('upstream')) return undefined
  const isAddress = keys.includes('url')
  const text = isPlain(value) ? value : '…'
  const example = isAddress
    ? ['- name: research', `  url: ${text}`]
    : [`- ${idKey}: ${text}`, '  upstream: …']
  return { message: 'expected a mapping of keys', example }
}

/**
 * Explains a key in the wrong section.
 *
 * @param path of the key
 * @param parent the mapping that contains the key
 */
export function misplacedKeyHint(path: Path, parent: unknown): Hint | undefined {
  const key = String(path.at(-1))
  const siblings = isMapping(parent) ? parent : {}
  const value = siblings[key]
  const above = path.slice(0, -1)
  if (/^\/[/*]/.test(key)) {
    return { message: 'is no comment: YAML has comments after #, JSON has none', example: [] }
  }
  const empty = Object.keys(siblings).find(
    (name) => siblings[name] === null && schemaAt([...above, name])?.properties?.[key],
  )
  if (empty !== undefined) {
    const message = `belongs to "${empty}": indent it`
    return { message, example: [`${empty}:`, `  ${shownPair(key, value)}`] }
  }
  const foreign = foreignKey(above, key, value)
  if (foreign !== undefined) return foreign
  const section = sectionOf(above, key)
  if (section !== undefined) return { message: 'unknown key', example: section(value) }
  const owners = keyPlaces().filter(({ path: owner }) => owner.at(-1) === key && owner.length > 1)
  const [first, second] = owners
  if (first === undefined) return undefined
  const others = second === undefined ? '' : ` or of "${nameOf(second.path)}"`
  return {
    message: `unknown key here: it is one of "${nameOf(first.path)}"${others}`,
    example: linesFor(first.path, value),
  }
}

/** Finds the section of a flattened key: `log_level` and `log.level` mean `level` of `log`. */
function sectionOf(above: Path, key: string): ((value: unknown) => string[]) | undefined {
  const [name = '', ...rest] = key
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split(/[._-]/)
  const inner = rest.join('_')
  const schema = schemaAt([...above, name])
  if (inner === '' || schema?.properties?.[inner] === undefined) return undefined
  const words = wordsAt([...above, name, inner])
  const pair = (value: unknown) =>
    words.length > 0 ? `${inner}: ${meantWord(value, words) ?? '…'}` : shownPair(inner, value)
  return (value) => [`${name}:`, `  ${pair(value)}`]
}

function nameOf(path: readonly string[]): string {
  return path
    .slice(0, -1)
    .filter((part) => part !== '[]')
    .join('.')
}

/** Formats the key with its sections. */
function linesFor(path: readonly string[], value: unknown): string[] {
  const lines: string[] = []
  let indent = ''
  for (const [index, part] of path.entries()) {
    if (part === '[]') continue
    const isItem = path[index - 1] === '[]'
    const dash = isItem ? '- ' : ''
    const isLast = index === path.length - 1
    lines.push(`${indent}${dash}${isLast ? shownPair(part, value) : `${part}:`}`)
    indent += isItem ? '    ' : '  '
  }
  return lines
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
