/**
 * `npm run build`: builds the published package. `dist/src` is the library, one file per module, with its types. The
 * programs are bundled, because a start mostly loads files; their dependencies stay in `node_modules`, but for two.
 *
 * With `--lean` without types and source maps, for the image.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { rolldown } from 'rolldown'

const isLean = process.argv.includes('--lean')

rmSync('dist', { recursive: true, force: true })
const lean = ['declaration', 'sourceMap', 'inlineSources'].flatMap((name) => [`--${name}`, 'false'])
const compile = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']
execFileSync(process.execPath, [...compile, ...(isLean ? lean : [])], { stdio: 'inherit' })

/**
 * Packages that are bundled too: they are 170 of the 480 files of a start, and read nothing but their own code. See
 * `docs/adr/0014-bundled-programs.md`.
 */
const BUNDLED = /^(?:zod|yaml)(?:\/|$)/
/** V8 stores a text with one such character in two bytes a character. Without comments, only literals have any. */
const BEYOND_LATIN1 = /[^\0-\xff]/g
const escaped = (text: string) =>
  text.replace(BEYOND_LATIN1, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

const bundle = await rolldown({
  input: { server: 'server.ts', 'demo/serve': 'demo/serve.ts' },
  platform: 'node',
  external: (id) => /^[^./]/.test(id) && !BUNDLED.test(id),
})
const { output } = await bundle.write({
  dir: 'dist',
  chunkFileNames: 'chunks/[name].js',
  sourcemap: !isLean,
  comments: { legal: true, annotation: false, jsdoc: false },
})
await bundle.close()
for (const file of output) {
  if (file.type === 'chunk') writeFileSync(`dist/${file.fileName}`, escaped(file.code))
}

const { bundleConsole, checkedSize } = await import('./console.ts')
const files = await bundleConsole()
process.stdout.write(`${checkedSize(files)}\n`)
mkdirSync('dist/console', { recursive: true })
for (const [name, body] of Object.entries(files)) writeFileSync(`dist/console/${name}`, body)
writeFileSync('dist/console/files.json', JSON.stringify(Object.keys(files)))
