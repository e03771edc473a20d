import { describe, expect, test } from 'vitest'
import { loadConfigText } from '../../../config/load.ts'
import { parseYaml } from '../../../config/yaml-document.ts'
import { messageOf } from './support.ts'

function load(text: string): string {
  return messageOf(() => loadConfigText(text, 'g.yaml', {}))
}

describe('YAML syntax errors', () => {
  test.each([
    ['id: a\nid: b', 'g.yaml:2:1: this key occurs twice, first in line 1: keep one of them'],
    ['id: a\n---\nid: b', 'g.yaml:2:1: holds several YAML documents (---), expected one'],
    ['id: "\\q"', 'g.yaml:1:6: unknown escape in a "…" text; write \\\\ for a backslash'],
    ['id: !secret x', 'g.yaml:1:5: not valid YAML: Unresolved tag'],
    [
      'listen:\n\thost: x',
      `g.yaml:2:1: this line is indented with a tab; YAML allows only blanks; write
    listen:
      host: x`,
    ],
    ['id: @x', 'g.yaml:1:5: not valid YAML: Plain value cannot start with reserved character @'],
    ['id: *x', 'g.yaml:1:5: no anchor &x precedes this alias'],
    ['id: &x [*x]', 'g.yaml:1:9: the alias *x is inside its own anchor'],
    [
      'upstreams: [{ name: a, url: ${URL} }]',
      'g.yaml:1:30: not valid YAML: Unexpected flow-map-start at node end; inside { } or [ ], a ${REFERENCE} needs quotes',
    ],
  ])('the syntax error in %j is reported with reason and position', (text, message) => {
    expect(load(text)).toBe(message)
  })

  test.each([
    'id: "a" hunter2',
    '- x\nhunter2: hunter2',
    'id: >hunter2\n  x',
    '{ "a": hunter2',
    'a: 1\nhunter2',
  ])('the syntax error in %j is reported without quoting the text', (text) => {
    expect(load(text)).toMatch(/^g.yaml:\d+:\d+: /)
    expect(load(text)).not.toContain('hunter2')
  })

  test('a fatal syntax error is reported without follow-up errors', () => {
    expect(load('id: {a: ${K}}\nid: b')).toBe(
      'g.yaml:1:10: not valid YAML: Unexpected flow-map-start at node end; inside { } or [ ], a ${REFERENCE} needs quotes',
    )
  })

  test('recoverable syntax errors are reported together', () => {
    expect(load('id: a\nid: !x b\nname: *y')).toBe(
      [
        'g.yaml:2:1: this key occurs twice, first in line 1: keep one of them',
        'g.yaml:2:5: not valid YAML: Unresolved tag',
        'g.yaml:3:7: no anchor &y precedes this alias',
      ].join('\n'),
    )
  })

  test('aliases that expand without bound are refused', () => {
    const levels = ['a: &a [1, 2]']
    for (const [of, name] of ['ab', 'bc', 'cd']) {
      levels.push(`${name}: &${name} [${Array(10).fill(`*${of}`).join(', ')}]`)
    }
    expect(load(levels.join('\n'))).toBe('g.yaml:1:1: aliases (*name) are used too often')
  })
})

describe('a document', () => {
  test.each(['- a', 'text', '5'])('the document %j is refused because it is no mapping', (text) => {
    expect(load(text)).toBe('g.yaml:1:1: expected a mapping of keys')
  })

  test('positions inside a YAML alias are found at its anchor', () => {
    const parsed = parseYaml('a: &x\n  b: [1, 2]\nc: *x\n')
    if ('issues' in parsed) return expect.unreachable()
    expect(parsed.document.value).toEqual({ a: { b: [1, 2] }, c: { b: [1, 2] } })
    expect(parsed.document.locate(['c', 'b', 1])).toEqual({ line: 2, column: 10 })
  })

  test('the position of a missing path is that of its nearest parent', () => {
    const parsed = parseYaml('a:\n  - b: 1\n')
    if ('issues' in parsed) return expect.unreachable()
    const { locate } = parsed.document
    expect(locate(['a', 0, 'c'])).toEqual({ line: 2, column: 5 })
    expect(locate(['a', 7])).toEqual({ line: 1, column: 1 })
    expect(locate(['a', 0, 'b', 'deeper'])).toEqual({ line: 2, column: 5 })
    expect(locate([])).toEqual({ line: 1, column: 1 })
  })

  test('an empty document and one of comments are read as no configuration', () => {
    expect(load('# nothing yet\n')).toMatch(/^g.yaml:1:1: lists no upstream/)
  })
})
