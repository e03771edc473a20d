/**
 * Bundles the console in memory: `npm run build` writes the files to `dist/`, and a gateway that runs from source serves
 * them directly.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'

const KB = 1024
/** Largest size of the whole console, compressed, in bytes. */
const MAX_BYTES = 120 * KB

const SOURCE = new URL('../console/', import.meta.url)
/** Style sheets in the order of the cascade. */
const STYLES = [
  'styles/base.css',
  'styles/layout.css',
  'styles/parts.css',
  'styles/overview.css',
  'styles/play.css',
  'styles/markdown.css',
  'styles/modes.css',
]

/** Few files: what the first page needs, what several pages share, and a file for each page and each large library. */
const GROUPS = [
  { name: 'first', tags: ['$initial' as const], priority: 3 },
  {
    name: 'markdown',
    test: /node_modules\/(?:marked|dompurify)|components\/(?:markdown|memo|highlight)\.ts/,
    priority: 2,
  },
  {
    name: 'shared',
    test: /console\/(?:api|state|components|pages)\/|eventsource-parser/,
    minShareCount: 2,
    priority: 1,
  },
]

const read = (name: string) => readFileSync(new URL(name, SOURCE), 'utf8')

/** Returns every file by its name. A file with a hash in its name never changes. */
export async function bundleConsole(): Promise<Record<string, Buffer>> {
  const bundle = await rolldown({
    input: { console: fileURLToPath(new URL('main.tsx', SOURCE)) },
    platform: 'browser',
    transform: { jsx: { runtime: 'automatic', importSource: 'preact' }, target: 'es2024' },
    onLog: () => {},
  })
  const { output } = await bundle.generate({
    minify: true,
    entryFileNames: '[name]-[hash].js',
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: { groups: GROUPS },
  })
  await bundle.close()
  const chunks = output.filter((part) => part.type === 'chunk')
  const files = Object.fromEntries(chunks.map(({ fileName, code }) => [fileName, code]))
  const style = minified(STYLES.map(read).join('\n'))
  const styleName = `console-${digestOf(style)}.css`
  const script = chunks.find(({ isEntry }) => isEntry)?.fileName ?? ''
  const page = read('index.html').replace('{{script}}', script).replace('{{style}}', styleName)
  const all = { ...files, [styleName]: style, 'index.html': page, 'icon.svg': read('icon.svg') }
  return Object.fromEntries(Object.entries(all).map(([name, text]) => [name, Buffer.from(text)]))
}

/**
 * Compares the compressed size of the files with the limit.
 *
 * @returns a line that reports the size
 * @throws when the size exceeds the limit
 */
export function checkedSize(files: Record<string, Buffer>): string {
  const bytes = Object.values(files).reduce((sum, body) => sum + gzipSync(body).length, 0)
  const [size, limit] = [bytes, MAX_BYTES].map((each) => (each / KB).toFixed(1))
  const line = `console: ${size} KB compressed, limit ${limit} KB`
  if (bytes > MAX_BYTES) throw new Error(line)
  return line
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 8)
}

/** Removes comments and indentation; no text in the style sheets contains either. */
function minified(css: string): string {
  return css
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s*\n\s*/g, '\n')
    .replace(/\n(?=[}])|(?<=[{;,])\n/g, '')
    .trim()
}
