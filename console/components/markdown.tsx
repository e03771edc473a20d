/**
 * Renders Markdown from a model as sanitised elements. Only changed blocks are rendered again, so that a stream costs
 * linear time.
 */
import type { Config } from 'dompurify'
import DOMPurify from 'dompurify'
import type { Token } from 'marked'
import { Marked } from 'marked'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { highlightIn } from './highlight.ts'
import { memo } from './memo.ts'

/** No element that styles, submits or loads. A remote image would report to its server that the answer was read. */
const PROFILE: Config = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: [
    'style',
    'form',
    'input',
    'button',
    'textarea',
    'select',
    'video',
    'audio',
    'iframe',
  ],
  FORBID_ATTR: ['style', 'id', 'name', 'srcset', 'background', 'action', 'ping'],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#)/i,
  RETURN_DOM_FRAGMENT: true,
}

/**
 * HTML in an answer is shown as text. Even inert HTML makes the parser report violations of the content security policy.
 */
const marked = new Marked({
  gfm: true,
  async: false,
  renderer: { html: ({ text }) => escaped(text) },
})

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName === 'A') {
    node.setAttribute('rel', 'noreferrer noopener')
    node.setAttribute('target', '_blank')
  }
  if (node.tagName === 'IMG') replaceImage(node)
})

/** Replaces a remote image by a link: the reader decides whether to load it. */
function replaceImage(node: Element): void {
  const source = node.getAttribute('src') ?? ''
  if (source.startsWith('data:image/')) return
  const link = document.createElement('a')
  link.textContent = `🖼 ${node.getAttribute('alt') || source}`
  if (/^https?:/i.test(source)) link.href = source
  link.rel = 'noreferrer noopener'
  link.target = '_blank'
  node.replaceWith(link)
}

/** Blocks that are drawn in one turn: a long answer that arrives at once must not stop the page. */
const BLOCKS_A_TURN = 30

export function Markdown({ text, isOpen = false }: { text: string; isOpen?: boolean }) {
  const all = useBlocks(text)
  const [limit, setLimit] = useState(BLOCKS_A_TURN)
  const isCut = all.length > limit
  useEffect(() => {
    if (!isCut) return
    const timer = setTimeout(() => setLimit(limit + BLOCKS_A_TURN))
    return () => clearTimeout(timer)
  }, [limit, isCut])
  const blocks = isCut ? all.slice(0, limit) : all
  return (
    <div class={isOpen ? 'markdown open' : 'markdown'}>
      {blocks.map((raw, index) => (
        <Block key={index} raw={raw} isLast={isOpen && index === all.length - 1} />
      ))}
    </div>
  )
}

interface Parsed {
  text: string
  /** Sources of complete blocks, and their length in the text. */
  settled: string[]
  settledLength: number
}

/** Sources of the top-level blocks. Only the last block is parsed again. */
function useBlocks(text: string): readonly string[] {
  const parsed = useRef<Parsed>({ text: '', settled: [], settledLength: 0 })
  return useMemo(() => {
    const known = parsed.current
    if (!text.startsWith(known.text)) {
      parsed.current = { text: '', settled: [], settledLength: 0 }
    }
    const current = parsed.current
    const tokens = marked.lexer(text.slice(current.settledLength)) as Token[]
    const raws = tokens.map(({ raw }) => raw)
    for (const raw of raws.slice(0, -2)) {
      current.settled.push(raw)
      current.settledLength += raw.length
    }
    current.text = text
    return [...current.settled, ...raws.slice(-2)]
  }, [text])
}

interface BlockProps {
  readonly raw: string
  readonly isLast: boolean
}

function isSameBlock(before: BlockProps, after: BlockProps): boolean {
  return before.raw === after.raw && before.isLast === after.isLast
}

const Block = memo(({ raw, isLast }: BlockProps) => {
  const box = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const html = marked.parse(raw, { async: false })
    const fragment = DOMPurify.sanitize(html, PROFILE) as unknown as DocumentFragment
    box.current?.replaceChildren(fragment)
    // A growing block would be highlighted with every change.
    if (!isLast && box.current) highlightIn(box.current)
  }, [raw, isLast])
  return <div ref={box} />
}, isSameBlock)
