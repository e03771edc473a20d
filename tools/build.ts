/**
 * `npm run build`: builds the published package. `dist/src` is the library, one file per module, with its types. The
 * programs are bundled, because a start mostly loads files; their dependencies stay in `node_modules`.
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

const bundle = await rolldown({
  input: { server: 'server.ts', 'demo/serve': 'demo/serve.ts' },
  platform: 'node',
  external: /^[^./]/,
})
await bundle.write({ dir: 'dist', chunkFileNames: 'chunks/[name].js', sourcemap: !isLean })
await bundle.close()

const { bundleConsole } = await import('./console.ts')
const files = await bundleConsole()
mkdirSync('dist/console', { recursive: true })
for (const [name, body] of Object.entries(files)) writeFileSync(`dist/console/${name}`, body)
writeFileSync('dist/console/files.json', JSON.stringify(Object.keys(files)))
