/**
 * Loads the console's files: from the built program, or bundled from source. Loaded at the first request for the
 * console.
 */
import { readFile } from 'node:fs/promises'
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

const compressed = promisify(gzip)

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

async function bundledFiles(): Promise<Record<string, Buffer>> {
  // The path is not a literal, so that the bundler of the program does not follow it.
  const tool = new URL('../tools/console.ts', import.meta.url).href
  const { bundleConsole } = (await import(tool)) as typeof import('../tools/console.ts')
  return bundleConsole()
}
