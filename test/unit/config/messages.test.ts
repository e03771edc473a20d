/** Tests messages about common mistakes: each gives the position, the probable intention and lines to copy. */
import { expect, test } from 'vitest'
import { loadConfigText, notesOn } from '../../../config/load.ts'
import { messageOf } from './support.ts'

const message = (text: string, env = {}) =>
  messageOf(() => loadConfigText(text, 'g.yaml', env)).replace(/^g\.yaml:/, '')

const URL = 'url: http://127.0.0.1:7777'

test.each([
  [
    'a key that is indented too little',
    `upstreams:\n  - name: a\n  ${URL}\n`,
    `3:3: wrong indentation: "url" begins in column 3, beside "name" it begins in column 5; write
      - name: a
        ${URL}`,
  ],
  [
    'a key that is indented too far',
    `upstreams:\n  - name: a\n     ${URL}\n`,
    `3:6: wrong indentation: "url" begins in column 6, beside "name" it begins in column 5; write
      - name: a
        ${URL}`,
  ],
  [
    'a key between two columns',
    `upstreams:\n  - name: a\n    ${URL}\n   prefix: x\n`,
    `4:4: wrong indentation: "prefix" begins in column 4, beside "url" it begins in column 5; write
        ${URL}
        prefix: x`,
  ],
  [
    'a tab',
    `upstreams:\n  - name: a\n\t${URL}\n`,
    `3:1: this line is indented with a tab; YAML allows only blanks; write
      - name: a
        ${URL}`,
  ],
  [
    'no blank behind a dash',
    `upstreams:\n  -name: a\n   ${URL}\n`,
    `2:3: a blank is missing after the dash; write
      - name: a`,
  ],
  [
    'no blank behind a colon',
    'upstreams:\n  - name:a\n    url:http://x:1\n',
    `2:5 upstreams[0]: expected a mapping of keys: a blank is missing after the colon; write
    - name: a`,
  ],
  [
    'no colon',
    'upstreams\n  - name: a\n',
    `1:10: a colon is missing after "upstreams"; write
    upstreams:`,
  ],
  [
    'a quote that is not closed',
    'upstreams:\n  - name: a\n    url: "http://a\nid: b\n',
    `3:10: the quote that opens here is not closed in its line; write
        url: "…"`,
  ],
  [
    'a colon in a value',
    `upstreams:\n  - name: a\n    ${URL}\n    prefix: a: b\n`,
    `4:13: a value that contains a colon and a blank needs quotes; write
        prefix: "…"`,
  ],
  [
    'no comma at the end of a line of JSON',
    '{\n  "id": "g"\n  "upstreams": []\n}',
    `2:12: a comma is missing here; write
    "id": …,
    "upstreams": …`,
  ],
  [
    'no comma inside of a line of JSON',
    '{ "upstreams": [{ "name": "a" "url": "http://a" }] }',
    `1:30: a comma is missing here; write
    "name": …,
    "url": …`,
  ],
  [
    'a bracket that is not closed',
    '{ "upstreams": [{ "name": "a" }]\n',
    '1:1: the { that opens here is not closed: a } is missing',
  ],
  [
    'an item whose dash stands in another column',
    `upstreams:\n  - name: a\n    ${URL}\n   - name: b\n     ${URL}\n`,
    `4:6: wrong indentation: "name" begins in column 6, beside "name" it begins in column 5; write
      - name: a
      - name: b`,
  ],
  [
    'a key of the top inside of an item',
    `upstreams:\n  - name: a\n    ${URL}\n  agents:\n    - agent_id: x\n`,
    `4:3: wrong indentation: "agents" is a top-level key: start it in column 1; write
    agents:`,
  ],
  [
    'an item that begins before its list',
    `workflows:\n  - id: a\n    steps:\n      - name: g\n        then: []\n-         else: []\n      - name: p\n`,
    `7:9: wrong indentation: "name" is a top-level key: start it in column 1; write
    name: p`,
  ],
  [
    'an item in the first line that is indented with a tab',
    '\t- x: 1\nupstreams:\n',
    `1:1: this line is indented with a tab; YAML allows only blanks; write
    - …: …`,
  ],
  [
    'no comma between the items of a list in brackets',
    '{ "upstreams": [\n  { "name": "a" }\n  { "name": "b" }\n] }',
    `2:18: a comma is missing here; write
    { … },
    { … }`,
  ],
  [
    'no comma between the pairs of braces',
    'listen: {host: 0.0.0.0 port: 80}\n',
    `1:23: a comma is missing here; write
    host: …, port: …`,
  ],
  [
    'a comment in JSON',
    '{\n  "id": "x", // note\n  "upstreams": []\n}',
    '2:14 ["// note \\"upstreams\\""]: is no comment: YAML has comments after #, JSON has none',
  ],
  [
    'a key that is written twice',
    'upstreams:\n- name: a\n  url: http://a\n  name: b\n',
    '4:3: this key occurs twice, first in line 2: keep one of them',
  ],
])('the mistake %s is explained with its position and a correction', (_, text, expected) => {
  expect(message(text)).toBe(expected)
})

