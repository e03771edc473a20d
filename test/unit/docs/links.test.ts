import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const pages = execFileSync('git', ['ls-files', '*.md'], { encoding: 'utf8' }).trim().split('\n')

/** Returns the anchors that GitHub derives from the headings of a page. */
function anchorsIn(page: string): string[] {
  const headings = page.match(/^#+ .*$/gm) ?? []
  return headings.map((heading) =>
    heading
      .replace(/^#+ /, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test.each(pages)('every relative link in %s points to an existing file and heading', (file) => {
  const page = readFileSync(file, 'utf8').replace(/```.*?```/gs, '')
  const links = [...page.matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(([, link]) => link)
  const broken = links.filter((link) => {
    const [path = '', anchor] = (link ?? '').split('#')
    const target = path === '' ? file : join(dirname(file), path)
    if (!existsSync(target)) return true
    return anchor !== undefined && !anchorsIn(readFileSync(target, 'utf8')).includes(anchor)
  })
  expect(broken).toEqual([])
})

/** A file of the repository in code style, such as `src/errors.ts`. */
const FILE =
  /`((?:src|plugins|routes|cli|config|composer|console|demo|examples|test|tools|deploy|bench)\/[\w./-]+\.\w+)`/g

test.each(pages)('every repository file that %s names exists', (page) => {
  const named = [...readFileSync(page, 'utf8').matchAll(FILE)].map(([, file = '']) => file)
  expect(named.filter((file) => !existsSync(file))).toEqual([])
})
