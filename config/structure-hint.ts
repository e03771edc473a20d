/** Explains a value of the wrong structure, or a key in the wrong section, with lines to copy. */

import { MAIN_KEYS } from './example-value.ts'
import { foreignKey } from './foreign-keys.ts'
import type { JsonSchema } from './json-schema.ts'
import { keyPlaces, resolved, schemaAt } from './known-keys.ts'
import { meantWord } from './meant-value.ts'
import { isPlain } from './plain-text.ts'
import type { Hint } from './shown-line.ts'
import { isShown, shownPair } from './shown-line.ts'

type Path = readonly PropertyKey[]
type Mapping = Readonly<Record<string, unknown>>

/** Largest number of lines of an example. */
const MOST_LINES = 4

/** @param value the value in place of the expected list */
export function listHint(path: Path, value: unknown): Hint | undefined {
  const key = String(path.at(-1))
  const item = itemAt(path)
  if (item === undefined) return undefined
  const keys = Object.keys(item.properties ?? {})
  const [idKey = 'name'] = item.required ?? []
  if (isMapping(value)) return mappingForList(key, value, keys, idKey)
  if (typeof value !== 'string') return undefined
  const message = 'expected a list'
  if (keys.length > 0 && !keys.includes('weight')) {
    const isAddress = keys.includes('url') && isPlain(value) && value.includes('.')
    if (!isAddress) return undefined
    return { message, example: [`${key}:`, `  - ${idKey}: research`, `    url: ${value}`] }
  }
  const texts = value.split(/[,\s]+/).filter((text) => text !== '')
  const isOpen = texts.length > 0 && texts.every((text) => isShown(key, text))
  return isOpen ? { message, example: [`${key}: [${texts.join(', ')}]`] } : undefined
}

/** Schema of the items of a list. Of several kinds, the one with keys. */
function itemAt(path: Path): JsonSchema | undefined {
  const schema = schemaAt(path)
  const items = schema?.items ?? schema?.anyOf?.find((branch) => branch.items)?.items
  if (items === undefined) return undefined
  return resolved(items).anyOf?.find((branch) => branch.properties) ?? resolved(items)
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
  if (isMapping(value)) return undefined
  const message = 'expected a mapping of keys'
  const [first] = Array.isArray(value) ? value : []
  if (isMapping(first)) {
    const lines = Object.entries(first).map(([name, inner]) => `  ${shownPair(name, inner)}`)
    const example = [`${String(key)}:`, ...lines].slice(0, MOST_LINES)
    return { message: `${message}: remove the dash`, example }
  }
  // A mapping inside of the value may have a key `toString`, which a conversion to text would call.
  const [, host, port] = /^([\w.-]+):(\d+)$/.exec(typeof value === 'string' ? value : '') ?? []
  if (key === 'listen' && host !== undefined) {
    return { message, example: ['listen:', `  host: ${host}`, `  port: ${port}`] }
  }
  const main = MAIN_KEYS[String(key)]
  const pair = main === undefined ? undefined : mainPair([...path, main], value)
  return pair === undefined ? undefined : { message, example: [`${String(key)}:`, `  ${pair}`] }
}

/** The main key of a section with the value in place of the section, if that fits. */
function mainPair(path: Path, value: unknown): string | undefined {
  const main = String(path.at(-1))
  const words = wordsAt(path)
  if (words.length > 0) {
    const word = meantWord(value, words)
    return word && `${main}: ${word}`
  }
  const schema = schemaAt(path)
  if (schema?.items === undefined) {
    const isPort =
      schema?.anyOf?.some(({ type }) => type === 'integer') && typeof value === 'number'
    return isPort ? shownPair(main, value) : undefined
  }
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value]
  const isOpen = texts.length > 0 && texts.every((text) => isPlain(text) && isShown(main, text))
  return isOpen ? `${main}: [${texts.join(', ')}]` : undefined
}

/** The words that a key accepts; empty for other types. */
function wordsAt(path: Path): string[] {
  const schema = schemaAt(path)
  const words = [schema, ...(schema?.anyOf ?? [])].flatMap((branch) => branch?.enum ?? [])
  return words.map(String)
}

/** Explains a list item that is no mapping: a bare address or name, or keys without a blank after the colon. */
function itemHint(path: Path, value: unknown): Hint | undefined {
  const item = itemAt(path.slice(0, -1))
  const keys = Object.keys(item?.properties ?? {})
  if (typeof value !== 'string' || keys.length === 0) return undefined
  const message = 'expected a mapping of keys'
  const [, key = '', rest = ''] = /^([\w.-]+):(\S+)/.exec(value) ?? []
  if (keys.includes(key)) {
    return {
      message: `${message}: a blank is missing after the colon`,
      example: [`- ${shownPair(key, rest)}`],
    }
  }
  if (!isPlain(value)) return undefined
  const [idKey = ''] = item?.required ?? []
  if (keys.includes('url')) return { message, example: ['- name: research', `  url: ${value}`] }
  if (keys.includes('upstream'))
    return { message, example: [`- ${idKey}: ${value}`, '  upstream: …'] }
  return undefined
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