test.each([
  [
    'an item instead of a list',
    `upstreams:\n  name: a\n  ${URL}\n`,
    `1:1 upstreams: expected a list: a dash is missing before its item; write
    upstreams:
      - name: a
        ${URL}`,
  ],
  [
    'names instead of a list',
    `upstreams:\n  research:\n    ${URL}\n`,
    `1:1 upstreams: expected a list: each name is the "name" of an item; write
    upstreams:
      - name: research
        ${URL}`,
  ],
  [
    'an address instead of a list',
    'upstreams: http://127.0.0.1:7777\n',
    `1:1 upstreams: expected a list; write
    upstreams:
      - name: research
        ${URL}`,
  ],
  [
    'addresses in one text',
    'upstreams:\n  - name: a\n    urls: http://a:1, http://b:1\n',
    `3:5 upstreams[0].urls: expected a list; write
    urls: [http://a:1, http://b:1]`,
  ],
  [
    'an address instead of an item',
    'upstreams:\n  - http://127.0.0.1:7777\n',
    `2:5 upstreams[0]: expected a mapping of keys; write
    - name: research
      ${URL}`,
  ],
  [
    'a level instead of a section',
    'log: debug\n',
    `1:1 log: expected a mapping of keys; write
    log:
      level: debug`,
  ],
  [
    'host and port in one',
    'listen: 0.0.0.0:8080\n',
    `1:1 listen: expected a mapping of keys; write
    listen:
      host: 0.0.0.0
      port: 8080`,
  ],
  [
    'a switch instead of a section',
    'metrics: true\n',
    `1:1 metrics: expected a mapping of keys; write
    metrics:
      port: 9464`,
  ],
  [
    'an outdented key of a section',
    'listen:\nport: 8080\n',
    `2:1 port: belongs to "listen": indent it; write
    listen:
      port: 8080`,
  ],
  [
    'a key of a section at the top',
    'port: 8080\n',
    `1:1 port: unknown key here: it is one of "listen" or of "metrics"; write
    listen:
      port: 8080`,
  ],
  [
    'a key of an item at the top',
    'database_prefix: x\n',
    `1:1 database_prefix: unknown key here: it is one of "upstreams"; write
    upstreams:
      - database_prefix: …`,
  ],
  [
    'a section and its key in one',
    'log_level: debug\n',
    `1:1 log_level: unknown key; write
    log:
      level: debug`,
  ],
  [
    'a key of another program',
    'backends: []\n',
    `1:1 backends: unknown key; write
    upstreams:
      - name: research
        url: http://localhost:7777`,
  ],
  [
    'a number where text is meant',
    'id: 12345\n',
    `1:1 id: expected text (in quotes when it looks like a number); write
    id: "12345"`,
  ],
  [
    'a list of origins instead of a section',
    'cors: [https://app.example.com]\n',
    `1:1 cors: expected a mapping of keys; write
    cors:
      origins: [https://app.example.com]`,
  ],
  [
    'an item instead of a section',
    'listen:\n  - port: 8080\n',
    `1:1 listen: expected a mapping of keys: remove the dash; write
    listen:
      port: 8080`,
  ],
  [
    'a mapping instead of an address',
    'store: { url: redis://localhost }\n',
    `1:1 store: expected a redis:// or rediss:// address such as redis://localhost:6379; write
    store: redis://localhost:6379`,
  ],
  [
    'a list instead of one address',
    'upstreams: [{ name: a, url: [http://a:1, http://b:1] }]\n',
    `1:24 upstreams[0].url: expected one value: "urls" takes a list; write
    urls: [http://a:1, http://b:1]`,
  ],
  [
    'members that are no list',
    'teams: [{ id: a, model: m, members: x }]\n',
    `1:28 teams[0].members: expected a list; write
    members:
      - agent: writer
        when: drafts and summaries`,
  ],
  [
    'text instead of a team',
    'teams: [help-desk]\n',
    `1:9 teams[0]: expected a mapping of keys; write
    - team_id: help-desk
      upstream: research`,
  ],
])('the mistake %s is explained with its key and a correction', (_, text, expected) => {
  expect(message(text)).toBe(expected)
})

