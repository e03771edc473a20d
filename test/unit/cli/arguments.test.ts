import { describe, expect, test } from 'vitest'
import { readArguments } from '../../../cli/arguments.ts'
import { COMMANDS } from '../../../cli/commands.ts'
import { usage } from '../../../cli/usage.ts'

describe('the command line', () => {
  test('an empty command line starts the gateway', () => {
    expect(readArguments([])).toEqual({
      command: 'start',
      isNamed: false,
      operands: [],
      options: {},
    })
  })

  test('options work before and after the command, in short and long form', () => {
    expect(readArguments(['-c', 'a.yaml', 'check', '--json'])).toMatchObject({
      command: 'check',
      isNamed: true,
      options: { config: 'a.yaml', json: true },
    })
    expect(readArguments(['--port=0', '--host', '::1']).options).toEqual({
      port: '0',
      host: '::1',
    })
  })

  test('repeatable options collect all their values', () => {
    const { options } = readArguments(['token', '--scope', 'a', '--scope=b', '--sub', 'x'])
    expect(options).toEqual({ scope: ['a', 'b'], sub: 'x' })
  })

  test('`help COMMAND` means the same as `COMMAND --help`', () => {
    expect(readArguments(['help', 'token'])).toMatchObject({
      command: 'token',
      isNamed: true,
      options: { help: true },
    })
    expect(readArguments(['help'])).toMatchObject({ isNamed: false, options: { help: true } })
  })

  test.each([
    [['chekc'], "unknown command 'chekc', did you mean 'check'?"],
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['check', '--conifg', 'x'], "unknown option '--conifg', did you mean '--config'?"],
    [['--frobnicate'], "unknown option '--frobnicate'"],
    [['-x'], "unknown option '-x'"],
    [['start', '--scope', 'x'], '--scope is not an option of start, but of token, key'],
    [['check', 'now'], "unexpected argument 'now'"],
    [['start', 'my.yaml'], "unexpected argument 'my.yaml', did you mean '--config my.yaml'?"],
    [['version'], "unknown command 'version', did you mean '--version'?"],
    [['--port'], '--port needs a PORT'],
    [['--config'], '--config needs a FILE'],
    [['-c'], '-c needs a FILE'],
    [['--config='], '--config needs a FILE'],
    [['check', '--json=yes'], '--json takes no value'],
    [['--port', '80a'], "--port needs a port from 0 to 65535, not '80a'"],
    [['help', 'chekc'], "unknown command 'chekc', did you mean 'check'?"],
  ])('the arguments %j are refused with: %s', (args, message) => {
    expect(() => readArguments(args)).toThrow(
      expect.objectContaining({ name: 'UsageError', message }),
    )
  })
})

describe('the help', () => {
  test('the help lists every command and the exit codes', () => {
    const text = usage()
    for (const name of Object.keys(COMMANDS)) expect(text).toContain(`\n  ${name} `)
    expect(text).toMatch(/Exit codes: 0 .*, 1 .*, 64 .*, 78 .*/)
  })

  test.each(Object.entries(COMMANDS))(
    'the help of %s lists each of its options',
    (name, { options }) => {
      const text = usage(name as keyof typeof COMMANDS)
      expect(text).toMatch(new RegExp(`^Usage: agentos-gateway ${name} `))
      for (const option of options) expect(text).toContain(`--${option}`)
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(120)
    },
  )
})
