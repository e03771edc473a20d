/** Loads the console: the files beside the built program, or a bundle made from source. Loaded when it is first asked for. */
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { ConsoleFile, ConsoleFiles } from '../src/console.ts'

/** Where a build puts it, seen from `dist/` and from `dist/chunks/`. */
const PLACES = ['./console/', '../console/'] as const
/** Names every file of a build. The sources of the console have none. */
const LIST = 'files.json'

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
}

const compressed = promisify(gzip)

/** @throws when there is neither a build nor the tools that make one */
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
  // A name that the bundler of the programs does not follow: a build has its files beside it.
  const tool = new URL('../tools/console.ts', import.meta.url).href
  const { bundleConsole } = (await import(tool)) as typeof import('../tools/console.ts')
  return bundleConsole()
}