test.each([
  ['log: { level: off }', 'did you mean "silent"?'],
  ['upstreams: [{ name: a, url: “http://x:1” }]', 'did you mean "http://x:1"?'],
  ['upstreams: [{ name: a, health_check: off }]', 'did you mean "false"?'],
  ['upstreams: [{ name: a, credentials: bearer }]', 'credentials: { bearer: "${TOKEN}" }'],
  ['log: { level: warning }', 'did you mean "warn"?'],
  ['auth: { mode: JWT }', 'did you mean "jwt"?'],
  ['auth: { mode: jwt, token_source: headers }', 'did you mean "header"?'],
  ['auth: { authorization: yes }', 'did you mean "true"?'],
  ['workers: atuo', 'did you mean "auto"?'],
  ['workers: two', 'did you mean "2"?'],
  ['listen: { port: ":8080" }', 'did you mean "8080"?'],
  ['reattach_attempts: "1,0"', 'reattach_attempts: 6'],
  ['max_message_rate: 10 000', 'did you mean "10000"?'],
  ['faces: { openai: yes }', 'did you mean "true"?'],
  ['heartbeat: 10 seconds', 'did you mean "10s"?'],
  ['timeout: 1m30s', 'did you mean "90s"?'],
  ['timeout: PT30S', 'did you mean "30s"?'],
  ['timeout: 1d', 'did you mean "24h"?'],
  ['max_body_size: 10 megabytes', 'did you mean "10MB"?'],
  ['max_body_size: 10M', 'did you mean "10MiB"?'],
  ['upstreams: [{ name: a, url: "localhost:7777" }]', 'did you mean "http://localhost:7777"?'],
  ['upstreams: [{ name: a, url: "htp://x:1" }]', 'did you mean "http://x:1"?'],
  ['upstreams: [{ name: a, url: $BASE }]', 'did you mean "${BASE}"?'],
  ['upstreams: [{ name: a, policy: roundrobin }]', 'did you mean "round_robin"?'],
  ['upstreams: [{ name: a, on_disconnect: canel }]', 'did you mean "cancel"?'],
])('a value like %s is answered with a suggestion', (text, meant) => {
  expect(message(text)).toContain(meant)
})

test('an unset variable is answered with the nearest set one', () => {
  const text = 'id: ${GATEWAY_IDD}\n'
  expect(message(text, { GATEWAY_ID: 'x' })).toContain('did you mean GATEWAY_ID?')
})

test('a placeholder of another template language is corrected', () => {
  expect(message('id: {{ NAME }}\n')).toContain(
    '{{ }} is not a reference; write\n    id: "${NAME}"',
  )
})

test('a duration that was probably meant in milliseconds is noted', () => {
  const text = 'timeout: 30000\nupstreams: [{ name: a, url: "http://a", connect_timeout: 5000 }]\n'
  expect(notesOn(text, 'g.yaml')).toEqual([
    'g.yaml:1:1 timeout: 30000 is 8.3 h, write "30000ms" for milliseconds',
    'g.yaml:2:41 upstreams[0].connect_timeout: 5000 is 1.4 h, write "5000ms" for milliseconds',
  ])
  const meant = 'timeout: 7200\nheartbeat: 30s\naffinity: { ttl: 86500 }\nid: 5000\n'
  expect(notesOn(meant, 'g.yaml')).toEqual([])
})

test.each([
  ['upstreams: [{ name: a, url: { toString: x } }]', 'upstreams[0].url: expected'],
  ['upstreams: [{ name: a, url: [{ toString: x }] }]', 'upstreams[0].url: expected'],
  ['log: { caller: { toString: x } }', 'log.caller: expected true or false'],
])('a mapping with a `toString` key is refused: %s', (text, start) => {
  expect(message(text)).toContain(start)
})

test('values that may be secret never appear in messages', () => {
  for (const text of [
    'auth: hunter2hunter2\n',
    'auth: { mode: hunter2.hunter2 }\n',
    'token: hunter2\n',
    'upstreams:\n  - config_token: hunter2\n   name: b\n',
    'upstreams:\n  config_token: hunter2\n  name: a\n',
    'upstreams: [{ name: a, url: hunter2.hunter2.hunter2 }]\n',
    'upstreams: [{ name: a, url: "x:hunter2@host:1" }]\n',
    'upstreams: hunter2\n',
    'security_key: hunter2\n',
    'auth: { keys: [{ alg: HS256, secret: 123 }, hunter2] }\n',
    'upstreams:\n  - name: a\n    config_token: "hunter2\n',
    '{ "id": "g", "auth": { "security_key": "hunter2" "mode": "x" } }',
  ]) {
    expect(message(text)).not.toContain('hunter2')
  }
})

test('a mapping with the key toString is refused in place of a section', () => {
  expect(message('log: [http://a, { toString: 1 }]\n')).toMatch(
    /^1:1 log: expected a mapping of keys/,
  )
})
