/**
 * Loads the console's files: from the built program, or bundled from source. Loaded at the first request for the
 * console.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ConsoleFile, ConsoleFiles } from '../src/console.ts'

/** Directory of the console in a build, relative to `dist/` and to `dist/chunks/`. */
const PLACES = ['./console/', '../console/'] as const
/** File that lists all files of a build. It does not exist in the sources. */
const LIST = 'files.json'

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

const MOST_OUTPUT_BYTES = 16 * 1024 * 1024

const compressed = promisify(gzip)
const run = promisify(execFile)

/** @throws when there is no build and the build tools are not installed */
export async function consoleFiles(): Promise<ConsoleFiles> {
  const sources = (await builtFiles()) ?? (await bundledFiles())
  const files = await Promise.all(
    Object.entries(sources).map(async ([name, body]): Promise<[string, ConsoleFile]> => {
      const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
      const isImmutable = /-[\w-]{8,}\.\w+$/.test(name)
      const file = { type, body, gzip: await compressed(body), isImmutable }
      return [name === 'index.html' ? '' : name, file]
    }),
  )
  return new Map(files)
}

async function builtFiles(): Promise<Record<string, Buffer> | undefined> {
  for (const place of PLACES) {
    const directory = new URL(place, import.meta.url)
    const list = await readFile(new URL(LIST, directory), 'utf8').catch(() => undefined)
    if (list === undefined) continue
    const names = JSON.parse(list) as string[]
    const bodies = await Promise.all(names.map((name) => readFile(new URL(name, directory))))
    return Object.fromEntries(names.map((name, index) => [name, bodies[index] as Buffer]))
  }
  return undefined
}

/** A child process bundles, because the memory of a bundler (some 200 MB) would stay with the gateway. */
async function bundledFiles(): Promise<Record<string, Buffer>> {
  const tool = fileURLToPath(new URL('../tools/print-console.ts', import.meta.url))
  const options = { maxBuffer: MOST_OUTPUT_BYTES }
  const { stdout } = await run(process.execPath, ['--no-warnings', tool], options)
  const printed = JSON.parse(stdout) as Record<string, string>
  const files = Object.entries(printed).map(([name, body]) => [name, Buffer.from(body, 'base64')])
  return Object.fromEntries(files) as Record<string, Buffer>
}
