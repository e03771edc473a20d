/** Highlights code blocks. Loads the highlighter with the first block in a known language. */
import DOMPurify from 'dompurify'

type Highlighter = typeof import('./highlighter.ts')
let loading: Promise<Highlighter> | undefined

/** Longest highlighted block, in characters. */
const LONGEST_CODE = 20_000

export function highlightIn(element: Element): void {
  for (const code of element.querySelectorAll('pre > code[class*="language-"]')) {
    const language = /language-([\w+-]+)/.exec(code.className)?.[1]
    const source = code.textContent ?? ''
    if (language === undefined || source.length > LONGEST_CODE) continue
    loading ??= import('./highlighter.ts')
    void loading.then(({ highlighted }) => {
      const html = highlighted(source, language)
      if (html === undefined || !code.isConnected) return
      const options = { ALLOWED_TAGS: ['span'], ALLOWED_ATTR: ['class'], RETURN_DOM_FRAGMENT: true }
      code.replaceChildren(DOMPurify.sanitize(html, options) as unknown as DocumentFragment)
    })
  }
}
